"""L8: what the image holds is enough for production: no sandbox, nothing of the demo. Docker is not needed: its COPY lines are played."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import environment, wait_for
from tests.support.manage import PRODUCTION
from tests.support.plain_http import TRUSTS_NOBODY

pytestmark = pytest.mark.xdist_group("image")  # one tree for all of it

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds for a first page, whose templates are compiled, on a machine that is busy with other tests
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().split() if line != ".*"]
COPIED = [line.split()[1:] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
FROM_HERE = [words for words in COPIED if not words[0].startswith("--from")]


def ignored(path: Path) -> bool:
    """As .dockerignore says; its `**/` stands for any folder, or none."""
    name = path.relative_to(ROOT).as_posix()
    return name.startswith(".") or any(fnmatch(name, rule) or fnmatch(f"/{name}", rule.replace("**", "*")) for rule in IGNORED)


def left_out(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if ignored(Path(folder) / name)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image has in /app, before static files are collected."""
    app = tmp_path_factory.mktemp("image") / "app"
    app.mkdir()
    for source, target in FROM_HERE:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, app / target, ignore=left_out)
        else:
            shutil.copy(ROOT / source, app / target)
    return app


@pytest.fixture(scope="module")
def env(tree: Path) -> dict[str, str]:
    """Of production, on SQLite; the tests' own tree can not be imported from."""
    python = {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    data = tree.parent / "data"
    data.mkdir()
    return environment(**PRODUCTION | python | {"DATASETS_DATA_DIR": str(data), "DATASETS_TRUST_PROXY": "true"})


def manage(tree: Path, env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)


def test_the_sandbox_and_the_demo_are_left_out(tree: Path) -> None:
    """L8: nobody can start them there."""
    assert {path.name for path in tree.iterdir()} == {
        "dashboard",
        "datasets_ui",
        "manage.py",
        "requirements.txt",
        "static",
        "templates",
    }
    assert [path for path in tree.rglob("*") if "demo" in path.name or "sandbox" in path.name] == []


def test_the_secrets_beside_compose_stay_out_of_the_build() -> None:
    """L8: Docker sends what is not ignored, .env too."""
    assert ".*" in (ROOT / ".dockerignore").read_text().split()


@pytest.fixture(scope="module")
def origin(tree: Path, env: dict[str, str]) -> Iterator[str]:
    """The dashboard of the image, as its Dockerfile starts it."""
    for words in (
        ["check", "--deploy", "--fail-level", "WARNING"],
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--noinput"],
    ):
        done = manage(tree, env, *words)
        assert done.returncode == 0, done.stderr
    log = tree.parent / "gunicorn.log"
    command = [sys.executable, "-m", "gunicorn", "--config", "dashboard/gunicorn.conf.py", "--bind", "127.0.0.1:0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--log-level", "info"], cwd=tree, env=env, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: "Listening at: " in log.read_text(), "the dashboard", PATIENCE)
        yield log.read_text().partition("Listening at: ")[2].split()[0]
    finally:
        process.terminate()
        process.wait(20)


def test_it_starts_and_answers(origin: str) -> None:
    """L8: checked, migrated, with its static files, and without what was left out."""
    assert httpx.get(f"{origin}/healthz", trust_env=False, verify=TRUSTS_NOBODY, timeout=PATIENCE).text == "ok"
    headers = {"Host": PRODUCTION["DATASETS_HOSTS"], "X-Forwarded-Proto": "https"}
    page = httpx.get(f"{origin}/setup/", headers=headers, trust_env=False, verify=TRUSTS_NOBODY, timeout=PATIENCE)
    assert (page.status_code, "/static/app." in page.text) == (200, True)


def test_the_worker_starts(origin: str, tree: Path, env: dict[str, str]) -> None:
    """L8: the other command of the image, too."""
    process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=tree, env=env, stderr=subprocess.PIPE, text=True)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert "Traceback" not in said
