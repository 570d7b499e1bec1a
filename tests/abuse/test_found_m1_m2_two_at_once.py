"""M1, M2: two people who press at the same moment, at a dashboard of several processes: no text and no document goes unseen.

The API is slow in between, so that both have looked before either writes.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import Segment
from datasets_ui.models import AuditEvent, Job, Role, User, Workspace
from datasets_ui.services.segments.editing import fingerprint
from tests.abuse.support import Dashboard, Visitor, on_this_database
from tests.conftest import member, signed_in
from tests.support.job_stage import disabling, finish
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import document, segments, url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("two_at_once")]
ROUNDS = 3
SLOW = 0.4


@pytest.fixture(scope="module")
def dashboard(
    django_db_setup: None, sandbox_process: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    with Dashboard(tmp_path_factory.mktemp("two") / "data", processes=2, **on_this_database(sandbox_process)) as running:
        yield running


@pytest.fixture
def two(workspace: Workspace, erin: User, dashboard: Dashboard) -> Iterator[list[Visitor]]:
    """Two editors, signed in."""
    people = [erin, member(workspace, "frank", Role.EDITOR)]
    visitors = [Visitor(dashboard.origin) for _ in people]
    for visitor, person in zip(visitors, people, strict=True):
        visitor.take_session(signed_in(person))
        assert visitor.get(url("datasets")).status_code == 200
    yield visitors
    for visitor in visitors:
        visitor.close()


@pytest.fixture
def paid(dify: DifyClient, handbook: Dataset) -> Segment:
    made = document(dify, handbook.id, text="Paid leave.")
    return segments(dify, handbook.id, made.id)[0]


def at_once(
    two: list[Visitor], address: str, forms: list[dict[str, object]], files: list[object] | None = None
) -> list[httpx.Response]:
    def press(index: int) -> httpx.Response:
        more = {"files": files[index]} if files else {}
        return two[index].submit(address, forms[index], **more)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(press, range(2)))


def test_of_two_saves_at_once_one_is_shown_the_other(
    two: list[Visitor], dify: DifyClient, handbook: Dataset, paid: Segment, sandbox: SandboxProcess
) -> None:
    """M1: each round one is stored and the other is asked; what is stored is what was said to be."""
    address = url("segment-edit", handbook.id, paid.document_id, paid.id)
    sandbox.faults({"kind": "slow", "method": "POST", "path": "/segments/", "seconds": SLOW, "times": None})
    for number in range(ROUNDS):
        current = dify.segments.get(handbook.id, paid.document_id, paid.id)
        forms: list[dict[str, object]] = [
            {
                "content": f"Round {number}, text {index}.",
                "keywords": "",
                "base": current.content,
                "opened_as": fingerprint(current),
            }
            for index in range(2)
        ]
        answers = at_once(two, address, forms)
        assert sorted(answer.status_code for answer in answers) == [302, 422]
        winner = [answer.status_code for answer in answers].index(302)
        assert dify.segments.get(handbook.id, paid.document_id, paid.id).content == forms[winner]["content"]


def test_a_save_that_waits_for_too_long_keeps_what_was_typed(
    two: list[Visitor], handbook: Dataset, paid: Segment, sandbox: SandboxProcess
) -> None:
    """M1: whoever cannot have the lock is told so beside the form, and nothing of it is sent."""
    address = url("segment-edit", handbook.id, paid.document_id, paid.id)
    sandbox.faults({"kind": "slow", "method": "POST", "path": "/segments/", "seconds": 6, "times": 1})
    forms: list[dict[str, object]] = [
        {"content": f"Text {index}.", "keywords": "", "base": paid.content, "opened_as": fingerprint(paid)}
        for index in range(2)
    ]
    answers = {answer.status_code: answer for answer in at_once(two, address, forms)}
    assert "is changing this at the moment" in answers[422].text
    assert [str(form["content"]) in answers[422].text for form in forms].count(True) >= 1


def test_of_two_uploads_of_one_name_the_second_is_asked(
    two: list[Visitor], dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    """M2: one is sent, the other gets the question; one document is there, with the text of the first."""
    address = url("upload", handbook.id)
    sandbox.faults({"kind": "slow", "method": "POST", "path": "create", "seconds": SLOW, "times": None})
    for number in range(ROUNDS):
        name = f"round-{number}.txt"
        files: list[object] = [{"files": (name, f"Text {index}.".encode(), "text/plain")} for index in range(2)]
        for visitor in two:
            visitor.headers["HX-Request"] = "true"
        answers = at_once(two, address, [{"mode": "automatic", "on_duplicate": "ask"}] * 2, files)
        asked = ["exists already" in answer.text or "on_duplicate" in answer.text for answer in answers]
        assert sorted(asked) == [False, True], [answer.text for answer in answers]
        assert [row.name for row in dify.documents.page(handbook.id, keyword=name).data] == [name]


def test_two_who_keep_both_get_two_names(
    two: list[Visitor], dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    """M2: the names that are free are given to one each."""
    document(dify, handbook.id, "a.txt")
    sandbox.faults({"kind": "slow", "method": "POST", "path": "create", "seconds": SLOW, "times": None})
    files: list[object] = [{"files": ("a.txt", f"Text {index}.".encode(), "text/plain")} for index in range(2)]
    at_once(two, url("upload", handbook.id), [{"mode": "automatic", "on_duplicate": "keep_both"}] * 2, files)
    found = sorted(row.name for row in dify.documents.page(handbook.id).data)
    assert found == ["a (2).txt", "a (3).txt", "a.txt"]


def test_a_job_waits_for_whoever_saves(
    two: list[Visitor],
    workspace: Workspace,
    erin: User,
    dify: DifyClient,
    handbook: Dataset,
    paid: Segment,
    sandbox: SandboxProcess,
) -> None:
    """M1: a job that comes between the look and the write of a save does its item afterwards, and counts no attempt for it."""
    address = url("segment-edit", handbook.id, paid.document_id, paid.id)
    sandbox.faults({"kind": "slow", "method": "POST", "path": "/segments/", "seconds": 4.5, "times": 1})
    form = {"content": "Saved.", "keywords": "", "base": paid.content, "opened_as": fingerprint(paid)}
    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(two[0].submit, address, form)
        while not AuditEvent.objects.filter(act="segment.update").exists():
            pass
        job: Job = finish(disabling(workspace, erin, handbook, [paid]))
        assert saving.result().status_code == 302
    now = dify.segments.get(handbook.id, paid.document_id, paid.id)
    assert (now.content, now.enabled, job.items.get().attempts) == ("Saved.", False, 1)
