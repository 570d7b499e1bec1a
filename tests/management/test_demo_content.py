"""The command behind `make demo`."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from datasets_ui.models import Actor, ApiKey, Installation, Membership, User
from datasets_ui.services.connections import connect
from tests.sandbox_process import SandboxProcess
from tests.stage import Calls


def fill(sandbox: SandboxProcess, folder: Path, base_url: str = "") -> str:
    """Runs the command; returns what it printed."""
    (folder / "key").write_text(f"{sandbox.key}\n")
    said = io.StringIO()
    words = ["--base-url", base_url or sandbox.base_url, "--key-file", str(folder / "key"), "--open", "http://127.0.0.1:8000"]
    call_command("demo_content", *words, stdout=said)
    return said.getvalue()


@pytest.fixture
def said(db: None, allowed: SandboxProcess, tmp_path: Path) -> str:
    return fill(allowed, tmp_path)


def test_it_prints_a_link_that_signs_the_owner_in(said: str) -> None:
    token = re.findall(r"^Open http://127\.0\.0\.1:8000/sign-in/\?token=(\S+)$", said, re.MULTILINE)[0]
    client = Client()
    assert client.post("/sign-in/", {"token": token}).status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email="owner@example.com").pk)


def test_nobody_can_sign_in_by_password(said: str) -> None:
    assert not User.objects.get().has_usable_password()


def test_it_makes_datasets_of_the_folders(said: str) -> None:
    datasets = connect(Membership.objects.get().workspace, Actor("test")).datasets.page().data
    assert sorted((dataset.name, dataset.documents) for dataset in datasets) == [
        ("Product manuals", 5),
        ("Staff handbook", 2),
        ("Support answers", 2),
    ]


def test_a_second_start_adds_nothing(said: str, sandbox: SandboxProcess, tmp_path: Path) -> None:
    calls = Calls(sandbox)
    assert "Open http://" in fill(sandbox, tmp_path)
    assert (calls.seen(), Installation.objects.count(), User.objects.count()) == (["GET /datasets"], 1, 1)


def test_a_sandbox_that_moved_gets_its_key_anew(said: str, sandbox: SandboxProcess, tmp_path: Path) -> None:
    ApiKey.objects.update(base_url="http://127.0.0.1:1/v1")
    fill(sandbox, tmp_path)
    assert ApiKey.objects.get().base_url == sandbox.base_url
