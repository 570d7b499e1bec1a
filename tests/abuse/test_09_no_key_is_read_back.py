"""Row 9: every address of the URL conf, opened by each kind of person: 0 of them show more of a key than prefix and last four, and
those only to admins. No view gives a key back."""

from typing import Any

import pytest
from django.test import Client
from pydantic import SecretStr

from datasets_ui.models import Actor, ApiKey, Workspace
from datasets_ui.services.keys.api_keys import Details, Found, NewKey, Tried, add_key
from datasets_ui.services.scope import Scope
from tests.abuse.people import KINDS, Things, routes
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Answer, text, texts, url, value

HIDDEN, LAST_FOUR = "Zq8vT1mX4cLw9RbK2hYp7Ns0", "wXyZ"
SECRET = f"dataset-{HIDDEN}{LAST_FOUR}"
WIDTH = 6
PIECES = [HIDDEN[start : start + WIDTH] for start in range(len(HIDDEN) - WIDTH + 1)]
ADMINS = {"admin", "owner"}


@pytest.fixture
def secret(workspace: Workspace, sandbox: SandboxProcess) -> ApiKey:
    """A second key, beside the default one that the pages are made with."""
    details = Details("Second", note="For reports")
    tried = Tried(sandbox.base_url, SecretStr(SECRET), Found("1.10.1", 0, []))
    return add_key(Scope(workspace=workspace, by=Actor("fixture")), NewKey(details, tried))


def everything(client: Client, things: Things, method: str = "get", **more: Any) -> dict[str, str]:
    """What each address answers: headers, cookies and all."""
    found = {}
    for route in routes():
        answer: Answer = getattr(client, method)(things.path(route), **more)
        found[route] = f"{answer.headers} {answer.cookies} {answer.getvalue().decode()}"
    return found


def showing(pages: dict[str, str], *words: str) -> list[str]:
    return [route for route, page in pages.items() if any(word in page for word in words)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_shows_a_piece_of_it(
    people: dict[str, Client], things: Things, secret: ApiKey, sandbox: SandboxProcess, kind: str
) -> None:
    things.key_id = secret.id
    pages = everything(people[kind], things)
    assert showing(pages, *PIECES, sandbox.key) == []
    assert (showing(pages, LAST_FOUR) != []) is (kind in ADMINS)


@pytest.mark.parametrize("kind", ["admin", "owner"])
def test_no_fragment_shows_a_piece_of_it(people: dict[str, Client], things: Things, secret: ApiKey, kind: str) -> None:
    things.key_id = secret.id
    assert showing(everything(people[kind], things, **HTMX), *PIECES) == []


@pytest.mark.parametrize("accepted", ["application/json", "text/plain", "*/*"])
def test_nothing_else_than_pages_is_to_be_had(owner: Client, things: Things, secret: ApiKey, accepted: str) -> None:
    things.key_id = secret.id
    assert showing(everything(owner, things, HTTP_ACCEPT=accepted), *PIECES) == []


@pytest.mark.parametrize("question", ["show=1", "reveal=1", "format=json", "fields=ciphertext,secret", "debug=1"])
def test_no_question_brings_it_out(owner: Client, secret: ApiKey, question: str) -> None:
    pages = {
        name: owner.get(f"{url(name, secret.id)}?{question}").text for name in ("api-key", "api-key-replace", "api-key-delete")
    }
    assert showing(pages, *PIECES) == []


def test_prefix_and_last_four_are_shown_and_no_field_holds_it(owner: Client, workspace: Workspace, secret: ApiKey) -> None:
    page, form = owner.get(url("api-key", secret.id)), owner.get(url("api-key-replace", secret.id))
    assert (text(page, "code"), value(form, "key")) == (f"dataset-…{LAST_FOUR}", "")


def test_of_a_key_of_another_kind_only_the_last_four_are_shown(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess
) -> None:
    tried = Tried(sandbox.base_url, SecretStr(HIDDEN + LAST_FOUR), Found("", 0, []))
    other = add_key(Scope(workspace=workspace, by=Actor("fixture")), NewKey(Details("Other"), tried))
    assert text(owner.get(url("api-key", other.id)), "code") == f"…{LAST_FOUR}"


@pytest.mark.parametrize("name", ["new-api-key", "api-key-replace"])
@pytest.mark.parametrize("wrong", [{"base_url": "nonsense"}, {}], ids=["address", "key"])
def test_what_was_typed_is_not_shown_again(
    owner: Client, secret: ApiKey, sandbox: SandboxProcess, name: str, wrong: dict[str, str]
) -> None:
    ids = [secret.id] if name == "api-key-replace" else []
    typed = {"name": "Third", "base_url": sandbox.base_url, "key": SECRET}
    answer: Answer = owner.post(url(name, *ids), typed | wrong)
    assert (answer.status_code, value(answer, "key"), showing({name: answer.text}, *PIECES)) == (422, "", [])
    assert texts(answer, ".field-error") != []
