"""The activity: who did what, filtered, and as CSV."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from datasets_ui.models import Act, Actor, AuditEvent, Role, Sentence, Target, User, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.housekeeping import tidy
from tests.conftest import member
from tests.support.stage import texts, url

ALICE, BOB = Actor("alice@example.com", "10.0.0.1"), Actor("bob@example.com")


@pytest.fixture
def recorded(workspace: Workspace) -> None:
    record(by=ALICE, workspace=workspace, act=Act.DATASET_CREATE, target=Target("1", "Handbook"), after="economy")
    record(by=BOB, workspace=workspace, act=Act.SEGMENT_UPDATE, target=Target("2", "#3"), before="old", after="new")
    record(
        by=BOB,
        workspace=workspace,
        act=Act.DATASET_DELETE,
        target=Target("1", "Handbook"),
        error="dataset_in_use",
        outcome=AuditEvent.Outcome.FAILED,
    )


def shown(client: Client, **query: object) -> list[str]:
    """What each row says was done, newest first."""
    return texts(client.get(url("activity", **query)), "tbody td.grow")


def test_the_newest_is_first(owner: Client, recorded: None) -> None:
    rows = shown(owner)
    assert rows[1:] == ["edited the segment #3 before old after new", "created the dataset Handbook economy"]


def test_a_failure_says_why(owner: Client, recorded: None) -> None:
    assert shown(owner)[0].startswith("deleted the dataset Handbook Failed")
    assert len(texts(owner.get(url("activity")), ".error-text")) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"person": "bob"}, 2),
        ({"person": "nobody"}, 0),
        ({"kind": "dataset"}, 2),
        ({"kind": "segment"}, 1),
        ({"object": "hand"}, 2),
        ({"object": "2"}, 1),
        ({"person": "bob", "kind": "dataset"}, 1),
        ({"kind": "nonsense"}, 3),
        ({"page": "99"}, 3),
    ],
)
def test_it_is_filtered(owner: Client, recorded: None, query: dict[str, str], count: int) -> None:
    assert len(shown(owner, **query)) == count


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ("a.txt", 2),
        ("disable", 2),
        ("disable 3 segments of “a.txt”", 2),
        ("roll back", 1),
        ("link", 1),
        ("enable", 0),
        ("segments of b.txt", 0),
        ("number", 0),
    ],
)
def test_what_a_sentence_says_is_found_by_its_words_and_by_its_names(
    owner: Client, workspace: Workspace, wanted: str, count: int
) -> None:
    job = Sentence.of("disable_segments", number=3, document="a.txt")
    for act, name in [
        (Act.JOB_CREATE, job),
        (Act.JOB_ROLL_BACK, Sentence.of("roll_back", job=job)),
        (Act.INVITATION_CREATE, Sentence.of("anybody")),
    ]:
        record(by=ALICE, workspace=workspace, act=act, target=Target("1", name))
    assert len(shown(owner, object=wanted)) == count


@pytest.mark.parametrize(("since", "until", "count"), [(-1, 1, 3), (0, 0, 3), (1, 2, 0), (-2, -1, 0)])
def test_it_is_filtered_by_days(owner: Client, recorded: None, since: int, until: int, count: int) -> None:
    today = timezone.localdate()
    days = {"since": today + timedelta(days=since), "until": today + timedelta(days=until)}
    assert len(shown(owner, **days)) == count


def test_a_date_that_is_none_is_told(owner: Client, recorded: None) -> None:
    page = owner.get(url("activity", since="yesterday"))
    assert (len(texts(page, ".field-error")), len(texts(page, "tbody tr"))) == (1, 3)


def test_there_are_pages(owner: Client, workspace: Workspace) -> None:
    for number in range(60):
        record(by=ALICE, workspace=workspace, act=Act.DATASET_CREATE, target=Target("", str(number)))
    assert (len(shown(owner)), len(shown(owner, page=2))) == (50, 10)


def test_other_workspaces_are_not_in_it(outsider: Client, owner: Client, recorded: None, charlie: User) -> None:
    theirs = charlie.workspaces.get()
    record(by=BOB, workspace=theirs, act=Act.DATASET_CREATE, target=Target("", "Theirs"))
    assert len(shown(owner)) == 3


def test_sign_ins_of_members_are_in_it_since_they_joined(owner: Client, workspace: Workspace) -> None:
    record(by=BOB, workspace=None, act=Act.ACCOUNT_SIGN_IN, target=Target("", "bob@example.com"))
    member(workspace, "bob", Role.VIEWER)
    assert shown(owner) == []
    record(by=BOB, workspace=None, act=Act.ACCOUNT_SIGN_IN, target=Target("", "bob@example.com"))
    assert shown(owner) == ["signed in bob@example.com"]


def test_the_csv_holds_the_filtered_rows(owner: Client, recorded: None) -> None:
    response = owner.get(url("activity-csv", kind="segment"))
    [row] = csv.DictReader(response.getvalue().decode().splitlines())
    assert (row["actor"], row["act"], row["before"], row["after"]) == ("bob@example.com", "segment.update", "old", "new")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="activity-acme-')


def test_what_is_kept_as_a_code_is_shown_and_exported_in_words(owner: Client, workspace: Workspace) -> None:
    job = Sentence.of("disable_segments", number=3, document="a.txt")
    number = Sentence.of("items", number=3)
    record(by=ALICE, workspace=workspace, act=Act.JOB_CREATE, target=Target("1", job), after=number)
    assert shown(owner) == ["started the job Disable 3 segments of “a.txt” 3 items"]
    [row] = csv.DictReader(owner.get(url("activity-csv")).getvalue().decode().splitlines())
    assert (row["object_name"], row["before"], row["after"]) == ("Disable 3 segments of “a.txt”", "", "3 items")


def test_what_was_done_in_one_language_is_read_in_another(owner: Client, workspace: Workspace) -> None:
    """By a word of Django's own, of which it has translations."""
    record(by=BOB, workspace=workspace, act=Act.ACCOUNT_SIGN_IN, target=Target("", BOB.name), after=Sentence("means_password"))
    with translation.override("de"):
        assert str(AuditEvent.objects.get().after) == "Passwort"


def test_it_is_kept_as_long_as_set(workspace: Workspace, recorded: None) -> None:
    AuditEvent.objects.bulk_create([AuditEvent(actor="x", act="x", outcome="done")])
    super(
        type(AuditEvent.objects.all()), AuditEvent.objects.filter(actor="x")
    ).update(  # past the guard: time must have gone by
        at=timezone.now() - timedelta(days=366)
    )
    tidy()
    assert sorted(set(AuditEvent.objects.values_list("actor", flat=True))) == ["alice@example.com", "bob@example.com"]
