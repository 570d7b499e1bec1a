"""Kinds of jobs that change segments one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision
from datasets_ui.services.jobs.kinds import Context, Data, Failed, Kind, SegmentItem, Skipped
from datasets_ui.services.jobs.registry import register
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.completion import KeptInPart, missing
from datasets_ui.services.segments.editing import delete_current, read_segment, write_enabled, write_segment
from datasets_ui.services.segments.restoring import (
    BEING_RESTORED,
    RestoredAlready,
    bring_segment_back,
    complete_restored,
    end_of,
    find_again,
)
from datasets_ui.services.segments.texts import with_keywords


@contextmanager
def opened(item: SegmentItem, context: Context) -> Iterator[Segment]:
    """The segment as it is, which nobody else changes meanwhile. Raises DifyError."""
    scope = context.document(item)
    with locked(of_segment(scope.workspace, item.segment_id)):
        yield read_segment(scope, item.segment_id)


class SetEnabledItem(SegmentItem):
    """A segment to enable or to disable."""

    enabled: bool


class KeywordsItem(SegmentItem):
    """A segment whose keywords are to be changed."""

    add: list[str] = []
    remove: list[str] = []


@register
class SetSegmentsEnabled(Kind[SetEnabledItem]):
    """Enable or disable."""

    name = "set_segments_enabled"
    can_undo = True
    item = SetEnabledItem

    def run(self, item: SetEnabledItem, context: Context) -> Data | None:
        return self.set(item, enabled=item.enabled, context=context)

    def undo(self, item: SetEnabledItem, result: Data, context: Context) -> Data | None:
        return self.set(item, enabled=result["was"], context=context)

    def set(self, item: SetEnabledItem, *, enabled: bool, context: Context) -> Data | None:
        with opened(item, context) as current:
            if current.enabled == enabled:
                context.done_already("enabled_already" if enabled else "disabled_already")
                return None
            context.note({"was": current.enabled})
            write_enabled(context.document(item), current, enabled=enabled)
        return None


@register
class DeleteSegments(Kind[SegmentItem]):
    """Delete; undone, each comes back at the end of its document, because the API has no position."""

    name = "delete_segments"
    can_undo = True
    item = SegmentItem

    def run(self, item: SegmentItem, context: Context) -> Data | None:
        scope = context.document(item)
        with locked(of_segment(scope.workspace, item.segment_id)):
            try:
                current = read_segment(scope, item.segment_id)
            except NotFound:
                context.done_already("deleted_already")
                return None
            context.note({"begun": True})
            delete_current(scope, current)
        return None

    def undo(self, item: SegmentItem, result: Data, context: Context) -> Data | None:  # noqa: ARG002 the revision holds what it was
        revision, scope = self.deletion(item, context), context.document(item)
        if context.noted:
            find_again(scope, revision, context.noted["end"])
        else:
            context.note({"end": end_of(scope)})
        try:
            bring_segment_back(scope, revision)
        except RestoredAlready:
            if not context.noted:
                raise Skipped("restored_already") from None
            return self.finish(scope, revision)
        except KeptInPart as part:
            return {"said": part.missing.to_store()}
        return None

    def deletion(self, item: SegmentItem, context: Context) -> Revision:
        """The last one that may have reached Dify. Raises Failed."""
        deletions = context.scope.workspace.revisions.filter(segment_id=item.segment_id, kind=Revision.Kind.DELETE)
        revision = deletions.exclude(outcome=Revision.Outcome.FAILED).first()
        if revision is None:
            raise Failed("not_known")
        return revision

    def finish(self, scope: DocumentScope, revision: Revision) -> Data | None:
        """An earlier attempt has added it, and was lost before it had all that it had before."""
        if revision.restored_as is None or revision.restored_as == BEING_RESTORED:
            return None
        try:
            complete_restored(scope, revision, revision.restored_as)
        except KeptInPart as part:
            return {"said": part.missing.to_store()}
        return None


@register
class ChangeKeywords(Kind[KeywordsItem]):
    """Add and remove keywords: those of the item or, where it has none, of the job's parameters."""

    name = "change_keywords"
    can_undo = True
    item = KeywordsItem

    def run(self, item: KeywordsItem, context: Context) -> Data | None:
        add = item.add or context.parameters.get("add", [])
        remove = item.remove or context.parameters.get("remove", [])
        with opened(item, context) as current:
            kept = [word for word in current.keywords or [] if word not in remove]
            keywords = list(dict.fromkeys([*kept, *add]))
            if keywords == (current.keywords or []):
                context.done_already("like_that_already")
                return None
            context.note(self.checked(current, keywords, {"was": current.keywords or [], "became": keywords}))
            return write_keywords(context.document(item), current, keywords)

    def undo(self, item: KeywordsItem, result: Data, context: Context) -> Data | None:
        with opened(item, context) as current:
            if same_words(current, result["was"]):
                if not context.noted:
                    raise Skipped("keywords_as_before")
                return None
            if not same_words(current, result["became"]):
                raise Skipped("changed_since")
            context.note(self.checked(current, result["was"], {"begun": True}))
            return write_keywords(context.document(item), current, result["was"])

    def checked(self, current: Segment, keywords: list[str], note: Data) -> Data:
        """What to note, where Dify would take them. Raises Failed."""
        if not keywords:
            raise Failed("last_keyword")
        if not current.enabled:
            raise Failed("segment_disabled")
        return note


def write_keywords(scope: DocumentScope, current: Segment, keywords: list[str]) -> Data:
    saved = write_segment(scope, current, with_keywords(current, keywords))
    return {"said": missing(saved, keywords=keywords, attachment_ids=current.attachment_ids or []).to_store()}


def same_words(segment: Segment, keywords: list[str]) -> bool:
    """Whatever their order."""
    return sorted(segment.keywords or []) == sorted(keywords)


def holds(segment: Segment, text: dict[str, Any]) -> bool:
    """Whether this is what was written. In place of no keywords the API may have put its own."""
    same_text = (segment.content, segment.answer or "") == (text["content"], text["answer"] or "")
    return same_text and (not text["keywords"] or same_words(segment, text["keywords"]))
