"""/control: what tests need and no real server has. Guarded by the same key as the API."""

import json
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest
from pydantic import BaseModel

from sandbox import models
from sandbox.auth import bound_keys
from sandbox.datasets import applications
from sandbox.errors import invalid
from sandbox.faults import PLAYERS, Fault, registry
from sandbox.indexing import indexer
from sandbox.payload import checked, json_object

TABLES = [
    models.MetadataBinding,
    models.MetadataField,
    models.TagBinding,
    models.Tag,
    models.ChildChunk,
    models.Attachment,
    models.Picture,
    models.Segment,
    models.Document,
    models.ProcessRule,
    models.UploadFile,
    models.Dataset,
]


class BoundKey(BaseModel):
    key: str
    dataset_ids: set[UUID]


class Applications(BaseModel):
    dataset_id: UUID
    count: int


class Pace(BaseModel):
    seconds: float


class ApiAccess(BaseModel):
    dataset_id: UUID
    enabled: bool


def faults(request: HttpRequest) -> Any:
    wanted = [Fault(**values) for values in json.loads(request.body)]
    for fault in wanted:
        if fault.kind not in {*PLAYERS, "indexing_error"}:
            raise invalid(f"There is no fault of kind {fault.kind!r}.")
    registry.replace(wanted)
    return {"faults": len(wanted)}


def calls(_request: HttpRequest) -> Any:
    return registry.calls


def keys(request: HttpRequest) -> Any:
    """From now on this key, too, is accepted, for some datasets only."""
    wanted = checked(BoundKey, json_object(request))
    bound_keys[wanted.key] = wanted.dataset_ids
    return {"result": "success"}


def api_access(request: HttpRequest) -> Any:
    """What the owner does in the console: open or close a dataset to all keys."""
    wanted = checked(ApiAccess, json_object(request))
    models.Dataset.objects.filter(id=wanted.dataset_id).update(enable_api=wanted.enabled)
    return {"result": "success"}


def use(request: HttpRequest) -> Any:
    """What people do in the console: let applications use a dataset."""
    wanted = checked(Applications, json_object(request))
    applications[wanted.dataset_id] = wanted.count
    return {"result": "success"}


def pace(request: HttpRequest) -> Any:
    """Seconds that each stage of indexing lasts at least, from now on."""
    indexer.pace = checked(Pace, json_object(request)).seconds
    return {"result": "success"}


def restart_worker(_request: HttpRequest) -> Any:
    """What an operator does when the worker hangs. What it was at, and what it had fetched, is lost: it stays as it is."""
    indexer.hangs.clear()
    return {"result": "success"}


def reset(_request: HttpRequest) -> Any:
    """Plain deletes. An indexing run that is under way finds its document gone at its next step, and stops."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM sandbox_search")  # at once, not segment by segment through the trigger
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table._meta.db_table}")  # noqa: S608  (names of our own tables)
    indexer.hangs.clear()
    registry.reset()
    bound_keys.clear()
    applications.clear()
    return {"result": "success"}
