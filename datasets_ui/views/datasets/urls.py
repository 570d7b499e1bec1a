"""Addresses of datasets, below a workspace."""

from django.urls import URLPattern, path

from datasets_ui.views.datasets import datasets

workspace: list[URLPattern] = [
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/new/", datasets.new_dataset, name="new-dataset"),
]
dataset: list[URLPattern] = [
    path("settings/", datasets.dataset_settings, name="dataset-settings"),
    path("delete/", datasets.delete_dataset_view, name="dataset-delete"),
]
