"""What newer servers do to content, and that the client keeps it: pictures of segments, and updates that stop the server."""

import io
from functools import partial

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.errors import NotSupported
from datasets_ui.dify.segments import Segment, linked_attachments
from tests.dify.conftest import NewDataset
from tests.dify.support import error_of
from tests.dify.waiting import finished, indexed, when_ready
from tests.sandbox.support import illustrated, picture
from tests.support.sandbox_process import SandboxProcess

pytestmark = pytest.mark.dify("1.17", "1.12.1")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAN = illustrated("The plan of the first floor.", picture(), "Fire exits are green.")


@pytest.fixture
def rich(sandbox: SandboxProcess, new_dataset: NewDataset) -> Dataset:
    """A dataset with embeddings, which a real server may not have."""
    return new_dataset("Rich", "high_quality")


@pytest.fixture
def plan(client: DifyClient, rich: Dataset) -> Segment:
    """A segment with a picture."""
    rule = ProcessRule(mode="custom", separator="\n", max_tokens=500)
    new = NewDocument(indexing_technique="high_quality", process_rule=rule)
    made = client.documents.create_by_file(rich.id, name="plan.docx", file=io.BytesIO(PLAN), content_type=WORD, new=new)
    finished(client, rich.id, made.document.id)
    [row] = [row for row in client.segments.page(rich.id, made.document.id).data if row.attachment_ids]
    return row


def pictures(client: DifyClient, dataset: Dataset, segment: Segment) -> int:
    return len(client.segments.get(dataset.id, segment.document_id, segment.id).attachment_ids or [])


def test_an_update_without_the_ids_would_lose_the_pictures(client: DifyClient, rich: Dataset, plan: Segment) -> None:
    client.segments.update(rich.id, plan.document_id, plan.id, content="New.", answer=None, keywords=[], attachment_ids=None)
    assert pictures(client, rich, plan) == 0


def test_an_update_keeps_the_pictures_that_it_names(client: DifyClient, rich: Dataset, plan: Segment) -> None:
    change = partial(client.segments.update, rich.id, plan.document_id, plan.id, answer=None, keywords=[])
    assert len(change(content="New.", attachment_ids=plan.attachment_ids).attachment_ids or []) == 1
    assert pictures(client, rich, plan) == 1


def test_a_lost_picture_comes_back_by_the_link_in_the_text(client: DifyClient, rich: Dataset, plan: Segment) -> None:
    change = partial(client.segments.update, rich.id, plan.document_id, plan.id, content=plan.content, answer=None, keywords=[])
    change(attachment_ids=[])
    assert pictures(client, rich, plan) == 0
    change(attachment_ids=linked_attachments(plan.content))
    assert client.segments.get(rich.id, plan.document_id, plan.id).attachment_ids == plan.attachment_ids


def test_switching_a_segment_off_and_on_keeps_its_pictures(client: DifyClient, rich: Dataset, plan: Segment) -> None:
    off = client.segments.set_enabled(rich.id, plan.document_id, plan, enabled=False)
    when_ready(partial(client.segments.set_enabled, rich.id, plan.document_id, off, enabled=True))
    assert pictures(client, rich, plan) == 1


@pytest.fixture
def document(client: DifyClient, dataset: Dataset) -> Document:
    return indexed(client, dataset.id, "Original.")


@pytest.mark.dify("1.12.1")
def test_a_rename_that_would_stop_the_server_is_not_sent(client: DifyClient, dataset: Dataset, document: Document) -> None:
    act = partial(client.documents.update_by_text, dataset.id, document.id, name="b.txt", text=None)
    assert error_of(NotSupported, lambda: act(process_rule=ProcessRule())).code == "updates_hang"
    found = client.documents.get(dataset.id, document.id)
    assert (found.name, found.indexing_status) == (document.name, "completed")
