"""The words that a text is about, and finding segments by them. Case counts, as it does in the API."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db import connection

MOST_KEYWORDS = 10
WORD = re.compile(r"[^\W_]+(?:\.\d+)?")
COMMON_WORDS = """
a about above after again against all am an and any are as at be because been before being below between both
but by can could did do does doing down during each few for from further had has have having he her here hers
him his how i if in into is it its itself just me more most my no nor not now of off on once only or other our
ours out over own same she should so some such than that the their theirs them then there these they this those
through to too under until up very was we were what when where which while who whom why will with would you your
yours
"""
STOP_WORDS = frozenset(COMMON_WORDS.split())


def extract(text: str, most: int | None = MOST_KEYWORDS) -> list[str]:
    words = (word for word in WORD.findall(text) if word.lower() not in STOP_WORDS and not is_single_letter(word))
    return [word for word, _ in Counter(words).most_common(most)]


def is_single_letter(word: str) -> bool:
    return len(word) == 1 and word.isascii()


def search(dataset_id: UUID, query: str) -> list[UUID]:
    """Segments of a dataset that have a keyword of the query, those with the most first.

    The full-text index finds candidates without regard to case; the exact keywords then decide.
    """
    wanted = set(extract(query, None))
    if not wanted:
        return []
    sql = (
        "SELECT s.id, s.keywords, bm25(sandbox_search) FROM sandbox_search JOIN sandbox_segment s"
        " ON s.rowid = sandbox_search.rowid WHERE sandbox_search MATCH %s AND s.dataset_id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"keywords : ({match(wanted, ' OR ')})", dataset_id.hex])
        rows = cursor.fetchall()
    hits = [(len(wanted & set(found_keywords(kept))), rank, UUID(id_)) for id_, kept, rank in rows]
    return [id_ for count, _, id_ in sorted(hits, key=lambda hit: (-hit[0], hit[1])) if count]


def full_text(dataset_id: UUID, query: str) -> list[UUID]:
    """Segments that hold every word of the query, the best first."""
    words = WORD.findall(query)
    if not words:
        return []
    sql = (
        "SELECT s.id FROM sandbox_search JOIN sandbox_segment s ON s.rowid = sandbox_search.rowid"
        " WHERE sandbox_search MATCH %s AND s.dataset_id = %s ORDER BY bm25(sandbox_search)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"content : ({match(words, ' AND ')})", dataset_id.hex])
        return [UUID(id_) for (id_,) in cursor.fetchall()]


def match(words: Iterable[str], operator: str) -> str:
    """A full-text query; quotes make every word a plain word."""
    return operator.join(f'"{word}"' for word in sorted(words))


def found_keywords(kept: str | None) -> list[str]:
    keywords: list[str] | None = json.loads(kept or "[]")
    return keywords or []
