"""Row 3: a ciphertext that was moved to another workspace, row or address cannot be opened: "Keys locked", and 0 requests are sent."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.models import ApiKey, User, Workspace
from tests.abuse.support import Listener
from tests.conftest import new_key
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Answer, Calls, text


def key_of(workspace: Workspace) -> ApiKey:
    return workspace.api_keys.get()


@pytest.fixture
def theirs(charlie: User, sandbox: SandboxProcess) -> Workspace:
    """A second workspace with a key of its own, under the same address."""
    workspace = charlie.workspaces.get()
    new_key(workspace, "Default", sandbox.base_url, sandbox.key)
    return workspace


def locked(client: Client, sandbox: SandboxProcess, workspace: Workspace) -> bool:
    """Whether pages, toasts and the trial of the key say that keys are locked, and nothing was sent."""
    calls, address = Calls(sandbox), f"/w/{workspace.slug}/datasets/"
    answers: list[Answer] = [client.get(address), client.post(f"/w/{workspace.slug}/keys/{key_of(workspace).pk}/try/")]
    toast: Answer = client.get(address, **HTMX)
    said = [(answer.status_code, text(answer, "h1")) for answer in answers]
    assert "DATASETS_KEK" in text(toast, ".notice-error")
    return (said, calls.seen()) == ([(503, "Keys locked")] * 2, [])


def test_under_another_address(owner: Client, workspace: Workspace, sandbox: SandboxProcess, elsewhere: Listener) -> None:
    workspace.api_keys.update(base_url=elsewhere.base_url)
    assert (locked(owner, sandbox, workspace), elsewhere.seen) == (True, [])


@pytest.mark.parametrize("change", ["http://localhost:{port}/v1", "https://127.0.0.1:{port}/v1", "http://127.0.0.1/v1"])
def test_under_another_host_scheme_or_port(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess, settings: Settings, change: str
) -> None:
    settings.API_ALLOWED_HOSTS |= {"localhost", "127.0.0.1"}
    workspace.api_keys.update(base_url=change.format(port=sandbox.port))
    assert locked(owner, sandbox, workspace)


def test_in_another_row(owner: Client, workspace: Workspace, sandbox: SandboxProcess) -> None:
    old = key_of(workspace)
    old.delete()
    ApiKey.objects.create(workspace=workspace, name="x", is_default=True, base_url=old.base_url, ciphertext=old.ciphertext)
    assert locked(owner, sandbox, workspace)


def test_in_another_workspace(outsider: Client, workspace: Workspace, theirs: Workspace, sandbox: SandboxProcess) -> None:
    theirs.api_keys.update(ciphertext=key_of(workspace).ciphertext)
    assert locked(outsider, sandbox, theirs)


def test_in_another_workspace_with_its_data_key(
    outsider: Client, workspace: Workspace, theirs: Workspace, sandbox: SandboxProcess
) -> None:
    theirs.api_keys.all().delete()
    workspace.api_keys.update(workspace=theirs)
    theirs.data_key = workspace.data_key
    theirs.save()
    assert locked(outsider, sandbox, theirs)


@pytest.mark.parametrize("part", [0, 12, -1])
def test_with_one_bit_changed(owner: Client, workspace: Workspace, sandbox: SandboxProcess, part: int) -> None:
    """In the nonce, the secret, or the tag."""
    changed = bytearray(key_of(workspace).ciphertext)
    changed[part] ^= 1
    workspace.api_keys.update(ciphertext=bytes(changed))
    assert locked(owner, sandbox, workspace)


@pytest.mark.parametrize("other", [b"x", b"x" * 12, b"x" * 60, b"dataset-in-plain-text"])
def test_what_was_never_sealed(owner: Client, workspace: Workspace, sandbox: SandboxProcess, other: bytes) -> None:
    workspace.api_keys.update(ciphertext=other)
    assert locked(owner, sandbox, workspace)


def test_a_second_key_of_the_workspace_under_the_first_ones_id(
    owner: Client, workspace: Workspace, sandbox: SandboxProcess
) -> None:
    first: Any = key_of(workspace)
    second = new_key(workspace, "Second", sandbox.base_url, sandbox.key)
    ApiKey.objects.filter(pk=first.pk).update(ciphertext=second.ciphertext)
    second.delete()
    assert locked(owner, sandbox, workspace)
