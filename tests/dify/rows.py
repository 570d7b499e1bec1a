"""Rows as a running Dify 1.10.1 gave them, shortened to what the client reads."""

from typing import Any

from tests.dify.support import DATASET, DOCUMENT, SEGMENT


def dataset(**changes: Any) -> dict[str, Any]:
    row = {"id": str(DATASET), "name": "Handbook", "description": "", "permission": "only_me", "indexing_technique": "economy"}
    counts = {"app_count": 0, "document_count": 2, "word_count": 120, "created_at": 1795369895, "embedding_available": True}
    return row | counts | {"tags": [], "doc_form": None, "provider": "vendor"} | changes


def document(**changes: Any) -> dict[str, Any]:
    row = {"id": str(DOCUMENT), "name": "auto.txt", "created_at": 1795369895, "indexing_status": "completed", "enabled": True}
    file = {"upload_file": {"id": "a62c898f", "name": "auto.txt", "size": 276, "extension": "txt"}}
    return row | {"archived": False, "error": None, "data_source_detail_dict": file, "word_count": 276} | changes


def segment(**changes: Any) -> dict[str, Any]:
    row = {"id": str(SEGMENT), "position": 1, "document_id": str(DOCUMENT), "content": "Every employee has 25 days."}
    return row | {"answer": None, "keywords": ["leave"], "enabled": True, "status": "completed", "created_at": 1000} | changes


def page(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"data": list(rows), "total": len(rows), "page": 1, "limit": 20, "has_more": False} | changes
