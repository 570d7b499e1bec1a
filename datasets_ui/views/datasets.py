"""Datasets: list, create, change, delete."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseLocation

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import Conflict, DifyError
from datasets_ui.forms.datasets import EditDatasetForm, NewDatasetForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.datasets import (
    DatasetChanged,
    create_dataset,
    delete_dataset,
    remember,
    remembered,
    update_dataset,
)
from datasets_ui.views.errors import in_words
from datasets_ui.views.paging import list_state, page_context


@require_safe
@workspace_view()
def datasets(request: WorkspaceRequest) -> HttpResponse:
    """All datasets, newest first."""
    state = list_state(request)
    page = request.dify.datasets.page(state.page, keyword=state.q)
    remember(request.workspace, page.data)
    return render_page(request, "datasets/list.html", "datasets/_datasets.html", page_context(page, state))


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def new_dataset(request: WorkspaceRequest) -> HttpResponse:
    form = NewDatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dataset = create_dataset(dify=request.dify, workspace=request.workspace, by=request.actor, **form.cleaned_data)
        except Conflict as error:
            form.add_error("name", error.sentence)
        except DifyError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, f"“{dataset.name}” is ready. Add its first documents.")
            return to_documents(request, dataset)
    return render_page(request, "datasets/new.html", "datasets/_new.html", {"form": form}, 422 if form.errors else 200)


def to_documents(request: WorkspaceRequest, dataset: Dataset) -> HttpResponse:
    """For htmx without leaving the page: files that were dropped to make a dataset of them wait in its script."""
    if not request.htmx:
        return redirect("documents", request.workspace.slug, dataset.id)
    path = reverse("documents", args=[request.workspace.slug, dataset.id])
    return HttpResponseLocation(path, target="body", headers={"HX-Boosted": "true"})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def dataset_settings(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """Name, description, permission."""
    if request.method != "POST":
        remember(request.workspace, [request.dify.datasets.get(dataset_id)])
    dataset = remembered(request.dify, request.workspace, dataset_id)
    form = EditDatasetForm(request.POST or None, dataset=dataset)
    if request.method == "POST" and form.is_valid() and save_settings(request, dataset_id, form):
        return redirect("dataset-settings", request.workspace.slug, dataset_id)
    return render(request, "datasets/settings.html", {"form": form, "dataset": dataset}, status=422 if form.errors else 200)


def save_settings(request: WorkspaceRequest, dataset_id: UUID, form: EditDatasetForm) -> bool:
    """Whether it was saved; if not, the form says why."""
    changes = form.changes()
    try:
        if changes:
            update_dataset(
                dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, opened_as=form.opened_as(),
                changes=changes, by=request.actor,
            )  # fmt: skip
    except DatasetChanged as meanwhile:
        form.ask_again(meanwhile)
    except Conflict as error:
        form.add_error("name", error.sentence)
    except DifyError as error:
        form.add_error(None, in_words(error))
    else:
        messages.success(request, "Saved." if changes else "Nothing was changed.")
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def delete_dataset_view(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """Ask, naming what goes; then delete."""
    dataset = request.dify.datasets.get(dataset_id)
    if request.method == "POST":
        delete_dataset(dify=request.dify, workspace=request.workspace, dataset=dataset, by=request.actor)
        messages.success(request, f"“{dataset.name}” was deleted.")
        return redirect("datasets", request.workspace.slug)
    return render_page(request, "datasets/delete.html", "datasets/_delete.html", {"dataset": dataset})
