"""Making, changing and deleting workspaces, and the first run."""

import uuid
from dataclasses import dataclass, field, replace

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic import SecretStr

from datasets_ui.models import Act, Actor, Installation, Membership, Role, Sentence, Target, User, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.keys.api_keys import Details, NewKey, add_key, delete_key, find_api
from datasets_ui.services.keys.connections import new_data_key
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.addresses import confirm

RESERVED_SLUGS = frozenset({"new"})


class AlreadySetUp(Exception):
    """Somebody else finished the first run before."""


@dataclass(frozen=True)
class FirstRun:
    """What the first run is told: the owner, whose password may be None for an account that is signed in to by links, the
    workspace, and its API."""

    email: str
    password: str | None = field(repr=False)
    workspace_name: str
    base_url: str
    key: SecretStr


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
        Scope(workspace=workspace, by=by, user=owner).record(Act.WORKSPACE_CREATE, target_of(workspace))
    return workspace


def update_workspace(scope: Scope, *, name: str, require_second_factor: bool) -> None:
    """Its address stays, so that links to it go on working."""
    workspace = scope.workspace
    with transaction.atomic():
        before = described(workspace)
        workspace.name, workspace.require_second_factor = name, require_second_factor
        workspace.save(update_fields=["name", "require_second_factor"])
        scope.record(Act.WORKSPACE_UPDATE, target_of(workspace), before=before, after=described(workspace))


def described(workspace: Workspace) -> Sentence:
    """For the record."""
    factor = Sentence.of("factor_required" if workspace.require_second_factor else "factor_not_required")
    return Sentence.joined("facts", [Sentence.of("named", text=workspace.name), factor])


def delete_workspace(scope: Scope) -> None:
    """Destroy its keys, then the workspace. What is in Dify stays there; what was recorded stays too. Raises Workspace.DoesNotExist
    where somebody else was faster."""
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=scope.workspace.pk)
        scope = replace(scope, workspace=workspace)  # as it is called now; and whoever called us still has what was deleted
        for key in workspace.api_keys.all():
            delete_key(scope, key)
        Workspace.objects.filter(pk=workspace.pk).update(data_key=b"")
        scope.record(Act.WORKSPACE_DELETE, target_of(workspace))
        workspace.delete()


def is_set_up() -> bool:
    return Installation.objects.exists()


def set_up(first: FirstRun, *, address: str = "") -> tuple[User, Workspace]:
    """The first run: owner, workspace and API key, all or nothing. Raises DifyError, and AlreadySetUp for all but the first."""
    tried = find_api(first.base_url, first.key)  # before the transaction: a slow API must not hold the database
    try:
        with transaction.atomic():
            Installation.objects.create()
            owner = User.objects.create_user(first.email, first.password)
            confirm(owner)  # whoever sets the dashboard up is the operator
            by = Actor(owner.email, address)
            record(by=by, workspace=None, act=Act.INSTALLATION_SET_UP, target=Target(str(owner.pk), owner.email))
            workspace = create_workspace(name=first.workspace_name, owner=owner, by=by)
            new = NewKey(Details(_("Default")), tried)
            add_key(Scope(workspace=workspace, by=by, user=owner), new)
    except IntegrityError as error:
        raise AlreadySetUp from error
    return owner, workspace
