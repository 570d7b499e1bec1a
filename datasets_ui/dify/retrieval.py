"""Retrieval: which segments a query finds. API page: docs.dify.ai, Knowledge API, "Retrieve Chunks from a Knowledge Base"."""

from collections.abc import Iterable
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import ListOf, Model
from datasets_ui.dify.parsing import parse
from datasets_ui.dify.segments import Attachment, Segment

LONGEST_QUERY = 250
SearchMethod = Literal["keyword_search", "semantic_search", "full_text_search", "hybrid_search"]
Comparison = Literal[
    "contains",
    "not contains",
    "start with",
    "end with",
    "is",
    "is not",
    "empty",
    "not empty",
    "in",
    "not in",
    "=",
    "≠",
    ">",
    "<",
    "≥",
    "≤",
    "before",
    "after",
]


class RerankingModel(Model):
    reranking_provider_name: str = ""
    reranking_model_name: str = ""


class VectorSetting(Model):
    vector_weight: float
    embedding_provider_name: str
    embedding_model_name: str


class KeywordSetting(Model):
    keyword_weight: float


class Weights(Model):
    """How much meaning and words count in a hybrid search; both weights together are 1."""

    weight_type: Literal["semantic_first", "keyword_first", "customized"] = "customized"
    vector_setting: VectorSetting
    keyword_setting: KeywordSetting


class Condition(Model):
    """A condition on a metadata field, by its name; "empty" and "not empty" take no value."""

    name: str
    comparison_operator: Comparison
    value: str | float | ListOf[str] | None = None


class MetadataFilter(Model):
    logical_operator: Literal["and", "or"] = "and"
    conditions: ListOf[Condition] = Field(default_factory=list)


class RetrievalModel(Model):
    """How to search. It is always sent whole: the API fails with 500 where a part of it is missing, and its default method needs
    an embedding model, which an economy dataset does not have."""

    search_method: SearchMethod
    reranking_enable: bool = False
    reranking_mode: Literal["reranking_model", "weighted_score"] | None = None
    reranking_model: RerankingModel = Field(default_factory=RerankingModel)
    weights: Weights | None = None
    top_k: int = 10
    score_threshold_enabled: bool = False
    score_threshold: float | None = None
    metadata_filtering_conditions: MetadataFilter | None = None

    def body(self) -> dict[str, Any]:
        body = self.model_dump()
        if self.metadata_filtering_conditions is None:
            del body["metadata_filtering_conditions"]
        return body


class ExternalRetrievalModel(Model):
    """The same for a dataset that is kept outside of Dify."""

    top_k: int = 4
    score_threshold: float = 0.0
    score_threshold_enabled: bool = False


class FoundDocument(Model):
    id: UUID
    name: str
    data_source_type: str | None = None
    doc_metadata: Any = None


class FoundSegment(Segment):
    document: FoundDocument


class FoundChildChunk(Model):
    """The child chunk that made its segment be found."""

    id: UUID
    content: str
    position: int = 0
    score: float | None = None


class Record(Model):
    """One result; `score` is 0 to 1, or None where the search method gives none. `files` are the pictures of the segment, `summary`
    the one that matched."""

    segment: FoundSegment
    child_chunks: ListOf[FoundChildChunk] | None = None
    score: float | None = None
    # newer than 1.10
    files: ListOf[Attachment] | None = None
    summary: str | None = None


class Found(Model):
    records: ListOf[Record]


class Retrieval:
    def __init__(self, http: Http) -> None:
        self.http = http

    def retrieve(self, dataset_id: UUID, *, query: str, search_method: SearchMethod, top_k: int = 10) -> list[Record]:
        """The best segments for a query of at most 250 characters, best first, by a search method alone.

        Page and errors as with `search`.
        """
        return self.search(dataset_id, query=query, model=RetrievalModel(search_method=search_method, top_k=top_k))

    def search(
        self,
        dataset_id: UUID,
        *,
        query: str,
        model: RetrievalModel,
        external: ExternalRetrievalModel | None = None,
        attachment_ids: Iterable[UUID] = (),
    ) -> list[Record]:
        """The best segments for a query, by the whole model: reranking, weights, threshold, filters on metadata.

        Page "Retrieve Chunks from a Knowledge Base / Test Retrieval". Raises Invalid for a query over 250 characters, for a
        method that needs a model where there is none (provider_not_initialize) and while nothing is indexed
        (dataset_not_initialized); Forbidden, NotFound. Older servers pass over filters and attachments without a word; from 1.12
        on an unknown reranking model makes a hybrid search find nothing, without a word.
        """
        body: dict[str, Any] = {"query": query, "retrieval_model": model.body()}
        if external:
            body["external_retrieval_model"] = external.model_dump()
        if attachments := [str(attachment_id) for attachment_id in attachment_ids]:
            body["attachment_ids"] = attachments
        answer = self.http.read("POST", f"/datasets/{dataset_id}/retrieve", counted=True, json=body)
        records = parse(Found, answer).records
        if model.search_method == "keyword_search":  # newer servers say 0.0 of every one, also over a threshold
            return [record.model_copy(update={"score": None}) for record in records]
        return records
