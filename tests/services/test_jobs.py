"""Jobs: what people do with them, and what becomes of items when something goes wrong."""

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import User, Workspace
from tests.sandbox_process import SandboxProcess
from tests.services.job_stage import disabling, enabled, finish, make_segments, states, writes

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_item_is_done_once(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    segments = make_segments(dify, handbook, 30)
    job = finish(disabling(workspace, erin, handbook, segments))
    assert (job.state, states(job)) == ("done", {"done": 30})
    assert enabled(dify, handbook, segments) == {False}
    assert set(writes(sandbox).values()) == {1}
