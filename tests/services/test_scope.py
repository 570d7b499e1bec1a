"""The frame of whatever is changed in Dify: no service can leave out the audit row, or the earlier version."""

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.http import WriteOutsideFrame
from datasets_ui.models import Act, Actor, Revision, Target, User, Workspace
from datasets_ui.services.keys.connections import connect
from datasets_ui.services.scope import DocumentScope
from tests.conftest import scope_of
from tests.support.job_stage import make_segments
from tests.support.stage import acts


@pytest.fixture
def scope(workspace: Workspace, erin: User, handbook: Dataset, dify: DifyClient) -> DocumentScope:
    segment = make_segments(dify, handbook, 1)[0]
    return scope_of(workspace, erin, connect(workspace, Actor(erin.email))).dataset(handbook.id).document(segment.document_id)


def test_outside_of_a_frame_nothing_is_sent(scope: DocumentScope, dify: DifyClient) -> None:
    row = dify.segments.page(scope.dataset_id, scope.document_id).data[0]
    with pytest.raises(WriteOutsideFrame):
        scope.dify.segments.delete(scope.dataset_id, scope.document_id, row.id)
    assert dify.segments.page(scope.dataset_id, scope.document_id).total == 1


def test_without_what_becomes_of_a_segment_there_is_no_frame(scope: DocumentScope) -> None:
    with pytest.raises(TypeError), scope.writing(Act.SEGMENT_DELETE, Target("x")):
        pass
    with pytest.raises(TypeError), scope.dataset(scope.dataset_id).writing(Act.SEGMENT_DELETE, Target("x")):
        pass
    assert (acts(), Revision.objects.count()) == ([], 0)
