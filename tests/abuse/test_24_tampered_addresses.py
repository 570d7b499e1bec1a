"""Row 24: ids in addresses, questions and forms that are none: 404, and the API sees 0 calls; whatever else is typed reaches it as a
value, never as a path, and adds 0 headers."""

from collections.abc import Iterator
from urllib.parse import parse_qs, quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.abuse.people import Things, routes
from tests.abuse.support import CANARY, Listener, Reply
from tests.dify.support import DATASET
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import UNKNOWN, Answer, Calls, url

IDS = ("<dataset_id>", "<document_id>", "<segment_id>", "<key_id>", "<invitation_id>")
TAMPERED = [
    "../",
    "..",
    "..%2f..%2ftags",
    "%2e%2e",
    "%252e%252e%252f",
    "{id}/../{other}",
    "{id}%2f..%2f{other}",
    "{id}%3Fx=1",
    "{id}%23x",
    "{id};x",
    "{id}%0d%0aX-Injected:%201",
    "{id}%00",
    "{id}%20",
    "%0a{id}",
    "{id},{other}",
    "{{{id}}}",
    "urn:uuid:{id}",
    "{hex}",
    "{upper}x",
    "0",
    "-1",
    "null",
    "%ff",
    "{long}",
]
HOSTILE = [
    "../../tags",
    "..%2f",
    "?x=1",
    "x&limit=100000",
    "#x",
    "a\r\nX-Injected: 1",
    "\x00",
    "\ud83d",
    "%0d%0a",
    "x" * 10_000,
    "é/✓",
]
OWN_HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization"}


def written(tampered: str) -> str:
    known = {"id": UNKNOWN, "other": DATASET, "hex": UNKNOWN.hex, "upper": str(UNKNOWN).upper(), "long": "9" * 10_000}
    return tampered.format(**known)


@pytest.mark.parametrize("tampered", TAMPERED)
def test_an_id_that_is_none_is_not_found(owner: Client, things: Things, sandbox: SandboxProcess, tampered: str) -> None:
    """In the place of each id of each address."""
    calls = Calls(sandbox)
    places = [(route, place) for route in routes() for place in IDS if place in route and route.startswith("w/")]
    for route, place in places:
        path = things.path(route.replace(place, "PLACE")).replace("PLACE", written(tampered))
        answers: list[Answer] = [owner.get(path), owner.post(path)]
        assert (path[:200], [answer.status_code for answer in answers]) == (path[:200], [404, 404])
    assert (len(places) > 30, calls.seen()) == (True, [])


@pytest.mark.parametrize("name", ["datasets", "documents", "segments", "retrieval"])
def test_a_question_stays_a_question(
    owner: Client, things: Things, sandbox: SandboxProcess, handbook: Dataset, name: str
) -> None:
    """What is typed reaches the API as the value of one parameter, if at all."""
    ids = {"datasets": [], "segments": [things.dataset_id, things.document_id]}.get(name, [things.dataset_id])
    owner.get(url(name, *ids))
    paths = set(Calls(sandbox).seen()) | {f"{call['method']} {call['path']}" for call in sandbox.calls()}
    before = len(sandbox.calls())
    for typed in HOSTILE:
        for parameter in ("q", "page", "status", "query", "on"):
            answer = owner.get(f"{url(name, *ids)}?{parameter}={quote(typed, errors='surrogatepass')}")
            assert answer.status_code in {200, 400, 422}
    calls = sandbox.calls()[before:]
    assert {f"{call['method']} {call['path']}" for call in calls} <= paths | {f"POST /datasets/{handbook.id}/retrieve"}
    asked = {parameter for call in calls for parameter in parse_qs(call["query"], keep_blank_values=True)}
    assert asked <= {"page", "limit", "keyword", "status", "tag_ids", "include_all", "metadata"}


@pytest.mark.parametrize("name", ["documents-status", "documents-delete"])
def test_ids_of_a_form_that_are_none_do_nothing(
    owner: Client, things: Things, sandbox: SandboxProcess, handbook: Dataset, name: str
) -> None:
    calls = Calls(sandbox)
    ids = [things.dataset_id, *(["enable"] if name == "documents-status" else [])]
    owner.post(url(name, *ids), {"ids": [written(tampered) for tampered in TAMPERED] + HOSTILE[:5], "confirmed": "1"})
    assert {call for call in calls.seen() if not call.startswith("GET /datasets")} == set()


@pytest.mark.parametrize("action", ["delete", "..", "enable%2f..", "enable%3fx", "ENABLE", "un-archive"])
def test_an_action_that_is_none_is_not_found(owner: Client, things: Things, sandbox: SandboxProcess, action: str) -> None:
    calls = Calls(sandbox)
    path = url("documents-status", things.dataset_id, "enable").replace("enable", action)
    assert (owner.post(path, {"ids": things.document_id}).status_code, calls.seen()) == (404, [])


@pytest.mark.parametrize("slug", ["..", "%2e%2e", "acme%2f..%2facme", "acme%00", "ACME", "acme%20", "a" * 10_000])
def test_a_workspace_is_found_by_its_own_address_only(owner: Client, sandbox: SandboxProcess, slug: str) -> None:
    calls = Calls(sandbox)
    assert (owner.get(f"/w/{slug}/datasets/").status_code, calls.seen()) == (404, [])


def test_a_dataset_beside_the_tampered_one_is_served(owner: Client, handbook: Dataset) -> None:
    """So the tests above would notice: the address is right but for its id."""
    assert owner.get(url("documents", handbook.id)).status_code == 200


# --- on the wire ---


@pytest.fixture
def upstream() -> Iterator[tuple[Listener, DifyClient]]:
    with Listener(Reply(400)) as listener:
        transport = Transport(AddressPolicy(frozenset({listener.host})))
        yield listener, DifyClient(listener.base_url, SecretStr(CANARY), transport)
        transport.close()


@pytest.mark.parametrize("typed", [typed for typed in HOSTILE if typed != "\ud83d"])
def test_a_keyword_adds_no_header_and_no_path(upstream: tuple[Listener, DifyClient], typed: str) -> None:
    listener, dify = upstream
    with pytest.raises(DifyError):
        dify.documents.page(DATASET, keyword=typed)
    [seen] = listener.seen
    path, _, query = seen.target.partition("?")
    assert (path, parse_qs(query)["keyword"]) == (f"/v1/datasets/{DATASET}/documents", [typed])
    assert (set(seen.headers), "limit=100000" in query) == (OWN_HEADERS, False)


@pytest.mark.parametrize("batch", ["../../../tags", "x/../../../../tags", "x?page=2", "x#y", "x\r\nX-Injected: 1", "%2e%2e"])
def test_a_batch_that_an_api_made_up_is_no_path(upstream: tuple[Listener, DifyClient], batch: str) -> None:
    listener, dify = upstream
    with pytest.raises(DifyError):
        dify.documents.indexing_status(DATASET, batch)
    [seen] = listener.seen
    assert seen.target == f"/v1/datasets/{DATASET}/documents/{quote(batch, safe='')}/indexing-status"
    assert set(seen.headers) == OWN_HEADERS


NAMES = ["a\r\nX-Injected: 1\r\n\r\n.txt", 'a"; name="data"; x=".txt', "../../etc/passwd.txt", "a\x00.txt", "\u202etxt.exe.txt"]


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_is_one_value_of_one_part(
    owner: Client, handbook: Dataset, dify: DifyClient, sandbox: SandboxProcess, name: str
) -> None:
    settings = {"mode": "custom", "separator": "###", "max_tokens": "500", "chunk_overlap": "0"}
    upload = SimpleUploadedFile("a.txt", b"One.")
    upload.__dict__["_name"] = name  # past Django's own cleaning, as a client that writes its own request
    owner.post(url("upload", handbook.id), settings | {"files": upload})
    names = [document.name for document in dify.documents.page(handbook.id).data]
    assert [bad for bad in names if not bad.isprintable() or "/" in bad or "\u202e" in bad] == []
    assert {call["path"].removeprefix(f"/datasets/{handbook.id}") for call in sandbox.calls() if call["method"] == "POST"} <= {
        "/datasets",
        "/document/create-by-file",
    }
