"""What the walls are tried with: six kinds of people, and every address of the URL conf with objects that exist."""

import copy
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Actor, Role, Workspace
from datasets_ui.services.invitations import invite
from tests.stage import Answer, document, segments

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KINDS = ("anonymous", "stranger", "viewer", "editor", "admin", "owner")
IN_REGEX = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^)]*\))*\)")
IN_PATH = re.compile(r"<(?:\w+:)?(\w+)>")


def routes() -> Iterator[str]:
    """Every address of the URL conf, such as `w/<slug>/keys/<key_id>/`; a shadowed one once."""
    yield from dict(walk(get_resolver().url_patterns))


def walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, Any]]:
    """Each address with its view."""
    for pattern in patterns:
        written = IN_REGEX.sub(r"<\1>", str(pattern.pattern)).replace("^", "").removesuffix("$")
        route = before + IN_PATH.sub(r"<\1>", written)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


@dataclass
class Things:
    """What stands in an address: objects of Acme, or of somebody else."""

    key_id: UUID
    member_id: int
    invitation_id: UUID
    dataset_id: UUID
    document_id: UUID
    segment_id: UUID
    slug: str = "acme"
    action: str = "enable"
    rest: str = "anything/"
    key: str = "x"
    uidb36: str = "1"
    provider_id: str = "sso"
    pk: int = 1
    revision_id: int = 1

    def path(self, route: str) -> str:
        return "/" + IN_PATH.sub(lambda name: str(getattr(self, name[1])), route)


def things_of(workspace: Workspace, dify: DifyClient, dataset: Dataset) -> Things:
    """Objects of a workspace: its key, a member who is no owner, an invitation, and a document with segments in the API."""
    owner = workspace.memberships.get(role=Role.OWNER).user
    invitation, _ = invite(
        workspace=workspace, role=Role.VIEWER, email="", inviter=owner, acting=Role.OWNER, by=Actor("fixture")
    )
    made = document(dify, dataset.id, text="Paid leave.###Sick leave.")
    return Things(
        key_id=workspace.api_keys.get().id, member_id=workspace.memberships.exclude(role=Role.OWNER).earliest("id").pk,
        invitation_id=invitation.id, dataset_id=dataset.id, document_id=made.id,
        segment_id=segments(dify, dataset.id, made.id)[0].id,
    )  # fmt: skip


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Whatever a request does here and to its cookies is taken back; what it does in the API is not."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies


def answers(
    people: dict[str, Client], things: Things, kinds: Iterable[str] = ("anonymous", "owner"), **more: Any
) -> Iterator[tuple[str, Answer]]:
    """What opening each address gives to a guest and to an owner."""
    for kind in kinds:
        for route in routes():
            with undone(people[kind]):
                yield f"{kind} {route}", people[kind].get(things.path(route), **more)
