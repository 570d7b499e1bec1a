"""The list of segments: filters in the address, the histogram and the findings beside it, and what a document's state allows."""

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.segments import Segment
from datasets_ui.services.segments.editing import fingerprint
from datasets_ui.templatetags.ui import limit
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, UNKNOWN, Calls, attribute, document, segments, text, texts, tree, until, url

PARTS = ["Short.", "The status light is amber while the device starts.", "Then it turns green and stays so for as long as it"]


@pytest.fixture
def guide(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="###".join(PARTS))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"finding": "short"}, PARTS[:1]),
        ({"finding": "broken"}, PARTS[2:]),
        ({"least": 10, "most": 50}, PARTS[1:]),
        ({"state": "enabled"}, PARTS),
        ({"never_hit": 1, "q": "GREEN"}, PARTS[2:]),
        ({"finding": "nonsense", "least": "-1", "most": "x", "state": "?"}, PARTS),
    ],
)
def test_filters_are_in_the_address(
    owner: Client, handbook: Dataset, guide: Document, query: dict[str, object], found: list[str]
) -> None:
    response = owner.get(url("segments", handbook.id, guide.id, **query))
    assert texts(response, ".segment-text") == found


def test_a_filter_without_hits_says_so(owner: Client, handbook: Dataset, guide: Document) -> None:
    response = owner.get(url("segments", handbook.id, guide.id, state="disabled"))
    assert text(response, "#segments p") == "No segment is like that."


def test_a_length_can_be_given_up_again(owner: Client, handbook: Dataset, guide: Document) -> None:
    response = owner.get(url("segments", handbook.id, guide.id, q="light", least=10, most=60))
    [link] = [a for a in tree(response).css("#filter a") if "10–60 characters" in a.text()]
    assert link.attributes["href"] == "?q=light"


def test_pages_of_a_filter_hold_still_while_segments_change(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, text="###".join(f"No {n}." for n in range(60)))
    address = url("segments", handbook.id, made.id, finding="short")
    first = owner.get(address)
    assert (attribute(first, "#segments", "data-total"), attribute(first, "#segments", "data-size")) == ("60", "25")
    [segment] = dify.segments.page(handbook.id, made.id, limit=1).data
    typed = {"content": "A long sentence, which is not too short any more.", "opened_as": fingerprint(segment)}
    assert owner.post(url("segment-edit", handbook.id, made.id, segment.id), typed).status_code == 302
    second = owner.get(f"{address}&page=2", **HTMX)
    assert texts(second, ".segment-text") == [f"No {n}." for n in range(25, 50)]


def test_the_overview_counts(owner: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    first = segments(dify, handbook.id, guide.id)[0]
    owner.post(url("segment-enable", handbook.id, guide.id, first.id), {"enabled": "0"})
    response = owner.get(url("segments-overview", handbook.id, guide.id), **HTMX)
    counts = {name: text(response, f"#count-{name}") for name in ("all", "enabled", "disabled", "edited", "never-hit")}
    assert counts == {"all": "3", "enabled": "2", "disabled": "1", "edited": "0", "never-hit": "3"}
    assert texts(response, ".finding") == ["Under 30 characters 1", "Broken-off sentences 1"]


def test_lost_spaces_are_a_finding_with_advice(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    lost = "Thestatuslightisamberwhilethedevicestartsandturnsgreenonceitisready,beforewhichthecoverstaysclosed"
    made = document(dify, handbook.id, "lost.txt", text=f"{lost}###{PARTS[0]}")
    overview = owner.get(url("segments-overview", handbook.id, made.id), **HTMX)
    assert "Spaces between words lost 1" in texts(overview, ".finding")
    assert [advice[:25] for advice in texts(overview, ".glance p")] == ["Dify 1.11.2 to about 1.15"]
    found = owner.get(url("segments", handbook.id, made.id, finding="joined"))
    assert texts(found, ".segment-text") == [lost]


def test_the_histogram_filters(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    book = document(dify, handbook.id, "book.txt", "###".join(["Short"] * 9 + [f"{'x' * 51}."] * 11))
    response = owner.get(url("segments-overview", handbook.id, book.id, q="the"), **HTMX)
    bars = {link.attributes["aria-label"]: link.attributes["href"] for link in tree(response).css(".histogram a")}
    here = url("segments", handbook.id, book.id)
    assert bars == {
        "9 segments of 5 to 9 characters": f"{here}?q=the&least=5&most=9",
        "11 segments of 50 to 54 characters": f"{here}?q=the&least=50&most=54",
    }


def test_lengths_of_a_few_segments_are_told_in_words(owner: Client, handbook: Dataset, guide: Document) -> None:
    response = owner.get(url("segments-overview", handbook.id, guide.id), **HTMX)
    assert (texts(response, ".histogram"), texts(response, ".glance > .sub")[:1]) == ([], ["6 to 50, 35 on average"])


def test_an_empty_document_has_no_histogram(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    empty = document(dify, handbook.id, text=" ")
    response = owner.get(url("segments-overview", handbook.id, empty.id), **HTMX)
    assert (texts(response, ".histogram"), text(response, "#count-all")) == ([], "0")


def test_a_viewer_selects_nothing(viewer: Client, handbook: Dataset, guide: Document) -> None:
    response = viewer.get(url("segments", handbook.id, guide.id))
    assert tree(response).css("#batch, #segments input") == []


# --- what the state of a document allows ---


def test_an_available_document_says_nothing(owner: Client, handbook: Dataset, guide: Document) -> None:
    assert texts(owner.get(url("segments", handbook.id, guide.id)), "#main .alert") == []


@pytest.mark.parametrize(
    ("actions", "begins"),
    [
        (["disable"], "It is disabled: nothing in it is found. Its segments can be corrected; enable it to add some"),
        (["archive"], "It is archived: nothing in it is found. Its segments can be corrected; un-archive it"),
    ],
)
def test_a_state_says_what_can_be_done(
    owner: Client, dify: DifyClient, handbook: Dataset, guide: Document, actions: list[str], begins: str
) -> None:
    for action in actions:
        dify.documents.set_status(handbook.id, action, [guide.id])  # type: ignore[arg-type]  # of any kind, on purpose
    response = owner.get(url("segments", handbook.id, guide.id))
    assert text(response, "#main .alert").startswith(begins)


def test_in_an_archived_document_a_segment_can_indeed_be_corrected(
    owner: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    dify.documents.set_status(handbook.id, "archive", [guide.id])
    first = segments(dify, handbook.id, guide.id)[0]

    def corrected() -> bool | None:
        changed = dify.segments.update(
            handbook.id, guide.id, first.id, content="Corrected.", answer=None, keywords=["it"], attachment_ids=None
        )
        return changed.content == "Corrected." or None

    assert until(corrected)


def test_a_failed_document_says_why(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    bad = NewDocument(process_rule=ProcessRule(mode="custom", separator="###", max_tokens=10, chunk_overlap=0))
    made = document(dify, handbook.id, text="Text.", new=bad)
    said = text(owner.get(url("segments", handbook.id, made.id)), "#main .alert")
    assert said.startswith("Indexing failed. Dify says: ")
    assert said.endswith("add the file once more to have it indexed anew.")


def test_a_page_of_a_filter_asks_only_for_what_it_shows(
    owner: Client, sandbox: SandboxProcess, handbook: Dataset, guide: Document
) -> None:
    owner.get(url("segments", handbook.id, guide.id))
    owner.get(url("segments-overview", handbook.id, guide.id), **HTMX)
    calls = Calls(sandbox)
    owner.get(url("segments", handbook.id, guide.id, finding="short"), **HTMX)
    [call] = calls.seen()
    assert call.count("/segments/") == 1


@pytest.mark.parametrize(
    ("status", "enabled", "says"),
    [
        ("completed", True, ""),
        ("completed", False, "Nothing finds it. Dify changes no disabled segment: enable it to edit it."),
        ("indexing", False, "It is being indexed, so nothing finds it yet. It can be changed once that is done."),
        ("error", False, "Indexing it failed, so nothing finds it. Enable it to have it indexed again, or delete it."),
    ],
)
def test_a_segment_says_what_can_be_done(status: str, enabled: bool, says: str) -> None:
    segment = Segment(id=UNKNOWN, document_id=UNKNOWN, content="Text.", status=status, enabled=enabled)
    assert limit(segment) == says
