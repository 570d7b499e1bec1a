"""The comparison lets pass what no two servers share, and nothing else."""

from typing import Any

import httpx
import pytest

from tests.contract.matching import Ids, differences, judge

ONE, TWO, THREE = (f"{i}d7a4a4e-6b86-4c6f-8b1c-0d6a9e1f7a11" for i in (1, 2, 3))


def rows(*ids: str, created_at: int = 1_700_000_000) -> list[dict[str, Any]]:
    return [{"id": id_, "created_at": created_at} for id_ in ids]


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ({"created_at": 1_700_000_000}, {"created_at": 1_800_000_000}),
        ({"completed_at": None}, {"completed_at": 1_800_000_000}),
        ({"message": "Not found."}, {"message": "No such thing."}),
        ({"keywords": ["a", "b"]}, {"keywords": ["c"]}),
        ({"content": "two  words\n"}, {"content": "two words"}),
        ({"indexing_status": "waiting"}, {"indexing_status": "completed"}),
        ({"id": ONE, "again": ONE}, {"id": TWO, "again": TWO}),
        (rows(ONE, TWO), rows(ONE, TWO)),
    ],
)
def test_what_may_differ(recorded: Any, live: Any) -> None:
    assert differences(recorded, live, Ids()) == []


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ({"total": 1}, {"total": 2}),
        ({"total": 1}, {"total": True}),
        ({"total": 1}, {"total": "1"}),
        ({"name": "a"}, {}),
        ({}, {"name": "a"}),
        ({"message": "Not found."}, {"message": ""}),
        ({"content": "a"}, {"content": "b"}),
        ({"indexing_status": "completed"}, {"indexing_status": "error"}),
        ({"id": ONE, "again": ONE}, {"id": TWO, "again": THREE}),
        ({"id": ONE, "other": TWO}, {"id": THREE, "other": THREE}),
        (rows(ONE), rows(ONE, TWO)),
    ],
)
def test_what_must_not(recorded: Any, live: Any) -> None:
    assert differences(recorded, live, Ids()) != []


def test_rows_of_one_moment_come_in_any_order() -> None:
    ids = Ids()
    differences([ONE, TWO], [ONE, TWO], ids)
    assert differences(rows(ONE, TWO), rows(TWO, ONE), ids) == []


def test_another_status_is_a_difference() -> None:
    assert judge({"status": 200, "json": {}}, httpx.Response(404, json={}), Ids()) != []


def test_a_page_is_compared_by_its_type() -> None:
    recorded = {"status": 404, "content_type": "text/html; charset=utf-8"}
    assert judge(recorded, httpx.Response(404, html="<p>gone"), Ids()) == []
    assert judge(recorded, httpx.Response(404, json={}), Ids()) != []


def test_ids_are_translated_in_their_case() -> None:
    ids = Ids()
    ids.match(ONE, TWO)
    assert ids.translate(f"/datasets/{ONE}/{ONE.upper()}") == f"/datasets/{TWO}/{TWO.upper()}"
