"""Sentences that are kept as codes: what is shown, what is stored, and what the release before has stored."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.functional import Promise

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import AddressRefused, HeldBack, NotFound, TimedOut
from datasets_ui.dify.words import Filled
from datasets_ui.models import ApiKey, AuditEvent, Job, JobItem, Proposal, Sentence, User, Workspace
from datasets_ui.models.sentences import SENTENCES
from datasets_ui.services.jobs.control import wake
from tests.support.job_stage import enabled, finish, make_segments, states

APP = "datasets_ui"
# a sentence of Django's own, of which it has translations
LIMIT = "Ensure this value is less than or equal to %(limit_value)s."


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (Sentence(), ""),
        (Sentence.of("as_written", text="100 % as it was"), "100 % as it was"),
        (Sentence.of("stopped", name="erin@example.com"), "erin@example.com stopped it."),
        (Sentence.of("delete_segments", number=1, document="a.txt"), "Delete 1 segment of “a.txt”"),
        (Sentence.of("delete_segments", number=12_345, document="a.txt"), "Delete 12,345 segments of “a.txt”"),
        (Sentence.of("roll_back", job=Sentence.of("take_out", find="cat")), "Roll back: Take out “cat”"),
        (
            Sentence.of("without_both", position=3, number=1),
            "As far as Dify has answered, segment #3 is without one picture and the keywords.",
        ),
        (Sentence.of("a code of tomorrow"), ""),
    ],
)
def test_the_words_are_made_of_code_and_parameters(sentence: Sentence, words: str) -> None:
    assert str(sentence) == words
    assert str(Sentence.stored(sentence.to_store())) == words


def test_what_is_said_in_parts_is_said_after_each_other() -> None:
    parts: list[str | Sentence] = [
        Sentence.of("named", text="Main"),
        Sentence(),
        "",
        "as it is",
        Sentence.of("items", number=1),
    ]
    kept = Sentence.stored(Sentence.joined("facts", parts).to_store())
    assert (str(kept), kept.texts()) == ("name: Main; as it is; 1 item", "Main as it is 1")
    assert Sentence.joined("several", [""]) == Sentence()


def test_what_has_no_code_is_said_by_its_name() -> None:
    assert [str(Sentence.known(code, "hybrid")) for code in ("index_economy", "index_hybrid")] == ["economy", "hybrid"]


def test_a_sentence_without_a_code_is_false() -> None:
    assert (bool(Sentence()), bool(Sentence.of("broken"))) == (False, True)


@pytest.mark.parametrize(
    "error",
    [
        NotFound("100 % of it was\nnot found."),
        HeldBack(retry_after=41.2),
        TimedOut(),
        AddressRefused(Filled(LIMIT, limit_value=9)),
    ],
)
def test_an_error_of_the_api_is_said_as_on_a_page(error: Any) -> None:
    error.outcome_unknown = isinstance(error, TimedOut)
    kept = Sentence.stored(Sentence.of_error(error).to_store())
    assert str(kept) == f"{error.sentence} {error.detail}".strip()


def test_what_the_client_says_of_an_error_is_said_in_the_language_of_who_reads() -> None:
    kept = Sentence.stored(Sentence.of_error(AddressRefused(Filled(LIMIT, limit_value=12_345))).to_store())
    with translation.override("de"):
        assert str(kept).endswith("Dieser Wert muss kleiner oder gleich 12.345 sein.")


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_can_be_said(code: str) -> None:
    names = "text number document find replace place job name position off keywords refused first last total segment"
    names += " documents apps permission most day version datasets role inviter file row"
    assert "%" not in str(Sentence(code, dict.fromkeys(names.split(), 2)))


@pytest.mark.parametrize("code", [code for code in SENTENCES if code != "as_written"])
def test_every_sentence_is_marked_for_translation(code: str) -> None:
    assert isinstance(SENTENCES[code], Promise)


# --- a database of the release before ---


def migrate(name: str = "") -> Any:
    """Bring the tables to a migration, or to the newest; returns the models as they are then."""
    executor = MigrationExecutor(connection)
    aim = [(APP, name)] if name else executor.loader.graph.leaf_nodes()
    executor.migrate(aim)
    return executor.loader.project_state(aim).apps


@pytest.fixture
def before(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Its models, while the tables are as they were."""
    yield migrate(request.param)
    migrate()


@pytest.mark.parametrize("before", ["0010_segment_states"], indirect=True)
def test_a_job_under_way_goes_on_after_the_migration(
    workspace: Workspace, erin: User, handbook: Dataset, dify: DifyClient, before: Any
) -> None:
    segments = make_segments(dify, handbook, 3)
    old = before.get_model("datasets_ui", "Job").objects.create(
        workspace_id=workspace.id,
        kind="set_segments_enabled",
        title="Disable 3 segments of “a.txt”",
        why="bob@example.com stopped it.",
        made_by=erin.email,
        user_id=erin.id,
        dataset_id=handbook.id,
        state="running",
    )
    items = before.get_model("datasets_ui", "JobItem").objects
    for position, row in enumerate(segments):
        data = {"document_id": str(row.document_id), "segment_id": str(row.id), "enabled": False}
        items.create(job_id=old.id, position=position, target=f"#{position + 1}", data=data)
    items.create(job_id=old.id, position=3, target="#9", data={}, state="skipped", why="It was disabled already.")
    migrate()
    job = Job.objects.get()
    assert [str(job.title), str(job.why)] == ["Disable 3 segments of “a.txt”", "bob@example.com stopped it."]
    assert JobItem.objects.get(state="skipped").why == Sentence("disabled_already")
    wake(job)
    assert states(finish(job)) == {"done": 3, "skipped": 1}
    assert enabled(dify, handbook, segments) == {False}


ODD = '“quoted” "twice" \\ 100 %(text)s\n{"code": "broken"}'
# what was kept of an act, and its code where it has one
ACTS = [
    ("member.update", "viewer", Sentence("role_viewer")),
    ("account.sign_in", "password", Sentence("means_password")),
    ("account.sign_in", "password, totp", None),
    ("document.upload", "in place of one of this name", Sentence("in_place_of_one")),
    ("keys.rotate", "with a new data key", Sentence("new_data_key")),
    ("segment.import", "rows 1 to 50", None),
    ("segment.update", "viewer", None),
    ("segment.update", ODD, None),
    ("segment.update", "The document is archived.", None),
    ("dataset.delete", "", Sentence()),
]


@pytest.mark.parametrize("before", ["0012_job_lane"], indirect=True)
def test_an_act_is_shown_as_it_was(before: Any) -> None:
    for act, text, _ in ACTS:
        before.get_model(APP, "AuditEvent").objects.create(actor="x", act=act, object_name=ODD, before=text, after=text)
    migrate()
    events = AuditEvent.objects.order_by("id")
    assert [(event.object, str(event.before), str(event.after)) for event in events] == [
        (ODD, text, text) for _, text, _ in ACTS
    ]
    codes = [Sentence.stored(text) if sentence is None else sentence for _, text, sentence in ACTS]
    assert [(event.before, event.after) for event in events] == [(code, code) for code in codes]


@pytest.mark.parametrize("before", ["0012_job_lane"], indirect=True)
def test_whoever_has_the_link_becomes_a_code(before: Any) -> None:
    before.get_model(APP, "AuditEvent").objects.create(actor="x", act="invitation.create", object_name="anybody with the link")
    migrate()
    event = AuditEvent.objects.get()
    assert (event.object_sentence, event.object) == (Sentence("anybody"), "anybody with the link")


@pytest.mark.parametrize("before", ["0012_job_lane"], indirect=True)
def test_what_a_dry_run_has_found_is_shown_as_it_was(workspace: Workspace, before: Any) -> None:
    job = before.get_model(APP, "Job").objects.create(workspace_id=workspace.id, kind="find", made_by="x")
    before.get_model(APP, "JobItem").objects.create(job=job, position=0, target="Segments 1 to 100")
    reasons = ["", "The document is archived.", "It would be longer than 100,000 characters."]
    for position, obstacle in enumerate(reasons):
        ids = {"document_id": uuid4(), "segment_id": uuid4()}
        before.get_model(APP, "Proposal").objects.create(
            job=job, position=position, before={}, obstacle=obstacle, ticked=not obstacle, **ids
        )
    before.get_model(APP, "ApiKey").objects.filter(workspace_id=workspace.id).update(last_error=ODD)
    migrate()
    assert str(JobItem.objects.get()) == "Segments 1 to 100"
    assert [str(proposal.obstacle) for proposal in Proposal.objects.order_by("position")] == reasons
    assert Proposal.objects.filter(obstacle=Sentence()).count() == 1
    assert Proposal.objects.filter(obstacle=Sentence("document_archived")).count() == 1
    assert str(ApiKey.objects.get().last_error) == ODD
