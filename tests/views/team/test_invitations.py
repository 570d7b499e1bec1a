"""Invitations by link: made, sent, accepted as somebody with an account or without, taken back."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.models import AuditEvent, Invitation, Membership, User, Workspace
from tests.support.stage import Answer, acts, attribute, beside, last_event, text, texts, url, value

PASSWORD = "a long enough one"
PAGE = "/invitation/"


def link_of(response: Answer) -> str:
    """The path of the link that is shown, once."""
    shown = attribute(response, "#invitation-link", "value") or ""
    return shown.removeprefix("http://testserver")


def invited(client: Client, role: str = "editor", email: str = "") -> str:
    return link_of(client.post(url("invitations"), {"role": role, "email": email}))


def join(client: Client, link: str, email: str = "new@example.com", password: str = PASSWORD) -> Answer:
    client.get(link)
    return client.post(PAGE, {"email": email, "password": password}, follow=True)


def test_the_link_is_shown_once_and_not_kept(admin: Client) -> None:
    token = invited(admin).partition("token=")[2]
    assert len(token) > 40
    assert token not in admin.get(url("members")).text + str(list(Invitation.objects.values()))


def test_it_is_recorded_without_its_token(admin: Client) -> None:
    token = invited(admin, email="new@example.com").partition("token=")[2]
    event = last_event()
    assert (event.act, event.object_name, str(event.after)) == ("invitation.create", "new@example.com", "editor")
    assert token not in str(list(AuditEvent.objects.values()))


def test_what_is_wrong_is_said_beside_the_field(admin: Client) -> None:
    response = admin.post(url("invitations"), {"role": "owner", "email": "nonsense"})
    assert (response.status_code, len(beside(response, "email")), len(beside(response, "role"))) == (422, 1, 1)
    assert value(response, "email") == "nonsense"


def test_the_token_leaves_the_address_at_once(admin: Client, anonymous: Client) -> None:
    response = anonymous.get(invited(admin))
    assert (response.status_code, response.headers["Location"]) == (302, PAGE)


def test_somebody_new_joins(admin: Client, anonymous: Client, workspace: Workspace) -> None:
    page = join(anonymous, invited(admin))
    assert (page.redirect_chain[-1][0], text(page, ".notice-success span")) == (url("datasets"), "Welcome to “Acme”.")
    assert workspace.memberships.get(user__email="new@example.com").role == "editor"
    assert User.objects.get(email="new@example.com").check_password(PASSWORD)
    assert ("member.join", "done", "new@example.com") in acts()


def test_somebody_with_an_account_joins(admin: Client, outsider: Client, charlie: User, workspace: Workspace) -> None:
    page = outsider.get(invited(admin), follow=True)
    assert "You are signed in as charlie@example.com." in text(page)
    outsider.post(PAGE)
    assert workspace.memberships.get(user=charlie).role == "editor"


def test_whoever_has_an_account_is_told_to_sign_in(admin: Client, anonymous: Client, charlie: User) -> None:
    page = join(anonymous, invited(admin), email="Charlie@Example.com")
    assert beside(page, "email") == ["There is an account with this address. Sign in with it, then accept."]
    assert texts(page, "main a") == ["Sign in"]


def test_a_weak_password_is_told_and_the_link_still_works(admin: Client, anonymous: Client) -> None:
    page = join(anonymous, invited(admin), password="short")
    assert (page.status_code, value(page, "email"), len(beside(page, "password"))) == (422, "new@example.com", 1)
    assert anonymous.post(PAGE, {"email": "new@example.com", "password": PASSWORD}).status_code == 302


def test_an_invitation_for_an_address_makes_no_account_with_another(admin: Client, anonymous: Client) -> None:
    page = anonymous.get(invited(admin, email="new@example.com"), follow=True)
    assert value(page, "email") == "new@example.com"
    anonymous.post(PAGE, {"email": "other@example.com", "password": PASSWORD})
    assert list(User.objects.filter(email__in=["new@example.com", "other@example.com"]).values_list("email")) == [
        ("new@example.com",)
    ]


def test_it_works_for_nobody_else(admin: Client, outsider: Client, charlie: User) -> None:
    page = outsider.get(invited(admin, email="new@example.com"), follow=True)
    assert (page.status_code, text(page, "h1")) == (403, "This invitation is for somebody else")
    outsider.post(PAGE)
    assert charlie.workspaces.count() == 1


def test_a_member_keeps_a_higher_role(admin: Client, editor: Client, erin: User) -> None:
    editor.get(invited(admin, role="viewer"))
    editor.post(PAGE)
    assert Membership.objects.get(user=erin).role == "editor"


def test_a_member_gets_a_higher_role(admin: Client, viewer: Client, bob: User) -> None:
    viewer.get(invited(admin))
    viewer.post(PAGE)
    assert (Membership.objects.get(user=bob).role, str(last_event().before)) == ("editor", "viewer")


def test_one_that_was_taken_back_lets_nobody_in(admin: Client, anonymous: Client) -> None:
    link = invited(admin)
    admin.post(url("invitation-revoke", Invitation.objects.get().pk))
    page = anonymous.get(link, follow=True)
    assert (page.status_code, text(page, "h1")) == (410, "This invitation does not work")
    assert acts()[-1][:2] == ("invitation.revoke", "done")


def test_open_ones_are_listed(admin: Client) -> None:
    invited(admin, email="new@example.com")
    [row] = texts(admin.get(url("members")), "[aria-label='Open invitations'] tbody tr")
    assert row.startswith("new@example.comby dave@example.comEditor")


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.MAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_where_mail_is_set_up_it_is_sent(admin: Client, with_mail: None) -> None:
    page = admin.post(url("invitations"), {"role": "viewer", "email": "new@example.com"})
    assert text(page, "[role=status] h2") == "The invitation was sent to new@example.com"
    [sent] = mail.outbox
    [mailed] = re.findall(r"http://testserver(\S+)", str(sent.body))
    assert (sent.to, mailed.partition("%3A")[0]) == (["new@example.com"], link_of(page))


def test_mail_that_cannot_be_sent_leaves_the_link(admin: Client, with_mail: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = admin.post(url("invitations"), {"role": "viewer", "email": "new@example.com"})
    assert text(page, "[role=status] h2") == "Send this link to new@example.com"
