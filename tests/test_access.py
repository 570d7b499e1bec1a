"""Who may open what: each address of a workspace, by each kind of person; generated, so that a new one cannot be forgotten."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from dashboard.urls import workspace as workspace_patterns
from datasets_ui.models import AuditEvent, Role
from tests.sandbox_process import SandboxProcess
from tests.stage import UNKNOWN, Calls, url

# What each address needs; a new one is added here on purpose.
NEEDED = {
    "datasets": Role.VIEWER,
    "new-dataset": Role.EDITOR,
    "documents": Role.VIEWER,
    "dataset-settings": Role.EDITOR,
    "dataset-delete": Role.EDITOR,
    "retrieval": Role.VIEWER,
    "upload": Role.EDITOR,
    "upload-check": Role.EDITOR,
    "add-text": Role.EDITOR,
    "documents-progress": Role.VIEWER,
    "documents-status": Role.EDITOR,
    "documents-delete": Role.EDITOR,
    "segments": Role.VIEWER,
    "segment-add": Role.EDITOR,
    "segment": Role.VIEWER,
    "segment-edit": Role.EDITOR,
    "segment-enable": Role.EDITOR,
    "segment-delete": Role.EDITOR,
    "workspace-settings": Role.ADMIN,
}


def patterns(found: list[URLPattern | URLResolver], depth: int = 0) -> Iterator[tuple[URLPattern, int]]:
    """Each address, and how many ids are in it."""
    for pattern in found:
        ids = depth + len(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, ids)
        else:
            yield pattern, ids


ALL = {str(pattern.name): (pattern, ids) for pattern, ids in patterns(workspace_patterns)}


def address(name: str) -> str:
    ids: list[object] = [UNKNOWN] * ALL[name][1]
    if name == "documents-status":
        ids[-1] = "enable"
    return url(name, *ids)


def ask(client: Client, name: str, method: str) -> int:
    return client.generic(method, address(name)).status_code


def takes(name: str, method: str) -> bool:
    """Whether the address knows the method; it is refused before anybody is asked who they are."""
    anybody = Client()
    return ask(anybody, name, method) != 405


def test_the_table_names_every_address() -> None:
    assert {name: getattr(pattern.callback, "needed_role", None) for name, (pattern, _) in ALL.items()} == NEEDED


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stranger_is_led_to_sign_in(anonymous: Client, name: str, method: str) -> None:
    response = anonymous.generic(method, address(name))
    if response.status_code != 405:
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_for_an_outsider_it_does_not_exist(outsider: Client, sandbox: SandboxProcess, name: str, method: str) -> None:
    calls = Calls(sandbox)
    assert ask(outsider, name, method) in {404, 405}
    assert calls.seen() == []


@pytest.mark.parametrize("name", [name for name, role in NEEDED.items() if role != Role.VIEWER])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_viewer_may_not_change(viewer: Client, sandbox: SandboxProcess, name: str, method: str) -> None:
    calls = Calls(sandbox)
    assert ask(viewer, name, method) in {403, 405}
    assert (calls.seen(), AuditEvent.objects.count()) == ([], 0)


@pytest.mark.parametrize("name", NEEDED)
def test_each_address_takes_reading_or_writing(anonymous: Client, name: str) -> None:
    assert takes(name, "GET") or takes(name, "POST")
    assert [method for method in ("PUT", "PATCH", "DELETE", "TRACE") if takes(name, method)] == []


@pytest.mark.parametrize("name", [name for name, role in NEEDED.items() if role == Role.VIEWER])
def test_reading_pages_take_no_writing(anonymous: Client, name: str) -> None:
    assert not takes(name, "POST")


@pytest.mark.parametrize("name", NEEDED)
def test_an_editor_gets_to_the_view(editor: Client, name: str) -> None:
    allowed = Role.EDITOR.covers(NEEDED[name])
    answers = {ask(editor, name, method) for method in ("GET", "POST")}
    assert (403 in answers) is not allowed


def test_after_signing_in_one_is_back_on_the_page_that_was_open(anonymous: Client) -> None:
    current = f"http://testserver{url('documents', UNKNOWN)}?q=x"
    response = anonymous.get(url("documents-progress", UNKNOWN), HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=current)
    assert response.headers["HX-Redirect"] == f"/accounts/login/?next={url('documents', UNKNOWN)}%3Fq%3Dx"


def test_a_page_of_another_site_is_not_gone_back_to(anonymous: Client) -> None:
    address = url("documents", UNKNOWN)
    response = anonymous.get(address, HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="https://evil.example/x")
    assert response.headers["HX-Redirect"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize(
    ("role", "needed", "covers"),
    [(Role.OWNER, Role.ADMIN, True), (Role.EDITOR, Role.EDITOR, True), (Role.VIEWER, Role.EDITOR, False)],
)
def test_a_role_may_what_the_ones_before_it_may(role: Role, needed: Role, covers: bool) -> None:
    assert role.covers(needed) is covers


def test_leaving_a_workspace_counts_at_once(editor: Client, erin: object) -> None:
    assert editor.get(url("workspace-settings")).status_code == 403
    erin.memberships.all().delete()  # type: ignore[attr-defined]
    assert editor.get(url("workspace-settings")).status_code == 404
