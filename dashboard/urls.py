"""Every address of the dashboard."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from datasets_ui.views import (
    accounts,
    activity,
    api_keys,
    child_chunks,
    datasets,
    documents,
    invitations,
    jobs,
    members,
    originals,
    replacements,
    retrieval,
    revisions,
    segment_batch,
    segment_list,
    segment_parts,
    segment_tables,
    segments,
    setup,
    uploads,
    workspaces,
)  # fmt: skip

handler400 = "datasets_ui.views.errors.bad_request"
handler403 = "datasets_ui.views.errors.forbidden"
handler404 = "datasets_ui.views.errors.not_found"
handler500 = "datasets_ui.views.errors.server_error"

children: list[URLPattern] = [
    path("", child_chunks.child_chunks, name="child-chunks"),
    path("add/", child_chunks.add_child_chunk, name="child-chunk-add"),
    path("cut-anew/", child_chunks.regenerate_child_chunks_view, name="child-chunks-regenerate"),
    path("<uuid:child_chunk_id>/", child_chunks.child_chunk, name="child-chunk"),
    path("<uuid:child_chunk_id>/edit/", child_chunks.edit_child_chunk, name="child-chunk-edit"),
    path("<uuid:child_chunk_id>/delete/", child_chunks.delete_child_chunk_view, name="child-chunk-delete"),
]
one_segment: list[URLPattern | URLResolver] = [
    path("", segments.segment, name="segment"),
    path("edit/", segments.edit_segment, name="segment-edit"),
    path("enabled/", segments.enable_segment, name="segment-enable"),
    path("delete/", segments.delete_segment_view, name="segment-delete"),
    path("split/", segment_parts.split_segment_view, name="segment-split"),
    path("preview/", segments.preview_segment, name="segment-preview"),
    path("history/", revisions.segment_history, name="segment-history"),
    path("child-chunks/", include(children)),
]
one_document: list[URLPattern | URLResolver] = [
    path("", segment_list.segments, name="segments"),
    path("original/", originals.original, name="original"),
    path("original/file/", originals.original_file, name="original-file"),
    path("original/preview/", originals.original_preview, name="original-preview"),
    path("history/", revisions.document_history, name="document-history"),
    path("history/<int:revision_id>/restore/", revisions.restore_revision, name="revision-restore"),
    path("snapshots/<int:snapshot_id>/restore/", revisions.restore_snapshot_view, name="snapshot-restore"),
    path("segments/overview/", segment_list.segments_overview, name="segments-overview"),
    path("segments/batch/<slug:action>/", segment_batch.segments_batch, name="segments-batch"),
    path("segments/jobs/<uuid:job_id>/", segment_batch.segments_job, name="segments-job"),
    path("replace/", replacements.document_replace, name="document-replace"),
    path("segments/add/", segments.add_segment, name="segment-add"),
    path("segments/merge/", segment_parts.merge_segments_view, name="segments-merge"),
    path("segments/import/", segment_tables.import_segments_view, name="segment-import"),
    path("segments/export/<slug:kind>/", segment_tables.export_segments, name="segment-export"),
    path("segments/<uuid:segment_id>/", include(one_segment)),
]
one_dataset: list[URLPattern | URLResolver] = [
    path("", documents.documents, name="documents"),
    path("settings/", datasets.dataset_settings, name="dataset-settings"),
    path("delete/", datasets.delete_dataset_view, name="dataset-delete"),
    path("retrieval/", retrieval.retrieval, name="retrieval"),
    path("replace/", replacements.dataset_replace, name="dataset-replace"),
    path("uploads/", uploads.upload, name="upload"),
    path("uploads/check/", uploads.check_upload, name="upload-check"),
    path("documents/add-text/", uploads.add_text, name="add-text"),
    path("documents/progress/", documents.documents_progress, name="documents-progress"),
    path("documents/status/<slug:action>/", documents.documents_status, name="documents-status"),
    path("documents/delete/", documents.documents_delete, name="documents-delete"),
    path("documents/<uuid:document_id>/", include(one_document)),
]
keys: list[URLPattern | URLResolver] = [
    path("", api_keys.api_keys, name="api-keys"),
    path("new/", api_keys.new_api_key, name="new-api-key"),
    path("<uuid:key_id>/", api_keys.api_key, name="api-key"),
    path("<uuid:key_id>/replace/", api_keys.replace_api_key, name="api-key-replace"),
    path("<uuid:key_id>/try/", api_keys.try_api_key, name="api-key-try"),
    path("<uuid:key_id>/default/", api_keys.default_api_key, name="api-key-default"),
    path("<uuid:key_id>/enabled/", api_keys.enable_api_key, name="api-key-enable"),
    path("<uuid:key_id>/delete/", api_keys.delete_api_key, name="api-key-delete"),
]
background: list[URLPattern | URLResolver] = [
    path("", jobs.jobs, name="jobs"),
    path("<uuid:job_id>/", jobs.job, name="job"),
    path("<uuid:job_id>/stop/", jobs.stop, name="job-stop"),
    path("<uuid:job_id>/resume/", jobs.resume, name="job-resume"),
    path("<uuid:job_id>/retry/", jobs.retry, name="job-retry"),
    path("<uuid:job_id>/roll-back/", jobs.roll_back_view, name="job-roll-back"),
]
team: list[URLPattern | URLResolver] = [
    path("", members.members, name="members"),
    path("invitations/", members.create_invitation, name="invitations"),
    path("invitations/<uuid:invitation_id>/revoke/", members.revoke_invitation, name="invitation-revoke"),
    path("leave/", members.leave_workspace, name="leave"),
    path("<int:member_id>/role/", members.change_member_role, name="member-role"),
    path("<int:member_id>/remove/", members.remove_member_view, name="member-remove"),
]
workspace: list[URLPattern | URLResolver] = [
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/new/", datasets.new_dataset, name="new-dataset"),
    path("datasets/<uuid:dataset_id>/", include(one_dataset)),
    path("jobs/", include(background)),
    path("replace/<uuid:dry_run_id>/", replacements.replacement, name="replacement"),
    path("replace/<uuid:dry_run_id>/tick/", replacements.tick_view, name="replacement-tick"),
    path("activity/", activity.activity, name="activity"),
    path("activity/csv/", activity.activity_csv, name="activity-csv"),
    path("settings/", workspaces.workspace_settings, name="workspace-settings"),
    path("settings/delete/", workspaces.delete_workspace_view, name="workspace-delete"),
    path("keys/", include(keys)),
    path("members/", include(team)),
]
# before allauth's: what we do otherwise, and what we do not offer
account: list[URLPattern | URLResolver] = [
    path("", accounts.overview, name="account"),
    path("sessions/", accounts.sign_ins, name="usersessions_list"),
    path("sessions/<int:pk>/end/", accounts.end_sign_in, name="sign-in-end"),
    path("sessions/end-others/", accounts.end_other_sign_ins, name="sign-ins-end"),
    path("reauthenticate/", accounts.reauthenticate, name="account_reauthenticate"),
    path("password/set/", accounts.set_password, name="account_set_password"),
    *([] if settings.MAIL_IS_SET_UP else [path("password/reset/", setup.password_reset_without_mail)]),
    path("2fa/recovery-codes/", accounts.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/download/", accounts.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("oidc/<slug:provider_id>/login/", accounts.single_sign_on, name="openid_connect_login"),
    path("3rdparty/", accounts.connections, name="socialaccount_connections"),
    path("3rdparty/signup/", accounts.not_offered),
    path("social/<path:rest>", accounts.not_offered),
    path("email/", accounts.not_offered),
    path("confirm-email/", accounts.not_offered),
    path("confirm-email/<path:rest>", accounts.not_offered),
    path("login/code/confirm/", accounts.not_offered),
]
urlpatterns = [
    path("", setup.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    path("sign-in/", setup.sign_in_link, name="sign-in-link"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("workspaces/new/", workspaces.new_workspace, name="new-workspace"),
    path("accounts/", include(account)),
    path("accounts/", include("allauth.urls")),
    path("w/<slug:slug>/", include(workspace)),
]
