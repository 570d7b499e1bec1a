"""Every way the API says no. Four shapes of body:

ApiError        {"code", "message", "status"}
QuirkError      the same, with status 500
InputError      {"errors": {field: text}, "message"}     a field that the argument parser refused
BareError       {"error": text}                          one endpoint only: segments left out
not_found_page  HTML                                     no such route, malformed UUID, trailing slash
"""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

NOT_FOUND_PAGE = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found"
    " on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
)


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "status": self.status}

    def response(self) -> HttpResponse:
        response = JsonResponse(self.body(), status=self.status)
        if self.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response


class InputError(ApiError):
    def __init__(self, field: str, complaint: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "", "Input payload validation failed")
        self.errors = {field: complaint}

    def body(self) -> dict[str, Any]:
        return {"errors": self.errors, "message": self.message}


class QuirkError(ApiError):
    """A 500 that the recorded server really gives, because it does not check what it is sent. The header says so:
    a 500 without it is a mistake of the sandbox."""

    def __init__(self, reason: str, code: str = "unknown", message: str = "Internal Server Error") -> None:
        super().__init__(HTTPStatus.INTERNAL_SERVER_ERROR, code, message)
        self.reason = reason

    def response(self) -> HttpResponse:
        response = super().response()
        response["X-Sandbox-Quirk"] = self.reason
        return response


class BareError(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "", message)

    def body(self) -> dict[str, Any]:
        return {"error": self.message}


def invalid(message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, "invalid_param", message)


def not_found(message: str) -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, "not_found", message)


def forbidden(message: str) -> ApiError:
    return ApiError(HTTPStatus.FORBIDDEN, "forbidden", message)


def unknown() -> ApiError:
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "unknown", "Internal Server Error")


def not_found_page(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(NOT_FOUND_PAGE, status=HTTPStatus.NOT_FOUND, content_type="text/html; charset=utf-8")
