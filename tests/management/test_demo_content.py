"""The command behind `make demo`."""

import html
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from dashboard.demo_seed import write_seed
from datasets_ui.models import Act, Actor, ApiKey, AuditEvent, Installation, Job, Membership, Revision, User
from datasets_ui.services.keys.connections import connect, transport
from tests.support.accounts import grown_old
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls

PASSWORD = "kelp-moor-wind-gate"
PEOPLE = {"owner@example.com": "owner", "mei@example.com": "editor", "jonas@example.com": "editor"}


def fill(sandbox: SandboxProcess, folder: Path, base_url: str = "") -> str:
    """Runs the command; returns what it printed."""
    (folder / "key").write_text(f"{sandbox.key}\n")
    (folder / "password").write_text(f"{PASSWORD}\n")
    said = io.StringIO()
    files = ["--key-file", str(folder / "key"), "--password-file", str(folder / "password")]
    words = ["--base-url", base_url or sandbox.base_url, *files, "--open", "http://localhost:8000"]
    call_command("demo_content", *words, stdout=said)
    return said.getvalue()


@pytest.fixture
def said(db: None, allowed: SandboxProcess, tmp_path: Path) -> str:
    return fill(allowed, tmp_path)


def by_link(said: str) -> Client:
    """Somebody who has followed the printed link."""
    token = re.findall(r"^Open http://localhost:8000/sign-in/\?token=(\S+)$", said, re.MULTILINE)[0]
    client = Client()
    assert client.post("/sign-in/", {"token": token}).status_code == 302
    return client


def test_it_prints_a_link_that_signs_the_owner_in(said: str) -> None:
    assert by_link(said).session["_auth_user_id"] == str(User.objects.get(email="owner@example.com").pk)


@pytest.mark.parametrize("path", ["/w/acme-support/keys/new/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"])
def test_the_printed_password_opens_what_a_quarter_of_an_hour_has_closed(said: str, path: str) -> None:
    client = by_link(said)
    grown_old(client)
    answer = client.get(path)
    told = answer.headers.get("Location") or html.unescape(answer.content.decode())  # at once, or a page with a link
    asked = re.findall(r"/accounts/reauthenticate/\?next=[^\s\"]+", told)[0]
    password = re.findall(r"owner@example\.com, with the password (\S+)$", said, re.MULTILINE)[0]
    assert client.post(asked, {"password": password}).url == path  # type: ignore[attr-defined]  # of a redirect
    assert client.get(path).status_code == 200


def test_who_has_set_another_password_is_told_none(said: str, sandbox: SandboxProcess, tmp_path: Path) -> None:
    owner = User.objects.get()
    owner.set_password("another one that is theirs")
    owner.save()
    assert "password" not in fill(sandbox, tmp_path)
    assert User.objects.get().check_password("another one that is theirs")


def test_a_demo_that_began_without_a_password_gets_it(said: str, sandbox: SandboxProcess, tmp_path: Path) -> None:
    owner = User.objects.get()
    owner.set_unusable_password()
    owner.save()
    assert PASSWORD in fill(sandbox, tmp_path)


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


# --- beside a sandbox that begins with the large dataset ---


@pytest.fixture
def seeded(db: None, settings: Settings, tmp_path: Path) -> Iterator[SandboxProcess]:
    write_seed(tmp_path / "seed.json")
    with SandboxProcess(tmp_path / "sandbox", "--seed", str(tmp_path / "seed.json")) as process:
        settings.API_ALLOWED_HOSTS = frozenset({f"127.0.0.1:{process.port}"})
        transport.cache_clear()
        yield process
        transport().close()
        transport.cache_clear()


def test_three_people_have_worked_there(seeded: SandboxProcess, tmp_path: Path) -> None:
    fill(seeded, tmp_path)
    datasets = connect(Membership.objects.all()[0].workspace, Actor("test")).datasets.page().data
    assert {dataset.name: dataset.documents for dataset in datasets}["Support knowledge base"] == 60
    assert {member.user.email: member.role for member in Membership.objects.select_related("user")} == PEOPLE
    assert set(Revision.objects.values_list("by", flat=True)) == PEOPLE.keys()
    assert set(Revision.objects.values_list("kind", flat=True)) == {"create", "update", "disable", "delete"}
    assert set(AuditEvent.objects.filter(act=Act.SEGMENT_UPDATE).values_list("actor", flat=True)) == PEOPLE.keys()
    assert not AuditEvent.objects.exclude(outcome=AuditEvent.Outcome.DONE).exists()
    assert sorted(Job.objects.values_list("kind", "user__email")) == [
        ("change_keywords", "jonas@example.com"),
        ("change_keywords", "mei@example.com"),
        ("find", "owner@example.com"),
    ]
    before = AuditEvent.objects.count()
    calls = Calls(seeded)
    fill(seeded, tmp_path)
    assert (calls.seen(), AuditEvent.objects.count()) == (["GET /datasets"], before)


def test_what_was_cut_short_is_made_good(seeded: SandboxProcess, tmp_path: Path) -> None:
    fill(seeded, tmp_path)
    Job.objects.all().delete()
    edits = Revision.objects.count()
    fill(seeded, tmp_path)
    assert (Job.objects.count(), Revision.objects.count(), User.objects.count()) == (3, edits, 3)


def test_what_fails_is_told_and_does_not_end_the_demo(
    seeded: SandboxProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeded.faults(
        {"kind": "status", "status": 400, "code": "invalid_param", "method": "POST", "path": "/segments/", "times": None}
    )
    assert "Open http://" in fill(seeded, tmp_path)
    assert "Not all that the demo shows could be made: Invalid" in capsys.readouterr().err


def test_who_was_removed_does_not_come_back(seeded: SandboxProcess, tmp_path: Path) -> None:
    fill(seeded, tmp_path)
    Membership.objects.filter(user__email="mei@example.com").delete()
    Job.objects.all().delete()
    fill(seeded, tmp_path)
    assert (Job.objects.count(), Membership.objects.count()) == (0, 2)
