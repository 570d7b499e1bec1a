"""H3: whoever registers somebody else's address by an open invitation keeps nothing of the account when its owner comes, and until then
the pages say that the address is not confirmed."""

from importlib import import_module

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings
from sesame.utils import get_token

from datasets_ui.models import Act, Actor, AuditEvent, Invitation, Role, Target, User, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.team.addresses import is_confirmed
from datasets_ui.services.team.invitations import accept_as_new_user
from tests.abuse.test_11_escalation import invited
from tests.conftest import signed_in
from tests.support.accounts import PASSWORD, codes_of, factors, in_by_app, sign_in, signed_in_as, with_app
from tests.support.oidc_issuer import Issuer
from tests.support.stage import Answer, last_event, text, texts, url
from tests.views.team.test_oidc import come_by, issuer

__all__ = ["issuer"]
CEO = "ceo@example.com"
NEW = "another long enough one"
NOTE = "address not confirmed"


@pytest.fixture
def mallory(workspace: Workspace, alice: User) -> Client:
    """Signed in to an account with an address that is not his."""
    client = Client()
    client.get("/invitation/", {"token": invited(workspace, alice, Role.ADMIN)})
    client.post("/invitation/", {"email": CEO, "password": PASSWORD})
    return client


@pytest.fixture
def account(mallory: Client) -> User:
    return User.objects.get(email=CEO)


@pytest.fixture
def sso(issuer: Issuer) -> Issuer:
    """Knows the owner of the address."""
    issuer.person |= {"sub": "1", "email": CEO}
    return issuer


def test_whoever_made_the_account_is_out(anonymous: Client, mallory: Client, account: User, sso: Issuer) -> None:
    link = get_token(account)
    come_by(anonymous)
    assert (signed_in_as(anonymous), signed_in_as(mallory)) == (CEO, None)
    again = Client()
    sign_in(again, CEO)
    again.post("/sign-in/", {"token": link})
    assert signed_in_as(again) is None


def test_his_second_factors_do_not_bar_the_owner_and_end(anonymous: Client, account: User, sso: Issuer) -> None:
    with_app(account)
    codes_of(account)
    come_by(anonymous)
    assert (signed_in_as(anonymous), factors(account)) == (CEO, [])


def test_his_own_single_sign_on_ends(anonymous: Client, mallory: Client, account: User, sso: Issuer) -> None:
    sso.person |= {"sub": "666", "email": "mallory@example.com"}
    come_by(mallory, process="connect")
    assert SocialAccount.objects.get().user == account
    sso.person |= {"sub": "1", "email": CEO}
    come_by(anonymous)
    assert list(SocialAccount.objects.values_list("uid", flat=True)) == ["1"]


def test_invitations_that_he_made_end(anonymous: Client, mallory: Client, sso: Issuer) -> None:
    mallory.post(url("invitations"), {"role": "admin", "email": ""})
    assert Invitation.objects.count() == 1
    come_by(anonymous)
    assert Invitation.objects.count() == 0


def test_the_owner_is_told_once_and_sees_the_account_first(anonymous: Client, account: User, sso: Issuer) -> None:
    """Not a workspace, which may be a stranger's."""
    assert come_by(anonymous).headers["Location"] == "/accounts/"
    page = anonymous.get("/accounts/")
    assert text(page, ".notice-warning span").startswith("There was an account with your address already")
    assert "Acme Admin" in text(page, "main")
    other = Client()
    assert (come_by(other).headers["Location"], texts(other.get("/accounts/"), ".notice")) == ("/", [])


def test_the_memberships_stay_and_the_activity_says_what_happened(
    anonymous: Client, owner: Client, account: User, sso: Issuer
) -> None:
    come_by(anonymous)
    assert account.memberships.get().role == Role.ADMIN
    event = AuditEvent.objects.get(act=Act.ACCOUNT_CONFIRM)
    assert (event.actor, str(event.before), str(event.after)) == (CEO, "password", "by single sign-on")
    assert "confirmed the address of ceo@example.com before password after by single sign-on" in texts(
        owner.get(url("activity")), "td.grow"
    )


def test_a_connection_of_before_is_no_proof_for_the_password(anonymous: Client, account: User, sso: Issuer) -> None:
    """The owner came before addresses were confirmed, was connected, and comes again."""
    SocialAccount.objects.create(user=account, provider="sso", uid="1")
    come_by(anonymous)
    account.refresh_from_db()
    assert (account.has_usable_password(), SocialAccount.objects.count(), is_confirmed(account)) == (False, 1, True)


def test_another_verified_address_proves_nothing(mallory: Client, account: User, sso: Issuer) -> None:
    sso.person |= {"sub": "666", "email": "mallory@example.com"}
    come_by(mallory, process="connect")
    come_by(Client())
    assert (is_confirmed(account), signed_in_as(mallory)) == (False, CEO)


def test_a_disabled_account_stays_as_it_is(anonymous: Client, account: User, sso: Issuer) -> None:
    User.objects.filter(pk=account.pk).update(is_active=False)
    come_by(anonymous)
    assert (is_confirmed(account), signed_in_as(anonymous)) == (False, None)


def test_who_was_asked_for_a_code_and_is_confirmed_keeps_it(anonymous: Client, account: User, sso: Issuer) -> None:
    EmailAddress.objects.create(user=account, email=CEO, verified=True, primary=True)
    in_by_app(Client(), account)
    assert come_by(anonymous).headers["Location"] == "/accounts/2fa/authenticate/"


# --- by mail ---


def reset_password(client: Client, user: User) -> Answer:
    """As whoever reads the mail."""
    user.refresh_from_db()
    key = default_token_generator.make_token(user)
    form = client.get(f"/accounts/password/reset/key/{user_pk_to_url_str(user)}-{key}/").headers["Location"]
    return client.post(form, {"password1": NEW, "password2": NEW}, follow=True)


def test_who_reads_the_mail_owns_the_address_too(anonymous: Client, mallory: Client, account: User) -> None:
    with_app(account)
    page = reset_password(anonymous, account)
    assert text(page, ".notice-warning span").startswith("There was an account with your address already")
    assert (factors(account), signed_in_as(mallory)) == ([], None)
    assert sign_in(anonymous, CEO, NEW).headers["Location"] == "/"
    assert (last_event().actor, is_confirmed(account)) == (CEO, True)


def test_a_reset_password_leaves_the_factors_of_who_is_confirmed(anonymous: Client, account: User) -> None:
    EmailAddress.objects.create(user=account, email=CEO, verified=True, primary=True)
    with_app(account)
    reset_password(anonymous, account)
    assert sign_in(anonymous, CEO, NEW).headers["Location"] == "/accounts/2fa/authenticate/"


# --- what confirms an address from the start ---


def join_with(token: str) -> User:
    return accept_as_new_user(token=token, email=CEO, password=PASSWORD, address="")[0]


@pytest.fixture
def links(admin: Client, settings: Settings) -> tuple[str, str]:
    """The tokens of an addressed invitation: in the mail, and as its inviter sees it."""
    settings.MAIL_IS_SET_UP, settings.EMAIL_BACKEND = True, "django.core.mail.backends.locmem.EmailBackend"
    page: Answer = admin.post(url("invitations"), {"role": "viewer", "email": CEO})
    body = str(mail.outbox[0].body)
    return body.partition("token=")[2].split()[0].replace("%3A", ":"), page.context["link"].partition("token=")[2]


def test_the_link_that_was_mailed_confirms_the_address(links: tuple[str, str]) -> None:
    assert is_confirmed(join_with(links[0]))


def test_the_link_that_its_inviter_sees_confirms_nothing(links: tuple[str, str]) -> None:
    """Or anybody could invite an address to a workspace of his own, and use the link himself."""
    assert not is_confirmed(join_with(links[1]))


def test_a_made_up_proof_confirms_nothing(links: tuple[str, str]) -> None:
    assert not is_confirmed(join_with(f"{links[1]}:{'A' * 43}"))


def test_an_open_invitation_confirms_nothing(account: User) -> None:
    assert not is_confirmed(account)


# --- until then ---


def test_members_see_that_the_address_is_not_confirmed(viewer: Client, account: User) -> None:
    first = texts(viewer.get(url("members")), "tbody tr td:first-child")
    assert first == ["alice@example.com", "bob@example.com you", f"{CEO} {NOTE}"]


def test_the_activity_says_so_of_what_was_done_before(owner: Client, mallory: Client, account: User, sso: Issuer) -> None:
    come_by(Client())
    record(by=Actor(CEO), workspace=account.workspaces.get(), act=Act.DATASET_CREATE, target=Target("1", "Later"))
    who = texts(owner.get(url("activity")), "td.who")
    assert next(one for one in who if CEO in one) == CEO
    assert f"{CEO} {NOTE} 127.0.0.1" in who
    assert {NOTE in one for one in who if "alice" in one} <= {False}


# --- accounts of before ---


def test_what_was_written_down_without_proof_is_taken_back(db: None, account: User, dave: User) -> None:
    """The migration: a connection to an older account, one that single sign-on made, and who set the dashboard up."""
    made = User.objects.create_user("made@example.com")
    for user in (account, made):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        SocialAccount.objects.create(user=user, provider="sso", uid=user.email)
    User.objects.filter(pk=account.pk).update(date_joined="2026-01-01T00:00:00Z")
    operator = User.objects.create_user("operator@example.com")
    record(by=Actor("x"), workspace=None, act=Act.INSTALLATION_SET_UP, target=Target(str(operator.pk), operator.email))
    import_module("datasets_ui.migrations.0008_confirmed_addresses").confirm(apps, None)
    assert [is_confirmed(user) for user in (account, made, operator, dave)] == [False, True, True, False]


def test_a_session_of_somebody_else_is_left_alone(anonymous: Client, account: User, sso: Issuer, dave: User) -> None:
    other = signed_in(dave)
    come_by(anonymous)
    assert signed_in_as(other) == dave.email
