"""Datasets: list, create, show, change, delete."""

import time
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest

from sandbox import embedding_models as models_on_offer
from sandbox import retrieval_models
from sandbox.auth import unbind
from sandbox.checking import check_query, sent
from sandbox.endpoints import DELETED
from sandbox.errors import ApiError, InputError, invalid
from sandbox.models import OWNER, OWNER_NAME, Dataset, Tag, TagBinding, drop_unused_files, epoch
from sandbox.paging import listing, listing_right, pattern
from sandbox.payload import MISSING, Json, all_values, known_id, listed, mapping, strict_json, text
from sandbox.schemas import DatasetCreatePayload, DatasetListQuery, DatasetUpdatePayload
from sandbox.versions import dify, fields_if

TECHNIQUES = ("high_quality", "economy")
PERMISSIONS = ("only_me", "all_team_members", "partial_members")
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 400
NAME_COMPLAINT = "type is required. Name must be between 1 to 40 characters."
DEFAULT_RETRIEVAL: Json = {
    "search_method": "semantic_search",
    "reranking_enable": False,
    "reranking_mode": None,
    "reranking_model": {"reranking_provider_name": "", "reranking_model_name": ""},
    "weights": None,
    "top_k": 2,
    "score_threshold_enabled": False,
    "score_threshold": None,
}
SUMMARY_INDEX = ("enable", "model_name", "model_provider_name", "summary_prompt")
EXTERNAL_INFO: Json = {
    "external_knowledge_id": None,
    "external_knowledge_api_id": None,
    "external_knowledge_api_name": None,
    "external_knowledge_api_endpoint": None,
}

applications: dict[UUID, int] = {}  # how many use a dataset; only the console makes them, or a test by /control


def list_all(request: HttpRequest) -> Any:
    check_query(request, DatasetListQuery)
    rows: QuerySet[Dataset] = Dataset.objects.order_by("-created_at")
    if request.GET.get("include_all", "false").lower() != "true":
        members = Cast("partial_members", TextField())
        rows = rows.annotate(members=members).filter(~Q(permission="partial_members") | Q(members__contains=OWNER))
    if keyword := request.GET.get("keyword"):
        rows = rows.filter(name__iregex=pattern(keyword))
    if tag_ids := request.GET.getlist("tag_ids"):
        rows = tagged(rows, [known_id(tag_id) for tag_id in tag_ids])
    return (listing_right if dify().right_pages else listing)(
        request, rows, lambda dataset: row(dataset) | availability(dataset)
    )


def tagged(rows: "QuerySet[Dataset]", tag_ids: list[UUID]) -> "QuerySet[Dataset]":
    known = Tag.objects.filter(id__in=tag_ids).values("id")
    if not dify().all_tags:
        return rows.filter(id__in=TagBinding.objects.filter(tag_id__in=known).values("dataset_id"))
    for tag_id in tag_ids:
        rows = rows.filter(id__in=TagBinding.objects.filter(tag_id=tag_id).values("dataset_id"))
    return rows


def create(request: HttpRequest) -> Any:
    values = sent(request, DatasetCreatePayload, all_values)
    if "name" not in values:
        raise InputError("name", f"{NAME_COMPLAINT} {MISSING}")
    name = checked_name(values["name"])
    settings = checked_settings(values)
    models_on_offer.require_embedding(values)
    retrieval_model = retrieval_models.chosen(values)
    if Dataset.objects.filter(name=name).exists():
        message = "The dataset name already exists. Please modify your dataset name."
        raise ApiError(HTTPStatus.CONFLICT, "dataset_name_duplicate", message)
    if values.get("provider") == "external":
        check_external(values)
    dataset = Dataset(name=name, provider=str(values.get("provider") or "vendor"), **settings)
    dataset.retrieval_model = retrieval_model
    dataset.summary_index_setting = values.get("summary_index_setting")
    choose_embedding(dataset, values)
    dataset.save(force_insert=True)
    return row(dataset)


def check_external(values: Json) -> None:
    if dify().external_without_api and not values.get("external_knowledge_api_id"):
        return
    known_id(values.get("external_knowledge_api_id"))
    raise invalid("External API template not found.")  # there are none here


def show(_request: HttpRequest, dataset: Dataset) -> Any:
    answer = row(dataset) | availability(dataset)
    if not dataset.high_quality:  # the one place where the API says what an economy dataset can do
        answer["retrieval_model_dict"] |= {"search_method": "keyword_search"}
    if dataset.permission == "partial_members":
        answer["partial_member_list"] = dataset.partial_members
    return answer


def change(request: HttpRequest, dataset: Dataset) -> Any:
    values = sent(request, DatasetUpdatePayload, strict_json)
    name = checked_name(values["name"]) if "name" in values else None
    settings = checked_settings(values)
    if name is not None and Dataset.objects.filter(name=name).exclude(id=dataset.id).exists():
        raise invalid("Dataset name already exists")
    models_on_offer.require_embedding(values)
    retrieval_model = mapping(values, "retrieval_model")
    models_on_offer.require_rerank_provider(retrieval_model)
    change_embedding(dataset, settings.pop("indexing_technique", None), values)
    for field, value in settings.items():
        setattr(dataset, field, value)
    dataset.name = name or dataset.name
    dataset.partial_members = members(dataset, values)
    dataset.retrieval_model = retrieval_model or dataset.retrieval_model
    dataset.updated_at = time.time()
    dataset.save(force_update=True)
    return row(dataset) | {"partial_member_list": dataset.partial_members}


def delete(_request: HttpRequest, dataset: Dataset) -> Any:
    unbind(dataset.id)
    with transaction.atomic():
        TagBinding.objects.filter(dataset_id=dataset.id).delete()
        dataset.documents.all().delete()
        dataset.delete()
        drop_unused_files()
    return DELETED


def checked_name(name: Any) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
        raise InputError("name", NAME_COMPLAINT)
    return name


def checked_settings(values: Json) -> Json:
    """What a call names of these; only the description may be null."""
    description = values.get("description")
    if not isinstance(description, str | None) or len(description or "") > LONGEST_DESCRIPTION:
        raise InputError("description", "Description cannot exceed 400 characters.")
    found = {
        "description": description,
        "indexing_technique": text(values, "indexing_technique", choices=TECHNIQUES),
        "permission": text(values, "permission", choices=PERMISSIONS),
    }
    return {name: value for name, value in found.items() if name in values}


def members(dataset: Dataset, values: Json) -> list[str]:
    """Taken only from a call that also names the permission; any other permission ends them."""
    permission = values.get("permission")
    given = listed(values, "partial_member_list") if values.get("partial_member_list") else []
    if permission == "partial_members" and given:
        return [str(known_id(member.get("user_id") if isinstance(member, dict) else None)) for member in given]
    return dataset.partial_members if permission in {None, "partial_members"} else []


def change_embedding(dataset: Dataset, technique: str | None, values: Json) -> None:
    """Another technique brings the model that is named, or the default, or none. Under the same one, a model needs its provider."""
    if technique and technique != dataset.indexing_technique:
        dataset.indexing_technique = technique
        choose_embedding(dataset, values)
        return
    named = {field: values[field] for field in ("embedding_model", "embedding_model_provider") if values.get(field)}
    if len(named) == 2 or not technique:
        for field, value in named.items():
            setattr(dataset, field, str(value))


def choose_embedding(dataset: Dataset, values: Json) -> None:
    """A high_quality dataset gets the model that was named, or the default; any other has none."""
    if not dataset.high_quality:
        dataset.embedding_model = dataset.embedding_model_provider = None
    elif values.get("embedding_model") and values.get("embedding_model_provider"):
        models_on_offer.require_embedding(values)
        dataset.embedding_model = values["embedding_model"]
        dataset.embedding_model_provider = values["embedding_model_provider"]
    elif not dataset.embedding_model:
        dataset.embedding_model = models_on_offer.DEFAULT_EMBEDDING
        dataset.embedding_model_provider = models_on_offer.PROVIDER


def availability(dataset: Dataset) -> Json:
    return {"embedding_available": models_on_offer.available(dataset)}


def retrieval(dataset: Dataset) -> Json:
    chosen = dataset.retrieval_model
    if not chosen:
        return dict(DEFAULT_RETRIEVAL)
    rerank = chosen.get("reranking_model") or {}
    names = ("reranking_provider_name", "reranking_model_name")
    known = {field: chosen.get(field) for field in DEFAULT_RETRIEVAL}
    return {**known, "reranking_model": {name: rerank.get(name) for name in names}}


def summary_index(dataset: Dataset) -> Json:
    chosen = dataset.summary_index_setting or {}
    return {field: chosen.get(field) for field in SUMMARY_INDEX}


def external_retrieval(dataset: Dataset) -> Json:
    chosen = dataset.retrieval_model or {"top_k": 2, "score_threshold": 0.0}
    return {field: chosen.get(field) for field in ("top_k", "score_threshold", "score_threshold_enabled")}


def row(dataset: Dataset) -> Json:
    documents = dataset.documents
    first = documents.order_by("created_at").first()
    ready = documents.filter(indexing_status="completed", enabled=True, archived=False)
    tags = Tag.objects.filter(id__in=TagBinding.objects.filter(dataset_id=dataset.id).values("tag_id"))
    total = documents.count()
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description,
        "provider": dataset.provider,
        "permission": dataset.permission,
        "data_source_type": dataset.data_source_type,
        "indexing_technique": dataset.indexing_technique,
        "app_count": applications.get(dataset.id, 0),
        "document_count": total,
        "word_count": documents.aggregate(words=Sum("word_count"))["words"] or 0,
        "created_by": OWNER,
        "author_name": OWNER_NAME,
        "created_at": epoch(dataset.created_at),
        "updated_by": OWNER,
        "updated_at": epoch(dataset.updated_at),
        "embedding_model": dataset.embedding_model,
        "embedding_model_provider": dataset.embedding_model_provider,
        "embedding_available": None,
        "retrieval_model_dict": retrieval(dataset),
        "tags": [{"id": tag.id, "name": tag.name, "type": "knowledge"} for tag in tags],
        "doc_form": first.doc_form if first else None,
        "external_knowledge_info": EXTERNAL_INFO,
        "external_retrieval_model": external_retrieval(dataset),
        "doc_metadata": list(dataset.metadata_fields.order_by("created_at").values("id", "name", "type")),
        "built_in_field_enabled": dataset.built_in_field_enabled,
        "pipeline_id": None,
        "runtime_mode": "general",
        "chunk_structure": None,
        "icon_info": {"icon_type": None, "icon": None, "icon_background": None, "icon_url": None},
        "is_published": False,
        "total_documents": total,
        "total_available_documents": ready.count(),
        "enable_api": dataset.enable_api,
        **fields_if(dify().pictures, is_multimodal=False, summary_index_setting=summary_index(dataset)),
        **fields_if(dify().maintainers, maintainer=None),
    }
