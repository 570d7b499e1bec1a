"""The demo as people start it, and a dashboard that is not set up yet: real processes on loopback ports."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.plain_http import TRUSTS_NOBODY

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
STOP_SECONDS = 60  # the demo gives each of its processes fifteen
PATIENCE = 60  # of a call behind the dashboard's back
LINK = re.compile(r"Open (http://localhost:\d+/sign-in/\S+)")
# what the test run itself is told by its environment is not meant for the product under test
OURS = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "CACHE_URL", "DATASETS_")


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | more


def wait_for(found: Callable[[], bool], what: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not found():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


def processes(data: Path, word: str = "") -> list[int]:
    """The processes that work on a data folder: each is told of it by its arguments or by its environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            command, told = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(data).encode() in command + b"\0" + told and word.encode() in command:
            found.append(int(entry.name))
    return found


def is_well(origin: str) -> bool:
    """Whether its processes have started, and answer."""
    try:
        return httpx.get(f"{origin}/healthz", trust_env=False, verify=TRUSTS_NOBODY).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


class Demo:
    """`python -m dashboard.demo`; stop() and start() again keep the data. Small, unless it is the `rich` one that is looked at.
    With `tables` it need not make those of its database."""

    def __init__(self, data: Path, pace: str = "0.3", *, rich: bool = False, tables: Path | None = None) -> None:
        if tables:
            data.mkdir(mode=0o700)
            shutil.copy(tables, data)
        self.data, self.pace, self.rich = data, pace, rich
        self.output = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.other_sandbox: subprocess.Popen[str] | None = None
        self.link = self.origin = ""

    def start(self) -> None:
        """In a process group of its own, so that Ctrl+C can be played on it as a terminal does."""
        words = ["--port", "0", "--data", str(self.data), "--pace", self.pace, *([] if self.rich else ["--small"])]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.demo", *words],
                cwd=ROOT,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(self.answers, f"the demo's link; it said {self.output.read_text()!r}", START_SECONDS)
        except TimeoutError:
            self.stop()
            raise

    def answers(self) -> bool:
        if self.process and self.process.poll() is not None:
            raise RuntimeError(f"the demo ended: {self.output.read_text()}")
        printed = LINK.search(self.output.read_text())
        if not printed:
            return False
        self.link = printed[1]
        self.origin = self.link.partition("/sign-in/")[0]
        return is_well(self.origin)

    def stop(self, *, as_terminal: bool = False) -> int:
        """The exit status. A terminal sends Ctrl+C to every process of the group, `kill -INT` to the one."""
        if self.process is None:
            return 0
        if as_terminal:
            os.killpg(self.process.pid, signal.SIGINT)
        else:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(STOP_SECONDS)
        self.process = None
        if self.other_sandbox:
            self.other_sandbox.terminate()
            self.other_sandbox.communicate(timeout=STOP_SECONDS)
            self.other_sandbox = None
        return status

    # --- its sandbox ---

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{(self.data / 'sandbox_port').read_text()}"

    @property
    def key(self) -> str:
        return (self.data / "sandbox_key").read_text().strip()

    def call(self, method: str, path: str, json: object = None) -> httpx.Response:
        """A call of the sandbox behind the dashboard's back."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.request(
            method, self.sandbox + path, json=json, headers=headers, trust_env=False, verify=TRUSTS_NOBODY, timeout=PATIENCE
        ).raise_for_status()

    def faults(self, *faults: dict[str, object]) -> None:
        self.call("POST", "/control/faults", list(faults))

    @contextmanager
    def quick_indexing(self) -> Iterator[None]:
        """For documents that only set the stage: nobody looks at their bars."""
        self.call("POST", "/control/pace", {"seconds": 0})
        try:
            yield
        finally:
            self.call("POST", "/control/pace", {"seconds": float(self.pace)})

    @contextmanager
    def stopped_sandbox(self) -> Iterator[None]:
        """While the API is down, rudely; afterwards it is back with its data at its old address."""
        gone = processes(self.data, "-m\0sandbox")
        command = Path(f"/proc/{gone[0]}/cmdline").read_text().rstrip("\0").split("\0")
        for process in gone:
            os.kill(process, signal.SIGKILL)
        if self.other_sandbox:
            self.other_sandbox.communicate(timeout=STOP_SECONDS)
        wait_for(lambda: not processes(self.data, "-m\0sandbox"), "the sandbox's end", STOP_SECONDS)
        try:
            yield
        finally:
            self.other_sandbox = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
            assert self.other_sandbox.stdout is not None
            assert "listening" in self.other_sandbox.stdout.readline()


@contextmanager
def empty_dashboard(data: Path, demo: Demo, tables: Path | None = None) -> Iterator[str]:
    """A dashboard before its first run, which may call the API of a demo and serves its static files; gives its address."""
    api = demo.sandbox.removeprefix("http://")
    env = environment(DATASETS_DATA_DIR=str(data), DATASETS_ALLOWED_HOSTS=api, DATASETS_STATIC_ROOT=str(demo.data / "static"))
    if tables:
        data.mkdir(mode=0o700)
        shutil.copy(tables, data)
    else:
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
    log = data.parent / f"{data.name}.log"
    words = ["--config", "dashboard/gunicorn.conf.py", "--bind", "127.0.0.1:0", "--log-level", "info", "dashboard.wsgi"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *words], cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: "Listening at: " in log.read_text(), "the dashboard", START_SECONDS)
        address = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", log.read_text())
        assert address
        wait_for(lambda: is_well(address[1]), "the dashboard's first answer", START_SECONDS)
        yield address[1]
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
