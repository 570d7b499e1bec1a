"""Workspaces: many of them, the switcher, settings, deleting."""

import pytest
from django.test import Client

from datasets_ui.models import ApiKey, AuditEvent, Membership, Role, User, Workspace
from tests.conftest import member, signed_in
from tests.support.stage import acts, beside, last_event, text, texts, url, value

FIVE_MINUTES, AN_HOUR = 300, 3600


def test_anybody_makes_one_and_is_its_owner(viewer: Client, bob: User) -> None:
    response = viewer.post("/workspaces/new/", {"name": "Bob's"})
    made = Workspace.objects.get(name="Bob's")
    assert (made.slug, made.memberships.get().role) == ("bobs", "owner")
    assert response.headers["Location"] == f"/w/{made.slug}/keys/new/"
    assert last_event().act == "workspace.create"


@pytest.mark.parametrize("name", ["Acme", "new", "☃", "-"])
def test_every_name_gets_an_address_of_its_own(viewer: Client, name: str) -> None:
    viewer.post("/workspaces/new/", {"name": name})
    made = Workspace.objects.latest("created_at")
    assert (made.name, made.slug not in {"acme", "new", ""}) == (name, True)


def test_a_stranger_makes_none(anonymous: Client) -> None:
    assert anonymous.post("/workspaces/new/", {"name": "x"}).headers["Location"].startswith("/accounts/login/")
    assert not Workspace.objects.filter(name="x").exists()


def test_the_switcher_shows_ones_own(viewer: Client, charlie: User) -> None:
    viewer.post("/workspaces/new/", {"name": "Bob's"})
    names = [name.rsplit(" ", 1) for name in texts(viewer.get(url("members")), ".switcher a")]
    assert names == [["Acme", "viewer"], ["Bob's", "owner"], ["New", "workspace"]]


def test_it_is_renamed_and_keeps_its_address(admin: Client, workspace: Workspace) -> None:
    response = admin.post(url("workspace-settings"), {"name": "Acme Europe"}, follow=True)
    assert (response.status_code, value(response, "name")) == (200, "Acme Europe")
    event = last_event()
    assert (str(event.before), str(event.after)) == (
        "name: Acme; second factor: not required",
        "name: Acme Europe; second factor: not required",
    )


def test_without_a_change_nothing_is_recorded(admin: Client) -> None:
    response = admin.post(url("workspace-settings"), {"name": "Acme"}, follow=True)
    assert (text(response, ".notice-success span"), acts()) == ("Nothing was changed.", [])


def test_a_second_factor_can_be_required_of_admins(owner: Client, admin: Client, editor: Client) -> None:
    owner.post(url("workspace-settings"), {"name": "Acme", "require_second_factor": "on"})
    page = admin.get(url("datasets"))
    assert (page.status_code, text(page, "h1"), editor.get(url("datasets")).status_code) == (
        403,
        "A second factor is needed",
        200,
    )
    assert texts(page, "main a")[0] == "Set up a second factor"


def test_to_delete_it_its_name_is_typed(owner: Client, workspace: Workspace) -> None:
    response = owner.post(url("workspace-delete"), {"confirmation": "acme"})
    assert (response.status_code, len(beside(response, "confirmation"))) == (422, 1)
    assert Workspace.objects.filter(pk=workspace.pk).exists()


def test_its_keys_go_first_and_its_record_stays(owner: Client, workspace: Workspace) -> None:
    assert owner.post(url("workspace-delete"), {"confirmation": "Acme"}).headers["Location"] == "/"
    assert (Workspace.objects.count(), ApiKey.objects.count(), Membership.objects.count()) == (0, 0, 0)
    assert [act for act, _, _ in acts()] == ["api_key.delete", "workspace.delete"]
    assert set(AuditEvent.objects.values_list("workspace", flat=True)) == {"Acme"}


def test_an_old_sign_in_has_to_be_confirmed(alice: User, workspace: Workspace) -> None:
    page = signed_in(alice, age=AN_HOUR).get(url("workspace-delete"))
    assert (page.status_code, text(page, "h1")) == (403, "Confirm that it is you")
    assert page.text.count("/accounts/reauthenticate/?next=/w/acme/settings/delete/") == 1


@pytest.mark.parametrize("name", ["new-api-key", "workspace-delete"])
def test_a_fresh_sign_in_has_not(alice: User, workspace: Workspace, name: str) -> None:
    assert signed_in(alice, age=FIVE_MINUTES).get(url(name)).status_code == 200


def test_the_role_counts_at_each_request(workspace: Workspace) -> None:
    user = member(workspace, "x", Role.ADMIN)
    client = signed_in(user)
    assert client.get(url("workspace-settings")).status_code == 200
    Membership.objects.filter(user=user).update(role=Role.EDITOR)
    assert client.get(url("workspace-settings")).status_code == 403
