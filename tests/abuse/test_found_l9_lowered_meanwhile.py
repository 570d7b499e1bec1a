"""L9: roles are read where they are used up, with the workspace locked: an invitation gives nothing that its inviter lost a moment
before, and who was lowered changes nobody any more. One of two is held in the middle of its transaction."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections, transaction

from datasets_ui.models import Actor, Membership, Role, User, Workspace
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.invitations import NotInvited, accept
from datasets_ui.services.team.members import AboveYou, change_role, remove_member
from datasets_ui.services.team.workspaces import create_workspace
from tests.abuse.test_11_escalation import invited
from tests.conftest import person

Result = TypeVar("Result")
BY = Actor("x")


@pytest.fixture
def acme(transactional_db: None) -> Workspace:
    return create_workspace(name="Acme", owner=person("alice@example.com"), by=BY)


def in_it(acme: Workspace, name: str, role: Role) -> Membership:
    return Membership.objects.create(workspace=acme, user=person(f"{name}@example.com"), role=role)


def scope_of(acme: Workspace, acting: User) -> Scope:
    return Scope(workspace=acme, by=BY, user=acting)


def while_lowering(acme: Workspace, dave: Membership, act: Callable[[], Result]) -> Future[Result]:
    """Begin an act after the owner has begun to lower Dave and before that is done."""
    begun = threading.Event()

    def run() -> Result:
        begun.set()
        try:
            return act()
        finally:
            connections.close_all()

    alice = User.objects.get(email="alice@example.com")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change_role(scope_of(acme, alice), dave, Role.VIEWER)
            future = pool.submit(run)
            begun.wait(5)
            threading.Event().wait(0.5)  # so that what reads before it waits has read
        return future


def test_an_invitation_gives_nothing_that_its_inviter_is_losing(acme: Workspace) -> None:
    dave, new = in_it(acme, "dave", Role.ADMIN), person("new@example.com")
    token = invited(acme, dave.user, Role.ADMIN)
    joined = while_lowering(acme, dave, lambda: accept(token=token, user=new, by=BY))
    with pytest.raises(NotInvited):
        joined.result()
    assert not acme.memberships.filter(user=new).exists()


def test_who_is_being_lowered_promotes_nobody(acme: Workspace) -> None:
    dave, friend = in_it(acme, "dave", Role.ADMIN), in_it(acme, "friend", Role.VIEWER)
    done = while_lowering(acme, dave, lambda: change_role(scope_of(acme, dave.user), friend, Role.ADMIN))
    with pytest.raises(AboveYou):
        done.result()
    friend.refresh_from_db()
    assert friend.role == Role.VIEWER


def test_who_is_being_lowered_removes_nobody(acme: Workspace) -> None:
    dave, bob = in_it(acme, "dave", Role.ADMIN), in_it(acme, "bob", Role.VIEWER)
    done = while_lowering(acme, dave, lambda: remove_member(scope_of(acme, dave.user), bob))
    with pytest.raises(AboveYou):
        done.result()
    assert acme.memberships.filter(pk=bob.pk).exists()
