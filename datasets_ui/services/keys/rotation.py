"""Changing the keys that everything secret is encrypted with. Each row is one transaction: whatever interrupts it, every row can be
read with the old list or the new one, and a second run goes on where the first stopped."""

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from datasets_ui.models import Act, Actor, ApiKey, Sentence, Target, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.keys.connections import (
    KeysLocked,
    encrypt_anew,
    factor_is_current,
    is_locked,
    seal_factor,
    unseal_factor,
    wrap_anew,
)
from datasets_ui.services.scope import Scope

# what allauth keeps sealed in the data of a second factor
SEALED = ("secret", "seed")


def rotate_workspace(scope: Scope, *, data_key_too: bool) -> bool:
    """Wrap a workspace's data key with the first key of the operator's list, or make another data key and encrypt the API keys
    with it. Whether anything was to do. Raises KeysLocked, and then nothing was changed."""
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=scope.workspace.pk)
        if data_key_too:
            keys = list(ApiKey.objects.select_for_update().filter(workspace=workspace))
            encrypt_anew(workspace, keys)
            ApiKey.objects.bulk_update(keys, ["ciphertext"])
        elif not wrap_anew(workspace):
            return False
        workspace.save(update_fields=["data_key"])
        after = Sentence.of("new_data_key" if data_key_too else "first_key")
        scope.record(Act.KEYS_ROTATE, Target(workspace.id, workspace.name), after=after)
    return True


def rotate_factor(*, factor_id: int, by: Actor) -> bool:
    """The same for somebody's second factor."""
    with transaction.atomic():
        factor = Authenticator.objects.select_for_update(of=("self",)).select_related("user").get(pk=factor_id)
        old = {name: factor.data[name] for name in SEALED if name in factor.data and not factor_is_current(factor.data[name])}
        if not old:
            return False
        factor.data |= {name: seal_factor(unseal_factor(sealed)) for name, sealed in old.items()}
        factor.save(update_fields=["data"])
        record(by=by, workspace=None, act=Act.KEYS_ROTATE, target=Target(str(factor.user_id), factor.user.email))
    return True


def unreadable() -> Iterator[str]:
    """What cannot be decrypted with the operator's keys, in words."""
    for key in ApiKey.objects.exclude(ciphertext=b"").select_related("workspace").order_by("workspace__slug", "name"):
        if is_locked(key):
            words = _("the API key “%(key)s” of the workspace “%(workspace)s” (%(slug)s)")
            yield words % {"key": key.name, "workspace": key.workspace.name, "slug": key.workspace.slug}
    for factor in Authenticator.objects.select_related("user").order_by("user__email", "pk"):
        try:
            for name in SEALED:
                if name in factor.data:
                    unseal_factor(factor.data[name])
        except KeysLocked:
            yield _("the second factor (%(kind)s) of %(person)s") % {"kind": factor.type, "person": factor.user}
