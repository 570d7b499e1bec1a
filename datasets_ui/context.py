"""What the templates of every page below a document know: where they stand."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from datasets_ui.services.datasets import remembered_dataset
from datasets_ui.services.documents.names import remembered_name
from datasets_ui.services.scope import DocumentScope, SegmentScope


def document_context(request: HttpRequest) -> dict[str, Any]:
    """The dataset and the name of the document, read when they are asked for; the ids; where links lead; and what is searched for."""
    scope = getattr(request, "scope", None)
    if not isinstance(scope, DocumentScope):
        return {}
    return {
        "dataset": SimpleLazyObject(lambda: remembered_dataset(scope)),
        "document_id": scope.document_id,
        "document_name": SimpleLazyObject(lambda: remembered_name(scope)),
        # once, and not for each link of a hundred segments
        "document_url": reverse("segments", args=scope.document_route),
        "q": request.GET.get("q", ""),
    } | ({"segment_id": scope.segment_id} if isinstance(scope, SegmentScope) else {})
