"""Addresses of the activity, below a workspace."""

from django.urls import URLPattern, path

from datasets_ui.views.activity import events

workspace: list[URLPattern] = [
    path("activity/", events.activity, name="activity"),
    path("activity/csv/", events.activity_csv, name="activity-csv"),
]
