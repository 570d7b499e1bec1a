"""Finding segments for a query: by keyword, by meaning, by full text, or by both of the last."""

import math
from collections import Counter
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from pydantic import BaseModel

from sandbox import datasets, embedding_models, filters, keywords, pictures, segments
from sandbox.checking import conforming, sent
from sandbox.embedding_models import SIZES, cosine, embed
from sandbox.errors import ApiError, QuirkError, invalid
from sandbox.models import ChildChunk, Dataset, Segment
from sandbox.payload import Json, checked, mapping
from sandbox.retrieval_models import RetrievalModel
from sandbox.schemas import HitTestingPayload
from sandbox.versions import dify

LONGEST_QUERY = 250
METHODS = ("semantic_search", "full_text_search", "hybrid_search", "keyword_search")
DEFAULT = {**datasets.DEFAULT_RETRIEVAL, "top_k": 4}
NOT_FOUND_SCORE = 0.0
NO_VECTORS = (
    'relation "embedding_vector_index_{}_node" does not exist\nLINE 1: SELECT meta, text, embedding <=> $1 AS distance FROM ...'
)

Record = dict[str, Any]
Scores = dict[UUID, float]


class Threshold(BaseModel):
    score_threshold: float | None = None


class VectorSetting(BaseModel):
    vector_weight: float


class KeywordSetting(BaseModel):
    keyword_weight: float


class Weights(BaseModel):
    vector_setting: VectorSetting
    keyword_setting: KeywordSetting


def retrieve(request: HttpRequest, dataset: Dataset) -> Any:
    values = sent(request, HitTestingPayload)
    query = "" if values.get("query") is None else str(values["query"])
    model = mapping(values, "retrieval_model")
    mapping(values, "external_retrieval_model")
    if not 1 <= len(query) <= LONGEST_QUERY:
        raise invalid("Query is required and cannot exceed 250 characters")
    model = model or dataset.retrieval_model or DEFAULT
    return {"query": {"content": query}, "records": Search(dataset, query, model).records()}


class Search:
    def __init__(self, dataset: Dataset, query: str, model: Json) -> None:
        self.dataset, self.query, self.model = dataset, query, model
        self.method = model.get("search_method", "semantic_search")
        if not isinstance(self.method, str) or self.method not in METHODS:
            raise invalid(f"'{self.method}' is not a valid RetrievalMethod")
        if dify().whole_retrieval_models:
            conforming(RetrievalModel, model)
        self.filter = filters.wanted(model)
        for name in ("score_threshold_enabled", "reranking_enable"):
            if name not in model:
                raise QuirkError(f"{name} left out", "internal_server_error", f"'{name}'")
        self.top_k = model.get("top_k", 4)
        if not isinstance(self.top_k, int | None):
            raise invalid("top_k must be a positive integer")
        threshold = checked(Threshold, model).score_threshold or 0.0
        self.threshold = threshold if model["score_threshold_enabled"] else 0.0
        self.rows = Segment.objects.filter(
            dataset=dataset, enabled=True, status="completed", document__enabled=True, document__archived=False
        ).select_related("document__process_rule")
        if self.filter:
            self.rows = self.rows.filter(document_id__in=filters.matching(dataset, self.filter))

        self.summaries: dict[UUID, str | None] = {}  # those that matched better than their segments

    def records(self) -> list[Record]:
        if self.filter and not self.rows.exists():
            return []
        if self.method == "keyword_search":
            return self.by_keyword()
        if not self.rows.exists():
            return []
        if self.loses_all():
            return []
        self.check_vectors()
        if self.method == "full_text_search":
            found = self.full_text()
        elif self.method == "semantic_search":
            found = self.semantic()
        else:
            found = {**dict.fromkeys(self.full_text(), NOT_FOUND_SCORE), **self.semantic()}
        return self.ranked(found)

    def by_keyword(self) -> list[Record]:
        """Only economy datasets have a keyword index; its hits come without a score."""
        if self.dataset.high_quality:
            return []
        ids = keywords.search(self.dataset.id, self.query)
        rows = self.rows.in_bulk(ids)
        score = NOT_FOUND_SCORE if dify().scored_keywords else None
        return [record(rows[id_], score) for id_ in ids if id_ in rows][: self.top_k]

    def loses_all(self) -> bool:
        """A hybrid search with an unknown reranker; any other search with one is refused."""
        if not (dify().unknown_reranker_silent and self.dataset.high_quality and self.method == "hybrid_search"):
            return False
        try:
            embedding_models.require_rerank_provider(self.model if self.model["reranking_enable"] else None)
        except ApiError:
            return True
        return False

    def check_vectors(self) -> None:
        if not self.dataset.high_quality:
            raise invalid(
                NO_VECTORS.format(self.dataset.id.hex) if dify().schemas else "Default model not found for text-embedding"
            )
        if self.model["reranking_enable"]:
            embedding_models.require_rerank_provider(self.model)
        if self.top_k is None or self.top_k <= 0:
            raise invalid("top_k must be a positive integer")

    def semantic(self) -> Scores:
        size = SIZES.get(self.dataset.embedding_model or "", SIZES[embedding_models.DEFAULT_EMBEDDING])
        wanted = embed(self.query, size)
        scores = {row.id: cosine(wanted, embed(row.content, size)) for row in self.plain_rows()}
        for row in self.rows.exclude(summary=None):
            score = cosine(wanted, embed(row.summary or "", size))
            if score > scores.get(row.id, -1.0):
                scores[row.id], self.summaries[row.id] = score, row.summary
        for child in self.children():
            score = cosine(wanted, embed(child.content, size))
            scores[child.segment_id] = max(score, scores.get(child.segment_id, -1.0))
        return dict(self.best({id_: score for id_, score in scores.items() if score >= self.threshold}))

    def plain_rows(self) -> Any:
        return self.rows.exclude(document__doc_form="hierarchical_model")

    def children(self) -> Any:
        return ChildChunk.objects.filter(segment__in=self.rows.filter(document__doc_form="hierarchical_model"))

    def full_text(self) -> Scores:
        return dict.fromkeys(keywords.full_text(self.dataset.id, self.query)[: self.top_k], NOT_FOUND_SCORE)

    def best(self, scores: Scores) -> list[tuple[UUID, float]]:
        return sorted(scores.items(), key=lambda pair: -pair[1])[: self.top_k]

    def ranked(self, scores: Scores) -> list[Record]:
        rows = self.rows.in_bulk(list(scores))
        scores = {id_: score for id_, score in scores.items() if id_ in rows}
        if self.model.get("reranking_enable") and self.model.get("reranking_mode") == "weighted_score":
            scores = self.weighted(scores, rows)
        return [self.record(rows[id_], score) for id_, score in self.best(scores)]

    def record(self, segment: Segment, score: float) -> Record:
        return record(segment, score, self.child_records(segment), self.summaries.get(segment.id))

    def weighted(self, scores: Scores, rows: dict[UUID, Segment]) -> Scores:
        if not self.model.get("weights"):
            return scores
        weights = checked(Weights, self.model["weights"])
        by_meaning, by_words = weights.vector_setting.vector_weight, weights.keyword_setting.keyword_weight
        matches = keyword_scores(self.query, {id_: rows[id_].content for id_ in scores})
        return {id_: by_meaning * score + by_words * matches[id_] for id_, score in scores.items()}

    def child_records(self, segment: Segment) -> list[Json] | None:
        if segment.document.doc_form != "hierarchical_model":
            return None
        size = SIZES.get(self.dataset.embedding_model or "", SIZES[embedding_models.DEFAULT_EMBEDDING])
        wanted = embed(self.query, size)
        children = [(cosine(wanted, embed(child.content, size)), child) for child in segment.child_chunks.all()]
        children.sort(key=lambda pair: -pair[0])
        return [
            {"id": child.id, "content": child.content, "position": child.position, "score": score}
            for score, child in children[: self.top_k]
        ]


def keyword_scores(query: str, contents: dict[UUID, str]) -> Scores:
    """How alike the keywords of the query and of each text are, rare ones counting for more."""
    found = {id_: Counter(keywords.extract(content)) for id_, content in contents.items()}
    spread = Counter(word for words in found.values() for word in words)
    weight = {word: math.log((1 + len(found)) / (1 + count)) + 1 for word, count in spread.items()}

    def weighed(words: Counter[str]) -> dict[str, float]:
        return {word: count * weight.get(word, 0) for word, count in words.items()}

    wanted = weighed(Counter(keywords.extract(query)))
    return {id_: cosine(wanted, weighed(words)) for id_, words in found.items()}


def record(segment: Segment, score: float | None, children: list[Json] | None = None, summary: str | None = None) -> Record:
    document = segment.document
    about = {
        "id": document.id,
        "data_source_type": "upload_file",
        "name": document.name,
        "doc_type": None,
        "doc_metadata": document.doc_metadata,
    }
    row = segments.core(segment) | {"document": about}
    return {"segment": row, "child_chunks": children, "score": score, "tsne_position": None} | newer_fields(segment, summary)


def newer_fields(segment: Segment, summary: str | None) -> Json:
    return {"files": pictures.rows(segment) or None, "summary": summary} if dify().pictures else {}
