"""For each address that takes forms: one that succeeds, on a stage of Acme's, and what it must leave in the activity."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.http import int_to_base36
from sesame.utils import get_token

from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.client import DifyClient
from datasets_ui.models import Act, Actor, Job, Role, User, Workspace
from datasets_ui.services.scope import Scope
from datasets_ui.services.segments.child_chunks import fingerprint_of_child_chunks
from datasets_ui.services.segments.editing import fingerprint
from datasets_ui.services.segments.parts import fingerprint_of_all
from datasets_ui.services.team.invitations import invite
from tests.abuse.people import Things
from tests.abuse.walls import BELOW, CHILD, DATASET, DOCUMENT, SEGMENT
from tests.conftest import new_key, signed_in
from tests.support.accounts import PASSWORD, code, factor_given, sign_in, with_app
from tests.support.passkey import Passkey
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Answer, text

OWNER, DORA, ZOE = "alice@example.com", "dora@example.com", "zoe@example.com"
NEW = {"password1": "another long one", "password2": "another long one"}
KEYS, TEAM = f"{BELOW}keys/<key_id>/", f"{BELOW}members/"
PASSKEYS = "accounts/2fa/webauthn/"
Form = dict[str, Any]

# Takes forms and records nothing, each with its reason.
NOTHING = {
    f"{BELOW}{DATASET}uploads/check/": "asks whether a file may be sent; the sending is recorded",
    f"{BELOW}{SEGMENT}preview/": "shows what a save would change; the save is recorded",
    f"{BELOW}replace/<dry_run_id>/tick/": "chooses among changes that are proposed; making them is recorded",
    "accounts/reauthenticate/": "shows again who one is: nothing but the session learns of it",
    "accounts/2fa/reauthenticate/": "the same with a code",
    f"{PASSKEYS}reauthenticate/": "the same with a passkey",
    f"{PASSKEYS}keys/<pk>/edit/": "gives a passkey another name, which opens nothing",
    "accounts/signup/": "says that sign-up is closed, whatever is sent",
    "accounts/3rdparty/": "needs an issuer; tests/views/team/test_oidc.py finds its row",
    "accounts/oidc/<provider_id>/login/": "leads to the issuer; whoever comes back from there is recorded as signing in",
    "accounts/oidc/<provider_id>/login/callback/": "the way back; tests/views/team/test_oidc.py finds its row",
}
# Always 404: parts of allauth that do not belong to closed sign-up, or need an issuer that is not set up here.
NOT_OFFERED = {
    "accounts/email/",
    "accounts/confirm-email/",
    "accounts/confirm-email/<rest>",
    "accounts/confirm-email/<key>/",
    "accounts/login/code/confirm/",
    "accounts/3rdparty/signup/",
    "accounts/social/<rest>",
    "accounts/social/login/cancelled/",
    "accounts/social/login/error/",
    "accounts/social/signup/",
    "accounts/social/connections/",
}


@dataclass
class Stage:
    """Acme and its objects; whose client acts: the owner's, unless a scenario says otherwise."""

    client: Client
    things: Things
    workspace: Workspace
    owner: User
    dify: DifyClient
    sandbox: SandboxProcess
    who: str = OWNER
    query: dict[str, list[str]] = field(default_factory=dict)

    def act_as(self, who: str, client: Client) -> None:
        self.who, self.client = who, client

    def invited(self) -> str:
        """The token of an invitation."""
        scope = Scope(workspace=self.workspace, by=Actor("fixture"), user=self.owner)
        return invite(scope, Role.EDITOR, acting=Role.OWNER)[1]

    def dora(self) -> User:
        """Somebody with a password; she has come in by the front door, and acts from now on."""
        user = User.objects.create_user(DORA, PASSWORD)
        self.act_as(DORA, Client())
        sign_in(self.client)
        return user

    def passkey(self) -> Passkey:
        """Of Dora's."""
        self.dora()
        passkey = Passkey()
        self.client.post(f"/{PASSKEYS}add/", added(self, passkey))
        self.things.pk = Authenticator.objects.get(type="webauthn").pk
        return passkey


@dataclass
class Scenario:
    route: str
    acts: list[Act]
    name: str
    form: Form | Callable[[Stage], Form] = field(default_factory=dict)
    workspace: str = "Acme"

    def __str__(self) -> str:
        return f"{self.route} {self.acts[-1]}"


def ticked(action: str, *before: str) -> Callable[[Stage], Form]:
    def fill(stage: Stage) -> Form:
        for done in before:
            stage.dify.documents.set_status(stage.things.dataset_id, done, [stage.things.document_id])  # type: ignore[arg-type]  # of any kind, on purpose
        stage.things.action = action
        return {"ids": stage.things.document_id, "confirmed": "1"}

    return fill


def edited(stage: Stage) -> Form:
    things = stage.things
    now = stage.dify.segments.get(things.dataset_id, things.document_id, things.segment_id)
    return {"content": "Unpaid leave.", "keywords": "leave", "opened_as": fingerprint(now)}


def selected(stage: Stage) -> Form:
    stage.things.action = "disable"
    return {"ids": str(stage.things.segment_id)}


def cut(stage: Stage) -> Form:
    """Before its last word."""
    text = stored_text(stage)
    return edited(stage) | {"content": text, "at": text.rindex(" "), "confirmed": "1"}


def neighbours(stage: Stage) -> Form:
    things = stage.things
    rows = stage.dify.segments.page(things.dataset_id, things.document_id).data[:2]
    stage.query = {"ids": [str(row.id) for row in rows]}
    return {"content": "One.", "keywords": "one", "separator": "line", "opened_as": fingerprint_of_all(rows)}


def corrected(stage: Stage) -> Form:
    return {"content": "Unpaid.", "opened_as": fingerprint_of_child_chunks(children(stage))}


def children(stage: Stage) -> list[ChildChunk]:
    things = stage.things
    return stage.dify.child_chunks.page(things.dataset_id, things.document_id, things.segment_id).data


def stored_text(stage: Stage) -> str:
    things = stage.things
    return stage.dify.segments.get(things.dataset_id, things.document_id, things.segment_id).content


def uploaded(stage: Stage) -> Form:
    return {"files": SimpleUploadedFile("new.txt", b"New words.")}


def key_form(stage: Stage) -> Form:
    return {"name": "Second", "base_url": stage.sandbox.base_url, "key": stage.sandbox.key}


def second_key(stage: Stage) -> Form:
    stage.things.key_id = new_key(stage.workspace, "Second", stage.sandbox.base_url, stage.sandbox.key).id
    return {}


def first_run(stage: Stage) -> Form:
    stage.act_as(ZOE, Client())
    return {"email": ZOE, "password": PASSWORD, "workspace_name": "First", **key_form(stage)}


def link(stage: Stage) -> Form:
    stage.act_as(OWNER, Client())
    return {"token": get_token(stage.owner)}


def as_member(stage: Stage) -> Form:
    stage.dora()
    stage.client.get("/invitation/", {"token": stage.invited()})
    return {}


def as_new_user(stage: Stage) -> Form:
    stage.act_as(ZOE, Client())
    stage.client.get("/invitation/", {"token": stage.invited()})
    return {"email": ZOE, "password": PASSWORD}


def viewer_leaves(stage: Stage) -> Form:
    bob = stage.workspace.memberships.get(role=Role.VIEWER).user
    stage.act_as(bob.email, signed_in(bob))
    return {}


def dora_there_too(stage: Stage) -> Form:
    stage.dora()
    sign_in(Client())
    stage.things.pk = UserSession.objects.exclude(session_key=stage.client.session.session_key).get(user__email=DORA).pk
    return {}


def coming_in(stage: Stage) -> Form:
    stage.dora()
    stage.client = Client()
    return {"login": DORA, "password": PASSWORD}


def as_dora(stage: Stage) -> Form:
    stage.dora()
    return {}


def other_password(stage: Stage) -> Form:
    stage.dora()
    return NEW | {"oldpassword": PASSWORD}


def forgotten_password(stage: Stage) -> Form:
    """By the link of a mail, which moves its token into the session."""
    user = stage.dora()
    user.refresh_from_db()
    stage.client = Client()
    stage.things.uidb36, stage.things.key = int_to_base36(user.pk), default_token_generator.make_token(user)
    stage.client.get(stage.things.path("accounts/password/reset/key/<uidb36>-<key>/"))
    stage.things.key = "set-password"
    return NEW


def second_step(stage: Stage) -> Form:
    secret = with_app(stage.dora())
    stage.client = Client()
    sign_in(stage.client)
    return {"code": code(secret)}


def new_app(stage: Stage) -> Form:
    stage.dora()
    page: Answer = stage.client.get("/accounts/2fa/totp/activate/")
    return {"code": code(text(page, "code.secret"))}


def has_app(stage: Stage) -> Form:
    with_app(stage.dora())
    factor_given(stage.client)
    return {}


def added(stage: Stage, passkey: Passkey) -> Form:
    page: Answer = stage.client.get(f"/{PASSKEYS}add/")
    return {
        "name": "Key",
        "passwordless": "1",
        "credential": json.dumps(passkey.made(page.context["js_data"]["creation_options"])),
    }


def new_passkey(stage: Stage) -> Form:
    stage.dora()
    return added(stage, Passkey())


def by_passkey(stage: Stage) -> Form:
    passkey = stage.passkey()
    stage.client = Client()
    asked: Answer = stage.client.get(f"/{PASSKEYS}login/", headers={"x-requested-with": "XMLHttpRequest"})
    return {"credential": json.dumps(passkey.used(asked.json()["request_options"]))}


def without_passkey(stage: Stage) -> Form:
    stage.passkey()
    return {}


def job_in(state: str) -> Callable[[Stage], Form]:
    def fill(stage: Stage) -> Form:
        Job.objects.filter(pk=stage.things.job_id).update(state=state)
        return {}

    return fill


def table(stage: Stage) -> Form:
    return {"file": SimpleUploadedFile("more.csv", b"content\nStudy leave.\n"), "has_header": "on", "import": "1"}


NEW_DATASET = {"name": "Fresh", "permission": "only_me", "indexing_technique": "economy"}
RENAMED = {"name": "Renamed", "permission": "only_me", "initial-name": "Handbook", "initial-permission": "only_me"}
FIND = {"find": "leave", "how": "plain", "in_content": "on"}
LEAVE, ONE, SECOND = "leave.txt", *(f"#{number} of document {{stage.things.document_id}}" for number in (1, 2))
BACK = "Put back the segments of leave.txt"
OF_ONE = "#1 of segment {stage.things.segment_id}"
SCENARIOS = [
    # datasets, documents, segments
    Scenario(f"{BELOW}datasets/new/", [Act.DATASET_CREATE], "Fresh", NEW_DATASET),
    Scenario(f"{BELOW}{DATASET}settings/", [Act.DATASET_UPDATE], "Handbook", RENAMED),
    Scenario(f"{BELOW}{DATASET}delete/", [Act.DATASET_DELETE], "Handbook"),
    Scenario(f"{BELOW}{DATASET}uploads/", [Act.DOCUMENT_UPLOAD], "new.txt", uploaded),
    Scenario(f"{BELOW}{DATASET}documents/add-text/", [Act.DOCUMENT_CREATE], "Note", {"name": "Note", "text": "Words."}),
    Scenario(f"{BELOW}{DATASET}documents/status/<action>/", [Act.DOCUMENT_DISABLE], LEAVE, ticked("disable")),
    Scenario(
        f"{BELOW}{DATASET}documents/status/<action>/", [Act.DOCUMENT_ENABLE, Act.JOB_CREATE], BACK, ticked("enable", "disable")
    ),
    Scenario(f"{BELOW}{DATASET}documents/status/<action>/", [Act.DOCUMENT_ARCHIVE], LEAVE, ticked("archive")),
    Scenario(
        f"{BELOW}{DATASET}documents/status/<action>/",
        [Act.DOCUMENT_UN_ARCHIVE, Act.JOB_CREATE],
        BACK,
        ticked("un_archive", "archive"),
    ),
    Scenario(f"{BELOW}{DATASET}documents/delete/", [Act.DOCUMENT_DELETE], LEAVE, ticked("")),
    Scenario(f"{BELOW}{DOCUMENT}segments/add/", [Act.SEGMENT_CREATE], LEAVE, {"content": "Study leave."}),
    Scenario(f"{BELOW}{SEGMENT}edit/", [Act.SEGMENT_UPDATE], ONE, edited),
    Scenario(f"{BELOW}{SEGMENT}split/", [Act.SEGMENT_CREATE, Act.SEGMENT_UPDATE], ONE, cut),
    Scenario(f"{BELOW}{DOCUMENT}segments/merge/", [Act.SEGMENT_UPDATE, Act.SEGMENT_DELETE], SECOND, neighbours),
    Scenario(f"{BELOW}{SEGMENT}enabled/", [Act.SEGMENT_DISABLE], ONE, {"enabled": "0"}),
    Scenario(f"{BELOW}{SEGMENT}enabled/", [Act.SEGMENT_ENABLE], ONE, {"enabled": "1"}),
    Scenario(f"{BELOW}{SEGMENT}delete/", [Act.SEGMENT_DELETE], ONE),
    Scenario(
        f"{BELOW}{SEGMENT}child-chunks/add/", [Act.CHILD_CHUNK_CREATE], "segment {stage.things.segment_id}", {"content": "x"}
    ),
    Scenario(f"{BELOW}{CHILD}edit/", [Act.CHILD_CHUNK_UPDATE], OF_ONE, corrected),
    Scenario(f"{BELOW}{CHILD}delete/", [Act.CHILD_CHUNK_DELETE], OF_ONE),
    Scenario(
        f"{BELOW}{SEGMENT}child-chunks/cut-anew/",
        [Act.SEGMENT_REGENERATE],
        ONE,
        lambda s: {"seen": fingerprint_of_child_chunks(children(s))},
    ),
    Scenario(f"{BELOW}{DOCUMENT}history/<revision_id>/restore/", [Act.SEGMENT_UPDATE], ONE),
    Scenario(f"{BELOW}{DOCUMENT}segments/import/", [Act.SEGMENT_IMPORT], LEAVE, table),
    Scenario(f"{BELOW}{DOCUMENT}snapshots/<snapshot_id>/restore/", [Act.SEGMENT_IMPORT], LEAVE),
    # jobs
    Scenario(f"{BELOW}{DOCUMENT}segments/batch/<action>/", [Act.JOB_CREATE], "Disable 1 segment of “leave.txt”", selected),
    Scenario(f"{BELOW}{DATASET}replace/", [Act.JOB_CREATE], "Find “leave” in Handbook", FIND),
    Scenario(f"{BELOW}{DOCUMENT}replace/", [Act.JOB_CREATE], "Find “leave” in leave.txt", FIND),
    Scenario(f"{BELOW}replace/<dry_run_id>/", [Act.JOB_CREATE], "Replace “Paid” by “Unpaid”"),
    Scenario(f"{BELOW}jobs/<job_id>/stop/", [Act.JOB_STOP], "Disable segments", job_in("queued")),
    Scenario(f"{BELOW}jobs/<job_id>/resume/", [Act.JOB_RESUME], "Disable segments", job_in("paused")),
    Scenario(f"{BELOW}jobs/<job_id>/retry/", [Act.JOB_RETRY], "Disable segments", job_in("done")),
    Scenario(f"{BELOW}jobs/<job_id>/roll-back/", [Act.JOB_ROLL_BACK], "Disable segments", job_in("stopped")),
    # workspaces
    Scenario(
        "setup/", [Act.INSTALLATION_SET_UP, Act.WORKSPACE_CREATE, Act.API_KEY_CREATE, Act.ACCOUNT_SIGN_IN], ZOE, first_run, ""
    ),
    Scenario("workspaces/new/", [Act.WORKSPACE_CREATE], "Second", {"name": "Second"}, "Second"),
    Scenario(f"{BELOW}settings/", [Act.WORKSPACE_UPDATE], "Acme & Co", {"name": "Acme & Co"}, "Acme & Co"),
    Scenario(f"{BELOW}settings/delete/", [Act.API_KEY_DELETE, Act.WORKSPACE_DELETE], "Acme", {"confirmation": "Acme"}),
    # API keys
    Scenario(f"{BELOW}keys/new/", [Act.API_KEY_CREATE], "Second", key_form),
    Scenario(KEYS, [Act.API_KEY_UPDATE], "Renamed", {"name": "Renamed"}),
    Scenario(f"{KEYS}replace/", [Act.API_KEY_ROTATE], "Default", key_form),
    Scenario(f"{KEYS}replace/", [Act.API_KEY_DROP], "Default", {"base_url": "https://api.dify.ai/v1"}),
    Scenario(f"{KEYS}try/", [Act.API_KEY_TEST], "Default"),
    Scenario(f"{KEYS}default/", [Act.API_KEY_DEFAULT], "Second", second_key),
    Scenario(f"{KEYS}enabled/", [Act.API_KEY_DISABLE], "Default", {"enabled": "0"}),
    Scenario(f"{KEYS}enabled/", [Act.API_KEY_ENABLE], "Default", {"enabled": "1"}),
    Scenario(f"{KEYS}delete/", [Act.API_KEY_DELETE], "Default"),
    # members
    Scenario(f"{TEAM}invitations/", [Act.INVITATION_CREATE], ZOE, {"role": "viewer", "email": ZOE}),
    Scenario(f"{TEAM}invitations/<invitation_id>/revoke/", [Act.INVITATION_REVOKE], "anybody with the link"),
    Scenario(f"{TEAM}<member_id>/role/", [Act.MEMBER_UPDATE], "bob@example.com", {"role": "admin"}),
    Scenario(f"{TEAM}<member_id>/remove/", [Act.MEMBER_REMOVE], "bob@example.com"),
    Scenario(f"{TEAM}leave/", [Act.MEMBER_LEAVE], "bob@example.com", viewer_leaves),
    Scenario("invitation/", [Act.MEMBER_JOIN], DORA, as_member),
    Scenario("invitation/", [Act.ACCOUNT_CREATE, Act.MEMBER_JOIN, Act.ACCOUNT_SIGN_IN], ZOE, as_new_user, ""),
    # accounts
    Scenario("sign-in/", [Act.ACCOUNT_SIGN_IN], OWNER, link, ""),
    Scenario("accounts/login/", [Act.ACCOUNT_SIGN_IN], DORA, coming_in, ""),
    Scenario("accounts/2fa/authenticate/", [Act.ACCOUNT_SIGN_IN], DORA, second_step, ""),
    Scenario(f"{PASSKEYS}login/", [Act.ACCOUNT_SIGN_IN], DORA, by_passkey, ""),
    Scenario("accounts/logout/", [Act.ACCOUNT_SIGN_OUT], DORA, as_dora, ""),
    Scenario("accounts/sessions/<pk>/end/", [Act.ACCOUNT_SIGN_IN_END], DORA, dora_there_too, ""),
    Scenario("accounts/sessions/end-others/", [Act.ACCOUNT_SIGN_IN_END], DORA, dora_there_too, ""),
    Scenario("accounts/password/change/", [Act.ACCOUNT_PASSWORD], DORA, other_password, ""),
    Scenario("accounts/password/set/", [Act.ACCOUNT_PASSWORD], OWNER, NEW, ""),
    Scenario(
        "accounts/password/reset/key/<uidb36>-<key>/", [Act.ACCOUNT_PASSWORD, Act.ACCOUNT_CONFIRM], DORA, forgotten_password, ""
    ),
    Scenario("accounts/2fa/totp/activate/", [Act.ACCOUNT_FACTOR_ADD, Act.ACCOUNT_CODES_CREATE], DORA, new_app, ""),
    Scenario("accounts/2fa/totp/deactivate/", [Act.ACCOUNT_FACTOR_REMOVE], DORA, has_app, ""),
    Scenario("accounts/2fa/recovery-codes/generate/", [Act.ACCOUNT_CODES_CREATE], DORA, has_app, ""),
    Scenario(f"{PASSKEYS}add/", [Act.ACCOUNT_FACTOR_ADD, Act.ACCOUNT_CODES_CREATE], DORA, new_passkey, ""),
    Scenario(f"{PASSKEYS}keys/<pk>/remove/", [Act.ACCOUNT_FACTOR_REMOVE] * 2, DORA, without_passkey, ""),
]
