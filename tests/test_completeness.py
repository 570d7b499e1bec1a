"""What must not be forgotten when something is added."""

import ast
import re
from pathlib import Path

import pytest

from datasets_ui.dify.errors import DifyError, ErrorCode

ROOT = Path(__file__).resolve().parent.parent
SERVICES = [path for path in sorted((ROOT / "datasets_ui" / "services").glob("*.py")) if path.stem not in {"__init__", "audit"}]
# what a service function of ours calls by which something is changed in Dify, or here
CHANGES = re.compile(r"dify\.\w+\.(create\w*|update|delete|set_\w+)\(|\.save\(|\.objects\.create\w*\(")
# changes that are a part of an act which is recorded where it begins, and the bookkeeping of a worker's turn
PARTS = {"go_on", "end", "schedule", "noted", "switch_documents", "complete", "delete_documents", "kept", "take_snapshot"}


def functions(path: Path) -> list[tuple[str, str]]:
    """Name and source of each function of a module."""
    source = path.read_text()
    tree = ast.parse(source)
    return [(node.name, ast.get_source_segment(source, node) or "") for node in tree.body if isinstance(node, ast.FunctionDef)]


CHANGING = [(name, code) for path in SERVICES for name, code in functions(path) if CHANGES.search(code) and name not in PARTS]


def settings_read() -> set[str]:
    """The names of the environment that the settings read."""
    source = (ROOT / "dashboard" / "settings.py").read_text()
    return set(re.findall(r"(?:env\.\w+|secret)\(\s*\"([A-Z_]+)\"", source))


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_every_setting_is_in_the_readme(name: str) -> None:
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("|")]
    assert [row for row in rows if f"`{name}`" in row.split("|")[1]] != []


def test_the_settings_are_found() -> None:
    assert {"DATASETS_KEK", "DATASETS_MODE", "DATABASE_URL", "CACHE_URL"} <= settings_read()


@pytest.mark.parametrize(("name", "code"), CHANGING, ids=[name for name, _ in CHANGING])
def test_every_change_is_recorded(name: str, code: str) -> None:
    assert "record(" in code or "audited(" in code


def test_the_changes_are_found() -> None:
    expected = {"create_dataset", "update_dataset", "delete_dataset", "upload_document", "write_segment", "change_base_url"}
    assert expected <= {name for name, _ in CHANGING}


@pytest.mark.parametrize(("name", "code"), CHANGING, ids=[name for name, _ in CHANGING])
def test_every_change_says_by_whom(name: str, code: str) -> None:
    assert re.search(rf"def {name}\(\s*\*,.*\bby: Actor|def (set_up|accept_as_new_user)\(", code, re.DOTALL)


def errors(kind: type[DifyError] = DifyError) -> list[type[DifyError]]:
    return [kind, *(error for below in kind.__subclasses__() for error in errors(below))]


@pytest.mark.parametrize("kind", errors())
def test_every_error_has_a_sentence(kind: type[DifyError]) -> None:
    assert kind.code in ErrorCode.__members__


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: str(path.name))
def test_no_template_trusts_what_comes_from_elsewhere(template: Path) -> None:
    text = template.read_text()
    assert [
        mark for mark in ("|safe", "autoescape off", "<style", " style=", "hx-on", "onclick=", "javascript:") if mark in text
    ] == []


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: str(path.name))
def test_every_form_that_changes_something_has_a_token(template: Path) -> None:
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", template.read_text(), re.DOTALL)
    assert [form for form in forms if "{% csrf_token %}" not in form] == []


def fragments() -> list[Path]:
    return sorted((ROOT / "templates").rglob("_*.html"))


@pytest.mark.parametrize("fragment", fragments(), ids=lambda path: str(path.name))
def test_every_fragment_is_used(fragment: Path) -> None:
    name = str(fragment.relative_to(ROOT / "templates"))
    users = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "datasets_ui").rglob("*.py")]
    assert any(f'"{name}"' in user.read_text() for user in users)
