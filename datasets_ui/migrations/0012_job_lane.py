"""Jobs of the background have a lane of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets_ui", "0011_sentences")]

    operations = [
        migrations.AddField(
            "job",
            "lane",
            models.CharField(choices=[("people", "People"), ("background", "Background")], default="people", max_length=10),
        ),
    ]
