"""API keys of a workspace: for admins, who answer for them. No page shows a key again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.connections import DetailsForm, NewKeyForm, ReplaceKeyForm
from datasets_ui.htmx import render_page
from datasets_ui.models import ApiKey, Role
from datasets_ui.services.api_keys import (
    ServedAlready,
    add_key,
    change_base_url,
    delete_key,
    examine,
    make_default,
    rotate_key,
    served_ids,
    set_key_enabled,
    try_key,
    update_key,
)  # fmt: skip
from datasets_ui.services.connections import is_locked, new_client
from datasets_ui.services.health import QUARTER, quarter
from datasets_ui.views.errors import in_words

DAY = timedelta(days=1)


def key_of(request: WorkspaceRequest, key_id: UUID) -> ApiKey:
    return get_object_or_404(request.workspace.api_keys.select_related("workspace"), pk=key_id)


def to_key(request: WorkspaceRequest, key: ApiKey) -> HttpResponse:
    return redirect("api-key", request.workspace.slug, key.id)


@require_safe
@workspace_view(Role.ADMIN, connected=False)
def api_keys(request: WorkspaceRequest) -> HttpResponse:
    """All keys, the default one first, with how they fare."""
    keys = request.workspace.api_keys.select_related("workspace").prefetch_related("served")
    rows = [(key, last_day(key), locked(key)) for key in keys]
    return render(request, "api_keys/list.html", {"rows": rows})


def locked(key: ApiKey) -> bool:
    return bool(key.ciphertext) and is_locked(key)


def last_day(key: ApiKey) -> dict[str, Any]:
    """Calls, share of errors and average latency of the last 24 hours, and a bar for each quarter of an hour: its place, its
    height in percent of the slowest, and whether calls failed."""
    begin = quarter(timezone.now()) - DAY + QUARTER
    uses = list(key.uses.filter(at__gte=begin, calls__gt=0).order_by("at"))
    calls, errors = sum(use.calls for use in uses), sum(use.errors for use in uses)
    milliseconds = sum(use.milliseconds for use in uses)
    slowest = max((use.milliseconds / use.calls for use in uses), default=0)
    bars = [
        {
            "at": use.at,
            "x": (use.at - begin) // QUARTER,
            "height": max(round(30 * use.milliseconds / use.calls / slowest), 2) if slowest else 2,
            "average": round(use.milliseconds / use.calls),
            "use": use,
        }
        for use in uses
    ]
    return {
        "calls": calls, "errors": errors, "share": errors / calls if calls else 0,
        "average": round(milliseconds / calls) if calls else None, "slowest": round(slowest), "bars": bars,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False, fresh=True)
def new_api_key(request: WorkspaceRequest) -> HttpResponse:
    """Tried before it is stored; says what was found."""
    form = NewKeyForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        key = added(request, form)
        if key:
            return to_key(request, key)
    return render_page(request, "api_keys/new.html", "api_keys/_new.html", {"form": form}, 422 if form.errors else 200)


def added(request: WorkspaceRequest, form: NewKeyForm) -> ApiKey | None:
    """The stored key, or None where the form says why not."""
    base_url, secret, ids = (form.cleaned_data[name] for name in ("base_url", "key", "dataset_ids"))
    try:
        found = examine(new_client(base_url, secret, request.workspace), ids)
        key = add_key(
            workspace=request.workspace, details=form.details(), base_url=base_url, secret=secret, found=found, dataset_ids=ids,
            by=request.actor,
        )  # fmt: skip
    except DifyError as error:
        form.explain(error)
    except ServedAlready as taken:
        form.explain_served(taken)
    else:
        messages.success(request, f"The key works and is stored: {found}.")
        return key
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False)
def api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """One key: how it fares, and what is written about it."""
    key = key_of(request, key_id)
    form = DetailsForm(request.POST or None, workspace=request.workspace, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            update_key(key=key, details=form.details(), dataset_ids=form.cleaned_data["dataset_ids"], by=request.actor)
        except ServedAlready as taken:
            form.explain_served(taken)
        else:
            messages.success(request, "Saved.")
            return to_key(request, key)
    context = {
        "key": key_of(request, key_id),
        "form": form,
        "day": last_day(key),
        "served": served_ids(key),
        "locked": locked(key),
    }
    return render(request, "api_keys/detail.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False, fresh=True)
def replace_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Another secret, another address, or both. The new one is tried, then swapped; the old one is destroyed with it."""
    key = key_of(request, key_id)
    form = ReplaceKeyForm(request.POST or None, stored=key)
    if request.method == "POST" and form.is_valid() and replaced(request, key, form):
        return to_key(request, key)
    context = {"form": form, "key": key}
    return render_page(request, "api_keys/replace.html", "api_keys/_replace.html", context, 422 if form.errors else 200)


def replaced(request: WorkspaceRequest, key: ApiKey, form: ReplaceKeyForm) -> bool:
    """Whether it was done; if not, the form says why."""
    base_url, secret = form.cleaned_data["base_url"], form.cleaned_data["key"]
    if not secret.get_secret_value():
        change_base_url(key=key, base_url=base_url, by=request.actor)
        messages.warning(request, "The address was changed and the stored key dropped. Enter the key for the new address.")
        return True
    try:
        found = examine(new_client(base_url, secret, request.workspace), key.served.values_list("dataset_id", flat=True))
    except DifyError as error:
        form.explain(error)
        return False
    rotate_key(key=key, base_url=base_url, secret=secret, found=found, by=request.actor)
    messages.success(request, f"The new key works and is stored: {found}. The old one is gone here; delete it in Dify too.")
    return True


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def try_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Ask the API whether the stored key works."""
    key = key_of(request, key_id)
    try:
        messages.success(request, f"It works: {try_key(key=key, by=request.actor)}.")
    except DifyError as error:
        messages.error(request, in_words(error))
    return to_key(request, key)


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def default_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    key = key_of(request, key_id)
    make_default(key=key, by=request.actor)
    messages.success(request, f"“{key.name}” now serves every dataset that no other key serves.")
    return to_key(request, key)


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def enable_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    key = key_of(request, key_id)
    set_key_enabled(key=key, enabled=request.POST.get("enabled") == "1", by=request.actor)
    return to_key(request, key)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False)
def delete_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Ask, naming what goes; then delete."""
    key = key_of(request, key_id)
    if request.method == "POST":
        delete_key(key=key, by=request.actor)
        messages.success(request, f"“{key.name}” was deleted here. Delete it in Dify too.")
        return redirect("api-keys", request.workspace.slug)
    return render_page(request, "api_keys/delete.html", "api_keys/_delete.html", {"key": key, "served": served_ids(key)})
