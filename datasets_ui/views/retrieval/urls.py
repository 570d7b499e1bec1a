"""Addresses of retrieval, below a dataset."""

from django.urls import URLPattern, path

from datasets_ui.views.retrieval import testing

dataset: list[URLPattern] = [
    path("retrieval/", testing.retrieval, name="retrieval"),
]
