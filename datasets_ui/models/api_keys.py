"""API keys of a workspace, encrypted; `services/keys/connections.py` is the only place that decrypts one."""

import uuid
from datetime import date, timedelta

from django.db import models
from django.utils import timezone

from datasets_ui.models.sentences import SentenceField
from datasets_ui.models.workspaces import Workspace

REMIND_DAYS = 14


class ApiKey(models.Model):
    """A base URL and the key for it. The ciphertext is empty when the address was changed and no key given yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60)
    note = models.CharField(max_length=500, blank=True)
    base_url = models.CharField(max_length=300)
    ciphertext = models.BinaryField(default=bytes)
    # what may be shown of the key
    prefix = models.CharField(max_length=12, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    # serves every dataset that no other key serves
    is_default = models.BooleanField(default=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(default=timezone.now)
    # what the API said when the key was last tried; no number where it may not list
    server_version = models.CharField(max_length=30, blank=True)
    datasets_found = models.PositiveIntegerField(null=True, blank=True)
    # how it fares
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_by = models.CharField(max_length=254, blank=True)
    last_error = SentenceField()
    last_error_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_key_of_a_name"),
            models.UniqueConstraint(fields=["workspace"], condition=models.Q(is_default=True), name="one_default_key"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last_four}"

    @property
    def days_left(self) -> int | None:
        """Until the expiry date, negative after it; None where none is known."""
        return (self.expires_on - timezone.localdate()).days if self.expires_on else None

    @property
    def failing(self) -> bool:
        """Whether the latest call failed for a reason of the connection."""
        return self.last_error_at is not None and self.last_error_at == self.last_used_at

    @property
    def expires_soon(self) -> bool:
        return self.days_left is not None and self.days_left <= REMIND_DAYS


def reminded_from() -> date:
    """Keys that expire on this day or before are spoken of."""
    return timezone.localdate() + timedelta(days=REMIND_DAYS)


class ServedDataset(models.Model):
    """A dataset that another key than the default one serves: chosen, or the only ones that the key may see."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="served_datasets")
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="served")
    dataset_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "dataset_id"], name="one_key_of_a_dataset")]

    def __str__(self) -> str:
        return str(self.dataset_id)


class KeyUse(models.Model):
    """The calls made with a key within a quarter of an hour."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="uses")
    at = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "at"], name="one_row_of_a_quarter")]

    def __str__(self) -> str:
        return f"{self.calls} calls from {self.at}"
