"""What the attackers bring along: somebody else's server, a real dashboard to call, and a key that can be recognised anywhere."""

import base64
import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, quote_plus

import httpx
from django.conf import settings
from django.db import connection
from django.test import Client

from datasets_ui.crypto import encode_key
from tests.e2e.server import START_SECONDS, STOP_SECONDS, environment, wait_for
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

ROOT = Path(__file__).resolve().parent.parent.parent
HIDDEN = "CANARY+7Hq2/vXw9&Zz<"  # of a key, what nobody may see; with characters that each encoding writes differently
CANARY = f"dataset-{HIDDEN}0123"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# --- somebody else's server ---


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass
class Reply:
    status: int = 404
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay: float = 0  # seconds


class Handler(BaseHTTPRequestHandler):
    server: "Listener"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        got = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append(Seen(self.command, self.path, got, body))
        reply = self.server.reply
        time.sleep(reply.delay)
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body))} | reply.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
        pass


class Listener(ThreadingHTTPServer):
    """Keeps what it is sent, and answers what it is told to."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.reply, self.seen = reply or Reply(), list[Seen]()
        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}/v1"

    @property
    def keys(self) -> list[str]:
        """The Authorization headers that it got."""
        return [seen.authorization for seen in self.seen if seen.authorization]


# --- the canary ---


def disguises(secret: str) -> list[bytes]:
    """How a text may be written: plainly, for HTML, JSON and URLs, in hex, and in base64 from each of three offsets."""
    plain = secret.encode()
    encoded = [base64.b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)]
    encoded += [part.replace(b"+", b"-").replace(b"/", b"_") for part in encoded]
    quoted = (html.escape, quote, quote_plus, lambda text: quote(text, safe=""), lambda text: json.dumps(text)[1:-1])
    texts = [write(secret) for write in quoted]
    texts += [text.replace("<", "\\u003C").replace("&", "\\u0026") for text in texts]
    return list(dict.fromkeys([plain, plain.hex().encode(), *encoded, *(text.encode() for text in texts)]))


def hits(place: bytes) -> list[bytes]:
    return [disguise for disguise in disguises(HIDDEN) if disguise in place]


# --- the dashboard as a process ---


def manage(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command, env = [sys.executable, "manage.py", *words], surroundings(data, **more)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def surroundings(data: Path, **more: str) -> dict[str, str]:
    """A data folder of its own, so SQLite; the shared cache where the tests are told of one."""
    told = {"CACHE_URL": os.environ["CACHE_URL"]} if os.environ.get("CACHE_URL") else {}
    settings = {"DATASETS_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "tests.abuse.server_settings"}
    return environment(**told | settings | more)


def on_this_database(sandbox: SandboxProcess) -> dict[str, Any]:
    """The environment of a dashboard on the database of the tests, which sees what they have made and whom they signed in."""
    told = connection.settings_dict
    login = f"{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT'] or 5432}"
    sqlite, name = connection.vendor == "sqlite", told["NAME"]
    return {
        "DATABASE_URL": f"sqlite:///{name}" if sqlite else f"postgres://{login}/{name}",
        "DATASETS_KEK": ",".join(encode_key(key) for key in settings.KEY_ENCRYPTING_KEYS),
        "DATASETS_SECRET_KEY": settings.SECRET_KEY,
        "DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{sandbox.port}",
    }


class Dashboard:
    """gunicorn with dashboard/gunicorn.conf.py, in one process where more are not asked for; `log` is all that it writes."""

    def __init__(self, data: Path, *, database: Path | None = None, processes: int | str = 1, **env: str) -> None:
        self.data, self.env, self.processes = data, env, processes
        data.mkdir(mode=0o700, exist_ok=True)
        if database:
            shutil.copy(database, data / database.name)
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.origin = ""

    def __enter__(self) -> Self:
        words = ["--config", "dashboard/gunicorn.conf.py", "--bind", "127.0.0.1:0", "--log-level", "info"]
        words += ["--workers", str(self.processes)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *words],
                cwd=ROOT,
                env=surroundings(self.data, **self.env),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(self.listens, "the dashboard", START_SECONDS)
        except TimeoutError:
            self.stop()
            raise
        return self

    def listens(self) -> bool:
        found = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", self.log.read_text())
        self.origin = found[1] if found else ""
        return bool(found)

    def stop(self) -> None:
        assert self.process
        if self.process.poll() is not None:  # it was killed
            return
        self.process.terminate()
        self.process.wait(STOP_SECONDS)

    def kill(self, signal: int) -> None:
        """All its processes, wherever they are."""
        assert self.process
        os.killpg(self.process.pid, signal)
        self.process.wait(STOP_SECONDS)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


class Visitor(httpx.Client):
    """A browser without scripts; keeps every answer."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            base_url=origin, trust_env=False, verify=TRUSTS_NOBODY, timeout=60, event_hooks={"response": [self.keep]}
        )
        self.answers: list[httpx.Response] = []

    def keep(self, answer: httpx.Response) -> None:
        answer.read()
        self.answers.append(answer)

    def take_session(self, client: Client) -> None:
        """Be signed in as the test client is, at a dashboard on the same database."""
        self.cookies.set(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)

    def submit(self, address: str, data: dict[str, Any], **more: Any) -> httpx.Response:
        """Post a form with its token, from a page of this origin."""
        if "csrf" not in self.cookies:
            self.get("/accounts/login/")
        told = more.pop("headers", {})
        headers = {"Origin": f"http://{told.get('Host', self.base_url.netloc.decode())}"} | told
        return self.post(address, data=data | {"csrfmiddlewaretoken": self.cookies["csrf"]}, headers=headers, **more)
