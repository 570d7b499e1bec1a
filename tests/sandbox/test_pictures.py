"""Pictures of segments: 1.12.1 and 1.17 take them away from whoever does not name them."""

from typing import Any

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library, custom, illustrated, picture
from tests.support.plain_http import TRUSTS_NOBODY

Row = dict[str, Any]
FILE = illustrated("The plan of the first floor.", picture(), "Fire exits are green.")


def dataset_with(api: httpx.Client, technique: str) -> tuple[Library, str]:
    dataset = Library.create(api, technique, indexing_technique=technique)
    return dataset, dataset.file("plan.docx", FILE, indexing_technique=technique, process_rule=custom("\n"))


@pytest.fixture
def place(v1_12: httpx.Client) -> tuple[Library, str]:
    """A high_quality dataset of 1.12.1, and its document with a picture."""
    return dataset_with(v1_12, "high_quality")


def illustrated_segment(place: tuple[Library, str]) -> Row:
    return place[0].segments(place[1])[1]


def ids(row: Row) -> list[str]:
    return [attachment["id"] for attachment in row["attachments"]]


def change(place: tuple[Library, str], row: Row, **values: Any) -> Row:
    changed: Row = place[0].change_segment(place[1], row["id"], **values).json()["data"]
    return changed


def test_a_picture_is_bound_to_the_segment_that_links_to_it(place: tuple[Library, str]) -> None:
    rows = place[0].segments(place[1])
    assert [len(row["attachments"]) for row in rows] == [0, 1, 0]
    assert f"/files/{ids(rows[1])[0]}/file-preview)" in rows[1]["content"]


def test_the_picture_is_served(place: tuple[Library, str]) -> None:
    source = illustrated_segment(place)["attachments"][0]["source_url"]
    response = httpx.get(source, trust_env=False, verify=TRUSTS_NOBODY)
    assert (response.content, response.headers["Content-Type"]) == (picture(), "image/png")


def test_the_link_in_the_content_leads_to_it_too(place: tuple[Library, str]) -> None:
    link = illustrated_segment(place)["content"].removeprefix("![image](").removesuffix(")")
    assert httpx.get(link, trust_env=False, verify=TRUSTS_NOBODY).content == picture()


@pytest.mark.parametrize("values", [{"content": "New."}, {"keywords": ["plan"]}, {"enabled": True}])
def test_an_update_that_does_not_name_them_takes_them_away(place: tuple[Library, str], values: Row) -> None:
    row = illustrated_segment(place)
    assert change(place, row, **{"content": row["content"], **values})["attachments"] == []


def test_an_update_that_names_them_keeps_them(place: tuple[Library, str]) -> None:
    row = illustrated_segment(place)
    assert ids(change(place, row, content="New.", attachment_ids=ids(row))) == ids(row)


def test_old_ids_bring_them_back(place: tuple[Library, str]) -> None:
    row = illustrated_segment(place)
    change(place, row, content="New.")
    assert ids(change(place, row, content="New.", attachment_ids=ids(row))) == ids(row)


def test_disabling_keeps_them(place: tuple[Library, str]) -> None:
    row = illustrated_segment(place)
    assert ids(change(place, row, enabled=False)) == ids(row)


def test_the_status_of_the_document_keeps_them(place: tuple[Library, str]) -> None:
    row = illustrated_segment(place)
    for action in ("disable", "enable"):
        place[0].set_status(action, place[1])
    assert ids(illustrated_segment(place)) == ids(row)


def test_an_unknown_id_counts_as_none(place: tuple[Library, str]) -> None:
    assert change(place, illustrated_segment(place), content="New.", attachment_ids=[UNKNOWN])["attachments"] == []


def test_a_malformed_id_is_a_success_that_is_none(place: tuple[Library, str]) -> None:
    row = change(place, illustrated_segment(place), content="New.", attachment_ids=["nope"])
    assert (row["status"], row["enabled"], row["disabled_by"], "SQL" in row["error"]) == ("error", False, None, True)


def test_a_new_segment_takes_none(place: tuple[Library, str]) -> None:
    row = illustrated_segment(place)
    assert place[0].add_segment(place[1], content=row["content"], attachment_ids=ids(row))["attachments"] == []


def test_economy_keeps_them(v1_12: httpx.Client) -> None:
    place = dataset_with(v1_12, "economy")
    row = illustrated_segment(place)
    assert ids(change(place, row, content="New.")) == ids(row) != []


def test_newer_servers_take_them_away_as_well(v1_17: httpx.Client) -> None:
    place = dataset_with(v1_17, "high_quality")
    assert change(place, illustrated_segment(place), content="New.")["attachments"] == []


def test_older_ones_have_links_alone(api: httpx.Client) -> None:
    row = illustrated_segment(dataset_with(api, "high_quality"))
    assert row["content"].startswith("![image](http://127.0.0.1")
    assert "attachments" not in row


def test_they_go_with_their_document(place: tuple[Library, str]) -> None:
    source = illustrated_segment(place)["attachments"][0]["source_url"]
    place[0].delete(f"/documents/{place[1]}")
    assert httpx.get(source, trust_env=False, verify=TRUSTS_NOBODY).status_code == 404
