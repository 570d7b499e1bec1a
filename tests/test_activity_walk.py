"""A walk over every address that takes forms: whatever changes something leaves the row that is written in scenarios.py.

Rows are written once: nothing changes them, and no page offers it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import models, transaction
from django.test import Client
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Act, AuditEvent, User, Workspace
from datasets_ui.models.audit import Unchangeable
from tests.abuse.people import things_of
from tests.abuse.walls import LOGIN, ROUTES, expected
from tests.support.sandbox_process import SandboxProcess
from tests.support.scenarios import NOT_OFFERED, NOTHING, SCENARIOS, Scenario, Stage
from tests.support.stage import Answer, until

PRODUCT = Path(__file__).parent.parent / "datasets_ui"


@pytest.fixture
def stage(
    owner: Client, alice: User, workspace: Workspace, bob: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> Stage:
    return Stage(owner, things_of(workspace, dify, handbook), workspace, alice, dify, sandbox)


def taken() -> set[str]:
    """Every address that takes POST from somebody."""
    return {route for route in ROUTES if {expected(route, kind, "POST") for kind in ("anonymous", "owner")} - {405, LOGIN}}


def test_the_walk_names_every_address_that_takes_forms() -> None:
    assert {scenario.route for scenario in SCENARIOS} | NOTHING.keys() | NOT_OFFERED == taken()


def test_no_address_is_both_recorded_and_not() -> None:
    assert {scenario.route for scenario in SCENARIOS} & (NOTHING.keys() | NOT_OFFERED) == set()


def test_the_scenarios_know_every_act_but_these() -> None:
    """What only the operator's commands do, what needs an issuer, what opening a page does, what the API does to a key, and a
    worker to a job."""
    elsewhere = {
        Act.KEYS_ROTATE,
        Act.ACCOUNT_FACTOR_RESET,
        Act.ACCOUNT_LINK,
        Act.ACCOUNT_DISABLE,
        Act.ACCOUNT_ENABLE,
        Act.ACCOUNT_CONNECT,
        Act.ACCOUNT_DISCONNECT,
        Act.ACCOUNT_CODES_VIEW,
        Act.API_KEY_REFUSED,
        Act.JOB_PAUSE,
    }
    assert {act for scenario in SCENARIOS for act in scenario.acts} == set(Act) - elsewhere


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_what_is_done_is_recorded(
    stage: Stage, scenario: Scenario, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    form = scenario.form(stage) if callable(scenario.form) else scenario.form

    def done() -> Answer:
        """For a moment after a change, the API refuses the next one."""
        AuditEvent.objects.all().purge()
        with django_capture_on_commit_callbacks(execute=True):
            answer = stage.client.post(stage.things.path(scenario.route), form, query_params=stage.query)
        return None if AuditEvent.objects.filter(outcome="failed") else answer

    answer = until(done)
    assert answer.status_code in {200, 302}, answer.text
    rows = AuditEvent.objects.order_by("id")
    assert [row.act for row in rows] == scenario.acts
    assert {(row.actor, row.address, row.outcome) for row in rows} == {(stage.who, "127.0.0.1", "done")}
    last = rows[len(scenario.acts) - 1]
    assert (last.object, last.workspace) == (scenario.name.format(stage=stage), scenario.workspace)
    assert last.workspace_id == (stage.workspace.id if scenario.workspace == "Acme" else last.workspace_id)


# --- rows are written once ---


WAYS: dict[str, Callable[[AuditEvent], object]] = {
    "save": lambda row: row.save(),
    "delete": lambda row: row.delete(),
    "update": lambda row: AuditEvent.objects.filter(pk=row.pk).update(actor="somebody else"),
    "delete many": lambda _: AuditEvent.objects.all().delete(),
    "bulk update": lambda row: AuditEvent.objects.bulk_update([row], ["actor"]),
    "update or create": lambda row: AuditEvent.objects.update_or_create(pk=row.pk, defaults={"actor": "somebody else"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_row_cannot_be_changed(db: None, way: str) -> None:
    row = AuditEvent.objects.create(actor="x@example.com", act=Act.DATASET_DELETE, outcome="done")
    row.actor = "somebody else"
    with pytest.raises(Unchangeable), transaction.atomic():
        WAYS[way](row)
    assert AuditEvent.objects.get().actor == "x@example.com"


def test_a_row_goes_with_nothing_that_it_speaks_of() -> None:
    pointing = [one for one in AuditEvent._meta.get_fields() if isinstance(one, models.ForeignKey)]
    assert pointing == []


def test_only_housekeeping_removes_rows() -> None:
    """By their age; no page does."""
    assert [path.name for path in PRODUCT.rglob("*.py") if ".purge()" in path.read_text()] == ["housekeeping.py"]
