"""Every text of a page, and of what a page says next, can be translated; and translations keep the placeholders."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import User, Workspace
from tests.abuse.people import routes, things_of, undone
from tests.support.sandbox_process import SandboxProcess
from tests.support.scenarios import SCENARIOS, Scenario, Stage
from tests.support.stage import HTMX, Answer, attribute, url
from tests.support.translation import (
    LANGUAGE,
    marked_language,
    unmarked_in_page,
    unmarked_in_script,
    unmarked_in_template,
)

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
SOURCES = [path for path in sorted((ROOT / "datasets_ui").rglob("*.py")) if "migrations" not in path.parts]

# the same in every language: our name, units, kinds of files, and what a widget's own words are made of
NO_LANGUAGE = re.compile(r"Dataset Dashboard|\b(CSV|ms|UTC)\b|plain-wide|https?://\S+|\S+@example\.com")
# what people on the stage call their things and write into them
CONTENT = re.compile(
    r"\b(Acme|Default|Disable segments|First|Fresh|Handbook|New words|Note|One|Paid|Renamed|Second|Sick|Study|Unpaid"
    r"|ago|fixture|leave|long|new|once|one|txt)\b|& Co\b"
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{\{ ?(\w+) ?\}\}|%[sd]")
PLURAL = re.compile(r"\{% blocktranslate[^%]* count [^%]*%\}(.*?)\{% plural %\}(.*?)\{% endblocktranslate %\}", re.DOTALL)
NGETTEXT = re.compile(r'ngettext\(\s*"([^"]*)",\s*"([^"]*)"')


@pytest.fixture
def stage(
    owner: Client, alice: User, workspace: Workspace, bob: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> Stage:
    return Stage(owner, things_of(workspace, dify, handbook), workspace, alice, dify, sandbox)


def left(texts: Iterable[str]) -> list[str]:
    """Those that are neither content nor the same everywhere."""
    bare = (CONTENT.sub("", NO_LANGUAGE.sub("", text)) for text in texts)
    return [text for text in bare if re.search(r"[^\W\d_]{2,}", text)]


def untranslated(answer: Answer) -> list[str]:
    is_page = answer.get("Content-Type", "").startswith("text/html") and not answer.streaming
    return left(unmarked_in_page(answer.text)) if is_page else []


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_no_page_has_a_text_of_one_language(stage: Stage, anonymous: Client, method: str, headers: dict[str, str]) -> None:
    """Opened, and sent with nothing filled in."""
    found: dict[str, list[str]] = {}
    with marked_language():
        for kind, client in {"anonymous": anonymous, "owner": stage.client}.items():
            for route in routes():
                with undone(client):
                    answer = getattr(client, method)(stage.things.path(route), **headers)
                found[f"{kind} {route}"] = untranslated(answer)
    assert {where: texts for where, texts in found.items() if texts} == {}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_what_is_said_of_what_was_done_is_in_the_readers_language(
    stage: Stage, scenario: Scenario, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with marked_language(), django_capture_on_commit_callbacks(execute=True):
        form = scenario.form(stage) if callable(scenario.form) else scenario.form
        answer = stage.client.post(stage.things.path(scenario.route), form, query_params=stage.query, follow=True)
    assert untranslated(answer) == []


def test_a_page_in_another_language_brings_the_words_of_the_scripts(owner: Client) -> None:
    assert "/words/?" not in owner.get(url("jobs")).text
    with marked_language():
        page = owner.get(url("jobs"))
    assert attribute(page, "html", "lang") == LANGUAGE
    address = attribute(page, "script[src^='/words/']", "src")
    assert address == f"/words/?{LANGUAGE}"
    assert "gettext" in owner.get(address).text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_words_outside_of_the_tags_that_translate(path: Path) -> None:
    """Whatever has to come together for them to be shown."""
    assert left(unmarked_in_template(path.read_text())) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_without_gettext(path: Path) -> None:
    assert unmarked_in_script(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Gone.</p>", ["Gone."]),
        ('<p>{% translate "Gone." %} {{ name }} <kbd>Esc</kbd></p>', []),
        ('<input placeholder="Search {{ name }}">', ["Search"]),
        ("{% blocktranslate %}Gone: {{ name }}{% endblocktranslate %} for ever", ["for ever"]),
    ],
)
def test_what_a_template_says_in_one_language_is_found(source: str, found: list[str]) -> None:
    assert unmarked_in_template(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('show("It is gone.");', ['"It is gone."']),
        ("show(`${number} are gone`);", ["`${number} are gone`"]),
        ('button.textContent = "Copied";', ['textContent = "Copied"']),
        ('show(gettext("It is gone."));', []),
        ('one("#rule [name=x], input"); // It is gone.', []),
    ],
)
def test_what_a_script_says_in_one_language_is_found(source: str, found: list[str]) -> None:
    assert unmarked_in_script(source) == found


# --- placeholders ---


def placeholders(text: str) -> list[str]:
    return sorted(match[0].replace(" ", "") for match in PLACEHOLDER.finditer(text))


def disagreeing(catalog: polib.POFile) -> list[str]:
    """The messages of which a translation has other placeholders."""
    return [
        entry.msgid
        for entry in catalog.translated_entries()
        for text in [entry.msgstr] * bool(entry.msgstr) + list(entry.msgstr_plural.values())
        if placeholders(text) not in (placeholders(entry.msgid), placeholders(entry.msgid_plural or entry.msgid))
    ]


def test_translations_have_the_placeholders_of_the_messages() -> None:
    catalogs = [path for folder in settings.LOCALE_PATHS for path in Path(folder).rglob("*.po")]
    assert {str(path): disagreeing(polib.pofile(str(path))) for path in catalogs} == {str(path): [] for path in catalogs}


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (polib.POEntry(msgid="“%(name)s” is gone.", msgstr="„%(name)s“ ist weg."), []),
        (polib.POEntry(msgid="“%(name)s” is gone.", msgstr="„%(nmae)s“ ist weg."), ["“%(name)s” is gone."]),
        (
            polib.POEntry(msgid="%(number)s is", msgid_plural="%(number)s are", msgstr_plural={0: "%(number)s ist", 1: "sind"}),
            ["%(number)s is"],
        ),
    ],
)
def test_a_translation_with_other_placeholders_is_found(entry: polib.POEntry, found: list[str]) -> None:
    catalog = polib.POFile()
    catalog.append(entry)
    assert disagreeing(catalog) == found


def one_and_many() -> Iterator[tuple[str, str]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("ngettext"):
                one, many = node.args[:2]
                if isinstance(one, ast.Constant) and isinstance(many, ast.Constant):
                    yield str(one.value), str(many.value)
    for path in TEMPLATES:
        yield from PLURAL.findall(path.read_text())
    for path in SCRIPTS:
        yield from NGETTEXT.findall(path.read_text())


def test_one_needs_no_placeholder_that_many_has_not() -> None:
    """It may leave the number out."""
    pairs = set(one_and_many())
    assert len(pairs) > 60
    assert {(one, many) for one, many in pairs if not set(placeholders(one)) <= set(placeholders(many))} == set()
