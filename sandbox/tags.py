"""Tags of datasets."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from pydantic import BaseModel, TypeAdapter, ValidationError

from sandbox.checking import conforming, sent
from sandbox.endpoints import DELETED
from sandbox.errors import InputError, invalid, not_found
from sandbox.models import Dataset, Tag, TagBinding
from sandbox.payload import MISSING, Json, known_id, listed
from sandbox.schemas import (
    TagBindingPayload,
    TagCreatePayload,
    TagDeletePayload,
    TagsUnbindingPayload,
    TagUnbindingPayload,
    TagUpdatePayload,
)
from sandbox.versions import dify

LONGEST_NAME = 50


class DataSetTag(BaseModel):
    """How a tag is shown."""

    id: str
    name: str
    type: str
    binding_count: str


def list_all(_request: HttpRequest) -> Any:
    return shown([row(tag) for tag in Tag.objects.order_by("created_at")])


def create(request: HttpRequest) -> Any:
    name = checked_name(sent(request, TagCreatePayload))
    require_free(name)
    return shown(row(Tag.objects.create(name=name)))


def rename(request: HttpRequest) -> Any:
    values = sent(request, TagUpdatePayload)
    name, tag_id = checked_name(values), named(values, "tag_id", "Id of a tag.")
    require_free(name)
    tag = find(tag_id)
    tag.name = name
    tag.save()
    return shown(row(tag))


def delete(request: HttpRequest) -> Any:
    values = conforming(TagDeletePayload, request.GET.dict()) if dify().tags_in_query else sent(request, TagDeletePayload)
    tag = find(named(values, "tag_id", "Id of a tag."))
    with transaction.atomic():
        TagBinding.objects.filter(tag_id=tag.id).delete()
        tag.delete()
    return DELETED


def bind(request: HttpRequest) -> Any:
    values = sent(request, TagBindingPayload)
    tag_ids = listed(values, "tag_ids")
    target = bound_dataset(values)
    bindings = [TagBinding(tag_id=known_id(tag_id), dataset_id=target) for tag_id in tag_ids]
    TagBinding.objects.bulk_create(bindings, ignore_conflicts=True)
    return DELETED


def unbind(request: HttpRequest) -> Any:
    values = sent(request, TagsUnbindingPayload if dify().several_unbound else TagUnbindingPayload)
    several = dify().several_unbound and values.get("tag_ids")
    tag_ids = listed(values, "tag_ids") if several else [named(values, "tag_id", "Tag ID is required.")]
    target = bound_dataset(values)
    TagBinding.objects.filter(tag_id__in=[known_id(tag_id) for tag_id in tag_ids], dataset_id=target).delete()
    return DELETED


def of_dataset(_request: HttpRequest, dataset: Dataset) -> Any:
    bound = TagBinding.objects.filter(dataset_id=dataset.id).values("tag_id")
    rows = list(Tag.objects.filter(id__in=bound).order_by("name").values("id", "name"))
    return {"data": rows, "total": len(rows)}


def checked_name(values: Json) -> str:
    name = values.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
        raise InputError("name", "Name must be between 1 to 50 characters.")
    return name


def require_free(name: str) -> None:
    """A tag may not even be given the name it has."""
    if Tag.objects.filter(name=name).exists():
        raise invalid("Tag name already exists")


def named(values: Json, name: str, complaint: str) -> Any:
    if values.get(name) is None:
        raise InputError(name, f"{complaint} {'Must not be null!' if name in values else MISSING}")
    return values[name]


def bound_dataset(values: Json) -> UUID:
    target = known_id(named(values, "target_id", "Target Dataset ID is required."))
    if not Dataset.objects.filter(id=target).exists():
        raise not_found("Dataset not found")
    return target


def find(tag_id: Any) -> Tag:
    tag = Tag.objects.filter(id=known_id(tag_id)).first()
    if tag is None:
        raise not_found("Tag not found.")
    return tag


def row(tag: Tag) -> Json:
    count = TagBinding.objects.filter(tag_id=tag.id).count()
    return {
        "id": str(tag.id),
        "name": tag.name,
        "type": "knowledge",
        "binding_count": count if dify().tags_unshown else str(count),
    }


def shown(answer: Any) -> Any:
    """1.12.1 has done what it was told when it finds that its own answer does not fit."""
    try:
        TypeAdapter(list[DataSetTag] if isinstance(answer, list) else DataSetTag).validate_python(answer)
    except ValidationError as error:
        raise invalid(str(error)) from None
    return answer
