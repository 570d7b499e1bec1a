"""Addresses of documents, below a dataset."""

from django.urls import URLPattern, path

from datasets_ui.views.documents import listing, originals, uploading

dataset: list[URLPattern] = [
    path("", listing.documents, name="documents"),
    path("uploads/", uploading.upload, name="upload"),
    path("uploads/check/", uploading.check_upload, name="upload-check"),
    path("documents/add-text/", uploading.add_text, name="add-text"),
    path("documents/progress/", listing.documents_progress, name="documents-progress"),
    path("documents/status/<slug:action>/", listing.documents_status, name="documents-status"),
    path("documents/delete/", listing.documents_delete, name="documents-delete"),
]
document: list[URLPattern] = [
    path("original/", originals.original, name="original"),
    path("original/file/", originals.original_file, name="original-file"),
    path("original/preview/", originals.original_preview, name="original-preview"),
]
