"""Changing the keys that everything secret is encrypted with: whatever interrupts it, nothing becomes unreadable."""

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from pydantic import SecretStr
from pytest_django.fixtures import Settings

from datasets_ui.crypto import new_key
from datasets_ui.models import Actor, ApiKey, AuditEvent, User, Workspace
from datasets_ui.services.keys.api_keys import Details, Found, NewKey, Tried, add_key
from datasets_ui.services.keys.connections import connect, is_locked
from datasets_ui.services.keys.rotation import rotate_workspace, unreadable
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.workspaces import create_workspace

OLD, NEW = new_key(), new_key()
BY = Actor("operator")
ROWS = 20


@pytest.fixture
def old_list(settings: Settings) -> Iterator[Settings]:
    settings.KEY_ENCRYPTING_KEYS = [OLD]
    return settings


@pytest.fixture
def keys(old_list: Settings, alice: User) -> list[ApiKey]:
    """Each in a workspace of its own."""
    made = []
    for number in range(ROWS):
        workspace = create_workspace(name=f"W {number}", owner=alice, by=BY)
        tried = Tried("https://api.example.com/v1", SecretStr(f"key-{number}"), Found("", 0, []))
        made.append(add_key(Scope(workspace=workspace, by=BY), NewKey(Details("Default"), tried)))
    AuditEvent.objects.all().purge()
    return made


def locked(keys: list[ApiKey]) -> int:
    return sum(is_locked(ApiKey.objects.select_related("workspace").get(pk=key.pk)) for key in keys)


def test_afterwards_the_old_key_is_not_needed(settings: Settings, keys: list[ApiKey]) -> None:
    settings.KEY_ENCRYPTING_KEYS = [NEW, OLD]
    call_command("rotate_keys")
    settings.KEY_ENCRYPTING_KEYS = [NEW]
    assert locked(keys) == 0


@pytest.mark.parametrize("cut", range(ROWS))
def test_cut_off_at_any_row_everything_is_readable_and_it_resumes(settings: Settings, keys: list[ApiKey], cut: int) -> None:
    settings.KEY_ENCRYPTING_KEYS = [NEW, OLD]
    for key in keys[:cut]:
        rotate_workspace(Scope(workspace=key.workspace, by=BY), data_key_too=False)
    assert locked(keys) == 0
    call_command("rotate_keys")
    settings.KEY_ENCRYPTING_KEYS = [NEW]
    assert (locked(keys), AuditEvent.objects.filter(act="keys.rotate").count()) == (0, ROWS)


def test_a_second_run_has_nothing_to_do(settings: Settings, keys: list[ApiKey], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rotate_keys")
    assert capsys.readouterr().out == "0 encrypted anew; everything else was so already.\n"


def test_new_data_keys_make_new_ciphertexts(settings: Settings, keys: list[ApiKey]) -> None:
    before = {bytes(key.ciphertext) for key in keys} | {bytes(key.workspace.data_key) for key in keys}
    call_command("rotate_keys", "--data-keys")
    rows = ApiKey.objects.select_related("workspace")
    after = {bytes(key.ciphertext) for key in rows} | {bytes(key.workspace.data_key) for key in rows}
    assert (before & after, len(after), locked(keys)) == (set(), 2 * ROWS, 0)


def test_under_the_wrong_key_nothing_is_overwritten(settings: Settings, keys: list[ApiKey]) -> None:
    before = list(Workspace.objects.order_by("pk").values_list("data_key", flat=True))
    settings.KEY_ENCRYPTING_KEYS = [NEW]
    for words in ((), ("--data-keys",)):
        with pytest.raises(CommandError, match="Nothing of it was changed"):
            call_command("rotate_keys", *words)
    assert list(Workspace.objects.order_by("pk").values_list("data_key", flat=True)) == before
    assert len(list(unreadable())) == ROWS
    settings.KEY_ENCRYPTING_KEYS = [OLD]
    assert locked(keys) == 0


def test_one_locked_row_does_not_hold_up_the_others(settings: Settings, keys: list[ApiKey]) -> None:
    Workspace.objects.filter(pk=keys[0].workspace_id).update(data_key=b"x" * 60)
    settings.KEY_ENCRYPTING_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="The workspace w-0 cannot be decrypted"):
        call_command("rotate_keys")
    settings.KEY_ENCRYPTING_KEYS = [NEW]
    assert list(unreadable()) == ["the API key “Default” of the workspace “W 0” (w-0)"]


def test_second_factors_are_encrypted_anew_too(old_list: Settings, alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    old_list.KEY_ENCRYPTING_KEYS = [NEW, OLD]
    call_command("rotate_keys")
    old_list.KEY_ENCRYPTING_KEYS = [NEW]
    assert (list(unreadable()), Authenticator.objects.get().data["secret"] != secret) == ([], True)


def test_a_rotated_workspace_still_reaches_its_api(settings: Settings, workspace: Workspace) -> None:
    settings.KEY_ENCRYPTING_KEYS = [NEW, *settings.KEY_ENCRYPTING_KEYS]
    call_command("rotate_keys", "--data-keys")
    settings.KEY_ENCRYPTING_KEYS = [NEW]
    workspace.refresh_from_db()
    assert connect(workspace, BY).datasets.page().total == 0
