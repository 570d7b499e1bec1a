"""API keys of a workspace, encrypted; `services/connections.py` is the only place that decrypts one."""

import uuid

from django.db import models

from datasets_ui.models.workspaces import Workspace


class ApiKey(models.Model):
    """A base URL and the key for it. The ciphertext is empty when the address was changed and no key given yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    base_url = models.CharField(max_length=300)
    ciphertext = models.BinaryField(default=bytes)
    # what may be shown of the key
    prefix = models.CharField(max_length=12, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last_four}"
