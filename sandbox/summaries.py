"""Summaries of segments: sent, or made where the dataset has a summary index. 1.12.1 keeps them and shows them in searches alone."""

from sandbox.models import Dataset, Segment
from sandbox.versions import dify

LONGEST = 60


def wanted(dataset: Dataset) -> bool:
    return dataset.high_quality and bool((dataset.summary_index_setting or {}).get("enable"))


def made(content: str) -> str:
    """What the language model says of a text: that it begins so."""
    return f"In short: {content[:LONGEST]}"


def change(segment: Segment, sent: str | None, *, new_content: bool) -> None:
    """With new content, a summary that is left out, or sent as it was, is made anew."""
    if not dify().pictures:
        return
    if sent is not None and sent != segment.summary:
        segment.summary = sent or None
    elif new_content and wanted(segment.dataset):
        segment.summary = made(segment.content)
