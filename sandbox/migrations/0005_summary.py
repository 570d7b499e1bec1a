from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0004_null_description"),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="summary",
            field=models.TextField(null=True),
        ),
    ]
