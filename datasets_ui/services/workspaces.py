"""Making, changing and deleting workspaces, and the first run."""

import uuid

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from pydantic import SecretStr

from datasets_ui.models import Act, Actor, Installation, Membership, Role, Target, User, Workspace
from datasets_ui.services.addresses import confirm
from datasets_ui.services.api_keys import Details, add_key, delete_key, examine
from datasets_ui.services.audit import record
from datasets_ui.services.connections import new_client, new_data_key

RESERVED_SLUGS = frozenset({"new"})


class AlreadySetUp(Exception):
    """Somebody else finished the first run before."""


def target_of(workspace: Workspace) -> Target:
    return Target(workspace.id, workspace.name)


def create_workspace(*, name: str, owner: User, by: Actor) -> Workspace:
    """Its address is made of its name; where that one is taken, maybe by somebody at the same moment, with six letters more."""
    slug = slugify(name)[:50] or "workspace"
    try:
        return create_at(slug=slug if slug not in RESERVED_SLUGS else longer(slug), name=name, owner=owner, by=by)
    except IntegrityError:
        return create_at(slug=longer(slug), name=name, owner=owner, by=by)


def longer(slug: str) -> str:
    return f"{slug}-{uuid.uuid4().hex[:6]}"


def create_at(*, slug: str, name: str, owner: User, by: Actor) -> Workspace:
    """Raises IntegrityError where the address is taken."""
    workspace_id = uuid.uuid4()
    with transaction.atomic():
        workspace = Workspace.objects.create(id=workspace_id, name=name, slug=slug, data_key=new_data_key(workspace_id))
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        record(by=by, workspace=workspace, act=Act.WORKSPACE_CREATE, target=target_of(workspace))
    return workspace


def update_workspace(*, workspace: Workspace, name: str, require_second_factor: bool, by: Actor) -> None:
    """Its address stays, so that links to it go on working."""
    with transaction.atomic():
        before = described(workspace)
        workspace.name, workspace.require_second_factor = name, require_second_factor
        workspace.save(update_fields=["name", "require_second_factor"])
        record(
            by=by, workspace=workspace, act=Act.WORKSPACE_UPDATE, target=target_of(workspace), before=before,
            after=described(workspace),
        )  # fmt: skip


def described(workspace: Workspace) -> str:
    needed = "required of admins" if workspace.require_second_factor else "not required"
    return f"name: {workspace.name}; second factor: {needed}"


def delete_workspace(*, workspace: Workspace, by: Actor) -> None:
    """Destroy its keys, then the workspace. What is in Dify stays there; what was recorded stays too. Raises Workspace.DoesNotExist
    where somebody else was faster."""
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=workspace.pk)
        for key in workspace.api_keys.select_related("workspace"):
            delete_key(key=key, by=by)
        Workspace.objects.filter(pk=workspace.pk).update(data_key=b"")
        record(by=by, workspace=workspace, act=Act.WORKSPACE_DELETE, target=target_of(workspace))
        workspace.delete()


def is_set_up() -> bool:
    return Installation.objects.exists()


def set_up(
    *, email: str, password: str | None, workspace_name: str, base_url: str, key: SecretStr, address: str = ""
) -> tuple[User, Workspace]:
    """The first run: owner, workspace and API key, all or nothing. Raises DifyError, and AlreadySetUp for all but the first."""
    found = examine(new_client(base_url, key))  # before the transaction: a slow API must not hold the database
    try:
        with transaction.atomic():
            Installation.objects.create()
            owner = User.objects.create_user(email, password)
            confirm(owner)  # whoever sets the dashboard up is the operator
            by = Actor(owner.email, address)
            record(by=by, workspace=None, act=Act.INSTALLATION_SET_UP, target=Target(str(owner.pk), owner.email))
            workspace = create_workspace(name=workspace_name, owner=owner, by=by)
            add_key(workspace=workspace, details=Details("Default"), base_url=base_url, secret=key, found=found, by=by)
    except IntegrityError as error:
        raise AlreadySetUp from error
    return owner, workspace
