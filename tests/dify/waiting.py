"""Acts against the server that take a moment."""

import os
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.dify.errors import Invalid

Result = TypeVar("Result")
PATIENCE = 120 if os.environ.get("LIVE_DIFY_URL") else 10  # a real worker may be busy with others


def when_ready(act: Callable[[], Result]) -> Result:
    """The result of `act`, which the API refuses while it is busy with the last one."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except Invalid:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def indexed(
    client: DifyClient, dataset_id: UUID, text: str = "Paid leave.", name: str = "a.txt", form: str = "text_model"
) -> Document:
    """A document from text, once it is indexed."""
    new = NewDocument(doc_form=form)
    return finished(client, dataset_id, client.documents.create_by_text(dataset_id, name=name, text=text, new=new).document.id)


def finished(client: DifyClient, dataset_id: UUID, document_id: UUID) -> Document:
    until = time.monotonic() + PATIENCE
    while not (document := client.documents.get(dataset_id, document_id)).finished:
        assert time.monotonic() < until, document
        time.sleep(0.02)
    return document
