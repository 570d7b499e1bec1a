"""Kinds of jobs that change segments."""

from uuid import UUID

from datasets_ui.services.job_kinds import Context, Data, Kind, Skipped
from datasets_ui.services.segments import set_segment_enabled


class SetSegmentsEnabled(Kind):
    """Enable or disable. An item's data: document_id, segment_id, enabled."""

    name = "set_segments_enabled"
    can_undo = True

    def run(self, data: Data, context: Context) -> Data | None:
        return self.set(data, enabled=data["enabled"], context=context)

    def undo(self, data: Data, result: Data, context: Context) -> Data | None:
        return self.set(data, enabled=result["was"], context=context)

    def set(self, data: Data, *, enabled: bool, context: Context) -> Data | None:
        document_id, segment_id = UUID(data["document_id"]), UUID(data["segment_id"])
        current = context.dify.segments.get(context.dataset_id, document_id, segment_id)
        if current.enabled == enabled:
            if not context.noted:
                raise Skipped(f"It was {'enabled' if enabled else 'disabled'} already.")
            return None  # by an earlier attempt, whose answer was lost
        context.note({"was": current.enabled})
        set_segment_enabled(
            dify=context.dify, workspace=context.workspace, dataset_id=context.dataset_id, document_id=document_id,
            segment_id=segment_id, enabled=enabled, by=context.by,
        )  # fmt: skip
        return None
