"""Which Dify is spoken: the one place that tells versions apart. All other code asks for an ability by its name.

1.10.1   as recorded
1.12.1   as recorded
1.17     not recorded: what its public source and openapi.json say. It has every operation, and so it is the default
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class Dify:
    """What a version does that 1.10.1 does not."""

    release: str  # what it says in X-Version
    originals: bool = False  # a document's file can be fetched, alone or in a zip, and replaced by PATCH
    pipelines: bool = False
    empty_deletions: bool = False  # 204 without a body, where older ones answer 200 with the body 204
    pictures: bool = False  # of segments; summaries came with the same release
    pictures_taken_away: bool = False  # by an update of a high_quality segment that does not name them, and by enabling it
    updates_hang: bool = False  # the worker never comes back from an update of a document that has segments
    forms_held: bool = False  # an update in another form than the dataset's is refused
    shown_summaries: bool = False  # a segment shows its summary
    maintainers: bool = False  # of datasets
    several_unbound: bool = False  # tags are taken off by tag_ids, too


V1_10 = Dify(release="1.10.1")
V1_12 = replace(V1_10, release="1.12.1", pictures=True, pictures_taken_away=True, updates_hang=True, forms_held=True)
V1_17 = replace(
    V1_12, release="1.17.0", updates_hang=False, originals=True, pipelines=True, empty_deletions=True, shown_summaries=True, maintainers=True,
    several_unbound=True,
)  # fmt: skip

BY_NAME = {"1.10.1": V1_10, "1.12.1": V1_12, "1.17": V1_17}
USUAL = "1.17"


@cache
def dify() -> Dify:
    """What this process speaks. Repaired, it is the server that was recorded, whose updates were made to come back."""
    spoken = BY_NAME[settings.SANDBOX_VERSION]
    return replace(spoken, updates_hang=False) if settings.SANDBOX_REPAIRED else spoken


def fields_if(ability: bool, **fields: Any) -> dict[str, Any]:
    """What a row has besides, if the version knows of it."""
    return fields if ability else {}
