"""Where the addresses of each noun hang."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog

from datasets_ui.views.activity import urls as activity
from datasets_ui.views.datasets import urls as datasets
from datasets_ui.views.documents import urls as documents
from datasets_ui.views.jobs import urls as jobs
from datasets_ui.views.keys import urls as keys
from datasets_ui.views.replacements import urls as replacements
from datasets_ui.views.retrieval import urls as retrieval
from datasets_ui.views.segments import urls as segments
from datasets_ui.views.team import urls as team

handler400 = "datasets_ui.views.errors.bad_request"
handler403 = "datasets_ui.views.errors.forbidden"
handler404 = "datasets_ui.views.errors.not_found"
handler500 = "datasets_ui.views.errors.server_error"

document: list[URLPattern | URLResolver] = [*segments.document, *documents.document, *replacements.document]
dataset: list[URLPattern | URLResolver] = [
    *documents.dataset,
    *datasets.dataset,
    *retrieval.dataset,
    *replacements.dataset,
    path("documents/<uuid:document_id>/", include(document)),
]
workspace: list[URLPattern | URLResolver] = [
    *datasets.workspace,
    path("datasets/<uuid:dataset_id>/", include(dataset)),
    *jobs.workspace,
    *replacements.workspace,
    *activity.workspace,
    *keys.workspace,
    *team.workspace,
]
urlpatterns = [
    path("words/", cache_control(public=True, max_age=3600)(JavaScriptCatalog.as_view()), name="words"),
    *team.everybody,
    path("accounts/", include(team.account)),  # before allauth's: what we do otherwise, and what we do not offer
    path("accounts/", include("allauth.urls")),
    path("w/<slug:slug>/", include(workspace)),
]
