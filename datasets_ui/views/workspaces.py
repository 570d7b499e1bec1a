"""Settings of a workspace: its connection to the API."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.connections import ChangeConnectionForm
from datasets_ui.models import Role
from datasets_ui.services.connections import change_base_url, store_key


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False)
def workspace_settings(request: WorkspaceRequest) -> HttpResponse:
    """Address and key of the API. A new address without its key drops the stored one; a new key is tried before it is stored."""
    key = request.workspace.api_keys.first()
    form = ChangeConnectionForm(request.POST or None, initial={"base_url": key.base_url if key else ""})
    if request.method == "POST" and form.is_valid():
        try:
            message = save_connection(request, form)
        except DifyError as error:
            form.explain(error)
        else:
            messages.success(request, message)
            return redirect("workspace-settings", request.workspace.slug)
    return render(request, "workspaces/settings.html", {"form": form, "key": key}, status=422 if form.errors else 200)


def save_connection(request: WorkspaceRequest, form: ChangeConnectionForm) -> str:
    """What was done, in words."""
    base_url, key = form.cleaned_data["base_url"], form.cleaned_data["key"]
    if key.get_secret_value():
        store_key(workspace=request.workspace, base_url=base_url, key=key, by=request.actor)
        return "The key works and is stored."
    if "base_url" not in form.changed_data:
        return "Nothing was changed."
    change_base_url(workspace=request.workspace, base_url=base_url, by=request.actor)
    return "The address was changed and the stored key dropped. Enter the key for the new address."
