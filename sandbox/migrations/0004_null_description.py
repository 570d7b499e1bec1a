from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0003_access_and_pending"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dataset",
            name="description",
            field=models.TextField(default="", null=True),
        ),
    ]
