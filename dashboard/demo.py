"""`make demo`: the whole product on embedded parts: the sandbox, the dashboard, its worker, an owner, a workspace and some documents."""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType

from dashboard.secrets import kept_secret

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return sock.connect_ex(("127.0.0.1", port)) != 0


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


def start_sandbox(data: Path, port: int, key: str, pace: str, children: list[subprocess.Popen[str]]) -> None:
    """Start it and wait until it says that it listens."""
    words = ["--port", str(port), "--data", str(data / "sandbox"), "--key", key, "--pace", pace]
    command = [PYTHON, "-m", "sandbox", *words]  # what it keeps is for its owner alone, too
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, umask=0o077)
    children.append(process)
    if process.stdout is None or "listening" not in process.stdout.readline():
        raise SystemExit("The sandbox did not start; its words are above.")


def run(port: int, data: Path, pace: str, children: list[subprocess.Popen[str]]) -> int:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    api_port, key = sandbox_port(data), kept_secret(data / "sandbox_key", f"dataset-{secrets.token_urlsafe(18)}")
    env = os.environ | {
        "DATASETS_DATA_DIR": str(data),
        "DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{api_port}",
        "DATASETS_MODE": "embedded",
    }
    start_sandbox(data, api_port, key, pace, children)
    manage(env, "migrate", "--verbosity", "0")
    manage(env, "collectstatic", "--noinput", "--verbosity", "0")
    children.append(subprocess.Popen([PYTHON, "manage.py", "worker"], cwd=ROOT, env=env, text=True))
    server = [
        PYTHON,
        "-m",
        "gunicorn",
        "--config",
        "dashboard/gunicorn.conf.py",
        "--bind",
        f"127.0.0.1:{port}",
        "dashboard.wsgi",
    ]
    children.append(subprocess.Popen(server, cwd=ROOT, env=env, text=True))
    api = ["--base-url", f"http://127.0.0.1:{api_port}/v1", "--key-file", str(data / "sandbox_key")]
    manage(env, "demo_content", *api, "--open", f"http://127.0.0.1:{port}")
    while all(child.poll() is None for child in children):
        children[-1].wait()
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dashboard.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "demo")
    parser.add_argument("--pace", default="0.7", help="seconds that each stage of indexing lasts at least")
    options = parser.parse_args()
    port = options.port or free_port()
    if not is_free(port):
        print(f"Port {port} is taken. Choose another one: make demo PORT=8123", file=sys.stderr)  # noqa: T201 a command's answer
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    children: list[subprocess.Popen[str]] = []
    try:
        return run(port, options.data.resolve(), options.pace, children)
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
