"""Child chunks: the small pieces by which a parent-child segment is found. API page: docs.dify.ai, Knowledge API, "Chunks"."""

from uuid import UUID

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import Model, Page, Position, asked
from datasets_ui.dify.parsing import parse, parse_written


class ChildChunk(Model):
    """A child chunk; `type` is "automatic" or, once somebody wrote it, "customized"."""

    id: UUID
    segment_id: UUID | None = None
    content: str
    position: Position = 0
    word_count: int | None = None
    type: str | None = None
    created_at: float | None = None
    updated_at: float | None = None


class ChildChunks:
    """All raise NotFound for an unknown segment, Forbidden, and NotSupported where the server has no child chunks."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def page(
        self, dataset_id: UUID, document_id: UUID, segment_id: UUID, number: int = 1, *, limit: int = 20, keyword: str = ""
    ) -> Page[ChildChunk]:
        """One page in the segment's order. Page "Get Child Chunks"."""
        params, path = asked(number, limit, keyword=keyword), children_path(dataset_id, document_id, segment_id)
        with self.http.capabilities.needs(Feature.CHILD_CHUNKS):
            return parse(Page[ChildChunk], self.http.read("GET", path, params=params))

    def create(self, dataset_id: UUID, document_id: UUID, segment_id: UUID, *, content: str) -> ChildChunk:
        """Add one at the end. Page "Create Child Chunk".

        Works on every document, but only one of the form hierarchical_model is searched by it. Raises Invalid without an
        embedding model.
        """
        path = children_path(dataset_id, document_id, segment_id)
        with self.http.capabilities.needs(Feature.CHILD_CHUNKS):
            return parse_written(ChildChunk, self.http.write("POST", path, {"content": content}), "data")

    def update(
        self, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID, *, content: str
    ) -> ChildChunk:
        """Change its text; its type becomes "customized". Page "Update Child Chunk"."""
        path = f"{children_path(dataset_id, document_id, segment_id)}/{child_chunk_id}"
        with self.http.capabilities.needs(Feature.CHILD_CHUNKS):
            return parse_written(ChildChunk, self.http.write("PATCH", path, {"content": content}), "data")

    def delete(self, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID) -> None:
        """Delete it for ever. Page "Delete Child Chunk"."""
        with self.http.capabilities.needs(Feature.CHILD_CHUNKS):
            self.http.write("DELETE", f"{children_path(dataset_id, document_id, segment_id)}/{child_chunk_id}")


def children_path(dataset_id: UUID, document_id: UUID, segment_id: UUID) -> str:
    return f"/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks"
