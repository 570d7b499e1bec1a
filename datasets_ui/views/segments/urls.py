"""Addresses of segments and of what belongs to them, below a document."""

from django.urls import URLPattern, URLResolver, include, path

from datasets_ui.views.segments import batches, child_chunks, editing, history, listing, parts, tables

children: list[URLPattern] = [
    path("", child_chunks.child_chunks, name="child-chunks"),
    path("add/", child_chunks.add_child_chunk, name="child-chunk-add"),
    path("cut-anew/", child_chunks.regenerate_child_chunks_view, name="child-chunks-regenerate"),
    path("<uuid:child_chunk_id>/", child_chunks.child_chunk, name="child-chunk"),
    path("<uuid:child_chunk_id>/edit/", child_chunks.edit_child_chunk, name="child-chunk-edit"),
    path("<uuid:child_chunk_id>/delete/", child_chunks.delete_child_chunk_view, name="child-chunk-delete"),
]
one_segment: list[URLPattern | URLResolver] = [
    path("", editing.segment, name="segment"),
    path("edit/", editing.edit_segment, name="segment-edit"),
    path("enabled/", editing.enable_segment, name="segment-enable"),
    path("delete/", editing.delete_segment_view, name="segment-delete"),
    path("split/", parts.split_segment_view, name="segment-split"),
    path("preview/", editing.preview_segment, name="segment-preview"),
    path("history/", history.segment_history, name="segment-history"),
    path("child-chunks/", include(children)),
]
document: list[URLPattern | URLResolver] = [
    path("", listing.segments, name="segments"),
    path("history/", history.document_history, name="document-history"),
    path("history/<int:revision_id>/restore/", history.restore_revision, name="revision-restore"),
    path("snapshots/<int:snapshot_id>/restore/", history.restore_snapshot_view, name="snapshot-restore"),
    path("segments/overview/", listing.segments_overview, name="segments-overview"),
    path("segments/batch/<slug:action>/", batches.segments_batch, name="segments-batch"),
    path("segments/jobs/<uuid:job_id>/", batches.segments_job, name="segments-job"),
    path("segments/add/", editing.add_segment, name="segment-add"),
    path("segments/merge/", parts.merge_segments_view, name="segments-merge"),
    path("segments/import/", tables.import_segments_view, name="segment-import"),
    path("segments/export/<slug:kind>/", tables.export_segments, name="segment-export"),
    path("segments/<uuid:segment_id>/", include(one_segment)),
]
