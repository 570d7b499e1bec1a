"""H7: two texts of any length were compared for any time, one request a processor."""

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import LONGEST_TEXT
from tests.support.stage import document, segments, text, texts, url


@pytest.fixture
def preview(dify: DifyClient, handbook: Dataset) -> str:
    made = document(dify, handbook.id)
    return url("segment-preview", handbook.id, made.id, segments(dify, handbook.id, made.id)[0].id)


@pytest.mark.parametrize("field", ["base_content", "content"])
def test_a_text_that_is_too_long_is_not_compared(editor: Client, preview: str, field: str) -> None:
    """H7: neither of the two."""
    answer = editor.post(preview, {"base_content": "a", "content": "b"} | {field: "a " * LONGEST_TEXT})
    assert (answer.status_code, text(answer)) == (422, "Texts of more than 100,000 characters are not compared.")


def test_line_ends_do_not_count_twice(editor: Client, preview: str) -> None:
    """H7: browsers send them as two characters."""
    lines = "a\r\n" * (LONGEST_TEXT // 2)
    answer = editor.post(preview, {"base_content": lines, "content": lines[3:] + "b"})
    assert (answer.status_code, texts(answer, "ins")[-1]) == (200, "b")
