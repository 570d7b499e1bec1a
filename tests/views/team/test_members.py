"""Members: who is there, roles, removing, leaving. What must not be possible is in tests/abuse/."""

import pytest
from django.test import Client

from datasets_ui.models import Membership, Role, User, Workspace
from tests.conftest import member
from tests.support.stage import HTMX, acts, last_event, text, texts, url


def role_of(user: User) -> str:
    return Membership.objects.get(user=user).role


def test_everybody_sees_who_is_there(viewer: Client, erin: User) -> None:
    page = viewer.get(url("members"))
    assert texts(page, "tbody tr td:first-child") == ["alice@example.com", "bob@example.com you", "erin@example.com"]


def test_a_viewer_is_offered_nothing_to_change(viewer: Client) -> None:
    page = viewer.get(url("members"))
    assert texts(page, "main form, main select, main .actions a") == []


def test_what_the_roles_may_do_is_told(viewer: Client) -> None:
    assert texts(viewer.get(url("members")), "[aria-label=Roles] dt") == ["Viewer", "Editor", "Admin", "Owner"]


def test_an_admin_is_offered_no_role_above(admin: Client, bob: User) -> None:
    assert texts(admin.get(url("members")), "tr select option") == ["Viewer", "Editor", "Admin"] * 2


def test_a_role_is_changed(admin: Client, bob: User) -> None:
    number = Membership.objects.get(user=bob).pk
    response = admin.post(url("member-role", number), {"role": "editor"}, follow=True)
    assert (role_of(bob), text(response, ".notice-success span")) == ("editor", "bob@example.com is now editor.")
    event = last_event()
    assert (event.act, event.object_name, str(event.before), str(event.after)) == (
        "member.update",
        "bob@example.com",
        "viewer",
        "editor",
    )


def test_removing_asks_first(admin: Client, bob: User) -> None:
    number = Membership.objects.get(user=bob).pk
    assert text(admin.get(url("member-remove", number), **HTMX), "h2") == "Remove bob@example.com?"
    assert Membership.objects.filter(user=bob).exists()


def test_a_removed_member_is_out_at_once(admin: Client, viewer: Client, bob: User) -> None:
    assert viewer.get(url("members")).status_code == 200
    admin.post(url("member-remove", Membership.objects.get(user=bob).pk))
    assert viewer.get(url("members")).status_code == 404
    assert acts()[-1] == ("member.remove", "done", "bob@example.com")


def test_a_member_leaves(viewer: Client, bob: User) -> None:
    assert text(viewer.get(url("leave"), **HTMX), "h2") == "Leave “Acme”?"
    viewer.post(url("leave"))
    assert not Membership.objects.filter(user=bob).exists()
    assert acts()[-1] == ("member.leave", "done", "bob@example.com")


def test_the_last_owner_cannot_leave(owner: Client, workspace: Workspace) -> None:
    response = owner.post(url("leave"), follow=True)
    assert text(response, ".notice-error span").startswith("This is the workspace's last owner.")
    assert workspace.memberships.filter(role=Role.OWNER).count() == 1


def test_the_last_owner_stays_owner(owner: Client, alice: User) -> None:
    owner.post(url("member-role", Membership.objects.get(user=alice).pk), {"role": "viewer"})
    assert role_of(alice) == "owner"


def test_one_of_two_owners_can_leave(owner: Client, workspace: Workspace, alice: User) -> None:
    member(workspace, "x", Role.OWNER)
    owner.post(url("leave"))
    assert not Membership.objects.filter(user=alice).exists()


@pytest.mark.parametrize("role", ["", "god", "Owner", "owner "])
def test_a_role_that_is_none_is_refused(owner: Client, bob: User, role: str) -> None:
    response = owner.post(url("member-role", Membership.objects.get(user=bob).pk), {"role": role})
    assert (response.status_code, role_of(bob)) == (403, "viewer")
