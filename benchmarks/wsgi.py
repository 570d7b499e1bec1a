"""Processor time of a request in the application alone: called over WSGI in a process of its own, without sockets and threads.

Wall time on a shared machine varies by half, this by a twentieth. `python -m benchmarks.wsgi` reads the cookies, and the path of each page
with the rows that a list of documents has there, as JSON, and prints milliseconds and statements of SQL for each page.
"""

import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

WARM_UPS = 5
ROUNDS = 40
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def environment(path: str, cookies: str) -> dict[str, Any]:
    """What a server makes of a browser's GET."""
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_COOKIE": cookies,
        "HTTP_ACCEPT_ENCODING": "gzip",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
    }


def get(application: Application, path: str, cookies: str) -> None:
    statuses: list[str] = []
    answer = application(environment(path, cookies), lambda status, *_: statuses.append(status))
    b"".join(answer)
    answer.close()
    if not statuses[0].startswith("2"):  # of a poll that may end: 286
        raise SystemExit(f"{path} answered {statuses[0]}")


def processor_ms(application: Application, path: str, cookies: str) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        get(application, path, cookies)
        times.append(time.process_time() - begin)
    return 1000 * statistics.median(times)


def statements(application: Application, path: str, cookies: str) -> int:
    from django.db import connection  # noqa: PLC0415 it needs the settings
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as queries:
        get(application, path, cookies)
    return len(queries)


def main() -> None:
    from dashboard.wsgi import application  # noqa: PLC0415 it starts Django, as nothing else here does
    from datasets_ui.dify.documents import Documents  # noqa: PLC0415 the same

    asked = json.load(sys.stdin)
    measured = {}
    for name, (path, rows) in asked["pages"].items():
        # the list itself shows no other number
        Documents.page.__kwdefaults__ = {**(Documents.page.__kwdefaults__ or {}), "limit": rows}
        for _ in range(WARM_UPS):
            get(application, path, asked["cookies"])
        measured[name] = processor_ms(application, path, asked["cookies"]), statements(application, path, asked["cookies"])
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main()
