"""Error pages: one template for all of them."""

from dataclasses import dataclass

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse

from datasets_ui.dify.errors import DifyError
from datasets_ui.htmx import render_page


@dataclass(frozen=True)
class Problem:
    """What happened and what to do; `detail` is the API's own words, `link` the name and label of the page that helps."""

    status: int
    code: str
    title: str
    sentence: str
    detail: str = ""
    link: tuple[str, str] = ("", "")


def error_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A page, or for htmx a toast: what the user has typed stays where it is."""
    response = render_page(request, "error.html", "_error.html", {"problem": problem}, problem.status)
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return response


def in_words(error: DifyError) -> str:
    """What happened and what to do, with the API's own words: for a form or a message."""
    return f"{error.sentence} {error.detail}".strip()


def add_refusal(form: BaseForm, error: DifyError) -> None:
    """The API's refusal in a form: each reason beside the field that it names, where the form has it, and what to do above."""
    taken = error.code == "dataset_name_duplicate"
    reasons = {field.rpartition(".")[2]: reason for field, reason in error.fields.items()}  # such as segment.keywords
    beside = {"name": error.sentence} if taken else reasons
    placed = beside.keys() & form.fields.keys()
    for field in placed:
        form.add_error(field, beside[field])
    if not (taken and placed):
        form.add_error(None, error.sentence if placed and placed == beside.keys() else in_words(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django's signature
    return error_page(
        request, Problem(400, "bad_request", "Bad request", "The request was not understood. Go back and try again.")
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = str(exception) or "You may not do this."
    return error_page(request, Problem(403, "forbidden", "Not allowed", sentence))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 the reason helps attackers only
    sentence = "The page was open for too long, or cookies are off. Copy what you typed, reload the page and try again."
    return error_page(request, Problem(403, "csrf", "The page is out of date", sentence))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django's signature
    sentence = "There is nothing at this address, or it is not yours to see. Check the address, or go back to the datasets."
    return error_page(request, Problem(404, "page_not_found", "Not found", sentence))


def server_error(request: HttpRequest) -> HttpResponse:
    sentence = "Something failed on our side; the failure is in the log. Nothing else was changed. Try again in a moment."
    return error_page(request, Problem(500, "server_error", "Something failed", sentence))
