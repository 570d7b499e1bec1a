"""Which Dify is spoken: the one place that tells versions apart. All other code asks for an ability by its name.

1.10.1   as recorded
1.12.1   as recorded
1.17     not recorded: what its public source and openapi.json say. It has every operation, and so it is the default
"""

from dataclasses import dataclass, replace
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
    shown_summaries: bool = False  # a segment shows its summary
    maintainers: bool = False  # of datasets
    several_unbound: bool = False  # tags are taken off by tag_ids, too


V1_10 = Dify(release="1.10.1")
V1_12 = replace(V1_10, release="1.12.1", pictures=True)
V1_17 = replace(
    V1_12, release="1.17.0", originals=True, pipelines=True, empty_deletions=True, shown_summaries=True, maintainers=True,
    several_unbound=True,
)  # fmt: skip

BY_NAME = {"1.10.1": V1_10, "1.12.1": V1_12, "1.17": V1_17}
USUAL = "1.17"


def dify() -> Dify:
    return BY_NAME[settings.SANDBOX_VERSION]


def fields_if(ability: bool, **fields: Any) -> dict[str, Any]:
    """What a row has besides, if the version knows of it."""
    return fields if ability else {}
