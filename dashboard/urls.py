"""Every address of the dashboard."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from datasets_ui.views import datasets, documents, retrieval, segments, setup, uploads, workspaces

handler400 = "datasets_ui.views.errors.bad_request"
handler403 = "datasets_ui.views.errors.forbidden"
handler404 = "datasets_ui.views.errors.not_found"
handler500 = "datasets_ui.views.errors.server_error"

one_segment: list[URLPattern] = [
    path("", segments.segment, name="segment"),
    path("edit/", segments.edit_segment, name="segment-edit"),
    path("enabled/", segments.enable_segment, name="segment-enable"),
    path("delete/", segments.delete_segment_view, name="segment-delete"),
]
one_document: list[URLPattern | URLResolver] = [
    path("", segments.segments, name="segments"),
    path("segments/add/", segments.add_segment, name="segment-add"),
    path("segments/<uuid:segment_id>/", include(one_segment)),
]
one_dataset: list[URLPattern | URLResolver] = [
    path("", documents.documents, name="documents"),
    path("settings/", datasets.dataset_settings, name="dataset-settings"),
    path("delete/", datasets.delete_dataset_view, name="dataset-delete"),
    path("retrieval/", retrieval.retrieval, name="retrieval"),
    path("uploads/", uploads.upload, name="upload"),
    path("uploads/check/", uploads.check_upload, name="upload-check"),
    path("documents/add-text/", uploads.add_text, name="add-text"),
    path("documents/progress/", documents.documents_progress, name="documents-progress"),
    path("documents/status/<slug:action>/", documents.documents_status, name="documents-status"),
    path("documents/delete/", documents.documents_delete, name="documents-delete"),
    path("documents/<uuid:document_id>/", include(one_document)),
]
workspace: list[URLPattern | URLResolver] = [
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/new/", datasets.new_dataset, name="new-dataset"),
    path("datasets/<uuid:dataset_id>/", include(one_dataset)),
    path("settings/", workspaces.workspace_settings, name="workspace-settings"),
]
urlpatterns = [
    path("", setup.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    path("sign-in/", setup.sign_in_link, name="sign-in-link"),
    *([] if settings.MAIL_IS_SET_UP else [path("accounts/password/reset/", setup.password_reset_without_mail)]),
    path("accounts/", include("allauth.account.urls")),
    path("w/<slug:slug>/", include(workspace)),
]
