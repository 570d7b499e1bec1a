"""Invitations: how people get into a workspace."""

import hashlib
import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from datasets_ui.models.workspaces import Role, Workspace


class Invitation(models.Model):
    """A link that lets one person in, once; only a hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices)
    # where it is given, nobody with another address can use the link
    email = models.EmailField(blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    # gone or lowered, the invitation gives no more than its inviter still has
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.email or gettext("anybody with the link")

    @staticmethod
    def hash_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
