"""Adding many segments: what was added before a failure is counted, and said."""

import json
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import NewSegment
from datasets_ui.models import AuditEvent, Revision, Workspace
from datasets_ui.services.segments.importing import ImportStopped, import_segments
from tests.conftest import scope_of
from tests.support.stage import UNKNOWN

ROWS = [NewSegment(content=f"Row {number}.") for number in range(120)]
DOCUMENT = Document.model_validate({"id": str(UNKNOWN), "name": "a.txt", "position": 1, "data_source_type": "upload_file"})


def said(status: int, body: object) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(body).encode()))


def failing(after: int) -> DifyClient:
    """An API that takes the first calls and then refuses."""
    taken: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        taken.append(1)
        if len(taken) > after:
            return said(400, {"code": "invalid_param", "message": "Enough.", "status": 400})
        sent = json.loads(request.content)["segments"]
        rows = [
            {"id": str(UUID(int=len(taken) * 1000 + number)), "document_id": str(UNKNOWN), "content": row["content"]}
            for number, row in enumerate(sent)
        ]
        return said(200, {"data": rows})

    return DifyClient("https://api.example.com/v1", SecretStr("dataset-x"), httpx.MockTransport(answer))


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_what_was_added_before_a_failure_is_counted(workspace: Workspace, calls: int) -> None:
    with pytest.raises(ImportStopped) as stopped:
        import_segments(scope_of(workspace, "erin", failing(calls)).dataset(UNKNOWN).document(UNKNOWN), DOCUMENT, ROWS)
    assert (stopped.value.added, Revision.objects.count()) == (calls * 50, calls * 50)
    assert AuditEvent.objects.filter(act="segment.import", outcome="failed").count() == 1
