"""Who did what: for admins, to read, filter and take away as CSV."""

from collections.abc import Iterator
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.codes import ErrorCode
from datasets_ui.forms.activity import ActivityForm
from datasets_ui.models import AuditEvent, Role, Workspace
from datasets_ui.models.audit import AuditEvents
from datasets_ui.services.team.addresses import confirmed_since
from datasets_ui.tables.writing import csv_lines

ROWS = 50
MOST_CSV_ROWS = 100_000
UNSETTLED = _("It is under way, or the dashboard was ended before Dify had answered. Look in Dify whether it was done.")
COLUMNS = ("at", "actor", "address", "act", "object_id", "object_name", "before", "after", "outcome", "error")
SHOWN = {"object_name": "object"}  # in words


def events_of(workspace: Workspace) -> AuditEvents:
    """What was done in a workspace, and the sign-ins of its members since they joined it."""
    own = Q(workspace_id=workspace.id)
    for email, since in workspace.memberships.values_list("user__email", "created_at"):
        own |= Q(workspace_id=None, actor=email, at__gte=since)
    return AuditEvent.objects.filter(own)


def filtered(request: WorkspaceRequest) -> tuple[ActivityForm, AuditEvents]:
    """What cannot be understood is said beside its field, and filters nothing."""
    form = ActivityForm(request.GET)
    form.is_valid()
    return form, form.narrow(events_of(request.workspace))


@require_safe
@workspace_view(Role.ADMIN, connected=False)
def activity(request: WorkspaceRequest) -> HttpResponse:
    form, events = filtered(request)
    page = Paginator(events, ROWS).get_page(request.GET.get("page"))
    since = confirmed_since(event.actor for event in page)
    rows = [(event, sentence_of(event), unconfirmed(event, since)) for event in page]
    return render(request, "activity/list.html", {"form": form, "page": page, "rows": rows})


def unconfirmed(event: AuditEvent, since: dict[str, datetime | None]) -> bool:
    """Whether nobody knew then that the address of the one who acted was theirs."""
    confirmed = since.get(event.actor, event.at)
    return confirmed is None or event.at < confirmed


def sentence_of(event: AuditEvent) -> str:
    """What an error code means."""
    if event.unsettled:
        return str(UNSETTLED)
    known = ErrorCode.__members__.get(event.error)
    return gettext(known.value) if known else event.error


@require_safe
@workspace_view(Role.ADMIN, connected=False)
def activity_csv(request: WorkspaceRequest) -> StreamingHttpResponse:
    """The same rows, all pages of them; every cell is text for a spreadsheet, never a formula."""
    _, events = filtered(request)
    response = StreamingHttpResponse(csv_lines(table(events)), content_type="text/csv; charset=utf-8")
    name = f"activity-{request.workspace.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def table(events: AuditEvents) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    for event in events[:MOST_CSV_ROWS].iterator(chunk_size=500):
        yield tuple(getattr(event, SHOWN.get(column, column)) for column in COLUMNS)
