"""Datasets. API page: docs.dify.ai, Knowledge API, "Datasets"."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.http import Http
from datasets_ui.dify.paging import Count, ListOf, Model, Page, asked
from datasets_ui.dify.parsing import parse, parse_written
from datasets_ui.dify.retrieval import RetrievalModel

IndexingTechnique = Literal["high_quality", "economy"]
Permission = Literal["only_me", "all_team_members", "partial_members"]


class Dataset(Model):
    """A dataset; the counts of documents are missing on servers that do not give them."""

    id: UUID
    name: str
    description: str | None = ""
    permission: str | None = None
    indexing_technique: str | None = None
    app_count: Count = 0
    document_count: Count = 0
    word_count: int | None = 0
    created_at: float | None = None
    updated_at: float | None = None
    embedding_available: bool | None = True
    doc_form: str | None = None
    total_documents: int | None = None
    total_available_documents: int | None = None
    tags: ListOf[dict[str, Any]] = Field(default_factory=list)
    provider: str | None = None
    data_source_type: str | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model_dict: dict[str, Any] | None = None
    external_retrieval_model: dict[str, Any] | None = None
    external_knowledge_info: dict[str, Any] | None = None
    built_in_field_enabled: bool | None = None
    partial_member_list: ListOf[Any] | None = None
    # newer than 1.10
    enable_api: bool | None = None
    pipeline_id: str | None = None
    runtime_mode: str | None = None
    is_multimodal: bool | None = None
    summary_index_setting: dict[str, Any] | None = None
    maintainer: str | None = None

    @property
    def is_economy(self) -> bool:
        """Whether it is searched by keywords alone: Dify makes them itself, anew whenever a segment is switched on, and what they
        do not hold is not found."""
        return self.indexing_technique == "economy"

    @property
    def documents(self) -> int:
        return self.document_count if self.total_documents is None else self.total_documents

    @property
    def reranking(self) -> str:
        """The model that ranks what its applications find; empty where none does."""
        chosen = self.retrieval_model_dict or {}
        model = chosen.get("reranking_model") if chosen.get("reranking_enable") else None
        return str(model.get("reranking_model_name") or "") if isinstance(model, dict) else ""

    @property
    def available(self) -> int:
        return self.documents if self.total_available_documents is None else self.total_available_documents


class Datasets:
    def __init__(self, http: Http) -> None:
        self.http = http

    def page(
        self, number: int = 1, *, limit: int = 20, keyword: str = "", tag_ids: Iterable[UUID] = (), include_all: bool = False
    ) -> Page[Dataset]:
        """One page, newest first; `keyword` is looked for in names, ignoring case. Of several `tag_ids` one must be on them, or on
        newer servers (2026) all.

        Page "List Knowledge Bases". Raises BoundKey when the key is bound to some datasets; Invalid (plugin_daemon_unreachable);
        NotSupported (no_tag_filter) for `tag_ids` on 1.12.
        """
        params: dict[str, Any] = asked(number, limit, keyword=keyword, include_all="true" if include_all else "")
        if wanted := [str(tag_id) for tag_id in tag_ids]:
            params["tag_ids"] = wanted
        with self.http.capabilities.needs(Feature.TAG_FILTER, "no_tag_filter") if wanted else nullcontext():
            return parse(Page[Dataset], self.http.read("GET", "/datasets", params=params))

    def get(self, dataset_id: UUID) -> Dataset:
        """One dataset with its counts. Page "Get Knowledge Base". Raises NotFound, Forbidden."""
        return parse(Dataset, self.http.read("GET", f"/datasets/{dataset_id}"))

    def create(
        self,
        *,
        name: str,
        description: str = "",
        indexing_technique: IndexingTechnique,
        permission: Permission,
        embedding_model: str | None = None,
        embedding_model_provider: str | None = None,
        retrieval_model: RetrievalModel | None = None,
        **others: Any,
    ) -> Dataset:
        """An empty dataset. Page "Create an Empty Knowledge Base".

        `others` are `provider`, `external_knowledge_api_id`, `external_knowledge_id` and `summary_index_setting`; older servers
        pass over the last one. Raises Conflict when the name is taken; Invalid for an unknown provider of models.
        """
        body = others | {
            "name": name,
            "description": description,
            "indexing_technique": indexing_technique,
            "permission": permission,
        }
        if embedding_model:
            body |= {"embedding_model": embedding_model, "embedding_model_provider": embedding_model_provider}
        if retrieval_model:
            body["retrieval_model"] = retrieval_model.body()
        return parse_written(Dataset, self.http.write("POST", "/datasets", body))

    def update(self, dataset_id: UUID, **changes: Any) -> Dataset:
        """Change name, description, permission, indexing_technique, embedding_model with embedding_model_provider,
        retrieval_model (a body), partial_member_list, or what belongs to an external dataset.

        Page "Update Knowledge Base". Raises Conflict when the name is taken; NotFound, Forbidden.
        """
        return parse_written(Dataset, self.http.write("PATCH", f"/datasets/{dataset_id}", changes))

    def delete(self, dataset_id: UUID) -> None:
        """Delete it with all its documents, for ever, and newer servers delete the keys that are bound to it alone. Page "Delete
        Knowledge Base". Raises Conflict (dataset_in_use), which no known version does: look at `app_count` before."""
        self.http.write("DELETE", f"/datasets/{dataset_id}")
