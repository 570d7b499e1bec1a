"""What holds for every request: headers, how forms are read, htmx's conventions, and errors as pages."""

import errno
from collections.abc import Callable
from http import HTTPStatus

import structlog
from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, UnreadablePostError
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext

from datasets_ui.access import SecondFactorNotGiven, address_of, role_in
from datasets_ui.accounts import ask_for_factor
from datasets_ui.htmx import wants_fragment
from datasets_ui.models import Role
from datasets_ui.services.database import release_connection
from datasets_ui.services.keys.connections import form_gates
from datasets_ui.services.spool import NoRoom, room
from datasets_ui.services.team.accounts import is_over, note_seen
from datasets_ui.views.errors import (
    DATABASE_AWAY,
    Problem,
    database_away,
    error_page,
    not_found,
    plain_error_page,
    unavailable,
)
from datasets_ui.views.problems import BUSY, CUT_SHORT, FULL, NOT_A_PAGE, RACED, problem_of

Handler = Callable[[HttpRequest], HttpResponseBase]

log = structlog.get_logger()

TAKES_FILES = frozenset({"upload", "segment-import"})
FORM_GATE_SECONDS = 1.0
METHODS = ("GET", "HEAD", "OPTIONS", "POST")  # no page takes another
HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


def health(get_response: Handler) -> Handler:
    """/healthz for load balancers: this process answers. Before all else, because they call by address, not by host name."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse("ok", content_type="text/plain") if request.path == "/healthz" else get_response(request)

    return middleware


def database_free(get_response: Handler) -> Handler:
    """While an answer is sent, which a slow client may drag out, others have the database connection."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        release_connection()
        return response

    return middleware


def security_headers(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        # pages show content of one workspace to one person: no cache, no back button after signing out
        response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def content_security_policy(get_response: Handler) -> Handler:
    """What a page may load and do; the same for all, so it is put together once. An answer may have brought one of its own."""
    policy = build_policy()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.setdefault(HEADER, policy)
        return response

    return middleware


def client_address(get_response: Handler) -> Handler:
    """Behind a trusted proxy: the client is whom the proxy names last, or all would share one limit on wrong passwords."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if named := request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip():
            request.META["REMOTE_ADDR"] = named
        return get_response(request)

    return middleware


def session_limits(get_response: Handler) -> Handler:
    """Nobody stays signed in for ever: an idle or an old session ends here. A request goes no further without its session."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        try:
            end_or_note(request)
        except DATABASE_AWAY as error:
            return database_away(request, error)
        return get_response(request)

    return middleware


def end_or_note(request: HttpRequest) -> None:
    if SESSION_KEY not in request.session:
        return
    if is_over(request.session):
        request.session.flush()
        request.user = AnonymousUser()
    else:
        note_seen(request.session)


def whole_forms(get_response: Handler) -> Handler:
    """A form is read here, before anything looks into it: whole, within its limit, and by so few threads that some are left."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = length_of(request)
        if not length:
            return get_response(request)
        if length > (limit := limit_of(request)):
            return error_page(request, too_large(limit))
        try:
            with room.taken(length if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE else 0, request.user.pk):
                return refused(request) or get_response(request)
        except NoRoom:
            return plain_error_page(request, FULL)

    return middleware


def length_of(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def limit_of(request: HttpRequest) -> int:
    """How many bytes may be sent."""
    return settings.SPOOL_LIMIT if may_send_files(request) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def may_send_files(request: HttpRequest) -> bool:
    """An editor, to where files go, from a page of ours: of the form's token Django learns only from what was sent."""
    own = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    if not request.user.is_authenticated or request.headers.get("Origin") not in own:
        return False
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return False
    role = role_in(request.user, match.kwargs["slug"]) if match.url_name in TAKES_FILES else None
    return role is not None and role.covers(Role.EDITOR)


def too_large(limit: int) -> Problem:
    words = gettext("At most %(megabytes)s MB can be sent at once. Send less, or several files one after the other.")
    return Problem(413, "too_large", gettext("Too large"), words % {"megabytes": limit // 1024**2})


def refused(request: HttpRequest) -> HttpResponse | None:
    """Read the form; an answer where that cannot be done."""
    share = form_gates.share(request.user.pk or address_of(request))
    if not share.acquire(FORM_GATE_SECONDS):
        return plain_error_page(request, BUSY)
    try:
        request.POST.keys()
    except UnreadablePostError:
        return plain_error_page(request, CUT_SHORT)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return plain_error_page(request, FULL)
    finally:
        share.release()
    return None


def htmx_answers(get_response: Handler) -> Handler:
    """For htmx: messages come along out-of-band, and redirects are followed by the page, not by the request."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        asked_for_fragment = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
        if not asked_for_fragment or "HX-Location" in response or not isinstance(response, HttpResponse):
            return response
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:  # the messages may be in what is away
            return response
        if response.status_code in {301, 302, 303}:
            response.headers["HX-Redirect"] = response.headers["Location"]
            del response.headers["Location"]
            response.status_code = 200
            return response
        if response.headers.get("Content-Type", "").startswith("text/html") and (messages := list(get_messages(request))):
            toasts = render_to_string("_toasts.html", {"messages": messages, "oob": True}, request)
            response.write(toasts)
        return response

    return middleware


class ErrorPages:
    """Every exception of a view as a page that says what happened and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # by DELETE, allauth would remove a passkey past its own checks, unrecorded
        if "\x00" in request.path:  # PostgreSQL takes no such text, so nothing has this name
            return not_found(request, Http404())
        response = self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        page = error_page(request, NOT_A_PAGE)
        page.headers["Allow"] = response.headers["Allow"]
        return page

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        reads = request.method in {"GET", "HEAD"} and not wants_fragment(request)
        if isinstance(error, SecondFactorNotGiven) and reads:
            return ask_for_factor(request, request.get_full_path())
        problem = problem_of(error)
        if problem is None:
            return unavailable(request, error)
        log.warning(
            "api_error", code=problem.code, status=problem.status, exc_info=problem is RACED
        )  # it may be a fault of ours
        return error_page(request, problem)


error_pages = ErrorPages
