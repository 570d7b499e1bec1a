"""Addresses of find and replace: over a dataset, over a document, and what was found."""

from django.urls import URLPattern, path

from datasets_ui.views.replacements import dry_runs

workspace: list[URLPattern] = [
    path("replace/<uuid:dry_run_id>/", dry_runs.replacement, name="replacement"),
    path("replace/<uuid:dry_run_id>/tick/", dry_runs.tick_view, name="replacement-tick"),
]
dataset: list[URLPattern] = [
    path("replace/", dry_runs.dataset_replace, name="dataset-replace"),
]
document: list[URLPattern] = [
    path("replace/", dry_runs.document_replace, name="document-replace"),
]
