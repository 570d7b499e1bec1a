"""Kinds of jobs around the status of documents."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from datasets_ui.dify.errors import Forbidden, Invalid, NotFound
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Act, Sentence, Target
from datasets_ui.services.documents.segment_states import State, is_on, put_back, remember, still_to_put_back
from datasets_ui.services.jobs.kinds import PASSING_CODES, Context, Data, DocumentItem, Failed, Kind, NotYet, Skipped
from datasets_ui.services.jobs.registry import register
from datasets_ui.services.locks import locked, of_document
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.editing import read_segment

# Dify has been seen to be busy with a document for ten minutes.
LONGEST_SWITCHING = 1800.0
LOOKED_AT = 3
COUNTED = ("keywords", "off", "refused")
MOST_SECONDS = 600.0  # to read all segments of a document


class SwitchItem(DocumentItem):
    """A document to disable or to archive."""

    name: str = ""


class PutBackItem(DocumentItem):
    """What at most a hundred segments of a document were."""

    states: list[State]


@register
class SwitchOff(Kind[SwitchItem]):
    """Disable or archive documents of which much has to be remembered. The parameters: `action`, and whether the index is
    `economy`."""

    name = "switch_off"
    item = SwitchItem

    def run(self, item: SwitchItem, context: Context) -> Data | None:
        action, scope = context.parameters["action"], context.document(item)
        with locked(of_document(scope.workspace, scope.document_id)) as lease:
            try:
                document = scope.dify.documents.get(scope.dataset_id, scope.document_id)
            except NotFound:
                raise Skipped("document_gone") from None
            if not (document.enabled if action == "disable" else not document.archived):
                context.done_already("so_already")
                return None
            if is_on(document):
                economy = context.parameters["economy"]
                remember(scope, document, economy=economy, by_archive=action == "archive", seconds=MOST_SECONDS)
            context.note({"begun": True})
            lease.renew()
            with scope.writing(Act(f"document.{action}"), Target(document.id, document.name)) as writing:
                writing.dify.documents.set_status(scope.dataset_id, action, [document.id])
        return None


@register
class PutBack(Kind[PutBackItem]):
    """Once Dify has switched a document on, disable what was off before and give keywords back. The parameters: `since` when it was
    switched."""

    name = "put_back_segments"
    item = PutBackItem

    def run(self, item: PutBackItem, context: Context) -> Data | None:
        since, scope = datetime.fromisoformat(context.parameters["since"]), context.document(item)
        self.wait(item, since, context)
        put = {"keywords": 0, "off": 0, "refused": 0} | {name: context.noted[name] for name in COUNTED if name in context.noted}
        for state in still_to_put_back(scope, item.states):
            for name in self.put(scope, state, since):
                put[name] += 1
            context.note({name: put[name] for name in COUNTED})
        if put["refused"]:
            raise Failed("put_back_in_part", **put)
        return {"said": Sentence.of("put_back", off=put["off"], keywords=put["keywords"]).to_store()}

    def wait(self, item: PutBackItem, since: datetime, context: Context) -> None:
        """Until Dify is done with the document, which it shows by its segments alone: it switches all of them on at once. Raises
        NotYet, Failed, Skipped."""
        if context.noted:
            return
        rows = list(self.some(item, context))
        if not rows:
            raise Skipped("segments_gone")
        if not any(row.enabled for row in rows):
            raise Failed("not_on") if time.time() - since.timestamp() > LONGEST_SWITCHING else NotYet
        context.note({"on": True})

    def some(self, item: PutBackItem, context: Context) -> Iterator[Segment]:
        """A few of the segments that Dify switches on, because it does not those that it could not index: of one alone somebody
        might have switched it off meanwhile."""
        seen = 0
        for state in item.states:
            with suppress(NotFound):
                row = read_segment(context.document(item), UUID(state["id"]))
                if not row.failed:
                    seen += 1
                    yield row
            if seen == LOOKED_AT:
                return

    def put(self, scope: DocumentScope, state: State, since: datetime) -> list[str]:
        """What was put back, by its name in `COUNTED`. One that Dify refuses does not keep the others from it."""
        try:
            keywords, off = put_back(scope, state, since)
        except NotFound:  # somebody has deleted it
            return []
        except (Invalid, Forbidden) as error:
            if error.code in PASSING_CODES:
                raise
            return ["refused"]
        return [name for name, done in (("keywords", keywords), ("off", off)) if done]
