"""Metadata: a dataset's own fields, the built-in ones, and a document's values. Few mistakes are told to the caller."""

import time
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from pydantic import BaseModel

from sandbox.checking import sent
from sandbox.endpoints import DELETED
from sandbox.errors import invalid
from sandbox.models import OWNER_NAME, Dataset, Document, MetadataBinding, MetadataField
from sandbox.payload import Json, checked, listed, text
from sandbox.schemas import MetadataArgs, MetadataUpdatePayload
from sandbox.versions import dify

LONGEST_NAME = 255
BUILT_IN = {
    "document_name": "string",
    "uploader": "string",
    "upload_date": "time",
    "last_update_date": "time",
    "source": "string",
}


class Value(BaseModel):
    id: str
    name: str
    value: str | int | float | None = None


class Operation(BaseModel):
    document_id: str
    metadata_list: list[Value]
    partial_update: bool = False


class Operations(BaseModel):
    operation_data: list[Operation]


def list_all(_request: HttpRequest, dataset: Dataset) -> Any:
    fields = dataset.metadata_fields.order_by("created_at")
    rows = [row(field) | {"count": MetadataBinding.objects.filter(field_id=field.id).count()} for field in fields]
    return {"doc_metadata": rows, "built_in_field_enabled": dataset.built_in_field_enabled}


def create(request: HttpRequest, dataset: Dataset) -> Any:
    values = sent(request, MetadataArgs)
    new = checked(MetadataArgs, {name: text(values, name, required=True) for name in ("type", "name")})
    check_name(dataset, new.name)
    field = dataset.metadata_fields.create(name=new.name, type=new.type)
    return JsonResponse(row(field), status=HTTPStatus.CREATED)


def rename(request: HttpRequest, dataset: Dataset, field_id: UUID) -> Any:
    name = text(sent(request, MetadataUpdatePayload), "name", required=True) or ""
    check_name(dataset, name)
    with transaction.atomic():
        field = dataset.metadata_fields.filter(id=field_id).first()
        if field is None:
            return {"id": None, "type": None, "name": None}
        for document in bound_documents(field):
            kept = document.doc_metadata or {}
            kept[name] = kept.pop(field.name, None)
            Document.objects.filter(id=document.id).update(doc_metadata=kept)
        field.name = name
        field.save()
    return row(field)


def delete(_request: HttpRequest, dataset: Dataset, field_id: UUID) -> Any:
    with transaction.atomic():
        for field in dataset.metadata_fields.filter(id=field_id):
            for document in bound_documents(field):
                (document.doc_metadata or {}).pop(field.name, None)
                Document.objects.filter(id=document.id).update(doc_metadata=document.doc_metadata)
            MetadataBinding.objects.filter(field_id=field.id).delete()
            field.delete()
    return DELETED


def built_in_fields(_request: HttpRequest, dataset: Dataset) -> Any:  # noqa: ARG001  (every route names its dataset)
    return {"fields": [{"name": name, "type": kind} for name, kind in BUILT_IN.items()]}


def switch_built_in(_request: HttpRequest, dataset: Dataset, action: str) -> Any:
    if action in {"enable", "disable"}:  # any other word, too, is a success
        with transaction.atomic():
            dataset.built_in_field_enabled = action == "enable"
            dataset.save(update_fields=["built_in_field_enabled"])
            for document in dataset.documents.all():
                kept = {name: value for name, value in (document.doc_metadata or {}).items() if name not in BUILT_IN}
                write(document, kept | built_in_values(document))
    return {"result": "success"}


def set_values(request: HttpRequest, dataset: Dataset) -> Any:
    given = {"operation_data": listed(sent(request, Operations), "operation_data")}
    for operation in checked(Operations, given).operation_data:
        with transaction.atomic():
            document = dataset.documents.filter(id__in=[id_or_none(operation.document_id)]).first()
            if document:
                set_document_values(document, operation)
    return {"result": "success"}


def set_document_values(document: Document, operation: Operation) -> None:
    kept = dict(document.doc_metadata or {}) if operation.partial_update else {}
    kept |= {value.name: value.value for value in operation.metadata_list}
    write(document, kept | built_in_values(document))
    bindings = document.metadata_bindings
    if not operation.partial_update:
        bindings.all().delete()
    known = set(bindings.values_list("field_id", flat=True))
    named = dict.fromkeys(id_or_none(value.id) for value in operation.metadata_list)
    fresh = [id_ for id_ in named if id_ and id_ not in known]
    MetadataBinding.objects.bulk_create(MetadataBinding(field_id=id_, document=document) for id_ in fresh)


def built_in_values(document: Document) -> Json:
    if not document.dataset.built_in_field_enabled:
        return {}
    return {field["name"]: field["value"] for field in built_in_rows(document)}


def write(document: Document, values: Json) -> None:
    Document.objects.filter(id=document.id).update(doc_metadata=values, updated_at=time.time())


def id_or_none(value: str) -> UUID | None:
    """Here the API passes over the error of its database: a malformed id is as good as an unknown one."""
    try:
        return UUID(value)
    except ValueError:
        return None


def check_name(dataset: Dataset, name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise invalid("Metadata name cannot exceed 255 characters.")
    if dataset.metadata_fields.filter(name=name).exists():
        raise invalid("Metadata name already exists.")
    if name in BUILT_IN:
        raise invalid("Metadata name already exists in Built-in fields.")


def bound_documents(field: MetadataField) -> list[Document]:
    return list(Document.objects.filter(metadata_bindings__field_id=field.id))


def document_metadata(document: Document) -> list[Json] | None:
    """A document's values in the order in which they were bound, then the built-in ones; nothing when it has none."""
    values = document.doc_metadata or {}
    built_in = document.dataset.built_in_field_enabled if dify().typed_metadata else bool(values)
    if not values and not built_in:
        return [] if dify().typed_metadata else None
    bound = list(document.metadata_bindings.order_by("id").values_list("field_id", flat=True))
    fields = MetadataField.objects.in_bulk(bound)
    rows = [row(fields[id_]) | {"value": values.get(fields[id_].name)} for id_ in bound if id_ in fields]
    return rows + (built_in_rows(document) if built_in else [])


def built_in_rows(document: Document) -> list[Json]:
    values = [document.name, OWNER_NAME, str(float(int(document.created_at))), str(document.updated_at), "file_upload"]
    pairs = zip(BUILT_IN.items(), values, strict=True)
    return [{"id": "built-in", "name": name, "type": kind, "value": value} for (name, kind), value in pairs]


def row(field: MetadataField) -> Json:
    return {"id": field.id, "name": field.name, "type": field.type}
