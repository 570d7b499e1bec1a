"""Datasets: list, create, change, delete."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseLocation

from datasets_ui.access import ApiRequest, DatasetRequest, WorkspaceRequest, connected_in_time, workspace_view
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import BoundKey, DifyError
from datasets_ui.dify.paging import Page
from datasets_ui.forms.datasets import DeleteDatasetForm, EditDatasetForm, NewDatasetForm
from datasets_ui.htmx import render_page
from datasets_ui.models import ApiKey, Role
from datasets_ui.services.datasets import (
    DatasetChanged,
    NewDataset,
    UsedByApps,
    create_dataset,
    delete_dataset,
    remember,
    remembered_dataset,
    update_dataset,
)
from datasets_ui.services.keys.api_keys import served_datasets
from datasets_ui.services.keys.connections import NotConnected, key_for
from datasets_ui.services.scope import ApiScope
from datasets_ui.views.errors import add_refusal, in_words
from datasets_ui.views.paging import ListState, list_state, page_context


@require_safe
@workspace_view(connected=False)
def datasets(request: WorkspaceRequest) -> HttpResponse:
    """All datasets of the default key, newest first, and those that other keys serve."""
    state = list_state(request)
    serving = {served.dataset_id: served.api_key for served in served_datasets(request.workspace)}
    page = default_page(request, state, may_be_empty=bool(serving))
    remember(request.workspace, page.data)
    others = served_rows(request, serving, state) if state.page == 1 else []
    context = page_context(page, state) | {
        "rows": [(dataset.id, None, dataset, "") for dataset in page.data],
        "others": others,
        "datasets_url": reverse("datasets", args=[request.workspace.slug]),
    }
    return render_page(request, "datasets/list.html", "datasets/_datasets.html", context)


def default_page(request: WorkspaceRequest, state: ListState, *, may_be_empty: bool) -> Page[Dataset]:
    """What the default key lists; where other keys serve datasets there need be none that may list."""
    try:
        return connected_in_time(request).dify.datasets.page(state.page, keyword=state.q)
    except (NotConnected, BoundKey):
        if not may_be_empty:
            raise
        return Page(data=[], total=0, page=1, limit=20, has_more=False)


def served_rows(
    request: WorkspaceRequest, serving: dict[UUID, ApiKey], state: ListState
) -> list[tuple[UUID, ApiKey, Dataset | None, str]]:
    """Id, key, dataset and, where that cannot be had, the reason."""
    rows: list[tuple[UUID, ApiKey, Dataset | None, str]] = []
    scopes: dict[UUID, ApiScope] = {}  # one for each key, however many datasets it serves
    for dataset_id, key in serving.items():
        try:
            if key.id not in scopes:
                scopes[key.id] = connected_in_time(request, dataset_id)
            dataset = remembered_dataset(scopes[key.id].dataset(dataset_id))
        except NotConnected as error:
            rows.append((dataset_id, key, None, str(error)))
        except DifyError as error:
            rows.append((dataset_id, key, None, in_words(error)))
        else:
            if state.q.lower() in dataset.name.lower():
                rows.append((dataset_id, key, dataset, ""))
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def new_dataset(request: ApiRequest) -> HttpResponse:
    form = NewDatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            dataset = create_dataset(request.scope, NewDataset(**form.cleaned_data))
        except DifyError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("“%(name)s” was made.") % {"name": dataset.name})
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
def dataset_settings(request: DatasetRequest) -> HttpResponse:
    """Name, description, permission."""
    if request.method != "POST":
        remember(request.workspace, [request.scope.dify.datasets.get(request.scope.dataset_id)])
    dataset = remembered_dataset(request.scope)
    form = EditDatasetForm(request.POST or None, dataset=dataset)
    if request.method == "POST" and form.is_valid() and save_settings(request, form):
        return redirect("dataset-settings", *request.scope.dataset_route)
    return render(request, "datasets/settings.html", {"form": form, "dataset": dataset}, status=422 if form.errors else 200)


def save_settings(request: DatasetRequest, form: EditDatasetForm) -> bool:
    """Whether it was saved; if not, the form says why."""
    changes = form.changes()
    try:
        if changes:
            update_dataset(request.scope, form.opened_as(), changes)
    except DatasetChanged as meanwhile:
        form.ask_again(meanwhile)
    except DifyError as error:
        add_refusal(form, error)
    else:
        messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def delete_dataset_view(request: DatasetRequest) -> HttpResponse:
    """Ask, naming what goes; then delete, or ask again where applications came to use it meanwhile."""
    if request.method != "POST":
        return ask_to_delete(request, request.scope.dify.datasets.get(request.scope.dataset_id))
    form = DeleteDatasetForm(request.POST)
    try:
        dataset = delete_dataset(request.scope, form.known_apps())
    except UsedByApps as used:
        return ask_to_delete(request, used.current, status=409)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": dataset.name})
    return redirect("datasets", request.workspace.slug)


def ask_to_delete(request: WorkspaceRequest, dataset: Dataset, status: int = 200) -> HttpResponse:
    key = key_for(request.workspace, dataset.id)
    bound_key = key if key.datasets_found is None else None  # it may not list
    context = {"dataset": dataset, "bound_key": bound_key, "refused": status != HTTPStatus.OK}
    return render_page(request, "datasets/delete.html", "datasets/_delete.html", context, status)
