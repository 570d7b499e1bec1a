"""API keys of a workspace: for admins, who answer for them. No page shows a key again."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.keys.api_keys import DetailsForm, NewKeyForm, ReplaceKeyForm
from datasets_ui.htmx import render_page
from datasets_ui.models import ApiKey, KeyUse, Role
from datasets_ui.services.keys.api_keys import (
    Found,
    NewKey,
    ServedAlready,
    Tried,
    add_key,
    change_base_url,
    delete_key,
    find_api,
    make_default,
    rotate_key,
    served_ids,
    set_key_enabled,
    try_key,
    update_key,
)
from datasets_ui.services.keys.connections import is_locked
from datasets_ui.services.keys.usage import QUARTER, quarter
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
    return {
        "calls": calls,
        "errors": errors,
        "share": errors / calls if calls else 0,
        "average": round(milliseconds / calls) if calls else None,
        "slowest": round(slowest),
        "bars": [bar(use, begin, slowest) for use in uses],
    }


def bar(use: KeyUse, begin: datetime, slowest: float) -> dict[str, Any]:
    return {
        "at": use.at,
        "x": (use.at - begin) // QUARTER,
        "height": max(round(30 * use.milliseconds / use.calls / slowest), 2) if slowest else 2,
        "average": round(use.milliseconds / use.calls),
        "use": use,
    }


def found_in_words(found: Found) -> str:
    """What a trial of a key showed."""
    version = _("Dify %(version)s") % {"version": found.version} if found.version else _("Dify of unknown version")
    sees = _("sees %(names)s alone") % {"names": ", ".join(dataset.name for dataset in found.seen)}
    if found.datasets is not None:
        sees = ngettext("%(number)s dataset", "%(number)s datasets", found.datasets) % {"number": found.datasets}
    return _("%(version)s, %(sees)s") % {"version": version, "sees": sees}


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
        tried = find_api(base_url, secret, request.workspace, ids)
        key = add_key(request.scope, NewKey(form.details(), tried, ids))
    except DifyError as error:
        form.explain(error)
    except ServedAlready as taken:
        form.explain_served(taken)
    else:
        messages.success(request, _("The key works and is stored: %(found)s.") % {"found": found_in_words(tried.found)})
        tell_of_address(request, base_url, tried)
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
            update_key(request.scope, key, form.details(), form.cleaned_data["dataset_ids"])
        except ServedAlready as taken:
            form.explain_served(taken)
        else:
            messages.success(request, _("Saved."))
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
        change_base_url(request.scope, key, base_url)
        messages.warning(request, _("The address was changed and the stored key dropped. Enter the key for the new address."))
        return True
    try:
        tried = find_api(base_url, secret, request.workspace, key.served.values_list("dataset_id", flat=True))
    except DifyError as error:
        form.explain(error)
        return False
    rotate_key(request.scope, key, tried)
    words = _("The new key works and is stored: %(found)s. The old one is gone here; delete it in Dify too.")
    messages.success(request, words % {"found": found_in_words(tried.found)})
    tell_of_address(request, base_url, tried)
    return True


def tell_of_address(request: WorkspaceRequest, typed: str, tried: Tried) -> None:
    if tried.base_url != typed:
        messages.info(
            request, _("Dify's API was found below that address and is stored: %(address)s") % {"address": tried.base_url}
        )


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def try_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Ask the API whether the stored key works."""
    key = key_of(request, key_id)
    try:
        found = try_key(request.scope, key)
        messages.success(request, _("It works: %(found)s.") % {"found": found_in_words(found)})
    except DifyError as error:
        messages.error(request, in_words(error))
    return to_key(request, key)


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def default_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    key = key_of(request, key_id)
    make_default(request.scope, key)
    words = _("“%(name)s” now serves every dataset that no other key serves.")
    messages.success(request, words % {"name": key.name})
    return to_key(request, key)


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def enable_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    key = key_of(request, key_id)
    set_key_enabled(request.scope, key, enabled=request.POST.get("enabled") == "1")
    return to_key(request, key)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False)
def delete_api_key(request: WorkspaceRequest, key_id: UUID) -> HttpResponse:
    """Ask, naming what goes; then delete."""
    key = key_of(request, key_id)
    if request.method == "POST":
        delete_key(request.scope, key)
        messages.success(request, _("“%(name)s” was deleted here. Delete it in Dify too.") % {"name": key.name})
        return redirect("api-keys", request.workspace.slug)
    return render_page(request, "api_keys/delete.html", "api_keys/_delete.html", {"key": key, "served": served_ids(key)})
