"""Jobs of the demo: one that is done soon, one with failures in its report, and one that runs while somebody looks."""

from collections.abc import Sequence

from datasets_ui.management.demo import SPOILED, WATCHED
from datasets_ui.management.demo.edits import acting, segments_of
from datasets_ui.models import Sentence
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job
from datasets_ui.services.replacements.dry_runs import begin_finding
from datasets_ui.services.scope import DatasetScope, DocumentScope
from datasets_ui.services.segments.jobs import ChangeKeywords, KeywordsItem
from datasets_ui.text.find_and_replace import Search

SEARCH = Search("technician", "service engineer", whole_word=True)


def begin_jobs(people: Sequence[DatasetScope], documents: dict[str, DocumentScope]) -> None:
    """The quick ones first: jobs take turns."""
    owner, first, second = people
    begin_finding(owner, owner.dify.datasets.get(owner.dataset_id), None, SEARCH)
    for person, name, keyword in ((second, SPOILED[0], "maintenance"), (first, WATCHED, "first level")):
        if name in documents:
            label(acting(person, documents[name]), name, keyword)


def label(scope: DocumentScope, name: str, keyword: str) -> None:
    """Give all segments of a document one keyword more. Those that are switched off are refused, as the report says."""
    items = [
        NewItem(f"#{row.position}", KeywordsItem(document_id=scope.document_id, segment_id=row.id, add=[keyword]))
        for row in segments_of(scope)
    ]
    title = Sentence.of("change_keywords", number=len(items), document=name)
    begin_job(scope, NewJob(ChangeKeywords, title, items))
