"""Error pages: one template for all of them."""

import sys
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from django.db import InterfaceError, OperationalError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from datasets_ui.access import NotAllowed
from datasets_ui.dify.errors import DifyError
from datasets_ui.htmx import render_page, wants_fragment
from datasets_ui.words import refusal_of, sentence_of

log = structlog.get_logger()

DATABASE_AWAY = (OperationalError, InterfaceError)
NO_TABLE = "no such "  # SQLite's words for a table that was never made: the database is there
RETRY_SECONDS = 5
NO_ROOM = _("Too many files are on their way through here just now. Try again in a moment.")


Words = str | Promise


@dataclass(frozen=True)
class Problem:
    """What happened and what to do; `detail` is the API's own words, `link` the name and label of the page that helps."""

    status: int
    code: str
    title: Words
    sentence: Words
    detail: str = ""
    link: tuple[str, Words] = ("", "")


def error_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A page, or for htmx a toast: what the user has typed stays where it is."""
    return as_toast(render_page(request, "error.html", "_error.html", {"problem": problem}, problem.status))


def plain_error_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The same without a look at the database or the session: either may be what failed, and would be waited for again."""
    context = {"problem": problem, "request": {"get_full_path": request.get_full_path()}}
    template = "_error.html" if wants_fragment(request) else "error.html"
    again = {"Retry-After": str(RETRY_SECONDS)} if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return as_toast(HttpResponse(render_to_string(template, context), status=problem.status, headers=again))


def as_toast(response: HttpResponse) -> HttpResponse:
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return response


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The page of what is away for the moment; None for any other error."""
    if isinstance(error, DATABASE_AWAY) and NO_TABLE not in str(error):
        return database_away(request, error)
    if isinstance(error, RedisError):
        sentence = gettext("The cache, by which sign-ins and invitations are limited, does not answer.")
        return plain_error_page(request, away(request, "cache_away", sentence))
    return None


def database_away(request: HttpRequest, error: BaseException) -> HttpResponse:
    log.warning("database_away", error=type(error).__name__)
    return plain_error_page(request, away(request, "database_away", gettext("The database does not answer.")))


def away(request: HttpRequest, code: str, sentence: str) -> Problem:
    return Problem(503, code, gettext("Not available just now"), f"{sentence} {what_to_do(request)}")


def what_to_do(request: HttpRequest) -> str:
    """After a failure in the middle, of which nobody can say how far it had come."""
    if request.method in {"GET", "HEAD"}:
        return gettext("Try again in a moment.")
    return gettext("It is not known whether what you sent was done: look before you try again.")


def in_words(error: DifyError) -> str:
    """What happened and what to do, with the API's own words: for a form or a message."""
    return str(refusal_of(error))


def add_refusal(form: BaseForm, error: DifyError) -> None:
    """The API's refusal in a form: each reason beside the field that it names, where the form has it, and what to do above."""
    taken = error.code == "dataset_name_duplicate"
    reasons = {field.rpartition(".")[2]: reason for field, reason in error.fields.items()}  # such as segment.keywords
    beside = {"name": sentence_of(error)} if taken else reasons
    placed = beside.keys() & form.fields.keys()
    for field in placed:
        form.add_error(field, beside[field])
    if not (taken and placed):
        form.add_error(None, sentence_of(error) if placed and placed == beside.keys() else in_words(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django's signature
    sentence = gettext("The request was not understood. Go back and try again.")
    return error_page(request, Problem(400, "bad_request", gettext("Bad request"), sentence))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) if isinstance(exception, NotAllowed) else gettext("You may not do this.")
    return error_page(request, Problem(403, "forbidden", gettext("Not allowed"), sentence))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 the reason helps attackers only
    sentence = gettext(
        "The page was open for too long, or cookies are off. Copy what you typed, reload the page and try again."
    )
    return error_page(request, Problem(403, "csrf", gettext("The page is out of date"), sentence))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django's signature
    sentence = gettext(
        "There is nothing at this address, or it is not yours to see. Check the address, or go back to the datasets."
    )
    return error_page(request, Problem(404, "page_not_found", gettext("Not found"), sentence))


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled."""
    sentence = gettext("Something failed on our side; the failure is in the log.")
    problem = Problem(500, "server_error", gettext("Something failed"), f"{sentence} {what_to_do(request)}")
    return unavailable(request, sys.exception()) or plain_error_page(request, problem)
