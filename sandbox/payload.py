"""Reading what a call sends: JSON, form and query values, each with the API's own complaint when it is wrong."""

import json
from collections.abc import Collection
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from sandbox.errors import ApiError, InputError, QuirkError, invalid

Json = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

MISSING = "Missing required parameter in the JSON body or the post body or the query string"


def json_object(request: HttpRequest) -> Json:
    """The body's JSON object. Anything else counts as empty: the API does not complain about broken JSON."""
    if request.content_type != "application/json":
        return {}
    try:
        value = json.loads(request.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def strict_json(request: HttpRequest) -> Json:
    """The same where the API does complain, and breaks on JSON that is no object."""
    value = loaded(request)
    if not isinstance(value, dict):
        raise QuirkError("the body is not an object")
    return value


def loaded(request: HttpRequest) -> Any:
    if request.content_type != "application/json":
        message = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
        raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise ApiError(HTTPStatus.BAD_REQUEST, "bad_request", f"Failed to decode JSON object: {error}") from None


def all_values(request: HttpRequest) -> Json:
    """JSON, form and query together; the first to name a value wins. The API breaks on a list."""
    if request.content_type == "application/json" and request.body.lstrip().startswith(b"["):
        raise QuirkError("the body is a list")
    return {**request.GET.dict(), **request.POST.dict(), **json_object(request)}


def text(values: Json, name: str, *, required: bool = False, choices: Collection[str] = ()) -> str | None:
    """A text value. Numbers are taken as text, as the API's parser does."""
    if name not in values:
        if required:
            raise InputError(name, MISSING)
        return None
    value = values[name]
    if value is None:
        raise InputError(name, "Must not be null!")
    if choices and value not in choices:
        raise InputError(name, f"The value '{value}' is not a valid choice for '{name}'.")
    return str(value)


def mapping(values: Json, name: str) -> Json | None:
    """An object, or anything else that Python makes a dict of, as the API's parser does."""
    value = values.get(name)
    try:
        return None if value is None else dict(value)
    except (TypeError, ValueError) as error:
        raise InputError(name, str(error)) from None


def listed(values: Json, name: str) -> list[Any]:
    """A list, or anything else that Python makes a list of: of a text its letters, of an object its keys."""
    value = values.get(name)
    if value is None:
        raise InputError(name, "Must not be null!" if name in values else MISSING)
    try:
        return list(value)
    except TypeError as error:
        raise InputError(name, str(error)) from None


def integer(values: Json, name: str, default: int) -> int:
    try:
        return int(values.get(name, default))
    except (TypeError, ValueError) as error:
        raise InputError(name, str(error)) from None


def known_id(value: Any) -> UUID:
    """An id within a body or query. The API hands it to its database unchecked, which breaks on anything but a UUID."""
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise QuirkError("malformed id") from None


def checked(model: type[Model], value: Any) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(str(error)) from None
