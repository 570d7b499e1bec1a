"""What every route does before and after its view: method, dataset, key, and errors as JSON."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from sandbox.auth import require_key
from sandbox.errors import ApiError, forbidden, not_found, unknown
from sandbox.models import Dataset
from sandbox.versions import dify

View = Callable[..., Any]
DELETED = 204  # the body of every successful DELETE, whose status is 200; newer servers send the status

logger = logging.getLogger(__name__)


def endpoint(**views: View) -> View:
    """One route: a view for each method. A view returns what the JSON answer holds, or a finished response."""

    def dispatch(request: HttpRequest, **ids: Any) -> HttpResponseBase:
        try:
            return finished(call(views, request, ids))
        except ApiError as error:
            return error.response()
        except Exception as error:  # noqa: BLE001  (the API, too, answers a surprise with 500 "unknown")
            logger.warning("500 for %s %s: %r", request.method, request.path, error)
            return unknown().response()

    return dispatch


def call(views: dict[str, View], request: HttpRequest, ids: dict[str, Any]) -> Any:
    method = "GET" if request.method == "HEAD" else str(request.method)
    if method == "OPTIONS":
        return HttpResponse(headers={"Allow": ", ".join(sorted({*views, "OPTIONS"}))})
    if method not in views:
        message = "The method is not allowed for the requested URL."
        raise ApiError(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message)
    if "dataset_id" in ids:  # looked up before the key: an unknown dataset is 404 even without one
        ids["dataset"] = Dataset.objects.filter(id=ids.pop("dataset_id")).first()
        if ids["dataset"] is None:
            raise not_found("Dataset not found.")
        if not ids["dataset"].enable_api:
            raise forbidden("Dataset api access is not enabled.")
    require_key(request, ids.get("dataset"))
    return views[method](request, **ids)


def finished(answer: Any) -> HttpResponseBase:
    if answer == DELETED and dify().empty_deletions:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return answer if isinstance(answer, HttpResponseBase) else JsonResponse(answer, safe=False)
