"""manage.py doctor: what is wrong, in words; exit status 1 when something is."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from datasets_ui.crypto import new_key
from datasets_ui.models import Membership, User, Workspace
from datasets_ui.services.housekeeping import HEARTBEAT, WORKER_HEARTBEAT, keep_house


def complaints(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What it complains of; nothing where all is well."""
    try:
        call_command("doctor")
    except CommandError as error:
        said = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("       ")]
        return said if str(error) == f"{len(said)} to see to." else [str(error), *said]
    return ["WRONG"] if "WRONG" in capsys.readouterr().out else []


@pytest.fixture(autouse=True)
def alive(workspace: Workspace) -> None:
    cache.set(HEARTBEAT, time.time())
    cache.set(WORKER_HEARTBEAT, time.time())


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert complaints(capsys) == []


def test_a_server_process_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    cache.delete(HEARTBEAT)
    assert [said[:36] for said in complaints(capsys)] == ["No server process has been seen with"]
    keep_house()
    assert complaints(capsys) == []


def test_a_worker_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    cache.delete(WORKER_HEARTBEAT)
    assert [said[:29] for said in complaints(capsys)] == ["No worker has been seen withi"]
    keep_house(WORKER_HEARTBEAT)
    assert complaints(capsys) == []


def test_a_clock_ahead_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cache.set(HEARTBEAT, time.time() + 3600)
    assert "lies in the future" in complaints(capsys)[0]


def test_the_wrong_key_is_told_with_what_it_does_not_open(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.KEY_ENCRYPTING_KEYS = [new_key()]
    [said] = complaints(capsys)
    assert said.startswith("DATASETS_KEK does not open the API key “Default” of the workspace “Acme” (acme).")


def test_refused_and_old_keys_are_told(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.api_keys.update(refused_at=timezone.now(), expires_on=timezone.localdate() + timedelta(days=3))
    assert [said[:14] for said in complaints(capsys)] == ["Dify refuses t", "The API key “D"]


@pytest.mark.parametrize("lost", ["removed", "disabled"])
def test_a_workspace_without_an_owner_is_told(alice: User, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    if lost == "removed":
        Membership.objects.all().delete()
    else:
        User.objects.update(is_active=False)
    assert complaints(capsys) == ["The workspace “Acme” has no owner who may sign in."]
