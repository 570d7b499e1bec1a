"""What `make demo` is made of."""

import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.demo import (
    ROOT,
    Stop,
    end,
    free_port,
    is_free,
    manage,
    new_password,
    sandbox_port,
    start_sandbox,
    stop,
    wait_for_sandbox,
)
from dashboard.demo_seed import ARCHIVED, DISABLED, UNREADABLE, seed, write_seed
from datasets_ui.management.demo import REVIEWED, SPOILED, WATCHED
from datasets_ui.text.lint import FINDINGS, duplicates, findings_of, print_of


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield int(sock.getsockname()[1])


def test_a_free_port_is_free() -> None:
    assert is_free(free_port())


def test_a_taken_port_is_not(taken: int) -> None:
    assert not is_free(taken)


def test_a_port_that_is_taken_under_the_other_address_of_localhost_is_not() -> None:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
            sock.listen()
            assert not is_free(int(sock.getsockname()[1]))
    except OSError:
        pytest.skip("no IPv6 here")


def test_the_sandbox_keeps_its_port(tmp_path: Path) -> None:
    assert sandbox_port(tmp_path) == sandbox_port(tmp_path) == int((tmp_path / "sandbox_port").read_text())


def test_the_sandbox_takes_another_port_where_its_own_is_taken(tmp_path: Path, taken: int) -> None:
    (tmp_path / "sandbox_port").write_text(str(taken))
    assert sandbox_port(tmp_path) != taken


def test_a_signal_stops() -> None:
    with pytest.raises(Stop):
        stop(signal.SIGINT, None)


def test_a_command_that_fails_is_noticed() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        manage({"PATH": "/usr/bin"}, "there-is-no-such-command")


def test_the_sandbox_is_waited_for_and_ended(tmp_path: Path) -> None:
    children: list[subprocess.Popen[str]] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    port = free_port()
    write_seed(tmp_path / "sandbox_seed.json")
    words = ["--port", str(port), "--key", "dataset-demo", "--pace", "0", "--seed", str(tmp_path / "sandbox_seed.json")]
    wait_for_sandbox(start_sandbox(tmp_path, words, children))
    assert not is_free(port)
    end(children)
    for number, handler in before.items():
        signal.signal(number, handler)
    assert [child.poll() is not None for child in children] == [True]
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}, "L7: for its owner alone"


def test_a_taken_port_is_told() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        words = [sys.executable, "-m", "dashboard.demo", "--port", str(port)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"Port {port} is taken. Choose another one: make demo PORT=8123\n")


def test_the_password_is_long_enough_and_another_each_time() -> None:
    assert len(new_password()) == 19
    assert new_password() != new_password()


# --- what the sandbox begins with ---


@pytest.fixture(scope="module")
def documents() -> dict[str, list[str]]:
    """The texts of the segments by document."""
    found = seed()["datasets"][0]["documents"]
    return {document["name"]: [segment["content"] for segment in document.get("segments", [])] for document in found}


def test_it_is_the_same_each_time() -> None:
    assert seed() == seed()


def test_it_has_sixty_documents_and_fifteen_hundred_segments(documents: dict[str, list[str]]) -> None:
    assert len(documents) == 60
    assert 1450 < sum(map(len, documents.values())) < 1550


def test_some_of_it_is_chinese_and_some_japanese() -> None:
    languages = [document["language"] for document in seed()["datasets"][0]["documents"] if "language" in document]
    assert (languages.count("Chinese"), languages.count("Japanese")) == (6, 6)


def test_it_has_whatever_may_be_wrong_but_not_everywhere(documents: dict[str, list[str]]) -> None:
    found: set[str] = set()
    faultless = 0
    for texts in documents.values():
        same, alike = duplicates([print_of(text) for text in texts])
        wrong = {finding for text in texts for finding in findings_of(text)}
        wrong |= {name for name, places in {"same": same, "alike": alike}.items() if places}
        found |= wrong
        faultless += not wrong
    assert found == set(FINDINGS)
    assert faultless > len(documents) / 2


def test_what_is_named_is_there(documents: dict[str, list[str]]) -> None:
    assert documents.keys() >= {*SPOILED, REVIEWED, WATCHED, DISABLED, ARCHIVED, *UNREADABLE}
    assert len(documents[WATCHED]) == 80
