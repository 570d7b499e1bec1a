"""Segments (chunks) of a document. API page: docs.dify.ai, Knowledge API, "Chunks"."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from pydantic import Field, SecretStr

from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.errors import Invalid, NotFound
from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import ListOf, Model, Page, Position, asked
from datasets_ui.dify.parsing import parse, parse_written
from datasets_ui.dify.refusals import Reason
from datasets_ui.dify.words import gettext_noop

ELSEWHERE = gettext_noop("The segment belongs to another document.")
PICTURES = re.compile(r"/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?:file|image)-preview")


class Attachment(Model):
    """A picture of a segment. `source_url` is signed anew in each answer: for some minutes whoever has it can see the picture, so it
    is neither stored nor logged."""

    id: UUID
    name: str = ""
    size: int | None = None
    extension: str | None = None
    mime_type: str | None = None
    source_url: SecretStr | None = None


def linked_attachments(content: str) -> list[UUID]:
    """The ids of the pictures that a text links to as `![image](https://…/files/<id>/file-preview)`, each once. The link stays
    when the API drops the picture, so this is how a lost one is found again. It says nothing about what the segment has."""
    return [UUID(found) for found in dict.fromkeys(PICTURES.findall(content))]


LONGEST_TEXT = 100_000  # characters of a text that we write or compare; the API itself has no limit


class Segment(Model):
    """A segment; `word_count` counts characters, whatever its name says. `sign_content` is the content with signed links: for some
    minutes whoever has them can see the pictures, so it is neither stored nor logged."""

    id: UUID
    position: Position = 0
    document_id: UUID
    content: str
    answer: str | None = None
    word_count: int | None = None
    tokens: int | None = None
    keywords: ListOf[str] | None = Field(default_factory=list)
    hit_count: int | None = 0
    enabled: bool = True
    status: str = ""
    error: Reason | None = None
    created_at: float | None = None
    updated_at: float | None = None
    updated_by: str | None = None
    completed_at: float | None = None
    created_by: str | None = None
    disabled_at: float | None = None
    index_node_hash: str | None = None
    sign_content: SecretStr | None = None
    # newer than 1.10, or with some documents only
    child_chunks: ListOf[ChildChunk] | None = None
    attachments: ListOf[Attachment] | None = None
    summary: str | None = None

    @property
    def characters(self) -> int:
        return len(self.content)

    @property
    def attachment_ids(self) -> list[UUID] | None:
        """What to send along with each change, or the pictures are gone; None where the answer named none at all, as before 1.11
        and in what a retrieval found."""
        return None if self.attachments is None else [attachment.id for attachment in self.attachments]

    @property
    def failed(self) -> bool:
        """Whether it could not be indexed: the API answers a change with 200 all the same, and switches the segment off."""
        return self.status == "error"

    @property
    def has_summary(self) -> bool:
        """Whether the server knows summaries; only newer ones answer with the field."""
        return "summary" in self.model_fields_set

    @property
    def edited(self) -> bool:
        """Whether somebody changed its text; the times cannot tell, because indexing moves them too."""
        return bool(self.updated_by)


class Created(Model):
    data: ListOf[Segment] = Field(min_length=1)


class NewSegment(Model):
    """A segment to add; a Q&A document needs the answer."""

    content: str
    answer: str | None = None
    keywords: list[str] = Field(default_factory=list)

    def body(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True, exclude=None if self.keywords else {"keywords"})


class Segments:
    def __init__(self, http: Http) -> None:
        self.http = http

    def page(
        self, dataset_id: UUID, document_id: UUID, number: int = 1, *, limit: int = 20, keyword: str = "", status: str = ""
    ) -> Page[Segment]:
        """One page in the document's order; `keyword` ignores case; `status` is one of indexing.

        Page "Get Chunks from a Document". Raises Invalid where the embedding model is missing; NotFound, Forbidden.
        """
        params = asked(number, limit, keyword=keyword, status=status)
        return parse(Page[Segment], self.http.read("GET", segments_path(dataset_id, document_id), params=params))

    def get(self, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> Segment:
        """One segment. Page "Get Details of a Chunk". Raises NotFound, also for a segment of another document: the API would answer
        with it, and its changes would be kept in the wrong history."""
        found = parse(Segment, self.http.read("GET", f"{segments_path(dataset_id, document_id)}/{segment_id}"), "data")
        if found.document_id != document_id:
            raise NotFound(ELSEWHERE, status=404)
        return found

    def create(self, dataset_id: UUID, document_id: UUID, *, content: str, answer: str | None, keywords: list[str]) -> Segment:
        """Add one at the end; there is no position field. Page "Add Chunks to a Document".

        Raises NotFound when the document is not completed, or is disabled.
        """
        row = NewSegment(content=content, answer=answer, keywords=keywords)
        return self.create_all(dataset_id, document_id, [row])[0]

    def create_all(self, dataset_id: UUID, document_id: UUID, rows: Iterable[NewSegment]) -> list[Segment]:
        """Add several at the end. Page "Create Chunks".

        A segment that could not be indexed comes back with `status` "error" and `enabled` False, not as an error. Raises
        NotFound when the document is not completed, or is disabled; Invalid for more than the server takes at once.
        """
        sent = [row.body() for row in rows]
        created = self.http.write("POST", segments_path(dataset_id, document_id), {"segments": sent})
        return parse_written(Created, created).data

    def update(
        self,
        dataset_id: UUID,
        document_id: UUID,
        segment_id: UUID,
        *,
        content: str,
        answer: str | None,
        keywords: list[str],
        attachment_ids: Sequence[UUID] | None,
        summary: str | None = None,
    ) -> Segment:
        """Change content, answer, keywords and pictures. Page "Update a Chunk in a Document".

        `summary` is passed over by older servers. Raises Invalid (segment_disabled, segment_indexing), NotFound, Forbidden.

        All are always sent: without keywords the API extracts new ones, without answer it blanks the answer of a Q&A segment,
        without `attachment_ids` a high-quality dataset loses the segment's pictures (1.11 to 1.17.0). They become exactly these:
        an unknown id counts as none, and ids of former pictures bring them back. None, where the server names no attachments,
        sends none.

        The answer tells what was stored. The API cannot clear keywords: an empty list keeps the old ones, or, when the content
        changed, extracts new ones. In a high-quality dataset it drops keywords that come along with a new content: compare, and
        send them once more. A segment that cannot be indexed comes back `failed`, and disabled.
        """
        changes: dict[str, Any] = {"content": content, "answer": answer, "keywords": keywords}
        changes |= {} if summary is None else {"summary": summary}
        changes |= {} if attachment_ids is None else {"attachment_ids": list(map(str, attachment_ids))}
        return self.change(dataset_id, document_id, segment_id, changes)

    def regenerate_child_chunks(self, dataset_id: UUID, document_id: UUID, segment: Segment) -> Segment:
        """Have a parent-child segment cut anew, with the text that it has: all its child chunks go, also those that somebody
        wrote. Page "Update a Chunk in a Document". Raises as `update`."""
        return self.change(dataset_id, document_id, segment.id, as_it_is(segment) | {"regenerate_child_chunks": True})

    def set_enabled(self, dataset_id: UUID, document_id: UUID, segment: Segment, *, enabled: bool) -> Segment:
        """Enable or disable, and nothing else: the API drops content that comes along with `enabled: false`. The rest is sent
        as it is when enabling, or the API would replace the keywords, blank the answer and take the pictures away."""
        changes = {"enabled": enabled} | (as_it_is(segment) if enabled else {})
        return self.change(dataset_id, document_id, segment.id, changes)

    def change(self, dataset_id: UUID, document_id: UUID, segment_id: UUID, changes: dict[str, Any]) -> Segment:
        path = f"{segments_path(dataset_id, document_id)}/{segment_id}"
        return parse_written(Segment, self.http.write("POST", path, {"segment": changes}), "data")

    def delete(self, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> None:
        """Delete it for ever. Page "Delete a Chunk in a Document". Raises NotFound. One that the API is deleting already is a done
        thing."""
        try:
            self.http.write("DELETE", f"{segments_path(dataset_id, document_id)}/{segment_id}")
        except Invalid as error:
            if error.code != "segment_deleting":
                raise


def segments_path(dataset_id: UUID, document_id: UUID) -> str:
    return f"/datasets/{dataset_id}/documents/{document_id}/segments"


def as_it_is(segment: Segment) -> dict[str, Any]:
    """What has to be sent so that it stays."""
    known: dict[str, Any] = {"content": segment.content, "answer": segment.answer, "keywords": segment.keywords or []}
    return known | ({} if segment.attachment_ids is None else {"attachment_ids": list(map(str, segment.attachment_ids))})
