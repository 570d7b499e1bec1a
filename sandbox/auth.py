"""The bearer key: the one the server was started with, and those that a test has bound to one dataset."""

from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from sandbox.errors import ApiError, forbidden
from sandbox.models import Dataset

FOR_EVERY_KEY = "/v1/workspaces/"  # the models on offer; all else without a dataset is closed to a bound key

bound_keys: dict[str, UUID] = {}


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
    if dataset is None and not request.path.startswith(FOR_EVERY_KEY):
        raise forbidden("This API key may be used for one dataset only.")
    if dataset is not None and dataset.id != bound_keys[token]:
        raise forbidden("You do not have permission to access this dataset.")


def unauthorized(message: str) -> ApiError:
    return ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", message)
