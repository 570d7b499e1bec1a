"""What jobs, proposals, keys and acts have in words becomes codes and parameters; what has no code is shown as it was written."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, JSONObject

from datasets_ui.models.sentences import AS_WRITTEN, Sentence, SentenceField

# the columns of each model
TEXTS = {
    "JobItem": ["target"],
    "Proposal": ["obstacle"],
    "ApiKey": ["last_error"],
    "AuditEvent": ["before", "after"],
}
# as the release before wrote them, by where they can be taken for nothing that people have written
OBSTACLES = {
    "The document is archived.": "document_archived",
    "The segment is disabled. Enable it first.": "is_disabled",
    "No text would be left, and Dify keeps no empty one.": "no_text_left",
}
ROLES = {role: f"role_{role}" for role in ("viewer", "editor", "admin", "owner")}
OF_ACCOUNTS = {
    method: f"means_{method}" for method in ("password", "totp", "webauthn", "recovery_codes", "socialaccount", "link")
} | {"by password reset": "by_password_reset", "by single sign-on": "by_single_sign_on"}
OF_ACTS = {
    "dataset.create": {"economy": "index_economy", "high_quality": "index_high_quality"},
    "document.upload": {"in place of one of this name": "in_place_of_one", "beside one of this name": "beside_one"},
    "document.create": {"in place of one of this name": "in_place_of_one", "beside one of this name": "beside_one"},
    "keys.rotate": {"with a new data key": "new_data_key", "with the first key of the list": "first_key"},
    "member.update": ROLES,
    "member.remove": ROLES,
    "member.leave": ROLES,
    "member.join": ROLES,
    "invitation.create": ROLES,
    "invitation.revoke": ROLES,
    "account.sign_in": OF_ACCOUNTS,
    "account.confirm": OF_ACCOUNTS,
    "account.factor_add": OF_ACCOUNTS,
    "account.factor_remove": OF_ACCOUNTS,
    "account.codes_create": OF_ACCOUNTS,
}
ANYBODY = "anybody with the link"


def keep_codes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """In the database: of acts there may be millions. Nothing that points to something is written twice, or PostgreSQL would let no
    column go in the same transaction."""
    using = schema_editor.connection.alias
    for model, names in TEXTS.items():
        for name in names:
            apart = ["", *(OBSTACLES if name == "obstacle" else [])]
            rows = apps.get_model("datasets_ui", model).objects.using(using).exclude(**{f"{name}__in": apart})
            written = JSONObject(code=Value(AS_WRITTEN, TextField()), text=Cast(F(name), TextField()))
            rows.update(**{f"{name}_kept": written})
    proposals: Any = apps.get_model("datasets_ui", "Proposal").objects.using(using)
    for text, code in OBSTACLES.items():
        proposals.filter(obstacle=text).update(obstacle_kept=Sentence(code))
    events: Any = apps.get_model("datasets_ui", "AuditEvent").objects.using(using)
    for act, codes in OF_ACTS.items():
        for text, code in codes.items():
            for name in TEXTS["AuditEvent"]:
                events.filter(act=act, **{name: text}).update(**{f"{name}_kept": Sentence(code)})
    of_invitations = events.filter(act__startswith="invitation.", object_name=ANYBODY)
    of_invitations.update(object_name="", object_sentence=Sentence("anybody"))


class Migration(migrations.Migration):
    dependencies = [("datasets_ui", "0012_job_lane")]

    operations = [
        migrations.AddField("auditevent", "object_sentence", SentenceField()),
        *(migrations.AddField(model, f"{name}_kept", SentenceField()) for model, names in TEXTS.items() for name in names),
        migrations.RunPython(keep_codes, migrations.RunPython.noop),
        *(migrations.RemoveField(model, name) for model, names in TEXTS.items() for name in names),
        *(migrations.RenameField(model, f"{name}_kept", name) for model, names in TEXTS.items() for name in names),
    ]
