"""What a call may say about searching, where the API checks it: when a dataset or its first document is made."""

from typing import Any, Literal

from pydantic import BaseModel

from sandbox.embedding_models import require_rerank_provider
from sandbox.payload import Json, checked, mapping

SearchMethod = Literal["semantic_search", "full_text_search", "hybrid_search", "keyword_search"]


class RerankingModel(BaseModel):
    reranking_provider_name: str | None = None
    reranking_model_name: str | None = None


class VectorSetting(BaseModel):
    vector_weight: float
    embedding_provider_name: str
    embedding_model_name: str


class KeywordSetting(BaseModel):
    keyword_weight: float


class Weights(BaseModel):
    weight_type: Literal["semantic_first", "keyword_first", "customized"] | None = None
    vector_setting: VectorSetting | None = None
    keyword_setting: KeywordSetting | None = None


class RetrievalModel(BaseModel):
    search_method: SearchMethod
    reranking_enable: bool
    reranking_model: RerankingModel | None = None
    reranking_mode: str | None = None
    top_k: int
    score_threshold_enabled: bool
    score_threshold: float | None = None
    weights: Weights | None = None


def chosen(values: Json) -> Json | None:
    """The whole model that a call names, checked. Changing a dataset later keeps whatever object it is sent."""
    named = mapping(values, "retrieval_model")
    require_rerank_provider(named)
    return None if named is None else dumped(checked(RetrievalModel, named))


def dumped(model: RetrievalModel | None) -> dict[str, Any] | None:
    return model.model_dump() if model else None
