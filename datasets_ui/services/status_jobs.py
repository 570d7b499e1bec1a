"""Kinds of jobs around the status of documents. An item's data: document_id, its name, and what its kind says."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from datasets_ui.dify.errors import Forbidden, Invalid, NotFound
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Act, Target
from datasets_ui.services.audit import audited
from datasets_ui.services.job_kinds import PASSING_CODES, Context, Data, Failed, Kind, NotYet, Skipped
from datasets_ui.services.locks import locked, of_document
from datasets_ui.services.segment_states import State, is_on, put_back, remember, still_to_put_back

# Dify has been seen to be busy with a document for ten minutes.
LONGEST_SWITCHING = 1800.0
LOOKED_AT = 3
COUNTED = ("keywords", "off", "refused")
MOST_SECONDS = 600.0  # to read all segments of a document
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
                    economy=context.parameters["economy"], by_archive=action == "archive", seconds=MOST_SECONDS,
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
        self.wait(data, since, context)
        put = {"keywords": 0, "off": 0, "refused": 0} | {name: context.noted[name] for name in COUNTED if name in context.noted}
        for state in still_to_put_back(context.dify, context.dataset_id, document_id, data["states"]):
            for name in self.put(state, document_id, since, context):
                put[name] += 1
            context.note({name: put[name] for name in COUNTED})
        said = f"{put['off']} disabled again, {put['keywords']} given their keywords back."
        if put["refused"]:
            raise Failed(f"{said} Dify refused to change {put['refused']} others.")
        return {"said": said}

    def wait(self, data: Data, since: datetime, context: Context) -> None:
        """Until Dify is done with the document, which it shows by its segments alone: it switches all of them on at once. Raises
        NotYet, Failed, Skipped."""
        if context.noted:
            return
        rows = list(self.some(data, context))
        if not rows:
            raise Skipped("These segments are gone, or could not be indexed.")
        if not any(row.enabled for row in rows):
            raise Failed(NOT_ON) if time.time() - since.timestamp() > LONGEST_SWITCHING else NotYet
        context.note({"on": True})

    def some(self, data: Data, context: Context) -> Iterator[Segment]:
        """A few of the segments that Dify switches on, because it does not those that it could not index: of one alone somebody
        might have switched it off meanwhile."""
        seen = 0
        for state in data["states"]:
            with suppress(NotFound):
                row = context.dify.segments.get(context.dataset_id, UUID(data["document_id"]), UUID(state["id"]))
                if not row.failed:
                    seen += 1
                    yield row
            if seen == LOOKED_AT:
                return

    def put(self, state: State, document_id: UUID, since: datetime, context: Context) -> list[str]:
        """What was put back, by its name in `COUNTED`. One that Dify refuses does not keep the others from it."""
        try:
            keywords, off = put_back(
                dify=context.dify, workspace=context.workspace, dataset_id=context.dataset_id, document_id=document_id,
                state=state, since=since, by=context.by,
            )  # fmt: skip
        except NotFound:  # somebody has deleted it
            return []
        except (Invalid, Forbidden) as error:
            if error.code in PASSING_CODES:
                raise
            return ["refused"]
        return [name for name, done in (("keywords", keywords), ("off", off)) if done]
