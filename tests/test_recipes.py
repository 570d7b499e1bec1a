"""The README's recipes, carried out as they are written: what they make is accepted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from datasets_ui.crypto import decode_key
from tests.support.manage import PRODUCTION, start

ROOT = Path(__file__).resolve().parent.parent
RECIPE = re.compile(r"python -c (\"import .*\")$", re.MULTILINE)


def made(recipe: str) -> str:
    done = subprocess.run(f'"{sys.executable}" -c {recipe}', shell=True, capture_output=True, text=True, check=True)  # noqa: S602 as people do
    return done.stdout.strip()


@pytest.fixture(params=["README.md", ".env.example"])
def given(request: pytest.FixtureRequest) -> dict[str, str]:
    """Those of production, with secrets made by the recipes of a file."""
    secret, key = RECIPE.findall((ROOT / request.param).read_text())
    return PRODUCTION | {"DATASETS_SECRET_KEY": made(secret), "DATASETS_KEK": made(key)}


def test_checks_accept_what_they_make(tmp_path: Path, given: dict[str, str]) -> None:
    done = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **given)
    assert (done.returncode, done.stderr) == (0, "")


def test_doctor_accepts_what_they_make(tmp_path: Path, given: dict[str, str]) -> None:
    """It finds no server, because none runs, and nothing wrong with settings."""
    assert start(tmp_path, "migrate", "--verbosity", "0", **given).returncode == 0
    said = start(tmp_path, "doctor", **given).stdout
    assert [line[:5] for line in said.splitlines() if "Settings" in line] == ["ok   "]


def test_they_make_no_secret_twice(given: dict[str, str]) -> None:
    assert len(decode_key(given["DATASETS_KEK"])) == 32
    secret, key = RECIPE.findall((ROOT / "README.md").read_text())
    assert (made(secret) == made(secret), made(key) == made(key)) == (False, False)
    assert re.fullmatch(r"[\w-]+", made(secret)), "a password of it can stand in an address"
