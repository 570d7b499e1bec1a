"""Joins the modules that an entry uses into the entry's own file, when static files are collected: each request costs a kilobyte of headers.

A module becomes a function that runs once and gives what the module exports, so that no two share a name. What an entry
before it in ENTRIES brings along is imported from that one. The entry itself stays a module, with its exports. This understands the imports
and exports that CONTRIBUTING.md allows, and stops at others.
"""

import re
from collections.abc import Callable

# by which pages name their scripts; a page that has one has all before it that it uses something of
ENTRIES = ("app", "editor", "segment_list")

IMPORT = re.compile(r'^import (?:\{ (\w+(?:, \w+)*) \} from )?"\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
COMMENT_LINE = re.compile(r"^ *//.*\n", re.MULTILINE)

Read = Callable[[str], str]


class NotJoined(Exception):
    """A module has something of a form that cannot be joined."""


def join_scripts(read: Read) -> dict[str, str]:
    """The source of each entry with all in it that it uses; `read` gives a module's source by its name."""
    home: dict[str, str] = {}  # of each module, the entry that has it
    sources: dict[str, str] = {}
    for entry in ENTRIES:
        needed = in_order(entry, read)
        own = [name for name in needed if name not in home]
        home |= dict.fromkeys(own, entry)
        others = {other: [name for name in needed if home[name] == other] for other in ENTRIES if other != entry}
        sources[entry] = joined(entry, own[:-1], others, read)
    return sources


def in_order(name: str, read: Read, seen: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What a module uses, and the module, in the order in which a browser runs them."""
    for _, other in IMPORT.findall(read(name)):
        if other not in seen:
            seen = in_order(other, read, seen)
    return (*seen, name)


def joined(entry: str, own: list[str], others: dict[str, list[str]], read: Read) -> str:
    imports = [
        f'import {{ {", ".join(map(exports_of, names))} }} from "./{other}.js";' for other, names in others.items() if names
    ]
    functions = [wrapped(name, read) for name in own]
    exports = [f"export {{ {', '.join(map(exports_of, own))} }};"] if own else []
    return "\n".join([*imports, *functions, *exports, body(entry, read)])


def wrapped(name: str, read: Read) -> str:
    given = EXPORT.findall(read(name))
    code = EXPORT.sub("", body(name, read))
    if wrong := LEFT_OVER.search(code):
        raise NotJoined(f"{name}.js: {wrong[0]}")
    return f"const {exports_of(name)} = (() => {{\n{code}\nreturn {{ {', '.join(given)} }};\n}})();"


def body(name: str, read: Read) -> str:
    """A module's code, which takes from the objects of others what it imported."""
    source = read(name)
    if wrong := next(
        (line for line in LEFT_OVER.findall(source) if line.startswith("import") and not IMPORT.match(line)), None
    ):
        raise NotJoined(f"{name}.js: {wrong}")
    if any(line.count("`") % 2 for line in source.splitlines()):
        raise NotJoined(f"{name}.js: a string of several lines could have one that looks like a comment")
    code = IMPORT.sub(lambda found: f"const {{ {found[1]} }} = {exports_of(found[2])};" if found[1] else "", source)
    return COMMENT_LINE.sub("", code).strip()


def exports_of(name: str) -> str:
    """The name of the object that has what a module exports."""
    return f"${name}"
