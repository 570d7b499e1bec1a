"""The app."""

from django.apps import AppConfig


class DatasetsUiConfig(AppConfig):
    name = "datasets_ui"
    verbose_name = "Dataset Dashboard"
