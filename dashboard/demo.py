"""`make demo`: the whole product on embedded parts: the sandbox, the dashboard, its worker, an owner, a workspace and some documents."""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from dashboard.demo_seed import write_seed
from dashboard.secrets import kept_secret

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
LETTERS = "abcdefghjkmnpqrstuvwxyz"  # without those that look like others


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def is_free(port: int) -> bool:
    """On both addresses that localhost may stand for: what listens on the other one would get who follows the link."""
    return not (is_taken(socket.AF_INET, "127.0.0.1", port) or is_taken(socket.AF_INET6, "::1", port))


def is_taken(family: int, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as sock:
            return sock.connect_ex((address, port)) == 0
    except OSError:  # a machine without IPv6
        return False


def sandbox_port(data: Path) -> int:
    """The port of the last start, so that the stored key stays bound to its address; another where it is taken."""
    file = data / "sandbox_port"
    kept = int(file.read_text()) if file.exists() else 0
    port = kept if kept and is_free(kept) else free_port()
    file.touch(mode=0o600)
    file.write_text(str(port))
    return port


class Stop(Exception):
    """Ctrl+C, or the end asked for in another way."""


def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 a signal handler's signature
    raise Stop


def manage(env: dict[str, str], *words: str) -> None:
    subprocess.run([PYTHON, "manage.py", *words], cwd=ROOT, env=env, check=True)


def new_password() -> str:
    """Easy to read off a terminal and to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


@dataclass(frozen=True)
class Wanted:
    """How to start: the port of the dashboard, the folder of the data, the pace of indexing, and whether without the large dataset."""

    port: int
    data: Path
    pace: str
    small: bool


def start_sandbox(data: Path, words: list[str], children: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """Start it; it is not there yet."""
    command = [PYTHON, "-m", "sandbox", "--data", str(data / "sandbox"), *words]
    # what it keeps is for its owner alone, too
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, umask=0o077)
    children.append(process)
    return process


def wait_for_sandbox(process: subprocess.Popen[str]) -> None:
    """Until it says that it listens."""
    if process.stdout is None or "listening" not in process.stdout.readline():
        raise SystemExit("The sandbox did not start; its words are above.")


def make_ready(env: dict[str, str], children: list[subprocess.Popen[str]]) -> None:
    """The database and the static files, one beside the other: each takes some seconds of one core."""
    command = [PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    collecting = subprocess.Popen(command, cwd=ROOT, env=env, text=True)
    children.append(collecting)
    manage(env, "migrate", "--verbosity", "0")
    if status := collecting.wait():
        raise subprocess.CalledProcessError(status, command)
    children.remove(collecting)


def run(wanted: Wanted, children: list[subprocess.Popen[str]]) -> int:
    data, at = wanted.data, f"127.0.0.1:{wanted.port}"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    api_port, key = sandbox_port(data), kept_secret(data / "sandbox_key", f"dataset-{secrets.token_urlsafe(18)}")
    kept_secret(data / "owner_password", new_password())
    env = os.environ | {
        "DATASETS_DATA_DIR": str(data),
        "DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{api_port}",
        "DATASETS_MODE": "embedded",
        "DATASETS_STATIC_ROOT": str(data / "static"),  # another demo of this checkout must not write over what this one serves
    }
    words = ["--port", str(api_port), "--key", key, "--pace", wanted.pace]
    if not wanted.small:
        write_seed(data / "sandbox_seed.json")
        words += ["--seed", str(data / "sandbox_seed.json")]
    sandbox = start_sandbox(data, words, children)
    make_ready(env, children)
    wait_for_sandbox(sandbox)
    server = [PYTHON, "-m", "gunicorn", "--config", "dashboard/gunicorn.conf.py", "--bind", at, "dashboard.wsgi"]
    children.append(subprocess.Popen(server, cwd=ROOT, env=env, text=True))
    api = ["--base-url", f"http://127.0.0.1:{api_port}/v1", "--key-file", str(data / "sandbox_key")]
    # by name, not by address: a passkey belongs to a host that has a name
    opened = ["--open", f"http://localhost:{wanted.port}", "--password-file", str(data / "owner_password")]
    manage(env, "demo_content", *api, *opened)
    # not before the link is there, which it would make wait; and the last one stays the server, which is waited for
    children.insert(-1, subprocess.Popen([PYTHON, "manage.py", "worker"], cwd=ROOT, env=env, text=True))
    while all(child.poll() is None for child in children):
        children[-1].wait()
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dashboard.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "demo")
    parser.add_argument("--pace", default="0.7", help="seconds that each stage of indexing lasts at least")
    parser.add_argument("--small", action="store_true", help="without the large dataset, its people and their jobs")
    options = parser.parse_args()
    port = options.port or free_port()
    if not is_free(port):
        print(f"Port {port} is taken. Choose another one: make demo PORT=8123", file=sys.stderr)  # noqa: T201 a command's answer
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    children: list[subprocess.Popen[str]] = []
    try:
        return run(Wanted(port, options.data.resolve(), options.pace, options.small), children)
    except Stop:
        return 0
    except subprocess.CalledProcessError as error:
        return error.returncode
    finally:
        end(children)


def end(children: list[subprocess.Popen[str]]) -> None:
    """Leave no process behind; a second Ctrl+C must not get in the way."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in reversed(children):
        child.terminate()
    for child in children:
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


if __name__ == "__main__":
    sys.exit(main())
