"""What is kept of an item: releases come and go, and what an earlier one has queued is still done."""

import json
from typing import ClassVar
from uuid import UUID

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Job, Sentence, User, Workspace
from datasets_ui.services.jobs.control import add_items, wake
from datasets_ui.services.jobs.kinds import Data, SegmentItem
from datasets_ui.services.segments.jobs import KeywordsItem, SetEnabledItem
from tests.support.job_stage import enabled, finish, make_segments, states

IDS: Data = {"document_id": str(UUID(int=1)), "segment_id": str(UUID(int=2))}


class Newer(SegmentItem):
    """An item whose field has another name than it had in the first release."""

    version: ClassVar[int] = 2
    words: list[str]

    @classmethod
    def upgraded(cls, data: Data, version: int) -> Data:
        return data | {"words": data["add"]} if version == 1 else data


def test_an_item_is_what_it_was_after_it_was_kept() -> None:
    item = KeywordsItem.model_validate(IDS | {"add": ["new"]})
    assert KeywordsItem.stored(json.loads(json.dumps(item.to_store()))) == item


def test_what_has_no_version_is_of_the_first() -> None:
    assert SetEnabledItem.stored(IDS | {"enabled": False}).enabled is False


def test_an_older_form_is_turned_into_the_newer() -> None:
    assert Newer.stored(IDS | {"add": ["old"], "version": 1}).words == ["old"]
    assert Newer.stored(IDS | {"words": ["new"], "version": 2}).words == ["new"]


@pytest.mark.django_db(transaction=True)
def test_a_job_of_the_release_before_still_runs(workspace: Workspace, erin: User, handbook: Dataset, dify: DifyClient) -> None:
    """As 0.1.0 has written it: its items are plain dictionaries, without a version."""
    segments = make_segments(dify, handbook, 3)
    job = Job.objects.create(
        workspace=workspace,
        kind="set_segments_enabled",
        title=Sentence.of("as_written", text="Disable segments"),
        made_by=erin.email,
        user=erin,
        dataset_id=handbook.id,
    )
    kept = [{"document_id": str(row.document_id), "segment_id": str(row.id), "enabled": False} for row in segments]
    add_items(job, [("#1", data) for data in kept])
    wake(job)
    assert states(finish(job)) == {"done": 3}
    assert enabled(dify, handbook, segments) == {False}
