"""What tests of the dashboard share: addresses, documents that are ready, and reading of pages."""

import io
import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.segments import Segment
from datasets_ui.models import AuditEvent
from tests.support.sandbox_process import SandboxProcess

HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
UNKNOWN = UUID("99999999-9999-4999-8999-999999999999")
CUT = NewDocument(process_rule=ProcessRule(mode="custom", separator="###", max_tokens=1000, chunk_overlap=0))
Result = TypeVar("Result")
Answer = Any  # of the test client: an HttpResponse with more on it


def url(name: str, *ids: object, **query: object) -> str:
    """An address within the workspace."""
    return reverse(name, args=["acme", *ids], query=query or None)


def until(found: Callable[[], Result | None], seconds: float = 10) -> Result:
    """What `found` finds, which takes a moment."""
    end = time.monotonic() + seconds
    while (result := found()) is None:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return result


def ready(dify: DifyClient, dataset_id: UUID, document_id: UUID) -> Document:
    """The document, once nothing moves any more."""

    def look() -> Document | None:
        document = dify.documents.get(dataset_id, document_id)
        return document if document.finished else None

    return until(look)


def document(
    dify: DifyClient, dataset_id: UUID, name: str = "leave.txt", text: str = "Paid leave.", new: NewDocument = CUT
) -> Document:
    """A document that is indexed; `###` in its text begins a segment."""
    file = io.BytesIO(text.encode())
    made = dify.documents.create_by_file(dataset_id, name=name, file=file, content_type="text/plain", new=new)
    return ready(dify, dataset_id, made.document.id)


def segments(dify: DifyClient, dataset_id: UUID, document_id: UUID) -> list[Segment]:
    return dify.segments.page(dataset_id, document_id).data


def tree(response: Answer) -> LexborHTMLParser:
    return LexborHTMLParser(response.content)


def words(node: Any) -> str:
    return " ".join(node.text().split())


def texts(response: Answer, selector: str) -> list[str]:
    """The text of each element that matches."""
    return [words(node) for node in tree(response).css(selector)]


def text(response: Answer, selector: str = "body") -> str:
    """The text of the one element that matches."""
    [found] = texts(response, selector)
    return found


def attribute(response: Answer, selector: str, name: str) -> str | None:
    [node] = tree(response).css(selector)
    return node.attributes.get(name)


def beside(response: Answer, field: str) -> list[str]:
    """The errors shown beside a field of a form; where there may be several forms, their ids have a name of the form in them."""
    return texts(response, f"#id_{field}_error, [id^=id_][id$='-{field}_error']")


def value(response: Answer, field: str) -> str:
    """What a field shows: its value, or the text in it."""
    [node] = tree(response).css(f"[name={field}]")
    shown = node.text(strip=False).removeprefix("\n") if node.tag == "textarea" else node.attributes.get("value")
    return shown or ""


def acts() -> list[tuple[str, str, str]]:
    """What was recorded, oldest first: act, outcome, what it was done to."""
    return [(event.act, event.outcome, event.object) for event in AuditEvent.objects.order_by("id")]


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("id")


class Calls:
    """The API calls since it was made, as "GET /datasets"."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.before = len(sandbox.calls())

    def seen(self) -> list[str]:
        return [f"{call['method']} {call['path']}" for call in self.sandbox.calls()[self.before :]]


def own_tables(queries: CaptureQueriesContext) -> int:
    """How many queries there were, apart from the cache's, which may be elsewhere."""
    return len([query for query in queries.captured_queries if '"cache"' not in query["sql"] and "POINT" not in query["sql"]])
