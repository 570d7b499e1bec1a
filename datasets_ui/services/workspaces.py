"""Making workspaces, and the first run."""

import uuid

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from pydantic import SecretStr

from datasets_ui.models import Actor, Installation, Membership, Role, Target, User, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.connections import new_data_key, store_tried_key, try_out


class AlreadySetUp(Exception):
    """Somebody else finished the first run before."""


def create_workspace(*, name: str, owner: User, by: Actor) -> Workspace:
    workspace_id = uuid.uuid4()
    slug = free_slug(name)
    workspace = Workspace.objects.create(id=workspace_id, name=name, slug=slug, data_key=new_data_key(workspace_id))
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    record(by=by, workspace=workspace, act="workspace.create", target=Target(workspace.id, name))
    return workspace


def free_slug(name: str) -> str:
    slug = slugify(name)[:50] or "workspace"
    return f"{slug}-{uuid.uuid4().hex[:6]}" if Workspace.objects.filter(slug=slug).exists() else slug


def is_set_up() -> bool:
    return Installation.objects.exists()


def set_up(
    *, email: str, password: str | None, workspace_name: str, base_url: str, key: SecretStr, address: str = ""
) -> tuple[User, Workspace]:
    """The first run: owner, workspace and API key, all or nothing. Raises DifyError, and AlreadySetUp for all but the first."""
    try_out(base_url, key)  # before the transaction: a slow API must not hold the database
    try:
        with transaction.atomic():
            Installation.objects.create()
            owner = User.objects.create_user(email, password)
            by = Actor(owner.email, address)
            record(by=by, workspace=None, act="installation.set_up", target=Target(str(owner.pk), owner.email))
            workspace = create_workspace(name=workspace_name, owner=owner, by=by)
            store_tried_key(workspace=workspace, base_url=base_url, key=key, by=by)
    except IntegrityError as error:
        raise AlreadySetUp from error
    return owner, workspace
