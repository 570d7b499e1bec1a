"""Locks on what is being changed in Dify: rows, because they outlast no transaction and no connection is held for them."""

from django.db import models


class Lock(models.Model):
    """Somebody is changing what `name` stands for; by the database's clock at the longest `until`, when whoever holds the token
    has died."""

    name = models.CharField(max_length=120, primary_key=True)
    token = models.CharField(max_length=32)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
