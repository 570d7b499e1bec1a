"""The compiled queries of each request are the query sets that they were made of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.db.models import Model, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Actor, ApiKey, Job, Role, User, Workspace, queries
from datasets_ui.models.compiled import Compiled
from datasets_ui.models.users import find_user
from datasets_ui.services.keys.connections import key_for
from datasets_ui.services.team.workspaces import create_workspace
from tests.support.stage import UNKNOWN, url

TOMORROW = date.today() + timedelta(days=1)  # noqa: DTZ011 any day will do
FOUND = ["session", "user", "memberships", "memberships, none of them there", "default key", "serving key"]
NONE = ["session that is over", "no session", "no user", "no key"]


def case(name: str, workspace: Workspace, user: User, client: Client) -> tuple[Compiled[Any], tuple[Any, ...]]:
    """A compiled query, and values for it."""
    key, now = client.session.session_key, timezone.now()
    cases: dict[str, tuple[Compiled[Any], tuple[Any, ...]]] = {
        "session": (queries.find_session, (key, now)),
        "session that is over": (queries.find_session, (key, now + timedelta(90))),
        "no session": (queries.find_session, ("", now)),
        "user": (find_user, (user.pk,)),
        "no user": (find_user, (0,)),
        "memberships": (queries.find_memberships, (user.pk, workspace.slug, TOMORROW)),
        "memberships, none of them there": (queries.find_memberships, (user.pk, "o'hara %s", TOMORROW)),
        "default key": (queries.find_default_key, (workspace.pk,)),
        "serving key": (queries.find_serving_key, (workspace.pk, UNKNOWN)),
        "no key": (queries.find_serving_key, (UNKNOWN, UNKNOWN)),
    }
    return cases[name]


def facts(row: Model) -> dict[str, Any]:
    """Its columns, what was computed beside them, and the rows that came along."""
    own = {
        name: bytes(value) if isinstance(value, memoryview) else value for name, value in vars(row).items() if name != "_state"
    }
    return own | {name: facts(related) for name, related in row._state.fields_cache.items()}


@pytest.mark.parametrize("name", [*FOUND, *NONE])
def test_a_compiled_query_is_its_query_set(
    name: str, owner: Client, alice: User, workspace: Workspace, handbook: Dataset
) -> None:
    """The same SQL and the same rows, the first time and from then on."""
    create_workspace(name="Another", owner=alice, by=Actor(alice.email))
    Job.objects.create(workspace=workspace, kind="find", title="Under way", user=alice)
    ApiKey.objects.filter(workspace=workspace).update(refused_at=timezone.now())
    compiled, values = case(name, workspace, alice, owner)
    with CaptureQueriesContext(connection) as plainly:
        rows: QuerySet[Any] = compiled.query(*values)
        expected = [facts(row) for row in rows]
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            found = [facts(row) for row in compiled(*values)]
        assert found == expected
        assert [query["sql"] for query in asked] == [query["sql"] for query in plainly]
    assert bool(expected) == (name in FOUND)


def test_what_is_shown_beside_a_page_comes_with_the_membership(owner: Client, alice: User, workspace: Workspace) -> None:
    for state in (Job.State.RUNNING, Job.State.QUEUED, Job.State.DONE):
        Job.objects.create(workspace=workspace, kind="find", title="One", user=alice, state=state)
    [membership] = queries.find_memberships(alice.pk, workspace.slug, TOMORROW)
    seen: Any = membership
    assert (membership.role, seen.jobs_under_way, seen.keys_need_care) == (Role.OWNER, 2, False)


def test_a_row_can_be_changed_and_saved(alice: User) -> None:
    [user] = find_user(alice.pk)
    user.first_name = "Alice"
    user.save()
    alice.refresh_from_db()
    assert (alice.first_name, user._state.adding) == ("Alice", False)


def test_a_parameter_that_the_sql_does_not_have_is_noticed(db: None) -> None:
    with pytest.raises(LookupError):
        Compiled(lambda workspace_id: ApiKey.objects.exclude(name=""), UUID)(UNKNOWN)  # noqa: ARG005 that is the mistake


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_its_own_plan(alice: User) -> None:
    both = Barrier(2)

    def find(_: int) -> tuple[str, Any]:
        both.wait(10)
        [user] = find_user(alice.pk)
        plan = vars(connections["default"])["compiled_queries"][find_user]
        connections.close_all()
        return user.email, plan

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(find, range(2))
    assert (first[0], second[0]) == (alice.email, alice.email)
    assert first[1] is not second[1]


def test_a_key_that_is_given_meanwhile_serves_at_once(owner: Client, workspace: Workspace) -> None:
    """Nothing of an answer is kept."""
    first = key_for(workspace)
    ApiKey.objects.filter(pk=first.pk).update(name="Another name")
    assert key_for(workspace).name == "Another name"
    assert owner.get(url("workspace-settings")).status_code == 200
