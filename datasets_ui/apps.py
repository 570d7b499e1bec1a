"""The app."""

from importlib import import_module

from django.apps import AppConfig


class DatasetsUiConfig(AppConfig):
    name = "datasets_ui"
    verbose_name = "Dataset Dashboard"

    def ready(self) -> None:
        import_module("datasets_ui.services.accounts")  # connects its receivers; needs the models, so not at the top
        import_module("datasets_ui.tasks")  # the same
