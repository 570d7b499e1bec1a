"""Bodies and queries against their schemas, as the versions after 1.10.1 do it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from sandbox.errors import ApiError, invalid
from sandbox.payload import Json, json_object, loaded
from sandbox.schemas import Decorated
from sandbox.versions import dify

LISTS = {"tag_ids"}  # what may be named more than once in a query


def sent(request: HttpRequest, schema: type[BaseModel], older: Callable[[HttpRequest], Json] = json_object) -> Json:
    """The values that a call sends, checked; 1.10.1 reads them as `older` does."""
    return conforming(schema, loaded(request)) if dify().schemas else older(request)


def check_query(request: HttpRequest, schema: type[BaseModel]) -> None:
    if dify().schemas:
        lists = set() if dify().flat_queries else LISTS
        conforming(schema, {name: request.GET.getlist(name) if name in lists else request.GET[name] for name in request.GET})


def conforming(schema: type[BaseModel], value: Any) -> Json:
    """The named values that are not null, without those that the schema does not know."""
    try:
        return schema.model_validate(value).model_dump(exclude_unset=True, exclude_none=True)
    except ValidationError as error:
        raise complaint(schema, error) from None


def complaint(schema: type[BaseModel], error: ValidationError) -> ApiError:
    if dify().unprocessable and issubclass(schema, Decorated):
        message = error.json(include_url=False, include_context=False)
        return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "unprocessable_entity", message)
    return invalid(str(error))
