"""What a call may send, as versions after 1.10.1 check it before they do anything; the names show in their messages.

1.12.1 complains of everything in one way. 1.17 has two: for a call whose schema is Decorated, another one.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from sandbox.process_rules import RuleChoice
from sandbox.retrieval_models import RetrievalModel

Technique = Literal["high_quality", "economy"]
Permission = Literal["only_me", "all_team_members", "partial_members"]
Name = Annotated[str, Field(min_length=1, max_length=40)]
Description = Annotated[str, Field(max_length=400)]
TagName = Annotated[str, Field(min_length=1, max_length=50)]


class Decorated(BaseModel):
    """Checked by a decorator in 1.17, which answers 422."""


class DatasetCreatePayload(Decorated):
    name: Name
    description: Description | None = None
    indexing_technique: Technique | None = None
    permission: Permission | None = None
    external_knowledge_api_id: str | None = None
    provider: str | None = None
    external_knowledge_id: str | None = None
    retrieval_model: RetrievalModel | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    summary_index_setting: dict[str, Any] | None = None


class DatasetUpdatePayload(Decorated):
    name: Name | None = None
    description: Description | None = None
    indexing_technique: Technique | None = None
    permission: Permission | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model: RetrievalModel | None = None
    partial_member_list: list[dict[str, str]] | None = None
    external_retrieval_model: dict[str, Any] | None = None
    external_knowledge_id: str | None = None
    external_knowledge_api_id: str | None = None


class DatasetListQuery(BaseModel):
    page: int = 1
    limit: int = 20
    keyword: str | None = None
    include_all: bool = False
    tag_ids: list[str] = []


class TagCreatePayload(Decorated):
    name: TagName


class TagUpdatePayload(Decorated):
    name: TagName
    tag_id: str


class TagDeletePayload(Decorated):
    tag_id: str


class TagBindingPayload(Decorated):
    tag_ids: list[str]
    target_id: str

    @field_validator("tag_ids")
    @classmethod
    def some(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError("Tag IDs is required.")
        return value


class TagUnbindingPayload(Decorated):
    tag_id: str
    target_id: str


class TagsUnbindingPayload(Decorated):
    """Of 1.17: several tags, or the one of old."""

    tag_ids: list[str] | None = None
    tag_id: str | None = None
    target_id: str

    @model_validator(mode="after")
    def some(self) -> Self:
        if not (self.tag_ids or self.tag_id):
            raise ValueError("Tag IDs is required.")
        return self


class DocumentTextCreatePayload(BaseModel):
    name: str
    text: str
    process_rule: RuleChoice | None = None
    original_document_id: str | None = None
    doc_form: str = "text_model"
    doc_language: str = "English"
    indexing_technique: Technique | None = None
    retrieval_model: RetrievalModel | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None


class DocumentTextUpdate(BaseModel):
    name: str | None = None
    text: str | None = None
    process_rule: RuleChoice | None = None
    doc_form: str = "text_model"
    doc_language: str = "English"
    retrieval_model: RetrievalModel | None = None

    @model_validator(mode="after")
    def named(self) -> Self:
        if self.text and self.name is None:
            raise ValueError("name is required when text is provided")
        return self


class DocumentListQuery(BaseModel):
    page: int = 1
    limit: int = 20


class SegmentCreatePayload(BaseModel):
    segments: list[dict[str, Any]] | None = None


class SegmentUpdateArgs(BaseModel):
    content: str | None = None
    answer: str | None = None
    keywords: list[str] | None = None
    regenerate_child_chunks: bool = False
    enabled: bool | None = None
    attachment_ids: list[str] | None = None
    summary: str | None = None


class SegmentUpdatePayload(Decorated):
    segment: SegmentUpdateArgs


class ChildChunkCreatePayload(Decorated):
    content: str


class ChildChunkUpdatePayload(Decorated):
    content: str


class ChildChunkListQuery(BaseModel):
    limit: Annotated[int, Field(ge=1)] = 20
    keyword: str | None = None
    page: Annotated[int, Field(ge=1)] = 1


class MetadataArgs(BaseModel):
    type: Literal["string", "number", "time"]
    name: str


class MetadataUpdatePayload(BaseModel):
    name: str


class HitTestingPayload(BaseModel):
    query: Annotated[str, Field(max_length=250)]
    retrieval_model: dict[str, Any] | None = None
    external_retrieval_model: dict[str, Any] | None = None
    attachment_ids: list[str] | None = None
