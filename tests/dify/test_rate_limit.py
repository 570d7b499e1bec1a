"""After the cloud's limit was reached nothing is sent for a minute that counts: a refused call counts as well."""

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.dify.errors import HeldBack, TooManyRequests
from datasets_ui.dify.rate_limit import WINDOW
from tests.dify import rows
from tests.dify.support import DATASET, DOCUMENT, SEGMENT, api, error_of, saying

SAID = "Sorry, you have reached the knowledge base request rate limit of your subscription."
REFUSAL = saying({"code": "forbidden", "message": SAID, "status": 403}, 403)
UPLOADED = Document.model_validate(rows.document(data_source_type="upload_file"))
FILE: dict[str, Any] = {"name": "a.txt", "content_type": "text/plain"}
COUNTED: dict[str, Callable[[DifyClient], object]] = {
    "write": lambda c: c.segments.delete(DATASET, DOCUMENT, SEGMENT),
    "upload": lambda c: c.documents.create_by_file(DATASET, **FILE, file=io.BytesIO(b"a"), new=NewDocument()),
    "retrieve": lambda c: c.retrieval.retrieve(DATASET, query="a", search_method="keyword_search"),
    "download": lambda c: c.documents.download(DATASET, DOCUMENT, io.BytesIO()),
    "zip": lambda c: c.documents.download_zip(DATASET, [UPLOADED], io.BytesIO()),
}
FREE: dict[str, Callable[[DifyClient], object]] = {
    "list": lambda c: c.documents.page(DATASET),
    "status of documents": lambda c: c.documents.set_status(DATASET, "enable", [DOCUMENT]),
    "tags": lambda c: c.tags.unbind(DATASET, DOCUMENT),
}


@pytest.mark.parametrize("first", COUNTED.values(), ids=COUNTED)
@pytest.mark.parametrize("second", COUNTED.values(), ids=COUNTED)
def test_nothing_that_counts_is_sent_after_a_refusal(
    first: Callable[[DifyClient], object], second: Callable[[DifyClient], object]
) -> None:
    fake = api(REFUSAL)
    client = fake.client
    error_of(TooManyRequests, lambda: first(client))
    error = error_of(HeldBack, lambda: second(client))
    assert (len(fake.requests), error.outcome_unknown) == (1, False)
    assert WINDOW - 5 < error.retry_after <= WINDOW


@pytest.mark.parametrize("act", FREE.values(), ids=FREE)
def test_what_is_free_of_the_limit_is_sent(act: Callable[[DifyClient], object]) -> None:
    fake = api(REFUSAL, saying(rows.page(rows.document())))
    client = fake.client
    error_of(TooManyRequests, lambda: COUNTED["write"](client))
    act(client)
    assert len(fake.requests) == 2


def test_the_time_left_is_said() -> None:
    error = HeldBack(retry_after=41.2)
    assert error.sentence.endswith("Wait, then try again. 42 seconds are left.")


def test_after_the_minute_it_is_sent_again() -> None:
    fake = api(REFUSAL, saying(204))
    client = fake.client
    delete = partial(client.segments.delete, DATASET, DOCUMENT, SEGMENT)
    error_of(TooManyRequests, delete)
    client.http.limit.until = time.time() - 0.1
    delete()
    assert len(fake.requests) == 2


def test_another_refusal_holds_nothing_back() -> None:
    fake = api(saying({"code": "forbidden", "message": "limit of your subscription", "status": 403}, 403), saying(204))
    client = fake.client
    with pytest.raises(Exception, match="quota_reached"):
        client.segments.delete(DATASET, DOCUMENT, SEGMENT)
    client.segments.delete(DATASET, DOCUMENT, SEGMENT)
