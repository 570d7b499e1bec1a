"""The app."""

from importlib import import_module

from django.apps import AppConfig

# they need the models, so they cannot be imported at the top
LOADED = [
    "datasets_ui.services.team.accounts",  # connects its receivers
    "datasets_ui.tasks",  # the same
    "datasets_ui.services.documents.jobs",  # these register their kinds of jobs
    "datasets_ui.services.replacements.jobs",
    "datasets_ui.services.segments.import_jobs",
    "datasets_ui.services.segments.jobs",
]


class DatasetsUiConfig(AppConfig):
    name = "datasets_ui"
    verbose_name = "Dataset Dashboard"

    def ready(self) -> None:
        for module in LOADED:
            import_module(module)
