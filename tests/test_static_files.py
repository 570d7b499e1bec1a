"""Static files as the image holds them: modules are joined to those that name them, and find each other under their hashed names."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.templatetags.static import static
from pytest_django.fixtures import Settings

from dashboard import settings as product
from dashboard.joined_scripts import ENTRIES, NotJoined, join_scripts
from datasets_ui.templatetags.scripts import modules

JS = product.BASE_DIR / "static" / "js"
HASHED = re.compile(r"^\w+\.[0-9a-f]{12}\.js$")


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Path:
    """The folder js/ of what is collected: ours, without the packages'."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = product.STORAGES
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("collectstatic", "--noinput", "--verbosity", "0")
    return tmp_path / "js"


def imported(script: Path) -> list[str]:
    return re.findall(r'^import.*?"\./(.*)"', script.read_text(), re.MULTILINE)


def reached(folder: Path, names: list[str]) -> set[str]:
    """These modules, and what they import, and so on."""
    found: set[str] = set()
    while names:
        found |= set(names)
        names = [other for name in names for other in imported(folder / name) if other not in found]
    return found


def test_each_import_leads_to_a_file(collected: Path) -> None:
    scripts = list(collected.glob("*.js"))
    assert {script.name for script in scripts if not HASHED.match(script.name)} == set()
    assert len(scripts) == len(list(JS.glob("*.js")))
    assert {name for script in scripts for name in imported(script)} <= {script.name for script in scripts}


def test_a_page_names_all_that_its_scripts_import(collected: Path) -> None:
    entries = [static(f"js/{name}.js").removeprefix("/static/js/") for name in ENTRIES]
    assert named_by_page() == ([], entries)
    assert reached(collected, entries) == set(entries)


def test_a_page_names_all_that_its_scripts_import_where_nothing_is_collected() -> None:
    preloaded, scripts = named_by_page()
    assert scripts == [f"{name}.js" for name in ENTRIES]
    assert sorted([*preloaded, *scripts]) == sorted(reached(JS, scripts))


def named_by_page() -> tuple[list[str], list[str]]:
    """The modules that a page with all entries preloads, and those that it runs."""
    tags = modules.__wrapped__(*ENTRIES)
    kinds = r'<link rel="modulepreload" href="/static/js/([^"]*)">', r'<script type="module" src="/static/js/([^"]*)"></script>'
    preloaded, scripts = (re.findall(kind, tags) for kind in kinds)
    return preloaded, scripts


def test_a_page_with_an_entry_has_those_before_it() -> None:
    """What they share is in the first of them, and runs once."""
    templates = (product.BASE_DIR / "templates").rglob("*.html")
    asked = {
        tuple(re.findall(r'"(\w+)"', tag)) for path in templates for tag in re.findall(r"{% modules .*? %}", path.read_text())
    }
    assert asked == {ENTRIES[:number] for number in (1, 2, 3)}


def test_a_module_is_in_one_file() -> None:
    sources = join_scripts(lambda name: (JS / f"{name}.js").read_text())
    joined = re.findall(r"^const \$(\w+) = \(\(\) => {$", "\n".join(sources.values()), re.MULTILINE)
    assert sorted([*joined, *ENTRIES, "theme"]) == sorted(path.stem for path in JS.glob("*.js"))


SMALL = {
    "app": 'import "./a.js";\nimport { b } from "./b.js";\n// why\nb();',
    "a": 'import { b } from "./b.js";\nexport const a = b;',
    "b": "export async function b() {}",
    "editor": 'import { b } from "./b.js";\nimport { c } from "./c.js";\nexport let kept = b(c);',
    "c": "export class c {}",
    "segment_list": "1;",
}


def test_how_modules_are_joined() -> None:
    assert join_scripts(SMALL.__getitem__) == {
        "app": "const $b = (() => {\nasync function b() {}\nreturn { b };\n})();\n"
        "const $a = (() => {\nconst { b } = $b;\nconst a = b;\nreturn { a };\n})();\n"
        "export { $b, $a };\nconst { b } = $b;\nb();",
        "editor": 'import { $b } from "./app.js";\nconst $c = (() => {\nclass c {}\nreturn { c };\n})();\nexport { $c };\n'
        "const { b } = $b;\nconst { c } = $c;\nexport let kept = b(c);",
        "segment_list": "1;",
    }


@pytest.mark.parametrize(
    "source",
    [
        "export let changed = 1;",  # who imports it would see what it was
        "export default 1;",
        "const b = 1;\nexport { b };",
        'import * as c from "./c.js";',
        'import { c as d } from "./c.js";',
        "x = `one\n// two`;",
    ],
)
def test_what_cannot_be_joined_stops_it(source: str) -> None:
    with pytest.raises(NotJoined, match=r"b\.js"):
        join_scripts((SMALL | {"b": source}).__getitem__)
