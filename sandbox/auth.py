"""The bearer key: the one the server was started with, and those that a test has bound to some datasets."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from sandbox.errors import ApiError, forbidden
from sandbox.models import Dataset

bound_keys: dict[str, set[UUID]] = {}


def require_key(request: HttpRequest, dataset: Dataset | None) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        raise unauthorized("Authorization header must be provided and start with 'Bearer'")
    if scheme.lower() != "bearer":
        raise unauthorized("Authorization scheme must be 'Bearer'")
    token = token.strip()
    if constant_time_compare(token, settings.SANDBOX_KEY):
        return
    if token not in bound_keys:
        raise unauthorized("Access token is invalid")
    if dataset is None or dataset.id not in bound_keys[token]:  # the list, tags and models are closed to it as well
        raise forbidden("This API key is not authorized to access this knowledge base.")


def unbind(dataset_id: UUID) -> None:
    """When a dataset is deleted: keys that were bound to it alone go with it."""
    for token, bound in list(bound_keys.items()):
        bound.discard(dataset_id)
        if not bound:
            del bound_keys[token]


def unauthorized(message: str) -> ApiError:
    return ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", message)
