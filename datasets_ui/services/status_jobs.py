"""Kinds of jobs around the status of documents. An item's data: document_id, its name, and what its kind says."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Act, Target
from datasets_ui.services.audit import audited
from datasets_ui.services.job_kinds import Context, Data, Failed, Kind, NotYet, Skipped
from datasets_ui.services.locks import locked, of_document
from datasets_ui.services.segment_states import State, is_on, put_back, remember, still_to_put_back

# Dify has been seen to be busy with a document for ten minutes.
LONGEST_SWITCHING = 1800.0
LOOKED_AT = 3
NOT_ON = "Dify has not switched the document on again. Look at it; once it is available, try this again."


class SwitchOff(Kind):
    """Disable or archive documents of which much has to be remembered. The parameters: `action`, and whether the index is
    `economy`."""

    name = "switch_off"

    def run(self, data: Data, context: Context) -> Data | None:
        document_id, action = UUID(data["document_id"]), context.parameters["action"]
        with locked(of_document(context.workspace, document_id)) as lease:
            try:
                document = context.dify.documents.get(context.dataset_id, document_id)
            except NotFound:
                raise Skipped("The document is gone.") from None
            if not (document.enabled if action == "disable" else not document.archived):
                if not context.noted:
                    raise Skipped("It is so already.")
                return None  # by an earlier attempt, whose answer was lost
            if is_on(document):
                remember(
                    dify=context.dify, workspace=context.workspace, dataset_id=context.dataset_id, document=document,
                    economy=context.parameters["economy"],
                )  # fmt: skip
            context.note({"begun": True})
            lease.renew()
            target = Target(document.id, document.name)
            with audited(by=context.by, workspace=context.workspace, act=Act(f"document.{action}"), target=target):
                context.dify.documents.set_status(context.dataset_id, action, [document.id])
        return None


class PutBack(Kind):
    """Once Dify has switched a document on, disable what was off before and give keywords back. The data: `states` of at most a
    hundred segments. The parameters: `since` when it was switched."""

    name = "put_back_segments"

    def run(self, data: Data, context: Context) -> Data | None:
        document_id = UUID(data["document_id"])
        since = datetime.fromisoformat(context.parameters["since"])
        try:
            self.wait(data, since, context)
        except NotFound:
            raise Skipped("These segments are gone.") from None
        left = still_to_put_back(context.dify, context.dataset_id, document_id, data["states"])
        done = [self.put(state, document_id, since, context) for state in left]
        keywords, off = (sum(part) for part in zip(*done, strict=True)) if done else (0, 0)
        return {"said": f"{off} disabled again, {keywords} given their keywords back."}

    def wait(self, data: Data, since: datetime, context: Context) -> None:
        """Until Dify is done with the document, which it shows by its segments alone: it switches all of them on at once. Raises
        NotYet, Failed; NotFound where none is left."""
        if context.noted:
            return
        rows = list(self.some(data, context))
        if not rows:
            raise NotFound
        if not any(row.enabled or row.failed for row in rows):
            raise Failed(NOT_ON) if time.time() - since.timestamp() > LONGEST_SWITCHING else NotYet
        context.note({"on": True})

    def some(self, data: Data, context: Context) -> Iterator[Segment]:
        """A few of the segments: of one alone somebody might have switched it off meanwhile."""
        for state in data["states"][:LOOKED_AT]:
            with suppress(NotFound):
                yield context.dify.segments.get(context.dataset_id, UUID(data["document_id"]), UUID(state["id"]))

    def put(self, state: State, document_id: UUID, since: datetime, context: Context) -> tuple[bool, bool]:
        try:
            return put_back(
                dify=context.dify, workspace=context.workspace, dataset_id=context.dataset_id, document_id=document_id,
                state=state, since=since, by=context.by,
            )  # fmt: skip
        except NotFound:  # somebody has deleted it
            return False, False
