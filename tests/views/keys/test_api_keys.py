"""Replacing an API key: it is tried before it is stored. Where it may not go is tested in tests/abuse."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.crypto import new_key
from datasets_ui.models import ApiKey, Role, Workspace
from tests.conftest import member, signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Calls, acts, beside, last_event, text, texts, url

CANARY = "dataset-CANARY0123456789"


def save(client: Client, **typed: str) -> Any:
    """Replace the default key of Alice's workspace."""
    return client.post(replacing(), typed, follow=True)


def replacing() -> str:
    return url("api-key-replace", ApiKey.objects.get(workspace__slug="acme").pk)


def key_of(workspace: Workspace) -> ApiKey:
    return workspace.api_keys.get()


def test_a_new_key_is_tried_and_stored(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    before = bytes(key_of(workspace).ciphertext)
    calls = Calls(sandbox)
    response = save(owner, base_url=sandbox.base_url, key=sandbox.key)
    assert (text(response, ".notice-success span")[:33], calls.seen()) == (
        "The new key works and is stored: ",
        ["GET /datasets"],
    )
    assert bytes(key_of(workspace).ciphertext) != before
    assert (acts()[0][:2], str(last_event().after)) == (
        ("api_key.rotate", "done"),
        f"{sandbox.base_url} dataset-…-key; Dify 1.17.0, 0 datasets",
    )


def test_a_key_that_does_not_work_is_not_stored(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    before = bytes(key_of(workspace).ciphertext)
    response = save(owner, base_url=sandbox.base_url, key=CANARY)
    assert (response.status_code, beside(response, "key")[0].split(".")[0]) == (422, "Dify does not take this key")
    assert (bytes(key_of(workspace).ciphertext), CANARY in response.text) == (before, False)


def test_nothing_typed_is_told(owner: Client, sandbox: SandboxProcess) -> None:
    said = beside(save(owner, base_url=sandbox.base_url, key=""), "key")
    assert said == ["Enter the new key, or another address. Nothing was changed."]


def test_without_a_key_a_page_says_so(owner: Client, workspace: Workspace) -> None:
    workspace.api_keys.update(ciphertext=b"")
    response = owner.get(url("datasets"))
    assert (response.status_code, text(response, "h1")) == (409, "No API key")
    assert texts(response, "main a")[-1] == "API keys"


def test_a_workspace_that_never_had_a_key_can_get_one(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    workspace.api_keys.all().delete()
    assert owner.get(url("datasets")).status_code == 409
    typed = {"name": "Default", "base_url": sandbox.base_url, "key": sandbox.key}
    response = owner.post(url("new-api-key"), typed, follow=True)
    assert text(response, ".notice-success span") == "The key works and is stored: Dify 1.17.0, 0 datasets."
    assert owner.get(url("datasets")).status_code == 200


def locked(client: Client, sandbox: SandboxProcess) -> bool:
    """Whether the page says that keys are locked, and nothing was sent."""
    calls = Calls(sandbox)
    page, toast = client.get(url("datasets")), client.get(url("datasets"), **HTMX)
    assert "DATASETS_KEK" in text(toast, ".notice-error")
    return (page.status_code, text(page, "h1"), calls.seen()) == (503, "Keys locked", [])


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
