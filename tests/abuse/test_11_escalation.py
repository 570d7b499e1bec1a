"""Row 11: nobody gets more than was given: not by choosing it, nor by an invitation, nor by being faster than somebody else.

20 racers for one token: one joins. Two owners who leave at once: one stays.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from django.db import connections
from django.test import Client

from datasets_ui.models import Actor, AuditEvent, Invitation, Membership, Role, User, Workspace
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.invitations import accept, invite
from datasets_ui.services.team.workspaces import create_workspace
from tests.conftest import signed_in
from tests.support.stage import Answer, url

PASSWORD = "a long enough one"
Result = TypeVar("Result")
BELOW_OWNER = ["viewer", "editor", "admin"]


def roles(workspace: Workspace) -> dict[str, str]:
    return dict(workspace.memberships.values_list("user__email", "role"))


def invited(workspace: Workspace, inviter: User, role: Role = Role.VIEWER, email: str = "") -> str:
    """The token."""
    acting = Role(workspace.memberships.get(user=inviter).role)
    scope = Scope(workspace=workspace, by=Actor("fixture"), user=inviter)
    return invite(scope, role, email, acting=acting)[1]


def use(token: str, client: Client, email: str = "new@example.com") -> Answer:
    client.get("/invitation/", {"token": token})
    return client.post("/invitation/", {"email": email, "password": PASSWORD})


# --- roles ---


@pytest.mark.parametrize("kind", ["viewer", "editor", "admin"])
@pytest.mark.parametrize("wanted", ["editor", "admin", "owner"])
def test_nobody_promotes_himself(people: dict[str, Client], workspace: Workspace, kind: str, wanted: str) -> None:
    me = workspace.memberships.get(role=kind)
    before = roles(workspace)
    answer = people[kind].post(url("member-role", me.pk), {"role": wanted})
    if Role(kind).covers(Role.ADMIN) and Role(kind).covers(Role(wanted)):
        before[me.user.email] = wanted  # downwards one may go
    else:
        assert answer.status_code == 403
    assert roles(workspace) == before


def test_an_admin_makes_no_owner_of_somebody_else(admin: Client, workspace: Workspace, bob: User) -> None:
    assert admin.post(url("member-role", bob.memberships.get().pk), {"role": "owner"}).status_code == 403
    assert roles(workspace)["bob@example.com"] == "viewer"


@pytest.mark.parametrize("name", ["member-role", "member-remove"])
def test_an_admin_does_not_touch_an_owner(admin: Client, workspace: Workspace, alice: User, name: str) -> None:
    before, recorded = roles(workspace), AuditEvent.objects.count()
    assert admin.post(url(name, alice.memberships.get().pk), {"role": "viewer"}).status_code == 403
    assert (roles(workspace), AuditEvent.objects.count()) == (before, recorded)


def test_fields_that_no_form_has_change_nothing(viewer: Client, admin: Client, workspace: Workspace) -> None:
    extra = {"role": "owner", "is_superuser": "1", "is_staff": "1", "workspace": str(workspace.id), "user": "1"}
    viewer.post(url("leave"), extra)
    admin.post(url("workspace-settings"), extra | {"name": "Acme", "slug": "taken", "data_key": "x"})
    use(invited(workspace, workspace.memberships.get(role=Role.OWNER).user), admin)
    assert (Workspace.objects.get(pk=workspace.pk).slug, User.objects.filter(is_superuser=True).count()) == ("acme", 0)
    assert roles(workspace) == {"alice@example.com": "owner", "dave@example.com": "admin"}


@pytest.mark.parametrize(("name", "form"), [("member-role", {"role": "admin"}), ("member-remove", {}), ("leave", {})])
def test_the_last_owner_stays(owner: Client, workspace: Workspace, alice: User, name: str, form: dict[str, str]) -> None:
    ids = [] if name == "leave" else [alice.memberships.get().pk]
    owner.post(url(name, *ids), form)
    assert (roles(workspace), AuditEvent.objects.count()) == ({"alice@example.com": "owner"}, 0)


# --- invitations ---


def test_nobody_invites_with_a_role_above_his_own(admin: Client, workspace: Workspace) -> None:
    assert admin.post(url("invitations"), {"role": "owner", "email": ""}).status_code == 422
    assert Invitation.objects.count() == 0


def test_a_token_works_once(workspace: Workspace, alice: User) -> None:
    token = invited(workspace, alice)
    assert use(token, Client()).status_code == 302
    assert use(token, Client(), "second@example.com").status_code == 410
    assert not User.objects.filter(email="second@example.com").exists()


@pytest.mark.parametrize(("hours", "status"), [(71.9, 302), (72.1, 410)])
def test_a_token_works_for_72_hours(workspace: Workspace, alice: User, hours: float, status: int) -> None:
    token = invited(workspace, alice)
    made = Invitation.objects.get()
    assert made.expires_at - made.created_at == pytest.approx(timedelta(hours=72), abs=timedelta(minutes=1))
    Invitation.objects.update(expires_at=made.expires_at - timedelta(hours=hours))
    assert use(token, Client()).status_code == status


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "\x00", "A" * 10_000])
def test_a_made_up_token_lets_nobody_in(workspace: Workspace, alice: User, token: str) -> None:
    invited(workspace, alice)
    assert use(token, Client()).status_code == 410


def test_the_stored_hash_is_no_token(workspace: Workspace, alice: User) -> None:
    invited(workspace, alice)
    assert use(Invitation.objects.get().token_hash, Client()).status_code == 410


def test_a_token_for_another_address_lets_no_account_in(workspace: Workspace, alice: User, charlie: User) -> None:
    token = invited(workspace, alice, email="new@example.com")
    assert use(token, signed_in(charlie), "new@example.com").status_code == 403
    assert roles(workspace) == {"alice@example.com": "owner"}


def test_a_token_for_another_address_makes_an_account_for_that_one_only(workspace: Workspace, alice: User) -> None:
    use(invited(workspace, alice, email="new@example.com"), Client(), "mallory@example.com")
    assert roles(workspace) == {"alice@example.com": "owner", "new@example.com": "viewer"}


def demoted(inviter: User) -> None:
    inviter.memberships.update(role=Role.EDITOR)


def removed(inviter: User) -> None:
    inviter.memberships.all().delete()


def disabled(inviter: User) -> None:
    User.objects.filter(pk=inviter.pk).update(is_active=False)


@pytest.mark.parametrize("happened", [demoted, removed, disabled])
def test_an_invitation_gives_no_more_than_its_inviter_has_now(
    workspace: Workspace, dave: User, happened: Callable[[User], None]
) -> None:
    token = invited(workspace, dave, Role.ADMIN)
    happened(dave)
    assert use(token, Client()).status_code == 410
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_invitation_takes_no_role_away(workspace: Workspace, alice: User) -> None:
    assert use(invited(workspace, alice), signed_in(alice)).status_code == 302
    assert roles(workspace) == {"alice@example.com": "owner"}


# --- at once ---


def at_once(number: int, act: Callable[[int], Result]) -> list[Result]:
    start = threading.Barrier(number)

    def run(which: int) -> Result:
        start.wait()
        try:
            return act(which)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.fixture
def owners(transactional_db: None) -> list[User]:
    """Two owners of Acme."""
    both = [User.objects.create_user(f"owner{number}@example.com") for number in range(2)]
    workspace = create_workspace(name="Acme", owner=both[0], by=Actor("fixture"))
    Membership.objects.create(workspace=workspace, user=both[1], role=Role.OWNER)
    return both


def test_of_twenty_who_have_one_token_one_joins(owners: list[User]) -> None:
    workspace = Workspace.objects.get()
    token = invited(workspace, owners[0])
    codes = at_once(
        20, lambda which: use(token, Client(REMOTE_ADDR=f"198.51.100.{which}"), f"racer{which}@example.com").status_code
    )
    assert sorted(codes) == [302, *[410] * 19]
    assert (workspace.memberships.count(), User.objects.count()) == (3, 3)
    assert AuditEvent.objects.filter(act="member.join").count() == 1


def test_of_two_with_an_account_one_joins(owners: list[User]) -> None:
    """By the service, so that both have seen the live invitation before either uses it up."""
    token = invited(Workspace.objects.get(), owners[0])
    racers = [User.objects.create_user(f"racer{number}@example.com") for number in range(8)]

    def join(which: int) -> str:
        try:
            return accept(token=token, user=racers[which], by=Actor("racer")).name
        except Exception as error:  # noqa: BLE001 whatever it is, it is counted
            return type(error).__name__

    assert sorted(at_once(8, join)) == ["Acme", *["NotInvited"] * 7]


@pytest.mark.parametrize("round_", range(3))
def test_of_two_owners_who_leave_at_once_one_stays(owners: list[User], round_: int) -> None:
    clients = [signed_in(owner) for owner in owners]
    at_once(2, lambda which: clients[which].post("/w/acme/members/leave/").status_code)
    assert list(Membership.objects.values_list("role", flat=True)) == ["owner"]
    assert AuditEvent.objects.filter(act="member.leave").count() == 1


def test_of_two_owners_who_demote_each_other_at_once_one_stays(owners: list[User]) -> None:
    clients = [signed_in(owner) for owner in owners]
    others = [owner.memberships.get().pk for owner in reversed(owners)]
    at_once(2, lambda which: clients[which].post(f"/w/acme/members/{others[which]}/role/", {"role": "viewer"}).status_code)
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
