"""Kinds of jobs that change segments one by one. An item's data: document_id, segment_id, and what its kind says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision
from datasets_ui.services.completion import KeptInPart, missing
from datasets_ui.services.job_kinds import Context, Data, Failed, Kind, Skipped
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.segment_restores import (
    BEING_RESTORED,
    RestoredAlready,
    bring_back,
    complete_restored,
    end_of,
    find_again,
)
from datasets_ui.services.segments import delete_current, write_enabled, write_segment

DISABLED = "It is disabled, and Dify changes enabled segments only. Enable it first."
CHANGED = "It was changed since; nothing was written."
LAST_KEYWORD = "Dify cannot take the last keyword from a segment. Give it another one first."


def around(data: Data, context: Context) -> dict[str, Any]:
    """What every function that changes a segment is told."""
    return {
        "dify": context.dify, "workspace": context.workspace, "dataset_id": context.dataset_id,
        "document_id": UUID(data["document_id"]), "by": context.by,
    }  # fmt: skip


@contextmanager
def opened(data: Data, context: Context) -> Iterator[Segment]:
    """The segment as it is, which nobody else changes meanwhile. Raises DifyError."""
    with locked(of_segment(context.workspace, UUID(data["segment_id"]))):
        yield read(data, context)


def read(data: Data, context: Context) -> Segment:
    return context.dify.segments.get(context.dataset_id, UUID(data["document_id"]), UUID(data["segment_id"]))


class SetSegmentsEnabled(Kind):
    """Enable or disable; the data also says `enabled`."""

    name = "set_segments_enabled"
    can_undo = True

    def run(self, data: Data, context: Context) -> Data | None:
        return self.set(data, enabled=data["enabled"], context=context)

    def undo(self, data: Data, result: Data, context: Context) -> Data | None:
        return self.set(data, enabled=result["was"], context=context)

    def set(self, data: Data, *, enabled: bool, context: Context) -> Data | None:
        with opened(data, context) as current:
            if current.enabled == enabled:
                if not context.noted:
                    raise Skipped(f"It was {'enabled' if enabled else 'disabled'} already.")
                return None  # by an earlier attempt, whose answer was lost
            context.note({"was": current.enabled})
            write_enabled(**around(data, context), current=current, enabled=enabled)
        return None


class DeleteSegments(Kind):
    """Delete; undone, each comes back at the end of its document, because the API has no position."""

    name = "delete_segments"
    can_undo = True

    def run(self, data: Data, context: Context) -> Data | None:
        with locked(of_segment(context.workspace, UUID(data["segment_id"]))):
            try:
                current = read(data, context)
            except NotFound:
                if not context.noted:
                    raise Skipped("It was deleted already.") from None
                return None  # by an earlier attempt, whose answer was lost
            context.note({"begun": True})
            delete_current(**around(data, context), current=current)
        return None

    def undo(self, data: Data, result: Data, context: Context) -> Data | None:  # noqa: ARG002 the revision holds what it was
        revision = self.deletion(data, context)
        if context.noted:
            find_again(context.dify, revision, context.noted["end"])
        else:
            context.note({"end": end_of(context.dify, revision)})
        try:
            bring_back(dify=context.dify, workspace=context.workspace, revision=revision, by=context.by)
        except RestoredAlready:
            if not context.noted:
                raise Skipped("It was brought back already.") from None
            return self.finish(revision, context)
        except KeptInPart as part:
            return {"said": str(part)}
        return None

    def deletion(self, data: Data, context: Context) -> Revision:
        """The last one that may have reached Dify. Raises Failed."""
        deletions = context.workspace.revisions.filter(segment_id=data["segment_id"], kind=Revision.Kind.DELETE)
        revision = deletions.exclude(outcome=Revision.Outcome.FAILED).first()
        if revision is None:
            raise Failed("What it was is not known any more.")
        return revision

    def finish(self, revision: Revision, context: Context) -> Data | None:
        """An earlier attempt has added it, and was lost before it had all that it had before."""
        if revision.restored_as in {None, BEING_RESTORED}:
            return None
        try:
            complete_restored(
                dify=context.dify,
                workspace=context.workspace,
                revision=revision,
                segment_id=revision.restored_as,
                by=context.by,
            )
        except KeptInPart as part:
            return {"said": str(part)}
        return None


class ChangeKeywords(Kind):
    """Add and remove keywords: those in the lists `add` and `remove` of the job's parameters or of the data."""

    name = "change_keywords"
    can_undo = True

    def run(self, data: Data, context: Context) -> Data | None:
        told = context.parameters | data
        with opened(data, context) as current:
            kept = [word for word in current.keywords or [] if word not in told.get("remove", [])]
            keywords = list(dict.fromkeys([*kept, *told.get("add", [])]))
            if keywords == (current.keywords or []):
                if not context.noted:
                    raise Skipped("Its keywords are like that already.")
                return None  # by an earlier attempt, whose answer was lost
            return self.write(data, current, keywords, {"was": current.keywords or [], "became": keywords}, context)

    def undo(self, data: Data, result: Data, context: Context) -> Data | None:
        with opened(data, context) as current:
            if same_words(current, result["was"]):
                if not context.noted:
                    raise Skipped("Its keywords are what they were already.")
                return None
            if not same_words(current, result["became"]):
                raise Skipped(CHANGED)
            return self.write(data, current, result["was"], {"begun": True}, context)

    def write(self, data: Data, current: Segment, keywords: list[str], note: Data, context: Context) -> Data:
        if not keywords:
            raise Failed(LAST_KEYWORD)
        if not current.enabled:
            raise Failed(DISABLED)
        context.note(note)
        saved = write_segment(
            **around(data, context), current=current, content=current.content, answer=current.answer, keywords=keywords
        )
        return {"said": missing(saved, keywords=keywords, attachment_ids=current.attachment_ids or [])}


def same_words(segment: Segment, keywords: list[str]) -> bool:
    """Whatever their order."""
    return sorted(segment.keywords or []) == sorted(keywords)
