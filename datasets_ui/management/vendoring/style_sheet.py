"""Purges a style sheet: rules that can match nothing of ours, and variables and animations that nothing is left to use, go."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import tinycss2
from tinycss2.ast import AtRule, Declaration, Node, ParseError, QualifiedRule, SquareBracketsBlock

from datasets_ui.management.vendoring.named import Named

ONE_OF = {"is", "where", "has"}  # an element matches by any of what they are told
CONDITIONS = {"media", "supports", "layer", "container"}  # at-rules that hold rules
NAME = re.compile(r"[\w-]+")
SET_HERE = re.compile(r"--[\w-]+\s*:")


class Unreadable(Exception):
    """Of a style sheet: it has a form that the parser, or this module, does not know."""


@dataclass(frozen=True)
class Rule:
    """The selectors that can match, and what they declare."""

    head: str
    declarations: tuple[tuple[str, str], ...]

    def values(self, used: set[str]) -> Iterator[str]:
        return (value for name, value in self.declarations if is_used(name, used))

    def lines(self, used: set[str]) -> Iterator[str]:
        declared = ";".join(f"{name}:{value}" for name, value in self.declarations if is_used(name, used))
        if declared:
            yield f"{self.head}{{{declared}}}"


@dataclass(frozen=True)
class Condition:
    """Rules that hold on some screens."""

    head: str
    parts: "tuple[Part, ...]"

    def values(self, used: set[str]) -> Iterator[str]:
        return (value for part in self.parts for value in part.values(used))

    def lines(self, used: set[str]) -> Iterator[str]:
        inner = [line for part in self.parts for line in part.lines(used)]
        if inner:
            yield from (self.head + "{", *inner, "}")


@dataclass(frozen=True)
class Definition:
    """Of an animation (@keyframes), or of a variable's type (@property): there for whoever uses its name."""

    head: str
    name: str
    body: str

    def values(self, used: set[str]) -> Iterator[str]:
        if self.name in used:
            yield self.body

    def lines(self, used: set[str]) -> Iterator[str]:
        if self.name in used:
            yield f"{self.head}{{{self.body}}}"


Part = Rule | Condition | Definition


def purge(source: str, named: Named, ours: str) -> str:
    """What is left of a style sheet, a rule a line, so that versions of it can be compared; `ours` is the sheet on top of it."""
    nodes = tinycss2.parse_stylesheet(source, skip_whitespace=True)
    parts = list(parts_of(nodes, named))
    used = names_used(parts, named.variables | set(NAME.findall(SET_HERE.sub("", ours))))
    licences = [f"/*{node.value}*/" for node in nodes if node.type == "comment" and node.value.startswith("!")]
    return "\n".join(['@charset "UTF-8";', *licences, *(line for part in parts for line in part.lines(used)), ""])


def parts_of(nodes: Iterable[Node], named: Named) -> Iterator[Part]:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            arms = [arm for arm in split(node.prelude) if can_match(arm, named)]
            if arms:
                yield Rule(",".join(text_of(arm) for arm in arms), tuple(declarations_of(node)))
        elif isinstance(node, AtRule):
            yield from parts_of_at_rule(node, named)
        elif isinstance(node, ParseError):
            raise Unreadable(f"{node.kind} in line {node.source_line}, column {node.source_column}")


def parts_of_at_rule(node: AtRule, named: Named) -> Iterator[Part]:
    name = text_of(node.prelude)
    head = f"@{node.at_keyword} {name}"
    if node.lower_at_keyword in CONDITIONS and node.content is not None:
        inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
        yield Condition(head, tuple(parts_of(inner, named)))
    elif node.lower_at_keyword in {"keyframes", "property"}:
        yield Definition(head, name, text_of(node.content))
    elif node.lower_at_keyword != "charset":
        raise Unreadable(f"{head} in line {node.source_line}")


def declarations_of(rule: QualifiedRule) -> Iterator[tuple[str, str]]:
    for node in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
        if not isinstance(node, Declaration):
            raise Unreadable(f"{node.type} in a rule, line {node.source_line}, column {node.source_column}")
        # nothing is a value of a variable, too, for which older browsers want a space
        yield node.name, (text_of(node.value) or " ") + ("!important" if node.important else "")


def split(selectors: Iterable[Node]) -> list[list[Node]]:
    """A list of selectors at its commas."""
    arms: list[list[Node]] = [[]]
    for piece in selectors:
        if piece == ",":
            arms.append([])
        else:
            arms[-1].append(piece)
    return arms


def can_match(selector: Iterable[Node], named: Named) -> bool:
    """Whether each class, id, tag and attribute that it asks for is named somewhere; what it must not match is not looked at."""
    before = ""
    for token in selector:
        if token.type == "ident" and before == ".":
            possible = named.has(token.value)
        elif token.type == "ident" and before != ":":
            possible = token.lower_value in named.tags or named.has(token.lower_value)
        elif token.type == "hash":
            possible = named.has(token.value)
        elif token.type == "[] block":
            possible = can_have(token, named)
        elif token.type == "function" and token.lower_name in ONE_OF:
            possible = any(can_match(arm, named) for arm in split(token.arguments))
        else:
            possible = True
        if not possible:
            return False
        before = token.value if token.type == "literal" else ""
    return True


def can_have(block: SquareBracketsBlock, named: Named) -> bool:
    """Whether something has this attribute: those of HTML itself are not looked for, forms of Django's set them too."""
    name, *test = [token for token in block.content if token.type in {"ident", "string"}]
    if name.lower_value == "class":
        return not test or any(test[0].value.strip() in word for word in named.words | named.shapes)
    return "-" not in name.value or name.lower_value in named.attributes


def names_used(parts: Iterable[Part], used: set[str]) -> set[str]:
    """The names in all values that count: a variable's own counts only where the variable is used, and so on."""
    parts = list(parts)
    while more := {name for part in parts for value in part.values(used) for name in NAME.findall(value)} - used:
        used = used | more
    return used


def is_used(name: str, used: set[str]) -> bool:
    """Of what a rule declares: all, except for variables that nothing reads."""
    return not name.startswith("--") or name in used


def text_of(tokens: Iterable[Node]) -> str:
    return str(tinycss2.serialize(tokens)).strip()
