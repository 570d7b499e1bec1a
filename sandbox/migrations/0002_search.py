"""The full-text index over segments, kept up to date by triggers."""

from django.db import migrations

WORDS = "(SELECT group_concat(value, ' ') FROM json_each(new.keywords))"
INSERT = f"INSERT INTO sandbox_search(rowid, content, keywords) VALUES (new.rowid, new.content, {WORDS});"  # noqa: S608
DELETE = "DELETE FROM sandbox_search WHERE rowid = old.rowid;"


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE VIRTUAL TABLE sandbox_search USING fts5(content, keywords)"),
        migrations.RunSQL(f"CREATE TRIGGER search_ai AFTER INSERT ON sandbox_segment BEGIN {INSERT} END"),
        migrations.RunSQL(f"CREATE TRIGGER search_ad AFTER DELETE ON sandbox_segment BEGIN {DELETE} END"),
        migrations.RunSQL(
            f"CREATE TRIGGER search_au AFTER UPDATE OF content, keywords ON sandbox_segment BEGIN {DELETE} {INSERT} END"
        ),
    ]
