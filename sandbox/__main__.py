"""python -m sandbox --port N --data DIR --key K: serve the dataset API under /v1 until SIGTERM or SIGINT."""

import argparse
import os
import signal
import threading
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections
from django.utils.module_loading import import_string

from sandbox import versions
from sandbox.server import Server

PARENT_SECONDS = 0.5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free port")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the data")
    parser.add_argument("--key", required=True, help="the API key that is accepted")
    parser.add_argument("--seed", type=Path, metavar="FILE", help="what to begin with where there is no data yet (seeding.py)")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="delay before each answer")
    parser.add_argument("--fail", type=float, default=0, metavar="RATE", help="share of calls that answer 500")
    parser.add_argument("--pace", type=float, default=0.3, metavar="SECONDS", help="least time of an indexing stage")
    parser.add_argument(
        "--queue", type=float, metavar="SECONDS", help="least time that a document waits; as long as a stage by default"
    )
    parser.add_argument("--dify-version", choices=versions.BY_NAME, default=versions.USUAL, help="which Dify to speak")
    parser.add_argument("--repaired", action="store_true", help="1.12.1 with the repair that its recordings had: updates end")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one is gone")
    return parser.parse_args()


def end_with(parent: int) -> None:
    """An orphan has another parent: then it is time to stop. Asked, not told, so that it works on every system."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    options = arguments()
    parent = os.getppid()
    options.data.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="sandbox.settings",
        SANDBOX_DATA=str(options.data.resolve()),
        SANDBOX_KEY=options.key,
        SANDBOX_LATENCY=str(options.latency / 1000),
        SANDBOX_FAIL=str(options.fail),
        SANDBOX_PACE=str(options.pace),
        SANDBOX_QUEUE=str(options.pace if options.queue is None else options.queue),
        SANDBOX_VERSION=options.dify_version,
        SANDBOX_REPAIRED="yes" if options.repaired else "",
    )
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    if options.seed:
        import_string("sandbox.seeding.sow")(options.seed)
    connections.close_all()  # an SQLite connection must not be carried over the fork
    if options.with_parent:
        threading.Thread(target=end_with, args=[parent], daemon=True).start()
    Server(options.host, options.port).run()


if __name__ == "__main__":
    main()
