"""Tags of datasets."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest

from sandbox.endpoints import DELETED
from sandbox.errors import InputError, invalid, not_found
from sandbox.models import Dataset, Tag, TagBinding
from sandbox.payload import MISSING, Json, json_object, known_id, listed
from sandbox.versions import dify

LONGEST_NAME = 50


def list_all(_request: HttpRequest) -> Any:
    return [row(tag) for tag in Tag.objects.order_by("created_at")]


def create(request: HttpRequest) -> Any:
    name = checked_name(json_object(request))
    require_free(name)
    return row(Tag.objects.create(name=name))


def rename(request: HttpRequest) -> Any:
    values = json_object(request)
    name, tag_id = checked_name(values), named(values, "tag_id", "Id of a tag.")
    require_free(name)
    tag = find(tag_id)
    tag.name = name
    tag.save()
    return row(tag)


def delete(request: HttpRequest) -> Any:
    tag = find(named(json_object(request), "tag_id", "Id of a tag."))
    with transaction.atomic():
        TagBinding.objects.filter(tag_id=tag.id).delete()
        tag.delete()
    return DELETED


def bind(request: HttpRequest) -> Any:
    values = json_object(request)
    tag_ids = listed(values, "tag_ids")
    target = bound_dataset(values)
    bindings = [TagBinding(tag_id=known_id(tag_id), dataset_id=target) for tag_id in tag_ids]
    TagBinding.objects.bulk_create(bindings, ignore_conflicts=True)
    return DELETED


def unbind(request: HttpRequest) -> Any:
    values = json_object(request)
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
    return {"id": tag.id, "name": tag.name, "type": "knowledge", "binding_count": str(count)}
