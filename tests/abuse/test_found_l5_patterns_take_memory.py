"""L5: a pattern of 182 characters took 707 MB in one search, one of 360 characters 6 GB before any search. What a pattern may ask for is
bounded, and said beside its field."""

import resource
import subprocess
import sys

import pytest
from django.test import Client

from datasets_ui.dify.datasets import Dataset
from datasets_ui.text.find_and_replace import MOST_GROUPS, BadPattern, Search
from tests.support.stage import beside, url, value

REFUSED = {
    "(" * 90 + "a" + ")" * 90 + "+": "It has more than 20 groups. Make it simpler.",
    "(?:" * 90 + "a" + ")" * 90 + "+": "It has more than 20 groups. Make it simpler.",
    "(?:" * 20 + "a" + ")+" * 20: "Its numbers of repetitions are too large. Make them smaller.",
    "(?:" * 20 + "a" + "){1,}" * 20: "Its numbers of repetitions are too large. Make them smaller.",
    "(?:ab){e<=2}": "It asks for what is only similar, which is not possible here. A brace is written as \\{.",
    r"\\(?:ab){1<=i<=2,2d+1s<=4}": "It asks for what is only similar, which is not possible here. A brace is written as \\{.",
    "(?e)(?:ab){s:[a-z]}": "It asks for what is only similar, which is not possible here. A brace is written as \\{.",
}
TAKEN = [
    "(" * MOST_GROUPS + "a" + ")" * MOST_GROUPS + "+",
    "((a{1,100}){1,100}){1,100}",
    "(?:(?:a{1,1000}){1,1000}){1,1000}b",
    "(?:a{1,1000}){1,1000}",
    "((((((((((a)+)+)+)+)+)+)+)+)+)+",
]
ORDINARY = [
    r"\{name\}",
    "{name}",
    r"(\w+)\s+(\w+)\s+(\w+)\s+(\w+)",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"\p{Lu}[a-z]+",
    "(?P<x>a)",
]
HARDEST = """
import os, resource, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()
from datasets_ui.text.find_and_replace import Search, TooSlow
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for find in sys.argv[1:]:
    search = Search(find, "b", regular=True)
    try:
        search.check()
        search.pieces("a" * 100_000)
    except TooSlow:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
MEGABYTES = 300  # twice what the hardest one takes


@pytest.mark.parametrize("find", REFUSED, ids=range(len(REFUSED)))
def test_what_could_take_everything_is_refused_beside_its_field(editor: Client, handbook: Dataset, find: str) -> None:
    """L5: what was typed stays."""
    answer = editor.post(
        url("dataset-replace", handbook.id), {"find": find, "replace": "", "how": "regular", "in_content": "on"}
    )
    assert (answer.status_code, beside(answer, "find"), value(answer, "find")) == (422, [REFUSED[find]], find)


@pytest.mark.parametrize("find", ORDINARY)
def test_what_is_ordinary_is_not(find: str) -> None:
    Search(find, "", regular=True).check()


@pytest.mark.parametrize("find", REFUSED, ids=range(len(REFUSED)))
def test_it_is_taken_as_plain_text(find: str) -> None:
    Search(find, "", regular=False).check()


def test_what_is_not_refused_takes_little(tmp_path: object) -> None:
    """L5: in a process of its own, whose memory is bounded for the case that it does not."""
    command = [sys.executable, "-c", HARDEST, *TAKEN]
    env = {"DATASETS_DATA_DIR": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True, preexec_fn=bounded)
    assert int(done.stdout) < MEGABYTES


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))


def test_the_largest_number_does_not_take_long_itself() -> None:
    """L5: of the many digits that a pattern may hold."""
    with pytest.raises(BadPattern, match="too large"):
        Search("a" + "{" + "9" * 990 + "}", "", regular=True).check()
