"""What a document is called, remembered for the pages below it."""

from django.utils.translation import gettext

from datasets_ui.dify.errors import DifyError
from datasets_ui.services.caches import page_cache
from datasets_ui.services.scope import DocumentScope

REMEMBERED_SECONDS = 600  # Dify's console can rename it


def remembered_name(scope: DocumentScope) -> str:
    """Its name as seen within the last ten minutes; a plain word where the API does not tell: a page is not lost for want of it."""
    place = f"name:{scope.workspace.id}:{scope.document_id}"
    name: str | None = page_cache.get(place)
    if name is None:
        try:
            name = scope.dify.documents.get(scope.dataset_id, scope.document_id).name
        except DifyError:
            return gettext("Document")
        page_cache.set(place, name, REMEMBERED_SECONDS)
    return name
