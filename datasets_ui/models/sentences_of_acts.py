"""What is kept of acts: what each was done to, and what it was before and after. The words of others (names, addresses) come as
parameters."""

from typing import Any

from django.utils.translation import gettext_lazy, ngettext_lazy

# how parts are put after each other that say something each for itself
JOINED = {"facts": "; ", "several": ", "}

OF_ACTS: dict[str, Any] = {
    # what an act was done to
    "segment_of": gettext_lazy("%(place)s of document %(document)s"),
    "child_chunk_of": gettext_lazy("%(place)s of segment %(segment)s"),
    "segment": gettext_lazy("segment %(segment)s"),
    "anybody": gettext_lazy("anybody with the link"),
    # how many
    "items": ngettext_lazy("%(number)s item", "%(number)s items", "number"),
    "child_chunks": ngettext_lazy("%(number)s child chunk", "%(number)s child chunks", "number"),
    "rows": gettext_lazy("rows %(first)s to %(last)s"),
    "documents_and_apps": gettext_lazy("%(documents)s documents; used by %(apps)s applications"),
    # a dataset; its choices are shown as Dify names them
    "index_economy": gettext_lazy("economy"),
    "index_high_quality": gettext_lazy("high_quality"),
    "named": gettext_lazy("name: %(text)s"),
    "described": gettext_lazy("description: %(text)s"),
    "permitted": gettext_lazy("permission: %(permission)s"),
    "permission_only_me": gettext_lazy("only_me"),
    "permission_all_team_members": gettext_lazy("all_team_members"),
    "permission_partial_members": gettext_lazy("partial_members"),
    # a document of a name that there is already
    "in_place_of_one": gettext_lazy("in place of one of this name"),
    "beside_one": gettext_lazy("beside one of this name"),
    # an API key
    "noted": gettext_lazy("note: %(text)s"),
    "expires": gettext_lazy("expires %(day)s"),
    "serves": gettext_lazy("serves %(datasets)s"),
    "serves_others": gettext_lazy("serves what no other key serves"),
    "sees": ngettext_lazy("Dify %(version)s, %(number)s dataset", "Dify %(version)s, %(number)s datasets", "number"),
    "sees_alone": gettext_lazy("Dify %(version)s, sees %(datasets)s alone"),
    "unknown_sees": ngettext_lazy(
        "Dify of unknown version, %(number)s dataset", "Dify of unknown version, %(number)s datasets", "number"
    ),
    "unknown_sees_alone": gettext_lazy("Dify of unknown version, sees %(datasets)s alone"),
    "new_data_key": gettext_lazy("with a new data key"),
    "first_key": gettext_lazy("with the first key of the list"),
    # a workspace and its members
    "factor_required": gettext_lazy("second factor: required of admins"),
    "factor_not_required": gettext_lazy("second factor: not required"),
    "role_viewer": gettext_lazy("viewer"),
    "role_editor": gettext_lazy("editor"),
    "role_admin": gettext_lazy("admin"),
    "role_owner": gettext_lazy("owner"),
    "invited_by": gettext_lazy("%(role)s, invited by %(inviter)s"),
    # what opens an account
    "means_password": gettext_lazy("password"),
    "means_password_reset": gettext_lazy("password_reset"),
    "means_mfa": gettext_lazy("mfa"),
    "means_totp": gettext_lazy("totp"),
    "means_webauthn": gettext_lazy("webauthn"),
    "means_recovery_codes": gettext_lazy("recovery_codes"),
    "means_socialaccount": gettext_lazy("socialaccount"),
    "means_invitation": gettext_lazy("invitation"),
    "means_setup": gettext_lazy("setup"),
    "means_link": gettext_lazy("link"),
    "means_second_factors": gettext_lazy("second factors"),
    "means_single_sign_on": gettext_lazy("single sign-on"),
    "by_password_reset": gettext_lazy("by password reset"),
    "by_single_sign_on": gettext_lazy("by single sign-on"),
}
