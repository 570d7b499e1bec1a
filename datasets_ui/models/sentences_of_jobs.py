"""What jobs and their items say, and why what a dry run has found cannot be done."""

from typing import Any

from django.utils.translation import gettext_lazy, ngettext_lazy

OF_JOBS: dict[str, Any] = {
    # what a job does; `number` chooses between one and many
    "enable_segments": ngettext_lazy(
        "Enable %(number)s segment of “%(document)s”", "Enable %(number)s segments of “%(document)s”", "number"
    ),
    "disable_segments": ngettext_lazy(
        "Disable %(number)s segment of “%(document)s”", "Disable %(number)s segments of “%(document)s”", "number"
    ),
    "delete_segments": ngettext_lazy(
        "Delete %(number)s segment of “%(document)s”", "Delete %(number)s segments of “%(document)s”", "number"
    ),
    "change_keywords": ngettext_lazy(
        "Change the keywords of %(number)s segment of “%(document)s”",
        "Change the keywords of %(number)s segments of “%(document)s”",
        "number",
    ),
    "disable_documents": ngettext_lazy("Disable %(number)s document", "Disable %(number)s documents", "number"),
    "archive_documents": ngettext_lazy("Archive %(number)s document", "Archive %(number)s documents", "number"),
    "put_back_segments": gettext_lazy("Put back the segments of %(document)s"),
    "find": gettext_lazy("Find “%(find)s” in %(place)s"),
    "replace": gettext_lazy("Replace “%(find)s” by “%(replace)s”"),
    "take_out": gettext_lazy("Take out “%(find)s”"),
    "import_table": gettext_lazy("Import “%(file)s” into “%(document)s”"),
    "roll_back": gettext_lazy("Roll back: %(job)s"),
    # what an item is called
    "segments_of_page": gettext_lazy("Segments %(first)s to %(last)s"),
    "portion": gettext_lazy("%(document)s: %(first)s to %(last)s of %(total)s"),
    "place_in": gettext_lazy("%(place)s of %(document)s"),
    "row_changes": gettext_lazy("Row %(row)s changes %(place)s"),
    "row_is_added": gettext_lazy("Row %(row)s is added"),
    "rows_are_added": ngettext_lazy(
        "%(number)s row is added, from row %(first)s to row %(last)s",
        "%(number)s rows are added, from row %(first)s to row %(last)s",
        "number",
    ),
    "missing_is_deleted": gettext_lazy("%(place)s, which is missing from the file, is deleted"),
    # why a job waits or does not go on
    "stopped": gettext_lazy("%(name)s stopped it."),
    "no_member": gettext_lazy("%(name)s is no member of the workspace any more, or is disabled."),
    "role_lost": gettext_lazy("%(name)s has not the role for this any more."),
    "keys_locked": gettext_lazy(
        "A stored secret cannot be decrypted. The operator has to put the right key into DATASETS_KEK."
    ),
    "no_default_key": gettext_lazy("This workspace has no default API key. An admin can add one under API keys."),
    "key_disabled": gettext_lazy("The API key “%(name)s” is disabled. An admin can enable it under API keys."),
    "secret_dropped": gettext_lazy(
        "The address of “%(name)s” was changed and its secret dropped. An admin can enter the new one."
    ),
    # what became of an item
    "broken": gettext_lazy("The dashboard failed at this. The operator finds the reason in its log."),
    "workers_lost": gettext_lazy("Each worker that was at this was lost. Look whether it was done before you try again."),
    "worker_lost": gettext_lazy("A worker was lost while it was at this. Look whether it was done before you try again."),
    "no_dataset": gettext_lazy("The job names no dataset."),
    "enabled_already": gettext_lazy("It was enabled already."),
    "disabled_already": gettext_lazy("It was disabled already."),
    "deleted_already": gettext_lazy("It was deleted already."),
    "restored_already": gettext_lazy("It was brought back already."),
    "like_that_already": gettext_lazy("Its keywords are like that already."),
    "keywords_as_before": gettext_lazy("Its keywords are what they were already."),
    "as_before": gettext_lazy("It is what it was already."),
    "so_already": gettext_lazy("It is so already."),
    "not_known": gettext_lazy("What it was is not known any more."),
    "changed_since": gettext_lazy("It was changed since; nothing was written."),
    "changed_since_looked_at": gettext_lazy("It was changed since you looked at it; nothing was written."),
    "segment_disabled": gettext_lazy("It is disabled, and Dify changes enabled segments only. Enable it first."),
    "last_keyword": gettext_lazy("Dify cannot take the last keyword from a segment. Give it another one first."),
    "too_slow": gettext_lazy("The pattern takes too long for #%(position)s. Make it simpler and look again."),
    "document_gone": gettext_lazy("The document is gone."),
    "segments_gone": gettext_lazy("These segments are gone, or could not be indexed."),
    "not_on": gettext_lazy("Dify has not switched the document on again. Look at it; once it is available, try this again."),
    "put_back": gettext_lazy("%(off)s disabled again, %(keywords)s given their keywords back."),
    "put_back_in_part": gettext_lazy(
        "%(off)s disabled again, %(keywords)s given their keywords back. Dify refused to change %(refused)s others."
    ),
    # why a segment cannot be replaced
    "document_archived": gettext_lazy("The document is archived."),
    "is_disabled": gettext_lazy("The segment is disabled. Enable it first."),
    "no_text_left": gettext_lazy("No text would be left, and Dify keeps no empty one."),
    "too_long": gettext_lazy("It would be longer than %(most)s characters."),
    "cut_by_excel": gettext_lazy(
        "The text is longer than the %(most)s characters that a cell of Excel takes, so the table holds a part of it. "
        "Change it in a CSV."
    ),
    # what became of the rows of a table
    "not_indexed": ngettext_lazy(
        "%(number)s segment was added, but could not be indexed.",
        "%(number)s segments were added, but could not be indexed.",
        "number",
    ),
    "changed_stays": ngettext_lazy(
        "%(number)s segment was changed since it was added, and stays.",
        "%(number)s segments were changed since they were added, and stay.",
        "number",
    ),
    # what Dify left out of a segment
    "without_keywords": gettext_lazy("As far as Dify has answered, segment #%(position)s is without the keywords."),
    "without_pictures": ngettext_lazy(
        "As far as Dify has answered, segment #%(position)s is without one picture.",
        "As far as Dify has answered, segment #%(position)s is without %(number)s pictures.",
        "number",
    ),
    "without_both": ngettext_lazy(
        "As far as Dify has answered, segment #%(position)s is without one picture and the keywords.",
        "As far as Dify has answered, segment #%(position)s is without %(number)s pictures and the keywords.",
        "number",
    ),
}
