"""M4: a process that is killed between Dify's answer and the row leaves a trace: the row was there before the act."""

import signal
import threading
from pathlib import Path

import httpx
import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import AuditEvent, User, Workspace
from tests.abuse.support import Dashboard, Visitor, on_this_database
from tests.conftest import signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import document, text, until, url

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_deletion_over_which_the_process_was_killed_is_in_the_activity(
    workspace: Workspace, alice: User, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """M4: done in Dify, and not known here how it ended; the activity says so."""
    made = document(dify, handbook.id)
    sandbox.faults({"kind": "slow", "method": "DELETE", "path": "/documents/", "seconds": 1.5, "times": 1})
    with Dashboard(tmp_path / "data", **on_this_database(sandbox)) as dashboard, Visitor(dashboard.origin) as visitor:
        visitor.take_session(signed_in(erin))
        address, form = url("documents-delete", handbook.id), {"ids": str(made.id), "confirmed": "1"}
        visitor.get(url("datasets"))

        def press() -> None:
            with pytest.raises(httpx.HTTPError):
                visitor.submit(address, form)

        pressing = threading.Thread(target=press)
        pressing.start()
        until(lambda: AuditEvent.objects.filter(act="document.delete").first())
        dashboard.kill(signal.SIGKILL)
        pressing.join()
    assert until(lambda: not dify.documents.page(handbook.id).data or None)
    event = AuditEvent.objects.get(act="document.delete")
    assert (event.outcome, event.error, event.object_name) == ("unknown", "", made.name)
    assert "the dashboard was ended before Dify had answered" in text(signed_in(alice).get(url("activity")), ".activity")


def test_an_act_that_ended_is_settled_once(workspace: Workspace, owner: Client) -> None:
    """M4: what a row says besides is never changed, nor is an end that is known."""
    event = AuditEvent.objects.create(actor="erin", act="document.delete", outcome="unknown")
    AuditEvent.objects.settle(event, AuditEvent.Outcome.FAILED, "not_found")
    AuditEvent.objects.settle(event, AuditEvent.Outcome.DONE)
    event.refresh_from_db()
    assert (event.outcome, event.error) == ("failed", "not_found")
