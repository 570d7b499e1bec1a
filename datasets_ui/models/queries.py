"""The queries that each request makes, compiled once: who signed in, what they may see, and which key serves it."""

from datetime import date, datetime
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from datasets_ui.models.api_keys import ApiKey
from datasets_ui.models.compiled import Compiled
from datasets_ui.models.jobs import Job
from datasets_ui.models.workspaces import Membership


def session(key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


def keys_needing_care(until: date) -> QuerySet[ApiKey]:
    """The keys that admins have to see to: refused by the API, or at their end by a day."""
    return ApiKey.objects.filter(Q(refused_at__isnull=False) | Q(expires_on__lte=until), disabled_at=None)


def memberships(user_id: int, slug: str, until: date) -> QuerySet[Membership]:
    """All memberships of a person with their workspaces; of the workspace at `slug` also how many jobs are under way in it, whether
    keys of it need care, and how its default API fares: "ok", "fail", "off" before the first call, "" without a key."""
    here = Q(workspace__slug=slug)
    moving = (
        Job.objects.filter(workspace=OuterRef("workspace"), lane=Job.Lane.PEOPLE, state__in=Job.MOVING)
        .order_by()
        .values("workspace")
    )
    number = Coalesce(Subquery(moving.annotate(number=Count("pk")).values("number")), 0)
    care = Exists(keys_needing_care(until).filter(workspace=OuterRef("workspace")))
    failing = Q(refused_at__isnull=False) | Q(last_error_at=F("last_used_at"))
    fares = Case(When(failing, then=Value("fail")), When(last_used_at=None, then=Value("off")), default=Value("ok"))
    default = ApiKey.objects.filter(workspace=OuterRef("workspace"), is_default=True).annotate(fares=fares)
    api = Coalesce(Subquery(default.values("fares")[:1]), Value(""))
    return (
        Membership.objects.filter(user_id=user_id)
        .select_related("workspace")
        .order_by("workspace__name")
        .annotate(
            jobs_under_way=Case(When(here, then=number), default=Value(0), output_field=IntegerField()),
            keys_need_care=Case(When(here, then=care), default=Value(False)),
            api_fares=Case(When(here, then=api), default=Value("")),
        )
    )


def default_key(workspace_id: UUID) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(workspace_id=workspace_id, is_default=True).order_by("is_default")[:1]


def serving_key(workspace_id: UUID, dataset_id: UUID) -> QuerySet[ApiKey]:
    """The key that serves a dataset: the default one only if no other does."""
    serving = Q(is_default=True) | Q(served__dataset_id=dataset_id)
    return ApiKey.objects.filter(serving, workspace_id=workspace_id).order_by("is_default")[:1]


find_session = Compiled(session, str, datetime)
find_memberships = Compiled(memberships, int, str, date)
find_default_key = Compiled(default_key, UUID)
find_serving_key = Compiled(serving_key, UUID, UUID)
