"""Names, refusals and rules, apart from any page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_ui.forms.documents import LONGEST_NAME, RuleForm, clean_name, extension_of, unescape

NAMES = {
    "a.txt": "a.txt",
    "../../etc/a.txt": "a.txt",
    "..\\..\\a.txt": "a.txt",
    "a\x00b.txt": "ab.txt",
    "a\r\nX-Evil: 1.txt": "aX-Evil_ 1.txt",
    "invoice\u202etxt.md": "invoicetxt.md",
    'a"b<c>|?*.txt': "a_b_c____.txt",
    " a.txt ": "a.txt",
    ".": "unnamed",
    "..": "unnamed",
    "": "unnamed",
    "folder/": "unnamed",
    "\x00": "unnamed",
    "x" * 300 + ".txt": "x" * 186 + ".txt",
    "ü" * 300 + ".txt": "ü" * 93 + ".txt",
}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_becomes_a_plain_one(name: str) -> None:
    assert clean_name(name) == NAMES[name]


@given(st.text(max_size=400))
def test_whatever_is_typed_the_name_is_plain(name: str) -> None:
    found = clean_name(name)
    assert found.strip()
    assert not set(found) & set('/\\:*?"<>|\r\n\t\x00\u202e')


@given(st.text(max_size=400).map(lambda stem: f"{stem}.txt"))
def test_whatever_is_typed_the_name_is_short_enough(name: str) -> None:
    found = clean_name(name)
    assert len(found.encode()) <= LONGEST_NAME
    assert clean_name(found) == found


@pytest.mark.parametrize(("name", "extension"), [("a.PDF", "pdf"), ("a.tar.gz", "gz"), ("a", ""), (".txt", ""), ("a.", "")])
def test_the_last_extension_counts(name: str, extension: str) -> None:
    assert extension_of(name) == extension


def test_line_breaks_are_typed_as_such() -> None:
    assert unescape(r"\n\n\t#") == "\n\n\t#"


def test_nothing_chosen_is_the_automatic_rule() -> None:
    form = RuleForm({})
    assert (form.is_valid(), form.rule().mode) == (True, "automatic")


def test_a_custom_rule_is_what_was_typed() -> None:
    form = RuleForm({"mode": "custom", "separator": " ", "max_tokens": "50", "chunk_overlap": "0", "remove_urls_emails": "on"})
    assert form.is_valid()
    rule = form.rule()
    assert (rule.separator, rule.max_tokens, rule.chunk_overlap) == (" ", 50, 0)
    assert (rule.remove_extra_spaces, rule.remove_urls_emails) == (False, True)


def test_all_reasons_come_in_one_line() -> None:
    form = RuleForm({"mode": "custom", "separator": "", "max_tokens": "1", "chunk_overlap": "0"})
    assert (
        form.reason == "Maximum length: Ensure this value is greater than or equal to 50. Separator: A custom rule needs this."
    )
