"""`make vendor`: what is served of the style sheet and the font is what our pages name and show, no more and no less."""

import hashlib
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.test import Client
from fontTools.ttLib import TTFont

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.management.commands.vendor import SERVED, WHOLE, fetch, made
from datasets_ui.management.vendoring.font import WEIGHTS
from datasets_ui.management.vendoring.named import Named, read_python, read_script, read_template
from datasets_ui.management.vendoring.style_sheet import Unreadable, purge
from datasets_ui.models import User, Workspace
from tests.abuse.people import routes, things_of, undone
from tests.support.stage import Answer, tree

STALE = "Run `make vendor`: static/vendor/ is not what our templates, scripts and Python name now."
SHEET = "tabler.min.css"
SHOWN = "“”‘’…–—·×«»↵⇧≤≥≠→"  # beyond ASCII in our own sentences


def served() -> str:
    return (SERVED / SHEET).read_text()


def classes(sheet: str) -> set[str]:
    return set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", sheet))


def test_what_is_served_is_up_to_date() -> None:
    """One who names another class of Tabler's learns it here."""
    fresh = dict(made())
    now, then = set(fresh[SHEET].decode().splitlines()), set(served().splitlines())
    assert {"to come": sorted(now - then), "to go": sorted(then - now)} == {"to come": [], "to go": []}, STALE
    assert {path.name: path.read_bytes() for path in SERVED.iterdir()} == fresh, STALE


def classes_in(answer: Answer) -> set[str]:
    is_page = answer.get("Content-Type", "").startswith("text/html") and not answer.streaming
    nodes = tree(answer).css("[class]") if is_page else []
    return {name for node in nodes for name in (node.attributes["class"] or "").split()}


def test_each_class_of_each_page_is_served(
    owner: Client, anonymous: Client, workspace: Workspace, bob: User, dify: DifyClient, handbook: Dataset
) -> None:
    """Whatever put it there."""
    things, found = things_of(workspace, dify, handbook), set[str]()
    for client in (owner, anonymous):
        for route in routes():
            with undone(client):
                found |= classes_in(client.get(things.path(route), follow=True))
    whole = classes((WHOLE / SHEET).read_text())
    assert {"btn", "card", "form-control", "badge"} <= found & whole
    assert (found & whole) - classes(served()) == set(), STALE


# --- what is named ---


@pytest.mark.parametrize(
    ("template", "name", "expected"),
    [
        ('<p class="card d-flex">', "card", True),
        ("<p class='card'>", "card", True),
        ("<p class=card>", "card", True),
        ("<p>A card</p>", "card", False),
        ('<p class="{% if a == "b" %}card{% endif %}">', "card", True),
        ('<p class="{% if a %}card{% endif %} btn">', "btn", True),
        ('{% include "_x.html" with look="btn-danger" %}', "btn-danger", True),
        ('{% translate "A card" %}', "card", False),
        ('{% heroicon_mini "key" class="icon" %}', "icon", True),
        ('<p class="bg-{{ colour }}-lt">{{ a|default:"red" }}', "bg-red-lt", True),
        ('<p class="bg-{{ colour }}-lt">', "bg-red-lt", False),
        ('<p class="btn-{% if a %}red{% else %}green{% endif %}">', "btn-green", True),
        ('<p class="{{ whatever }}">', "card", False),
    ],
)
def test_names_in_a_template(template: str, name: str, expected: bool) -> None:
    named = Named()
    read_template(template, named)
    assert named.has(name) is expected


@pytest.mark.parametrize(
    ("script", "name", "expected"),
    [
        ('box.className = "chips form-control";', "form-control", True),
        ("box.classList.add('show')", "show", True),
        ('html = `<p class="card ${more}">`', "card", True),
        ('colours = ["red"]; html = `<p class="bg-${colour}-lt">`', "bg-red-lt", True),
        ('say(gettext("Show the card"))', "card", False),
        ('say(ngettext("a card", "some cards card", 2))', "card", False),
        ('// a "card"', "card", False),
        ('a = "it\'s"; b = "card"', "card", True),
    ],
)
def test_names_in_a_script(script: str, name: str, expected: bool) -> None:
    named = Named()
    read_script(script, named)
    assert named.has(name) is expected


@pytest.mark.parametrize(
    ("python", "name", "expected"),
    [
        ('attrs = {"class": "form-check-input"}', "form-check-input", True),
        ('x = format_html("<p class=\\"btn btn-{}\\">", y)\ny = "danger"', "btn-danger", True),
        ('x = f"bg-{y}-lt"\ny = "red"', "bg-red-lt", True),
        ("x = f\"bg-{look('red')}-lt\"", "bg-red-lt", True),
        ('x = "bg-" + y\ny = "red"', "bg-red", True),
        ('x = "bg-%s" % y\ny = "red"', "bg-red", True),
        ('"""A card."""', "card", False),
        ('x = _("A card")', "card", False),
        ("card = 1", "card", False),
    ],
)
def test_names_in_python(python: str, name: str, expected: bool) -> None:
    named = Named()
    read_python(python, named)
    assert named.has(name) is expected


# --- what is left ---


def left(sheet: str, template: str, ours: str = "") -> str:
    named = Named()
    read_template(template, named)
    return purge(sheet, named, ours).removeprefix('@charset "UTF-8";\n').strip()


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (".a{top:0}", ".a{top:0}"),
        (".x{top:0}", ""),
        (".a,.x,p{top:0}", ".a,p{top:0}"),
        (".a .x{top:0}", ""),
        (".a>p:hover::after{top:0}", ".a>p:hover::after{top:0}"),
        ("ul{top:0}", ""),
        (":root{top:0}", ":root{top:0}"),
        (".a:not(.x){top:0}", ".a:not(.x){top:0}"),
        (".a:is(.x,.y){top:0}", ""),
        (".a:is(.x,p){top:0}", ".a:is(.x,p){top:0}"),
        (".a:has(>.x){top:0}", ""),
        ("[data-look=x]{top:0}", "[data-look=x]{top:0}"),
        ("[data-other=x]{top:0}", ""),
        ("[disabled]{top:0}", "[disabled]{top:0}"),
        ('[class*=" bg-"]{top:0}', '[class*=" bg-"]{top:0}'),
        ("[class*=col-]{top:0}", ""),
        ("@media print{.a{top:0}.x{top:0}}", "@media print{\n.a{top:0}\n}"),
        ("@media print{.x{top:0}}", ""),
        ("/*! licence */.a{top:0}/* word */", "/*! licence */\n.a{top:0}"),
        (".a{top:0!important}", ".a{top:0!important}"),
        (".a{--x: ;top:var(--x)}", ".a{--x: ;top:var(--x)}"),
    ],
)
def test_rules_are_left_that_can_match(sheet: str, expected: str) -> None:
    assert left(sheet, '<p class="a bg-{{ colour }}-lt" data-look>') == expected


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (":root{--x:1}", ""),
        (":root{--x:1}p{top:var(--x)}", ":root{--x:1}\np{top:var(--x)}"),
        (":root{--x:var(--y);--y:1;--z:var(--y)}p{top:var(--x)}", ":root{--x:var(--y);--y:1}\np{top:var(--x)}"),
        (":root{--ours:1;--set:1}", ":root{--ours:1}"),
        (":root{--drawn:1}", ":root{--drawn:1}"),
        ("@keyframes k{to{top:0}}", ""),
        (
            "@keyframes k{to{top:var(--x)}}p{animation:k 1s}:root{--x:1}",
            "@keyframes k{to{top:var(--x)}}\np{animation:k 1s}\n:root{--x:1}",
        ),
        ("@property --x{syntax:'*'}", ""),
    ],
)
def test_variables_and_animations_are_left_that_are_used(sheet: str, expected: str) -> None:
    assert left(sheet, '<p fill="var(--drawn)">', "a { --set: 2; top: var(--ours); }") == expected


@pytest.mark.parametrize("sheet", ["p{top:0;&:hover{top:1px}}", "@import 'x';", "}"])
def test_what_is_not_understood_is_refused(sheet: str) -> None:
    """Rather than dropped."""
    with pytest.raises(Unreadable):
        left(sheet, "<p>")


def test_the_font_has_our_letters_and_weights() -> None:
    font = TTFont(BytesIO(next(SERVED.glob("*.woff2")).read_bytes()))
    [axis] = font["fvar"].axes
    assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", *WEIGHTS)
    whole = set(TTFont(next(WHOLE.glob("*.woff2"))).getBestCmap())
    wanted = {ord(letter) for letter in SHOWN} | set(range(0x20, 0x7F)) | set(range(0xC0, 0x100))
    assert wanted & whole <= set(font.getBestCmap())
    assert "tnum" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}


# --- where it comes from ---


def test_a_download_that_is_another_is_refused(tmp_path: Path) -> None:
    file = {"name": "a.css", "package": "a@1", "path": "a.css", "sha256": hashlib.sha256(b"p{}").hexdigest()}
    with pytest.raises(CommandError, match="is not what vendor"):
        fetch(file, tmp_path, lambda *_: b"p{top:0}")
    assert list(tmp_path.iterdir()) == []


def test_a_download_is_kept(tmp_path: Path) -> None:
    file = {"name": "a.css", "package": "a@1", "path": "a.css", "sha256": hashlib.sha256(b"p{}").hexdigest()}
    fetch(file, tmp_path, lambda *_: b"p{}/*# sourceMappingURL=a.css.map */")
    assert (tmp_path / "a.css").read_bytes() == b"p{}"
    fetch(file, tmp_path, lambda *_: pytest.fail("it is there"))
