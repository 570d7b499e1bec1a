"""Settings of a workspace: the address and the key of its API."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.crypto import new_key
from datasets_ui.models import ApiKey, Role, User, Workspace
from datasets_ui.services.connections import transport
from tests.conftest import member, signed_in
from tests.sandbox_process import SandboxProcess
from tests.stage import HTMX, Calls, acts, beside, last_event, text, texts, url, value

CANARY = "dataset-CANARY0123456789"


@pytest.fixture
def elsewhere(settings: Settings, workspace: Workspace) -> Iterator[tuple[str, list[str | None]]]:
    """Somebody else's server that may be called, and the Authorization header of each request that it got."""
    seen: list[str | None] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.API_ALLOWED_HOSTS |= {f"127.0.0.1:{server.server_port}"}
        transport.cache_clear()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()


def save(client: Client, **typed: str) -> Any:
    return client.post(url("workspace-settings"), typed, follow=True)


def key_of(workspace: Workspace) -> ApiKey:
    return workspace.api_keys.get()


def test_only_prefix_and_last_four_are_shown(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    response = owner.get(url("workspace-settings"))
    assert (text(response, "code"), value(response, "key")) == ("dataset-…-key", "")
    assert sandbox.key not in response.text


def test_a_new_key_is_tried_and_stored(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    before = bytes(key_of(workspace).ciphertext)
    calls = Calls(sandbox)
    response = save(owner, base_url=sandbox.base_url, key=sandbox.key)
    assert (texts(response, ".notice-success span"), calls.seen()) == (["The key works and is stored."], ["GET /datasets"])
    assert bytes(key_of(workspace).ciphertext) != before
    assert (acts()[0][:2], last_event().after) == (("api_key.store", "done"), "dataset-…-key")


def test_a_key_that_does_not_work_is_not_stored(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    before = bytes(key_of(workspace).ciphertext)
    response = save(owner, base_url=sandbox.base_url, key=CANARY)
    assert (response.status_code, beside(response, "key")[0].split(".")[0]) == (422, "Dify refused the API key")
    assert (bytes(key_of(workspace).ciphertext), CANARY in response.text) == (before, False)


def test_nothing_changed_is_told(owner: Client, sandbox: SandboxProcess) -> None:
    assert texts(save(owner, base_url=sandbox.base_url, key=""), ".notice-success span") == ["Nothing was changed."]


def test_another_address_drops_the_key(owner: Client, workspace: Workspace, elsewhere: tuple[str, list[str | None]]) -> None:
    address, seen = elsewhere
    response = save(owner, base_url=address, key="")
    assert text(response, ".alert-warning").startswith(f"No key is stored. Enter one for {address}")
    key = key_of(workspace)
    assert (key.base_url, bytes(key.ciphertext), key.prefix, key.last_four) == (address, b"", "", "")
    assert (acts(), seen) == ([("api_key.drop", "done", address)], [])


def test_the_new_address_never_gets_the_old_key(owner: Client, elsewhere: tuple[str, list[str | None]]) -> None:
    address, seen = elsewhere
    save(owner, base_url=address, key="", ciphertext="x", workspace="x")
    for name in ("datasets", "workspace-settings", "new-dataset"):
        owner.get(url(name))
        owner.post(url(name), {"base_url": address, "name": "x"})
    assert seen == []


def test_a_key_typed_for_another_address_is_all_it_gets(
    owner: Client, elsewhere: tuple[str, list[str | None]], workspace: Workspace
) -> None:
    address, seen = elsewhere
    response = save(owner, base_url=address, key=CANARY)
    assert (response.status_code, seen) == (422, [f"Bearer {CANARY}"])
    assert key_of(workspace).base_url != address


def test_without_a_key_a_page_says_so(owner: Client, workspace: Workspace) -> None:
    workspace.api_keys.update(ciphertext=b"")
    response = owner.get(url("datasets"))
    assert (response.status_code, text(response, "h1")) == (409, "No API key")
    assert texts(response, "main a")[-1] == "Settings"


def test_a_workspace_that_never_had_a_key_can_get_one(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    workspace.api_keys.all().delete()
    assert owner.get(url("datasets")).status_code == 409
    save(owner, base_url=sandbox.base_url, key="")
    assert (key_of(workspace).base_url, owner.get(url("datasets")).status_code) == (sandbox.base_url, 409)
    save(owner, base_url=sandbox.base_url, key=sandbox.key)
    assert owner.get(url("datasets")).status_code == 200


def locked(client: Client, sandbox: SandboxProcess) -> bool:
    """Whether the page says that keys are locked, and nothing was sent."""
    calls = Calls(sandbox)
    page, toast = client.get(url("datasets")), client.get(url("datasets"), **HTMX)
    assert "DATASETS_KEK" in text(toast, ".notice-error")
    return (page.status_code, text(page, "h1"), calls.seen()) == (503, "Keys locked", [])


def test_a_ciphertext_under_another_address_is_locked(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess, elsewhere: tuple[str, list[str | None]]
) -> None:
    workspace.api_keys.update(base_url=elsewhere[0])
    assert (locked(owner, sandbox), elsewhere[1]) == (True, [])


def test_a_ciphertext_in_another_row_is_locked(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    old = key_of(workspace)
    old.delete()
    ApiKey.objects.create(workspace=workspace, base_url=old.base_url, ciphertext=old.ciphertext)
    assert locked(owner, sandbox)


def test_a_ciphertext_in_another_workspace_is_locked(
    charlie: User, outsider: Client, workspace: Workspace, sandbox: SandboxProcess
) -> None:
    theirs = charlie.workspaces.get()
    key_of(workspace).delete()
    key = ApiKey.objects.create(workspace=theirs, base_url=sandbox.base_url)
    ApiKey.objects.filter(pk=key.pk).update(ciphertext=b"x" * 60)
    calls = Calls(sandbox)
    assert (outsider.get(f"/w/{theirs.slug}/datasets/").status_code, calls.seen()) == (503, [])


def test_a_row_moved_with_its_workspaces_data_key_is_locked(
    charlie: User, outsider: Client, workspace: Workspace, sandbox: SandboxProcess
) -> None:
    theirs = charlie.workspaces.get()
    workspace.api_keys.update(workspace=theirs)
    theirs.data_key = workspace.data_key
    theirs.save()
    calls = Calls(sandbox)
    assert (outsider.get(f"/w/{theirs.slug}/datasets/").status_code, calls.seen()) == (503, [])


def test_the_wrong_key_of_the_operator_is_told(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess, settings: Settings
) -> None:
    settings.KEY_ENCRYPTING_KEYS = [new_key()]
    assert locked(owner, sandbox)


def test_under_the_wrong_key_of_the_operator_nothing_is_stored(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess, settings: Settings
) -> None:
    before = bytes(key_of(workspace).ciphertext)
    settings.KEY_ENCRYPTING_KEYS = [new_key()]
    response = save(owner, base_url=sandbox.base_url, key=sandbox.key)
    assert (response.status_code, bytes(key_of(workspace).ciphertext)) == (503, before)


def test_every_key_of_the_operators_list_opens(owner: Client, settings: Settings) -> None:
    settings.KEY_ENCRYPTING_KEYS = [new_key(), *settings.KEY_ENCRYPTING_KEYS]
    assert owner.get(url("datasets")).status_code == 200


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.EDITOR, 403), (Role.VIEWER, 403)])
def test_admins_alone_see_the_settings(workspace: Workspace, role: Role, status: int) -> None:
    assert signed_in(member(workspace, "x", role)).get(url("workspace-settings")).status_code == status
