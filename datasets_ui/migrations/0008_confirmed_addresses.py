"""Which addresses are known to be their holder's, of the accounts that are there.

Until now an address was written down as verified whenever its owner came by single sign-on, even to an account that somebody else
had made before with an open invitation and that kept its password. Such a note is taken back where the account is older than its
connection to the issuer: at the next single sign-on what opened the account before ends, and its owner is told. Who set the
dashboard up is the operator. For all others nothing tells by which kind of invitation they came: their addresses are not confirmed.
"""

from datetime import timedelta
from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# single sign-on that makes an account connects it within the same request
AT_ONCE = timedelta(minutes=1)


def confirm(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 Django's signature
    addresses: Any = apps.get_model("account", "EmailAddress")
    users: Any = apps.get_model("datasets_ui", "User")
    made_by_issuer = users.objects.filter(socialaccount__date_joined__lte=models.F("date_joined") + AT_ONCE)
    addresses.objects.exclude(user__in=made_by_issuer.values("pk")).update(verified=False)
    events: Any = apps.get_model("datasets_ui", "AuditEvent")
    known = list(events.objects.filter(act="installation.set_up").values_list("object_id", "object_name"))
    if not known:  # the activity of then is gone: the first account is the one that set the dashboard up
        known = list(users.objects.order_by("date_joined").values_list("pk", "email")[:1])
    for pk, email in known:
        for owner in users.objects.filter(pk=pk, email=email):
            addresses.objects.update_or_create(user=owner, email=owner.email, defaults={"verified": True, "primary": True})


class Migration(migrations.Migration):
    dependencies = [
        ("datasets_ui", "0007_proposal"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]
    operations = [migrations.RunPython(confirm, migrations.RunPython.noop)]
