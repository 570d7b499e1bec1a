"""Which Dify is spoken: the one place that tells versions apart. All other code asks for an ability by its name.

1.10.1   as recorded
1.12.1   as recorded
1.17     not recorded: what its public source and openapi.json say. It has every operation, and so it is the default
"""

import os
from dataclasses import dataclass, replace
from functools import cache
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Dify:
    """What a version does that 1.10.1 does not."""

    release: str  # what it says in X-Version
    originals: bool = False  # a document's file can be fetched, alone or in a zip, and replaced by PATCH
    pipelines: bool = False
    empty_deletions: bool = False  # 204 without a body, where older ones answer 200 with the body 204
    pictures: bool = False  # of segments; summaries came with the same release
    schemas: bool = False  # bodies and queries are checked at once: 400, with pydantic's words, or 415
    unprocessable: bool = False  # some bodies then are 422, with pydantic's errors as a JSON list
    flat_queries: bool = False  # no list is read from a query: tag_ids is refused whatever it is
    escaped_keywords: bool = False  # % and _ in the keyword of a list are no wildcards, but for documents
    tags_unshown: bool = False  # tags are made, renamed and deleted, but each answer that shows one is 400
    all_tags: bool = False  # tag_ids asks for datasets that have all of them, not one
    tags_in_query: bool = False  # the tag to delete is named in the query, not in the body
    rules_fall_back: bool = False  # create-by-text without process_rule takes the dataset's last, or the automatic one
    external_without_api: bool = False  # an external dataset can be made that leads nowhere
    dark_icons: bool = False  # of model providers, in place of large ones
    cells_as_written: bool = False  # a whole number in a sheet has no decimals, whatever else its column holds
    scored_keywords: bool = False  # a keyword search scores 0.0, not null
    unknown_reranker_silent: bool = False  # a hybrid search with it finds nothing, instead of being refused
    whole_retrieval_models: bool = False  # a search with a part of one is 400, not 500
    segments_of_their_document: bool = False  # a segment does not answer under another document's id
    usual_parent_mode: str | None = None  # of a hierarchical rule that names none; without one there are no segments
    right_pages: bool = False  # of datasets: the limit is told as it was capped, has_more is true if there is more
    typed_metadata: bool = False  # lists show values as they are; none is a list; built-in fields by the dataset's switch
    content_moves_times: bool = False  # updated_at of a segment moves with its content, not with any change
    answers_uncounted: bool = False  # another answer to the same question does not change the words of the document
    bare_technique_breaks: bool = False  # create-by-text without a technique where the dataset has none is 500
    separators_stay: bool = False  # where a text is cut; older ones add a full stop
    spaces_stay: bool = True  # where too long a paragraph is cut between its words
    separators_decoded: bool = False  # all escapes in the separator of a rule, not only that of a line break
    markdown_links_kept: bool = False  # where URLs are removed
    pictures_taken_away: bool = False  # by an update of a high_quality segment that does not name them, and by enabling it
    updates_hang: bool = False  # the worker never comes back from an update of a document that has segments
    forms_held: bool = False  # an update in another form than the dataset's is refused
    shown_summaries: bool = False  # a segment shows its summary
    maintainers: bool = False  # of datasets
    several_unbound: bool = False  # tags are taken off by tag_ids, too


V1_10 = Dify(release="1.10.1")
V1_12 = replace(
    V1_10,
    release="1.12.1",
    pictures=True,
    pictures_taken_away=True,
    updates_hang=True,
    forms_held=True,
    schemas=True,
    flat_queries=True,
    escaped_keywords=True,
    tags_unshown=True,
    rules_fall_back=True,
    external_without_api=True,
    dark_icons=True,
    cells_as_written=True,
    scored_keywords=True,
    unknown_reranker_silent=True,
    bare_technique_breaks=True,
    separators_stay=True,
    spaces_stay=False,
    separators_decoded=True,
    markdown_links_kept=True,
    content_moves_times=True,
    answers_uncounted=True,
)
V1_17 = replace(
    V1_12,
    release="1.17.0",
    updates_hang=False,
    unprocessable=True,
    flat_queries=False,
    tags_unshown=False,
    all_tags=True,
    tags_in_query=True,
    whole_retrieval_models=True,
    right_pages=True,
    typed_metadata=True,
    usual_parent_mode="paragraph",
    segments_of_their_document=True,
    bare_technique_breaks=False,
    spaces_stay=True,
    originals=True,
    pipelines=True,
    empty_deletions=True,
    shown_summaries=True,
    maintainers=True,
    several_unbound=True,
)

BY_NAME = {"1.10.1": V1_10, "1.12.1": V1_12, "1.17": V1_17}
USUAL = "1.17"


@cache
def dify() -> Dify:
    """What this process speaks. Repaired, it is the server that was recorded, whose updates were made to come back."""
    spoken = BY_NAME[os.environ.get("SANDBOX_VERSION", USUAL)]
    return replace(spoken, updates_hang=False) if os.environ.get("SANDBOX_REPAIRED") else spoken


def fields_if(ability: bool, **fields: Any) -> dict[str, Any]:
    """What a row has besides, if the version knows of it."""
    return fields if ability else {}
