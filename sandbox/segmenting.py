"""Making segments of a document's text, for each of the three document forms."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from sandbox import pictures, splitting
from sandbox.embedding_models import QUESTIONS
from sandbox.models import ChildChunk, Document, Segment
from sandbox.versions import dify


@dataclass
class Draft:
    """A segment to be."""

    content: str
    position: int = 0
    answer: str | None = None
    children: list[str] = field(default_factory=list)


FORMS = ("text_model", "hierarchical_model", "qa_model")


def drafts(document: Document, texts: list[str]) -> list[Draft]:
    mode, rules = document.process_rule.mode, document.process_rule.rules
    if document.doc_form == "hierarchical_model":
        found = hierarchical(texts, mode, rules)
    else:
        cleaned = (splitting.clean(text, rules) for text in texts)
        pieces = (piece for text in cleaned for piece in splitting.split(text, mode, rules["segmentation"]))
        contents = (splitting.without_leading_symbols(piece) for piece in pieces)
        found = [Draft(content) for content in contents if content]
    if document.doc_form == "qa_model":
        found = [Draft(question, answer=answer) for _ in found for question, answer in QUESTIONS]
    for position, draft in enumerate(found, 1):
        draft.position = position
    return found


def hierarchical(texts: list[str], mode: str, rules: dict[str, Any]) -> list[Draft]:
    """Parents with their children; a rule that names no parent mode may give none, without any error."""
    parent_mode = rules.get("parent_mode") or dify().usual_parent_mode
    if parent_mode == "full-doc":
        whole = "\n".join(texts)  # as it is: only what is cut is cleaned
        return [Draft(whole, children=children_of(whole, rules))]
    if parent_mode != "paragraph":
        return []
    cleaned = (splitting.clean(text, rules) for text in texts)
    parents = (piece for text in cleaned for piece in splitting.split(text, mode, rules["segmentation"]) if piece.strip())
    contents = (splitting.without_leading_stop(parent) for parent in parents)
    return [Draft(content, children=children_of(content, rules)) for content in contents if content]


def children_of(content: str, rules: dict[str, Any]) -> list[str]:
    if not rules.get("subchunk_segmentation"):
        raise ValueError("No subchunk segmentation found in rules.")
    pieces = splitting.split(content, "hierarchical", rules["subchunk_segmentation"])
    children = (splitting.without_leading_stop(piece) for piece in pieces if piece.strip())
    return [child for child in children if child]


def save(document: Document, wanted: list[Draft]) -> None:
    segments = [
        Segment(
            dataset=document.dataset,
            document=document,
            position=draft.position,
            content=draft.content,
            answer=draft.answer,
            word_count=len(draft.content),
            index_node_hash=content_hash(draft.content),
        )
        for draft in wanted
    ]
    Segment.objects.bulk_create(segments, batch_size=500)
    pictures.bind_linked(segments)
    for segment, draft in zip(segments, wanted, strict=True):
        save_children(segment, draft.children)


def save_children(segment: Segment, contents: list[str]) -> None:
    ChildChunk.objects.bulk_create(
        ChildChunk(segment=segment, position=position, content=content) for position, content in enumerate(contents, 1)
    )


def content_hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
