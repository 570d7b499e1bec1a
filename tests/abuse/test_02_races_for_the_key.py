"""Row 2: the address is changed by other ways, and while others call: 0 of 50 rounds leak the key, and no way around the form does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pydantic import SecretStr

from datasets_ui.models import Actor, ApiKey, User, Workspace
from datasets_ui.services.keys.api_keys import Tried, examine, rotate_key
from datasets_ui.services.keys.connections import new_client
from datasets_ui.services.scope import Scope
from tests.abuse.support import Listener
from tests.conftest import signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Answer, url

ROUNDS = 50
CALLERS = 4
# columns that an attacker who guesses them would add to a form
COLUMNS = {
    "id": "99999999-9999-4999-8999-999999999999",
    "workspace": "x",
    "workspace_id": "x",
    "ciphertext": "x",
    "prefix": "x",
    "last_four": "x",
    "is_default": "",
    "disabled_at": "2020-01-01",
    "stored_at": "2020-01-01",
    "server_version": "x",
}


def key_of(workspace: Workspace) -> ApiKey:
    return workspace.api_keys.get()


def row(workspace: Workspace) -> dict[str, Any]:
    """The key as it is stored, apart from how it fares."""
    names = ("id", "workspace_id", "base_url", "prefix", "last_four", "is_default")
    key = key_of(workspace)
    return {name: getattr(key, name) for name in names} | {"ciphertext": bytes(key.ciphertext)}


@pytest.mark.parametrize("name", ["api-key", "api-key-try", "api-key-default", "api-key-enable"])
def test_no_other_form_of_a_key_takes_an_address(owner: Client, elsewhere: Listener, workspace: Workspace, name: str) -> None:
    before = row(workspace)
    owner.post(url(name, key_of(workspace).pk), COLUMNS | {"name": "Default", "base_url": elsewhere.base_url, "enabled": "1"})
    assert (row(workspace), elsewhere.seen) == (before, [])


def test_no_other_form_of_a_workspace_takes_an_address(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    before = row(workspace)
    owner.post(url("workspace-settings"), COLUMNS | {"name": "Acme", "base_url": elsewhere.base_url, "key": "x"})
    assert (row(workspace), elsewhere.seen) == (before, [])


def test_columns_among_the_fields_are_not_stored(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    before = row(workspace)
    owner.post(url("api-key-replace", key_of(workspace).pk), COLUMNS | {"base_url": elsewhere.base_url, "key": ""})
    dropped = {"base_url": elsewhere.base_url, "ciphertext": b"", "prefix": "", "last_four": ""}
    assert (row(workspace), elsewhere.seen) == (before | dropped, [])


def test_the_last_of_two_addresses_in_one_form_counts_for_all(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    """What is checked, tried and stored is one value."""
    both = {"base_url": [key_of(workspace).base_url, elsewhere.base_url], "key": ""}
    owner.post(url("api-key-replace", key_of(workspace).pk), both)
    owner.get(url("datasets"))
    assert (row(workspace)["base_url"], row(workspace)["ciphertext"], elsewhere.seen) == (elsewhere.base_url, b"", [])


def test_a_secret_brought_back_from_a_backup_is_locked(owner: Client, elsewhere: Listener, workspace: Workspace) -> None:
    old = row(workspace)
    owner.post(url("api-key-replace", key_of(workspace).pk), {"base_url": elsewhere.base_url, "key": ""})
    workspace.api_keys.update(ciphertext=old["ciphertext"], prefix=old["prefix"], last_four=old["last_four"])
    answers = [owner.get(url("datasets")), owner.post(url("api-key-try", key_of(workspace).pk))]
    assert ([answer.status_code for answer in answers], elsewhere.seen) == ([503, 503], [])


@pytest.mark.parametrize("address", ["/admin/", "/api/", "/api/v1/keys/", "/api-keys/", "/w/acme/keys.json"])
def test_there_is_no_second_interface(owner: Client, address: str) -> None:
    assert owner.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_whoever_calls_while_the_address_changes_sends_nothing_there(
    workspace: Workspace, alice: User, elsewhere: Listener, sandbox: SandboxProcess
) -> None:
    """Each round: people open pages and try the key while its address changes; then it comes back with its secret."""
    key, start = key_of(workspace), threading.Barrier(CALLERS + 1, timeout=60)
    home = sandbox.base_url
    found = examine(new_client(home, SecretStr(sandbox.key)))

    def call(number: int) -> list[int]:
        client, statuses = signed_in(alice), []
        try:
            for _ in range(ROUNDS):
                start.wait()
                answer: Answer = client.get(url("datasets")) if number % 2 else client.post(url("api-key-try", key.pk))
                statuses.append(answer.status_code)
                start.wait()
        finally:
            connections.close_all()
        return statuses

    changer, drops = signed_in(alice), 0
    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(call, number) for number in range(CALLERS)]
        for _ in range(ROUNDS):
            start.wait()
            changer.post(url("api-key-replace", key.pk), {"base_url": elsewhere.base_url, "key": ""})
            start.wait()
            drops += row(workspace)["ciphertext"] == b""
            tried = Tried(home, SecretStr(sandbox.key), found)
            rotate_key(Scope(workspace=workspace, by=Actor("x")), key, tried)
        statuses = [status for done in calls for status in done.result()]
    # some came before the change and were served, some after it and were told
    assert (drops, set(statuses) <= {200, 302, 409}, len(set(statuses)) > 1) == (ROUNDS, True, True)
    assert elsewhere.seen == []
