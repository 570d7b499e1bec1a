"""Gunicorn, run from Python: one worker process with many threads, and the indexer beside them."""

import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

THREADS = 24


def announce(arbiter: Arbiter) -> None:
    host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
    sys.stdout.write(f"Sandbox listening on http://{host}:{port}/v1\n")
    sys.stdout.flush()


class PromptWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Ends as soon as it is asked to: the indexer stops where it is, idle connections are not waited for."""

    def load_wsgi(self) -> None:
        host, port = self.sockets[0].getsockname()[:2]
        settings.SANDBOX_ORIGIN = f"http://{host}:{port}"  # links to files are written by threads that see no request
        super().load_wsgi()

    def handle_exit(self, sig: int, frame: Any) -> None:
        import_string("sandbox.indexing.indexer").stopping.set()
        super().handle_exit(sig, frame)

    def _cap_keepalive(self, deadline: float) -> None:  # noqa: ARG002
        super()._cap_keepalive(time.monotonic())


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, host: str, port: int) -> None:
        self.bind = f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        values: dict[str, Any] = {
            "bind": self.bind,
            "worker_class": PromptWorker,
            "workers": 1,
            "threads": THREADS,
            "worker_connections": 1000,
            "keepalive": 30,
            "graceful_timeout": 4,
            "timeout": 0,
            "loglevel": "critical",
            "when_ready": announce,
            "worker_exit": lambda _arbiter, _worker: import_string("sandbox.indexing.indexer").stop(),
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Called in the worker: only there may the database be opened and the indexer's threads be started."""
        application: Callable[..., Any] = import_string("sandbox.wsgi.application")
        return application
