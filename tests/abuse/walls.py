"""The written table: what each address of the dashboard gives to each kind of person, by method. A new address is added on purpose."""

from datasets_ui.models import Role
from tests.abuse.people import METHODS

Outcome = int | str
Answers = tuple[Outcome, Outcome, Outcome, Outcome, Outcome]  # in the order of METHODS
LOGIN = "login"  # a redirect to the sign-in page
SIGNED_OUT = "signed out"
REFUSED = {LOGIN, 401, 403, 404, 405, 410}


def page(get: Outcome) -> Answers:
    return (get, 405, 405, 405, 405)


def form(get: Outcome, post: Outcome) -> Answers:
    return (get, post, 405, 405, 405)


def action(post: Outcome) -> Answers:
    return (405, post, 405, 405, 405)


# What an address gives to a guest, and to somebody who is signed in (fresh, with neither password nor second factor).
EVERYBODY: dict[str, tuple[Answers, Answers]] = {
    "words/": (page(200), page(200)),
    "": (page(LOGIN), page(302)),
    "setup/": (form(404, 404), form(404, 404)),
    "sign-in/": (form(200, 403), form(200, 403)),
    "invitation/": (form(410, 410), form(410, 410)),
    "workspaces/new/": (form(LOGIN, LOGIN), form(200, 200)),
    "accounts/": (page(LOGIN), page(200)),
    "accounts/sessions/": (page(LOGIN), page(200)),
    "accounts/sessions/<pk>/end/": (action(LOGIN), action(404)),
    "accounts/sessions/end-others/": (action(LOGIN), action(302)),
    "accounts/reauthenticate/": (form(LOGIN, LOGIN), form(403, 403)),
    "accounts/login/": (form(200, 200), form(302, 302)),
    "accounts/login/code/confirm/": (form(404, 404), form(404, 404)),
    "accounts/logout/": (form(LOGIN, LOGIN), form(200, SIGNED_OUT)),
    "accounts/inactive/": (page(200), page(200)),
    "accounts/signup/": (form(200, 200), form(302, 302)),  # "Sign-up is closed"
    "accounts/password/change/": (form(LOGIN, LOGIN), form(302, 302)),
    "accounts/password/set/": (form(LOGIN, LOGIN), form(200, 200)),
    "accounts/password/reset/": (page(404), page(404)),  # no mail is set up
    "accounts/password/reset/done/": (page(200), page(200)),
    "accounts/password/reset/key/<uidb36>-<key>/": (form(200, 200), form(200, 200)),  # "Bad token"
    "accounts/password/reset/key/done/": (page(200), page(200)),
    "accounts/email/": (form(404, 404), form(404, 404)),
    "accounts/confirm-email/": (form(404, 404), form(404, 404)),
    "accounts/confirm-email/<rest>": (form(404, 404), form(404, 404)),
    "accounts/confirm-email/<key>/": (form(404, 404), form(404, 404)),
    "accounts/2fa/": (form(LOGIN, LOGIN), page(200)),
    "accounts/2fa/authenticate/": (form(LOGIN, LOGIN), form(302, 302)),
    "accounts/2fa/reauthenticate/": (form(LOGIN, LOGIN), form(403, 403)),
    "accounts/2fa/totp/activate/": (form(LOGIN, LOGIN), form(200, 200)),
    "accounts/2fa/totp/deactivate/": (form(LOGIN, LOGIN), form(404, 404)),
    "accounts/2fa/recovery-codes/": (page(LOGIN), page(404)),
    "accounts/2fa/recovery-codes/generate/": (form(LOGIN, LOGIN), form(200, 200)),
    "accounts/2fa/recovery-codes/download/": (page(LOGIN), page(404)),
    "accounts/2fa/webauthn/": (form(LOGIN, LOGIN), page(200)),
    "accounts/2fa/webauthn/add/": (form(LOGIN, LOGIN), form(200, 200)),
    "accounts/2fa/webauthn/reauthenticate/": (form(LOGIN, LOGIN), form(403, 403)),
    "accounts/2fa/webauthn/login/": (form(LOGIN, LOGIN), form(302, 302)),
    "accounts/2fa/webauthn/keys/<pk>/edit/": (form(LOGIN, LOGIN), form(404, 404)),
    "accounts/2fa/webauthn/keys/<pk>/remove/": (form(LOGIN, LOGIN), form(404, 404)),
    "accounts/oidc/<provider_id>/login/": (form(404, 404), form(404, 404)),  # no single sign-on is set up
    "accounts/oidc/<provider_id>/login/callback/": (form(404, 404), form(404, 404)),
    "accounts/3rdparty/": (form(LOGIN, LOGIN), form(404, 404)),
    "accounts/3rdparty/signup/": (form(404, 404), form(404, 404)),
    "accounts/3rdparty/login/cancelled/": (page(200), page(200)),
    "accounts/3rdparty/login/error/": (page(401), page(401)),
    "accounts/social/<rest>": (form(404, 404), form(404, 404)),
    "accounts/social/login/cancelled/": (form(404, 404), form(404, 404)),
    "accounts/social/login/error/": (form(404, 404), form(404, 404)),
    "accounts/social/signup/": (form(404, 404), form(404, 404)),
    "accounts/social/connections/": (form(404, 404), form(404, 404)),
}

DATASET = "datasets/<dataset_id>/"
DOCUMENT = f"{DATASET}documents/<document_id>/"
SEGMENT = f"{DOCUMENT}segments/<segment_id>/"
CHILD = f"{SEGMENT}child-chunks/<child_chunk_id>/"
# Below w/<slug>/: the role that is needed, and what those get who have it; POST carries no form.
WORKSPACE: dict[str, tuple[Role, Answers]] = {
    "datasets/": (Role.VIEWER, page(200)),
    "datasets/new/": (Role.EDITOR, form(200, 200)),
    DATASET: (Role.VIEWER, page(200)),
    f"{DATASET}settings/": (Role.EDITOR, form(200, 200)),
    f"{DATASET}delete/": (Role.EDITOR, form(200, 302)),
    f"{DATASET}retrieval/": (Role.VIEWER, page(200)),
    f"{DATASET}replace/": (Role.EDITOR, form(200, 422)),
    f"{DATASET}uploads/": (Role.EDITOR, action(302)),
    f"{DATASET}uploads/check/": (Role.EDITOR, action(200)),
    f"{DATASET}documents/add-text/": (Role.EDITOR, form(200, 200)),
    f"{DATASET}documents/progress/": (Role.VIEWER, page(286)),
    f"{DATASET}documents/status/<action>/": (Role.EDITOR, action(302)),
    f"{DATASET}documents/delete/": (Role.EDITOR, action(302)),
    DOCUMENT: (Role.VIEWER, page(200)),
    f"{DOCUMENT}original/": (Role.VIEWER, page(200)),
    f"{DOCUMENT}original/file/": (Role.VIEWER, page(200)),
    f"{DOCUMENT}original/preview/": (Role.VIEWER, page(200)),
    f"{DOCUMENT}segments/overview/": (Role.VIEWER, page(200)),
    f"{DOCUMENT}segments/batch/<action>/": (Role.EDITOR, action(200)),  # nothing is selected
    f"{DOCUMENT}segments/jobs/<job_id>/": (Role.VIEWER, page(302)),  # to the job's own page: only htmx gets the piece
    f"{DOCUMENT}replace/": (Role.EDITOR, form(200, 422)),
    f"{DOCUMENT}segments/add/": (Role.EDITOR, form(200, 200)),
    f"{DOCUMENT}segments/merge/": (Role.EDITOR, form(422, 422)),  # nothing is chosen
    f"{DOCUMENT}segments/import/": (Role.EDITOR, form(200, 422)),
    f"{DOCUMENT}segments/export/<kind>/": (Role.VIEWER, page(200)),
    f"{DOCUMENT}snapshots/<snapshot_id>/restore/": (Role.EDITOR, action(302)),
    SEGMENT: (Role.VIEWER, page(200)),
    f"{SEGMENT}edit/": (Role.EDITOR, form(200, 422)),
    f"{SEGMENT}enabled/": (Role.EDITOR, action(302)),
    f"{SEGMENT}delete/": (Role.EDITOR, form(200, 302)),
    f"{SEGMENT}split/": (Role.EDITOR, form(200, 422)),
    f"{SEGMENT}preview/": (Role.EDITOR, action(200)),
    f"{SEGMENT}history/": (Role.VIEWER, page(200)),
    f"{SEGMENT}child-chunks/": (Role.VIEWER, page(200)),
    f"{SEGMENT}child-chunks/add/": (Role.EDITOR, form(200, 200)),
    f"{SEGMENT}child-chunks/cut-anew/": (Role.EDITOR, form(200, 200)),
    CHILD: (Role.VIEWER, page(200)),
    f"{CHILD}edit/": (Role.EDITOR, form(200, 422)),
    f"{CHILD}delete/": (Role.EDITOR, form(200, 302)),
    f"{DOCUMENT}history/": (Role.VIEWER, page(200)),
    f"{DOCUMENT}history/<revision_id>/restore/": (Role.EDITOR, action(302)),
    "replace/<dry_run_id>/": (Role.EDITOR, form(200, 302)),
    "replace/<dry_run_id>/tick/": (Role.EDITOR, action(302)),
    "jobs/": (Role.VIEWER, page(200)),
    "jobs/<job_id>/": (Role.VIEWER, page(200)),
    "jobs/<job_id>/stop/": (Role.EDITOR, action(302)),
    "jobs/<job_id>/resume/": (Role.EDITOR, action(302)),
    "jobs/<job_id>/retry/": (Role.EDITOR, action(302)),
    "jobs/<job_id>/roll-back/": (Role.EDITOR, form(200, 302)),
    "activity/": (Role.ADMIN, page(200)),
    "activity/csv/": (Role.ADMIN, page(200)),
    "settings/": (Role.ADMIN, form(200, 200)),
    "settings/delete/": (Role.OWNER, form(200, 200)),
    "keys/": (Role.ADMIN, page(200)),
    "keys/new/": (Role.ADMIN, form(200, 200)),
    "keys/<key_id>/": (Role.ADMIN, form(200, 200)),
    "keys/<key_id>/replace/": (Role.ADMIN, form(200, 200)),
    "keys/<key_id>/try/": (Role.ADMIN, action(302)),
    "keys/<key_id>/default/": (Role.ADMIN, action(302)),
    "keys/<key_id>/enabled/": (Role.ADMIN, action(302)),
    "keys/<key_id>/delete/": (Role.ADMIN, form(200, 302)),
    "members/": (Role.VIEWER, page(200)),
    "members/invitations/": (Role.ADMIN, action(422)),
    "members/invitations/<invitation_id>/revoke/": (Role.ADMIN, action(302)),
    "members/leave/": (Role.VIEWER, form(200, 302)),
    "members/<member_id>/role/": (Role.ADMIN, action(403)),  # no role is none that one may give
    "members/<member_id>/remove/": (Role.ADMIN, form(200, 302)),
}
BELOW = "w/<slug>/"
ROUTES = [*EVERYBODY, *(BELOW + route for route in WORKSPACE)]


def expected(route: str, kind: str, method: str) -> Outcome:
    """What the table says of a cell."""
    column = METHODS.index(method)
    if not route.startswith(BELOW):
        return EVERYBODY[route][kind != "anonymous"][column]
    needed, answers = WORKSPACE[route.removeprefix(BELOW)]
    if answers[column] == 405:  # said before anybody is asked who they are
        return 405
    if kind in {"anonymous", "stranger"}:
        return LOGIN if kind == "anonymous" else 404
    return answers[column] if Role(kind).covers(needed) else 403


def taking(method: str) -> list[str]:
    """The addresses that take a method from somebody."""
    return [route for route in ROUTES if {expected(route, kind, method) for kind in ("anonymous", "owner")} - {404, 405}]
