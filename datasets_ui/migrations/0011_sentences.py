"""What jobs say becomes codes and parameters; what has no code is shown as it was written."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from datasets_ui.models.sentences import Sentence, SentenceField

AT_A_TIME = 500
# as the release before wrote them
CODES = {
    "A stored secret cannot be decrypted. The operator has to put the right key into DATASETS_KEK.": "keys_locked",
    "The dashboard failed at this. The operator finds the reason in its log.": "broken",
    "Each worker that was at this was lost. Look whether it was done before you try again.": "workers_lost",
    "A worker was lost while it was at this. Look whether it was done before you try again.": "worker_lost",
    "The job names no dataset.": "no_dataset",
    "It was enabled already.": "enabled_already",
    "It was disabled already.": "disabled_already",
    "It was deleted already.": "deleted_already",
    "It was brought back already.": "restored_already",
    "Its keywords are like that already.": "like_that_already",
    "Its keywords are what they were already.": "keywords_as_before",
    "It is what it was already.": "as_before",
    "It is so already.": "so_already",
    "What it was is not known any more.": "not_known",
    "It was changed since; nothing was written.": "changed_since",
    "It was changed since you looked at it; nothing was written.": "changed_since_looked_at",
    "It is disabled, and Dify changes enabled segments only. Enable it first.": "segment_disabled",
    "Dify cannot take the last keyword from a segment. Give it another one first.": "last_keyword",
    "The document is gone.": "document_gone",
    "These segments are gone, or could not be indexed.": "segments_gone",
    "Dify has not switched the document on again. Look at it; once it is available, try this again.": "not_on",
}


def sentence(text: str) -> Sentence:
    return Sentence(CODES[text]) if text in CODES else Sentence.stored(text)


def keep_codes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    convert(apps.get_model("datasets_ui", "Job").objects.using(using).all(), "title", "why")
    convert(apps.get_model("datasets_ui", "JobItem").objects.using(using).exclude(why=""), "why")


def convert(rows: Any, *names: str) -> None:
    """Some at a time: of items there may be many."""
    last = None
    ordered = rows.order_by("pk").only("pk", *names)
    while some := list((ordered if last is None else ordered.filter(pk__gt=last))[:AT_A_TIME]):
        for row in some:
            for name in names:
                setattr(row, f"{name}_kept", sentence(getattr(row, name)))
        rows.model.objects.using(rows.db).bulk_update(some, [f"{name}_kept" for name in names])
        last = some[-1].pk


class Migration(migrations.Migration):
    dependencies = [("datasets_ui", "0010_segment_states")]

    operations = [
        migrations.AddField("job", "title_kept", SentenceField()),
        migrations.AddField("job", "why_kept", SentenceField()),
        migrations.AddField("jobitem", "why_kept", SentenceField()),
        migrations.RunPython(keep_codes, migrations.RunPython.noop),
        migrations.RemoveField("job", "title"),
        migrations.RemoveField("job", "why"),
        migrations.RemoveField("jobitem", "why"),
        migrations.RenameField("job", "title_kept", "title"),
        migrations.RenameField("job", "why_kept", "why"),
        migrations.RenameField("jobitem", "why_kept", "why"),
    ]
