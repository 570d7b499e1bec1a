"""Moments by the database's clock: those of the machines may differ."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now


def ahead(seconds: float) -> "ExpressionWrapper[CombinedExpression]":
    """A moment that is to come."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())
