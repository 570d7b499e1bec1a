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
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Job, JobItem, Proposal, Revision, Role, Sentence, Snapshot, Workspace
from datasets_ui.services.history import facts
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.invitations import invite
from tests.support.stage import UNKNOWN, Answer, document, segments

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
    job_id: UUID
    dry_run_id: UUID
    revision_id: int
    snapshot_id: int
    child_chunk_id: UUID
    slug: str = "acme"
    action: str = "enable"
    kind: str = "csv"
    rest: str = "anything/"
    key: str = "x"
    uidb36: str = "1"
    provider_id: str = "sso"
    pk: int = 1

    def path(self, route: str) -> str:
        return "/" + IN_PATH.sub(lambda name: str(getattr(self, name[1], UNKNOWN)), route)


def things_of(workspace: Workspace, dify: DifyClient, dataset: Dataset) -> Things:
    """Objects of a workspace: its key, a member who is no owner, an invitation, and a document with segments in the API."""
    owner = workspace.memberships.get(role=Role.OWNER).user
    scope = Scope(workspace=workspace, by=Actor("fixture"), user=owner)
    invitation, _ = invite(scope, Role.VIEWER, acting=Role.OWNER)
    made = document(dify, dataset.id, text="Paid leave.###Sick leave.")
    first = segments(dify, dataset.id, made.id)[0]
    return Things(
        key_id=workspace.api_keys.get().id,
        member_id=workspace.memberships.exclude(role=Role.OWNER).earliest("id").pk,
        invitation_id=invitation.id,
        dataset_id=dataset.id,
        document_id=made.id,
        segment_id=first.id,
        job_id=job_of(workspace).id,
        dry_run_id=dry_run_of(workspace, dataset.id, first).id,
        revision_id=revision_of(workspace, dataset.id, made.id, first.id).pk,
        snapshot_id=snapshot_of(workspace, dataset.id, made.id).pk,
        child_chunk_id=dify.child_chunks.create(dataset.id, made.id, first.id, content="Paid.").id,
    )


def revision_of(workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> Revision:
    """An edit that can be taken back."""
    was: dict[str, Any] = {"content": "Paid leave, once.", "answer": None, "keywords": [], "enabled": True}
    return Revision.objects.create(
        workspace=workspace,
        dataset_id=dataset_id,
        document_id=document_id,
        segment_id=segment_id,
        position=1,
        kind="update",
        before=was,
        after=was,
        by="x@example.com",
    )


def snapshot_of(workspace: Workspace, dataset_id: UUID, document_id: UUID) -> Snapshot:
    """What a document had before it was replaced."""
    was: dict[str, Any] = {"content": "Paid leave, long ago.", "answer": None, "keywords": [], "enabled": True}
    return Snapshot.objects.create(
        workspace=workspace,
        dataset_id=dataset_id,
        document_id=document_id,
        name="leave.txt",
        segments=[was],
        by="x@example.com",
    )


def job_of(workspace: Workspace) -> Job:
    """One that has ended, with an item that failed."""
    owner = workspace.memberships.get(role=Role.OWNER).user
    job = Job.objects.create(
        workspace=workspace,
        kind="set_segments_enabled",
        title=Sentence.of("as_written", text="Disable segments"),
        made_by=owner.email,
        user=owner,
        state="done",
    )
    JobItem.objects.create(job=job, position=0, target="#1", state="failed")
    return job


def dry_run_of(workspace: Workspace, dataset_id: UUID, segment: Segment) -> Job:
    """A find and replace that has found something."""
    owner = workspace.memberships.get(role=Role.OWNER).user
    parameters = {
        "search": {"find": "Paid", "replace": "Unpaid"},
        "place": "leave.txt",
        "document_id": str(segment.document_id),
    }
    job = Job.objects.create(
        workspace=workspace,
        kind="find",
        title=Sentence.of("find", find="Paid", place="leave.txt"),
        made_by=owner.email,
        user=owner,
        state="done",
        dataset_id=dataset_id,
        parameters=parameters,
    )
    Proposal.objects.create(
        job=job, document="leave.txt", document_id=segment.document_id, segment_id=segment.id, position=1, before=facts(segment)
    )
    return job


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
