"""What `make demo` is made of."""

import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.demo import ROOT, Stop, end, free_port, is_free, manage, sandbox_port, start_sandbox, stop


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
    start_sandbox(tmp_path, port, "dataset-demo", "0", children)
    assert not is_free(port)
    end(children)
    for number, handler in before.items():
        signal.signal(number, handler)
    assert [child.poll() is not None for child in children] == [True]
    made = [path for path in (tmp_path / "sandbox").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}, "L7: for its owner alone"


def test_a_taken_port_is_told() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        words = [sys.executable, "-m", "dashboard.demo", "--port", str(port)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"Port {port} is taken. Choose another one: make demo PORT=8123\n")
