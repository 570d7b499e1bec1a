"""Workspaces: make one, change, delete."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from datasets_ui.access import WorkspaceRequest, actor_of, workspace_view
from datasets_ui.forms.team.workspaces import DeleteWorkspaceForm, NewWorkspaceForm, WorkspaceForm
from datasets_ui.models import Role, User
from datasets_ui.services.team.workspaces import create_workspace, delete_workspace, update_workspace


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_workspace(request: HttpRequest) -> HttpResponse:
    """Anybody who may sign in may make one; it leads to its first API key."""
    form = NewWorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        workspace = create_workspace(name=form.cleaned_data["name"], owner=cast(User, request.user), by=actor_of(request))
        return redirect("new-api-key", workspace.slug)
    return render(request, "workspaces/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False)
def workspace_settings(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.workspace
    kept = {"name": workspace.name, "require_second_factor": workspace.require_second_factor}
    form = WorkspaceForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        if form.has_changed():
            update_workspace(request.scope, **form.cleaned_data)
        messages.success(request, _("Saved.") if form.has_changed() else _("Nothing was changed."))
        return redirect("workspace-settings", workspace.slug)
    return render(request, "workspaces/settings.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.OWNER, connected=False, fresh=True)
def delete_workspace_view(request: WorkspaceRequest) -> HttpResponse:
    """Its name has to be typed."""
    form = DeleteWorkspaceForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        delete_workspace(request.scope)
        words = _("The workspace “%(workspace)s” was deleted. Nothing was changed in Dify.")
        messages.success(request, words % {"workspace": request.workspace.name})
        return redirect("home")
    return render(request, "workspaces/delete.html", {"form": form}, status=422 if form.errors else 200)
