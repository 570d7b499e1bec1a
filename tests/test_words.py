"""Every sentence for people goes through gettext: what views, forms and services say, and what the client says where no Django is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from datasets_ui.dify.codes import ErrorCode, explain
from datasets_ui.dify.errors import AddressRefused, HeldBack, NotFound
from datasets_ui.dify.words import Filled
from datasets_ui.words import refusal_of, sentence_of, translated

ROOT = Path(__file__).resolve().parent.parent
SAYING = [path for room in ("views", "forms", "services") for path in sorted((ROOT / "datasets_ui" / room).rglob("*.py"))]
GETTEXT = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
}
LEVELS = {"success", "info", "warning", "error"}
# a sentence of Django's own, of which it has translations
LIMIT = "Ensure this value is less than or equal to %(limit_value)s."


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def said_by(call: ast.Call) -> list[ast.expr]:
    """What people will read of the arguments of a call."""
    name = name_of(call.func)
    if name in LEVELS and isinstance(call.func, ast.Attribute) and name_of(call.func.value) == "messages":
        return call.args[1:2]
    if name == "ValidationError":
        return call.args[:1]
    if name == "add_error":
        return call.args[1:2]
    if name.endswith("Field"):
        return [keyword.value for keyword in call.keywords if keyword.arg in {"label", "help_text"}]
    if name == "Problem":
        return call.args[2:4]
    if name in {"NotNow", "NotAllowed", "ListTooLong"}:
        return call.args[:1]
    return []


def bare_words(node: ast.AST) -> Iterator[str]:
    """The literals of an expression that hold a letter and are in no call of gettext."""
    if isinstance(node, ast.Call) and name_of(node.func) in GETTEXT:
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and any(map(str.isalpha, node.value)):
            yield node.value
        return
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.Dict):  # its keys are the names of placeholders
        children = iter(node.values)
    elif isinstance(node, ast.Subscript):
        children = iter([node.value])
    elif isinstance(node, ast.IfExp):  # its condition is not said
        children = iter([node.body, node.orelse])
    elif isinstance(node, ast.FormattedValue):  # nor is its format
        children = iter([node.value])
    for child in children:
        yield from bare_words(child)


def unmarked(source: str) -> list[str]:
    """What is said without gettext, at once or by a name."""
    tree = ast.parse(source)
    named: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    named.setdefault(target.id, []).extend(bare_words(node.value))
    said = [expression for call in ast.walk(tree) if isinstance(call, ast.Call) for expression in said_by(call)]
    by_name = [words for said_now in said if isinstance(said_now, ast.Name) for words in named.get(said_now.id, [])]
    return [words for expression in said for words in bare_words(expression)] + by_name


@pytest.mark.parametrize("path", SAYING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_said_goes_through_gettext(path: Path) -> None:
    assert unmarked(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('messages.success(request, "It is done.")', ["It is done."]),
        ('messages.error(request, f"{name} is gone.", extra_tags="view:x")', [" is gone."]),
        ('words = "Gone."\nmessages.info(request, words)', ["Gone."]),
        ('raise forms.ValidationError("No." if short else _("Never."))', ["No."]),
        ('form.add_error("name", "Taken.")', ["Taken."]),
        ('name = forms.CharField(label="Name", help_text=_("Short."))', ["Name"]),
        ('Problem(404, "gone", "Gone", _("It is gone."))', ["Gone"]),
        ('messages.success(request, _("“%(name)s” is gone.") % {"name": data["name"]})', []),
        ('messages.error(request, f"{name}: {reason}")', []),
        ('raise NotNow("It is over.")', ["It is over."]),
    ],
)
def test_what_is_not_marked_is_found(source: str, found: list[str]) -> None:
    assert unmarked(source) == found


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_in_english_the_client_is_quoted(code: ErrorCode) -> None:
    assert sentence_of(NotFound(code=code.name)) == explain(code.name)


def test_parts_of_a_sentence_follow_each_other() -> None:
    error = HeldBack(retry_after=41.2)
    error.outcome_unknown = True
    assert sentence_of(error) == error.sentence
    assert str(refusal_of(error)).endswith("look before you try again. 42 seconds are left.")


def test_a_sentence_with_values_is_translated_before_they_are_put_in() -> None:
    said = Filled(LIMIT, limit_value=12345)
    assert said == translated(said) == "Ensure this value is less than or equal to 12,345."
    with translation.override("de"):
        assert translated(said) == "Dieser Wert muss kleiner oder gleich 12.345 sein."


def test_a_detail_of_the_client_is_translated_and_one_of_the_api_is_not() -> None:
    ours = AddressRefused(Filled(LIMIT, limit_value="x"))
    ours.hide("dataset-secret")
    with translation.override("de"):
        assert refusal_of(ours).detail == "Dieser Wert muss kleiner oder gleich x sein."
        assert refusal_of(NotFound("Document is\r\ndisabled.")).detail == "Document is\r\ndisabled."
        assert refusal_of(NotFound()).detail == ""
