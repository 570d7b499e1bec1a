"""After the cloud's limit was reached, no client of the workspace sends what counts, in whichever process it is."""

from typing import Any
from uuid import uuid4

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import HeldBack, TooManyRequests
from datasets_ui.models import Actor, Workspace
from datasets_ui.services.keys.connections import SharedRateLimit, connect
from tests.support.sandbox_process import SandboxProcess

BY = Actor("bob@example.com")
SAID = "Sorry, you have reached the knowledge base request rate limit of your subscription."
REFUSAL: dict[str, Any] = {"kind": "status", "status": 403, "code": "forbidden", "message": SAID, "method": "PATCH", "times": 1}


@pytest.fixture
def refused(sandbox: SandboxProcess, dify: DifyClient, handbook: Dataset) -> Dataset:
    """A dataset, after a change of it met the limit."""
    sandbox.faults(REFUSAL)
    with pytest.raises(TooManyRequests):
        dify.datasets.update(handbook.id, name="Guide")
    return handbook


def test_another_client_of_the_workspace_sends_nothing_that_counts(
    sandbox: SandboxProcess, workspace: Workspace, refused: Dataset
) -> None:
    other, before = connect(workspace, BY).writing(), len(sandbox.calls())
    with pytest.raises(HeldBack):
        other.datasets.update(refused.id, name="Guide")
    assert len(sandbox.calls()) == before


def test_reading_goes_on(workspace: Workspace, refused: Dataset) -> None:
    assert connect(workspace, BY).datasets.get(refused.id).name == "Handbook"


def test_another_workspace_and_another_address_are_not_kept_back(workspace: Workspace, refused: Dataset) -> None:
    key = workspace.api_keys.get()
    limits = SharedRateLimit(uuid4(), key.base_url), SharedRateLimit(workspace.id, "https://other.example/v1")
    assert [limit.left() for limit in limits] == [0, 0]
    assert SharedRateLimit(workspace.id, key.base_url).left() > 50
