"""What must not be forgotten when something is added."""

import ast
import re
from pathlib import Path

import pytest

from datasets_ui.dify.codes import ErrorCode
from datasets_ui.dify.errors import DifyError

ROOT = Path(__file__).resolve().parent.parent
SERVICES = [
    path for path in sorted((ROOT / "datasets_ui" / "services").rglob("*.py")) if path.stem not in {"__init__", "audit"}
]
# what a service function of ours calls by which something is changed in Dify, or here
CHANGES = re.compile(r"dify\.\w+\.(create\w*|update|delete|set_\w+)\(|\.save\(|\.objects\.create\w*\(")
# changes that are a part of an act which is recorded where it begins, and the bookkeeping of a worker's turn
PARTS = {"go_on", "end", "schedule", "noted", "switch_documents", "complete", "delete_documents", "kept", "take_snapshot"}


RECORDS = re.compile(r"\brecord\(|\.writing\(")
# What is done in no workspace, or is recorded before there is a scope, each with its reason.
WITHOUT_SCOPE = {
    "accept": "the token of the link says which workspace it is",
    "accept_as_new_user": "the account is made first, then the token is used up",
    "change_state": "a turn of a worker, which makes a scope for each item",
    "create_at": "the workspace is made by it",
    "mark_refused": "noticed by the client that a scope carries, during a call",
    "rotate_factor": "somebody's second factor belongs to no workspace",
    "set_up": "the first workspace is made by it",
}
ACCOUNTS = ROOT / "datasets_ui" / "services" / "team" / "accounts.py"  # which belong to no workspace


def functions(path: Path) -> list[tuple[str, str]]:
    """Name and source of each function of a module."""
    source = path.read_text()
    lines = source.splitlines()
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [(node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno])) for node in found]


CHANGING = [(name, code) for path in SERVICES for name, code in functions(path) if CHANGES.search(code) and name not in PARTS]

RECORDING = [(path, name, code) for path in SERVICES for name, code in functions(path) if RECORDS.search(code)]


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
    assert "record(" in code or ".writing(" in code


def test_the_changes_are_found() -> None:
    expected = {"create_dataset", "update_dataset", "delete_dataset", "upload_document", "write_segment", "change_base_url"}
    assert expected <= {name for name, _ in CHANGING}


def test_the_recorded_acts_are_found() -> None:
    expected = {"write_segment", "delete_key", "set_key_enabled", "invite", "revoke", "end_membership", "delete_workspace"}
    assert expected <= {name for _, name, _ in RECORDING}


@pytest.mark.parametrize(("path", "name", "code"), RECORDING, ids=[name for _, name, _ in RECORDING])
def test_every_act_in_a_workspace_is_told_a_scope_first(path: Path, name: str, code: str) -> None:
    told = re.search(rf"def {name}\(\s*scope: \w*Scope\b", code)
    assert bool(told) is not (name in WITHOUT_SCOPE or path == ACCOUNTS)


def test_whoever_is_told_no_scope_is_still_there() -> None:
    assert WITHOUT_SCOPE.keys() <= {name for _, name, _ in RECORDING}


@pytest.mark.parametrize(("name", "code"), CHANGING, ids=[name for name, _ in CHANGING])
def test_every_change_says_by_whom(name: str, code: str) -> None:
    told = rf"def {name}\(\s*(scope: \w*Scope\b|\*,.*\bby: Actor)"
    assert re.search(rf"{told}|def (set_up|accept_as_new_user)\(", code, re.DOTALL)


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
