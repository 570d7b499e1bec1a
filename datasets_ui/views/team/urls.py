"""Addresses of accounts, workspaces and their members."""

from django.conf import settings
from django.urls import URLPattern, path

from datasets_ui.views.team import accounts, invitations, members, setup, workspaces

workspace: list[URLPattern] = [
    path("settings/", workspaces.workspace_settings, name="workspace-settings"),
    path("settings/delete/", workspaces.delete_workspace_view, name="workspace-delete"),
    path("members/", members.members, name="members"),
    path("members/invitations/", members.create_invitation, name="invitations"),
    path("members/invitations/<uuid:invitation_id>/revoke/", members.revoke_invitation, name="invitation-revoke"),
    path("members/leave/", members.leave_workspace, name="leave"),
    path("members/<int:member_id>/role/", members.change_member_role, name="member-role"),
    path("members/<int:member_id>/remove/", members.remove_member_view, name="member-remove"),
]
account: list[URLPattern] = [
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
everybody: list[URLPattern] = [
    path("", setup.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    path("sign-in/", setup.sign_in_link, name="sign-in-link"),
    path("invitation/", invitations.invitation, name="invitation"),
    path("workspaces/new/", workspaces.new_workspace, name="new-workspace"),
]
