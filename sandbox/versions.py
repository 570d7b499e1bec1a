"""Which Dify is spoken.

1.10.1    the server that was recorded, with nothing that came later
1.10.1+   the same, and the operations that openapi.json has and it lacks: downloads, PATCH of a document, pipelines
2.0       also answers as openapi.json says where the recorded server does not: 204 without a body, fields that came later
"""

from typing import Any

from django.conf import settings

RECORDED, EXTENDED, NEWEST = "1.10.1", "1.10.1+", "2.0"
ALL = (RECORDED, EXTENDED, NEWEST)


def later_routes() -> bool:
    return settings.SANDBOX_VERSION != RECORDED


def newest() -> bool:
    return bool(settings.SANDBOX_VERSION == NEWEST)


def later_fields(**fields: Any) -> dict[str, Any]:
    return fields if newest() else {}


def header() -> tuple[str, str]:
    return "X-Version", "2.0.0" if newest() else RECORDED
