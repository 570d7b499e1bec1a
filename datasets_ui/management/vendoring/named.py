"""What our templates, scripts and Python name: of a style sheet, only what can match that is served.

It errs on one side: a word that is no class keeps a rule that matches nothing, while a class that is put together here is still found
by its pieces (`bg-{{ colour }}-lt`, with `colour` any word that something of ours names).
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import allauth
import django.forms
from django.conf import settings

HOLE = "\0"  # stands for what is known only when a page is made
ROOT = settings.BASE_DIR
THEIRS = [Path(package.__path__[0]) / "templates" for package in (allauth, django.forms)]
UNREAD = {"management", "migrations", "vendor"}  # folders that name nothing of a page, or are what is made here

TEMPLATE_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
SENTENCE_TAG = re.compile(r"\{%\s*(?:translate|blocktranslate|trans|plural)\b")
CLASSES = re.compile(r"""\bclass=(?:"((?:\{[{%].*?[%}]\}|[^"])*)"|'((?:\{[{%].*?[%}]\}|[^'])*)'|([^\s"'>]+))""", re.DOTALL)
LITERAL = re.compile(r""""([^"\n]*)"|'([^'\n]*)'""")
# comments and sentences first, so that nothing in them is taken for a string
SCRIPT_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\bn?gettext\(\s*"[^"]*"(?:,\s*"[^"]*")?"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""",
    re.DOTALL,
)
# what the words of a sentence for people are given to
SPEAKERS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "Filled"}


@dataclass
class Named:
    """The names that a selector may ask for."""

    words: set[str] = field(default_factory=set)
    shapes: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=lambda: {"svg", "path"})  # of the icons, which a package keeps in an archive
    attributes: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)

    def add_words(self, text: str) -> None:
        """A word that begins or ends with a hyphen goes on elsewhere."""
        for word in re.findall(r"[\w\0-]+", text):
            shape = re.sub(r"^(?=-)|(?<=-)$", HOLE, word)
            if HOLE not in shape:
                self.words.add(word)
            elif re.search(r"[a-z]{2}", shape):
                self.shapes.add(shape)

    def add_markup(self, text: str) -> None:
        """Tags, and attributes with a hyphen: those without one are HTML's, and forms of Django's set them too."""
        self.tags |= {tag.lower() for tag in re.findall(r"<([a-zA-Z][\w-]*)", text)}
        self.attributes |= set(re.findall(r"\b[a-z]+(?:-[a-z]+)+\b", text))
        self.variables |= set(re.findall(r"--[\w-]+", text))

    def has(self, name: str) -> bool:
        """Whether this can be a class, an id or, made by a script, a tag."""
        return name in self.words or any(self._fills(shape, name) for shape in self.shapes)

    def _fills(self, shape: str, name: str) -> bool:
        found = re.fullmatch(r"([\w-]+)".join(re.escape(piece) for piece in shape.split(HOLE)), name)
        return found is not None and all(word in self.words for word in found.groups())


def names_of_ours() -> Named:
    """Of all sources, in any order: what is made of them is the same each time."""
    named = Named()
    for text in texts("*.html", ROOT / "templates", *THEIRS):
        read_template(text, named)
    for text in texts("*.js", ROOT / "static"):
        read_script(text, named)
    for text in texts("*.py", ROOT / "dashboard", ROOT / "datasets_ui"):
        read_python(text, named)
    return named


def style_of_ours() -> str:
    """Our own style sheets, which stand on top of the one that is purged."""
    return "\n".join(texts("*.css", ROOT / "static"))


def texts(pattern: str, *folders: Path) -> Iterator[str]:
    for folder in folders:
        yield from (path.read_text() for path in folder.rglob(pattern) if not UNREAD & set(path.relative_to(folder).parts))


def read_template(text: str, named: Named) -> None:
    """The classes of elements, and the strings in tags, which may become a class elsewhere; not what people read."""
    named.add_markup(text)
    for found in CLASSES.finditer(text):
        classes = "".join(group or "" for group in found.groups())
        named.add_words(TEMPLATE_TAG.sub(lambda tag: HOLE if tag.group().startswith("{{") else " ", classes))
    for tag in TEMPLATE_TAG.findall(text):
        if not SENTENCE_TAG.match(tag):
            for literal in LITERAL.finditer(tag):
                named.add_words("".join(group or "" for group in literal.groups()))


def read_script(text: str, named: Named) -> None:
    """All strings but sentences; `dataset.bsTheme` is the attribute data-bs-theme."""
    for key in re.findall(r"\bdataset\.(\w+)", text):
        named.attributes.add("data-" + re.sub(r"(?=[A-Z])", "-", key).lower())
    for token in SCRIPT_TOKEN.finditer(text):
        if token["text"]:
            content = token["text"][1:-1]
            named.add_markup(content)
            named.add_words(re.sub(r"\$\{[^{}]*\}", HOLE, content))


def read_python(text: str, named: Named) -> None:
    """All strings but docstrings and sentences."""
    Strings(named).visit(ast.parse(text))


class Strings(ast.NodeVisitor):
    def __init__(self, named: Named) -> None:
        self.named = named

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not (isinstance(node.func, ast.Name) and node.func.id in SPEAKERS):
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pieces = [str(piece.value) if isinstance(piece, ast.Constant) else HOLE for piece in node.values]
        self._note("".join(pieces))
        for piece in node.values:
            if isinstance(piece, ast.FormattedValue):
                self.visit(piece.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._note(re.sub(r"\{[\w.]*\}|%\(\w+\)s|%s", HOLE, node.value))

    def _note(self, text: str) -> None:
        self.named.add_markup(text)
        self.named.add_words(text)
