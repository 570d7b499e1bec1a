"""L2: dates at the end of the calendar, NUL in an address, numbers that no column takes, and two who do the same at once: a page that
says so, never a blank 500. The NUL and the numbers matter on PostgreSQL, which refuses them."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from pydantic import SecretStr
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import NotJson, UnexpectedShape
from datasets_ui.models import Actor, ApiKey, Invitation, Membership, Role, User, Workspace
from datasets_ui.services.keys.api_keys import Details, Found, NewKey, Tried, add_key
from datasets_ui.services.keys.connections import new_client, transport
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.workspaces import create_workspace
from tests.abuse.support import CANARY, Listener, Reply
from tests.abuse.test_11_escalation import at_once, invited
from tests.conftest import person, signed_in
from tests.support.stage import Answer, acts, text, texts, url

# --- dates ---


@pytest.mark.parametrize(("day", "told"), [("9999-12-31", 1), ("0001-01-01", 1), ("9998-12-31", 0), ("1970-01-01", 0)])
@pytest.mark.parametrize("field", ["since", "until"])
def test_a_day_at_the_end_of_the_calendar_is_told(owner: Client, field: str, day: str, told: int) -> None:
    page: Answer = owner.get(url("activity", **{field: day}))
    assert (page.status_code, len(texts(page, ".field-error"))) == (200, told)
    assert owner.get(url("activity-csv", **{field: day})).status_code == 200


# --- NUL ---


@pytest.mark.parametrize(
    "path",
    ["/accounts/oidc/%00/login/", "/accounts/oidc/%00/login/callback/", "/w/%00/datasets/", "/accounts/%00", "/%00"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_nothing_at_an_address_with_a_nul(anonymous: Client, path: str, method: str) -> None:
    page: Answer = getattr(anonymous, method)(path)
    assert (page.status_code, text(page, "h1")) == (404, "Not found")


def answering(listener: Listener, total: int = 1, **row: object) -> DifyClient:
    """A client of a server whose every answer is a list with this one row."""
    answer = {"data": [{"id": str(uuid4())} | row], "total": total, "page": 1, "limit": 20, "has_more": False}
    listener.reply = Reply(200, body=json.dumps(answer).encode())
    return new_client(listener.base_url, SecretStr(CANARY))


@pytest.mark.parametrize("name", ["a\x00b", "\x00", "\\\x00", "\\\\\x00"])
def test_an_answer_with_a_nul_is_refused(elsewhere: Listener, name: str) -> None:
    """Dify keeps its texts in a PostgreSQL, too. Otherwise writing down what was done would fail after it was done."""
    with pytest.raises(NotJson):
        answering(elsewhere, name=name).datasets.page()


@pytest.mark.parametrize("name", ["\\u0000", "\\\\u0000", "u0000"])
def test_the_letters_for_a_nul_are_none(elsewhere: Listener, name: str) -> None:
    """As in a text about JSON."""
    assert answering(elsewhere, name=name).datasets.page().data[0].name == name


# --- numbers ---


@pytest.mark.parametrize("total", [10**12, -1])
def test_an_absurd_number_of_datasets_is_said_beside_the_form(
    owner: Client, workspace: Workspace, elsewhere: Listener, total: int
) -> None:
    """L2: it cannot be written down, and no such list is read."""
    answering(elsewhere, total, name="Handbook")
    made = owner.post(url("new-api-key"), {"name": "Evil", "base_url": elsewhere.base_url, "key": CANARY})
    assert (made.status_code, ApiKey.objects.filter(name="Evil").exists()) == (422, False)


@pytest.mark.parametrize("position", [2**31, -1])
def test_a_position_that_no_document_has_is_refused(elsewhere: Listener, position: int) -> None:
    """It stands in the history of a segment."""
    dify = answering(elsewhere, document_id=str(uuid4()), content="x", position=position)
    with pytest.raises(UnexpectedShape):
        dify.segments.page(uuid4(), uuid4())


# --- two at once ---


@pytest.fixture
def two(transactional_db: None) -> list[User]:
    """An owner and another one of Acme."""
    both = [person(f"owner{number}@example.com") for number in range(2)]
    workspace = create_workspace(name="Acme", owner=both[0], by=Actor("fixture"))
    Membership.objects.create(workspace=workspace, user=both[1], role=Role.OWNER)
    return both


@pytest.fixture
def allowing(settings: Settings) -> Iterator[Listener]:
    """A server that may be called and answers whatever it is asked."""
    with Listener() as listener:
        settings.API_ALLOWED_HOSTS = frozenset({listener.host})
        transport.cache_clear()
        answering(listener, name="Handbook")
        yield listener
        transport.cache_clear()


def test_workspaces_of_one_name_at_once_are_all_made(two: list[User]) -> None:
    clients = [signed_in(two[0]) for _ in range(12)]
    codes = at_once(12, lambda which: clients[which].post("/workspaces/new/", {"name": "Twin"}).status_code)
    slugs = Workspace.objects.filter(name="Twin").values_list("slug", flat=True)
    assert (codes, len(slugs), "twin" in slugs) == ([302] * 12, 12, True)


def test_who_removes_somebody_who_is_gone_is_told(two: list[User]) -> None:
    member = Membership.objects.create(workspace=Workspace.objects.get(), user=person("bob@example.com"))
    clients = [signed_in(user) for user in two]
    codes = at_once(2, lambda which: clients[which].post(url("member-remove", member.pk)).status_code)
    assert (codes.count(302), set(codes) <= {302, 404, 409}) == (1, True)
    assert acts().count(("member.remove", "done", "bob@example.com")) == 1


def test_an_invitation_is_used_or_taken_back(two: list[User]) -> None:
    """Never both, and what is said and written is what happened."""
    clients = [Client(), signed_in(two[0])]
    clients[0].get("/invitation/", {"token": invited(Workspace.objects.get(), two[0])})
    invitation = Invitation.objects.get()
    typed = {"email": "new@example.com", "password": "a long enough one"}
    addresses = ["/invitation/", url("invitation-revoke", invitation.pk)]
    codes = at_once(2, lambda which: clients[which].post(addresses[which], typed).status_code)
    done = [act for act, _, _ in acts() if act in {"member.join", "invitation.revoke"}]
    assert (len(done), codes[0] == 302, set(codes) <= {302, 404, 410}) == (1, done == ["member.join"], True)


def test_of_two_first_keys_one_is_the_default(two: list[User]) -> None:
    workspace = Workspace.objects.get()

    def add(which: int) -> bool:
        tried = Tried("https://api.example.com/v1", SecretStr(CANARY), Found("", 1, []))
        key = add_key(Scope(workspace=workspace, by=Actor("x")), NewKey(Details(f"Key {which}"), tried))
        return key.is_default

    assert sorted(at_once(6, add)) == [False] * 5 + [True]


def test_of_two_keys_of_one_name_one_is_made_and_the_other_told(two: list[User], allowing: Listener) -> None:
    clients = [signed_in(user) for user in two]
    typed = {"name": "Twin", "base_url": allowing.base_url, "key": CANARY}
    answers = at_once(2, lambda which: clients[which].post(url("new-api-key"), typed))
    assert sorted(answer.status_code for answer in answers) in ([302, 409], [302, 422])
    assert ApiKey.objects.filter(name="Twin").count() == 1


def test_of_two_who_delete_a_workspace_one_does(two: list[User]) -> None:
    clients = [signed_in(user) for user in two]
    codes = at_once(2, lambda which: clients[which].post(url("workspace-delete"), {"confirmation": "Acme"}).status_code)
    assert (codes.count(302), set(codes) <= {302, 404, 409}) == (1, True)
    assert acts().count(("workspace.delete", "done", "Acme")) == 1
