"""The lock: complete for every pip that comes with a Python we support, and the same wherever it is installed."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BASE: list[str] = PROJECT["project"]["dependencies"]
ASKED = {"requirements.txt": BASE, "requirements-dev.txt": BASE + PROJECT["dependency-groups"]["dev"]}
Lock = dict[str, list[Requirement]]
each_file = pytest.mark.parametrize("name", ASKED)


def entries(name: str) -> list[str]:
    """Each requirement with its hashes, in one line."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def lock(name: str) -> Lock:
    """What is pinned, by name; some are pinned twice, for different Pythons."""
    found: Lock = {}
    for entry in entries(name):
        requirement = Requirement(entry.partition(" --hash=")[0])
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def asked_by(pinned: Requirement) -> list[Requirement]:
    """What a package asks for with the extras that it is pinned with; nothing where it is not installed."""
    try:
        wanted = [Requirement(text) for text in requires(pinned.name) or []]
    except PackageNotFoundError:
        return []
    extras = ["", *pinned.extras]
    return [one for one in wanted if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in extras)]


def missing(wanted: list[Requirement], locked: Lock) -> list[str]:
    """What is asked for and not pinned, or pinned without its extras: pip before 23.3 refuses that, with hashes."""
    return [
        str(one)
        for one in wanted
        if not any(one.extras <= pinned.extras for pinned in locked.get(canonicalize_name(one.name), []))
    ]


@each_file
def test_what_we_ask_for_is_pinned_with_its_extras(name: str) -> None:
    assert missing([Requirement(text) for text in ASKED[name]], lock(name)) == []


@each_file
def test_what_packages_ask_for_is_pinned_with_its_extras(name: str) -> None:
    locked = lock(name)
    wanted = [one for pins in locked.values() for pinned in pins for one in asked_by(pinned)]
    assert ("pyjwt" in {one.name.lower() for one in wanted}, missing(wanted, locked)) == (True, [])


def test_an_extra_that_is_left_out_is_noticed() -> None:
    pinned = {"coverage": [Requirement("coverage==7.17.3")], "pyjwt": [Requirement("pyjwt[crypto]==2.15.1")]}
    wanted = [Requirement("coverage[toml]>=7"), Requirement("PyJWT[crypto]<3"), Requirement("absent")]
    assert missing(wanted, pinned) == ["coverage[toml]>=7", "absent"]


@each_file
def test_everything_is_pinned_by_version_and_hash(name: str) -> None:
    pinned = re.compile(r"[a-z0-9-]+(\[[a-z, -]+\])?==[\w.]+( ; [^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [entry for entry in entries(name) if not pinned.fullmatch(entry)] == []


@each_file
def test_both_files_pin_the_same(name: str) -> None:
    """They are installed one after the other: the second must not change what the first has installed."""
    base, other = lock("requirements.txt"), lock(name)
    assert {package: pins for package, pins in base.items() if [str(p) for p in pins] != [str(p) for p in other[package]]} == {}


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("requirements*.txt")), ROOT / "pyproject.toml"], ids=lambda path: path.name)
def test_no_file_names_a_registry(path: Path) -> None:
    """Where packages come from is the machine's business."""
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url\S*|--find-links\S*|-i ", path.read_text()) == []
