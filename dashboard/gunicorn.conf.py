"""How gunicorn serves the dashboard; its own command line and GUNICORN_CMD_ARGS go before what is here."""

import multiprocessing
from typing import Any

from dashboard.logs import JSON, json_formatter

wsgi_app = "dashboard.wsgi"
bind = "127.0.0.1:8000"
worker_class = "dashboard.worker.Worker"  # gthread, with an end to waiting for clients
workers = min(4, multiprocessing.cpu_count())
threads = 16
# most of a request's time is spent waiting for Dify, at most 300 s for an upload; gthread workers beat while threads wait
timeout = 60
graceful_timeout = 10
keepalive = 5
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Each worker process writes its own bookkeeping; the application is loaded by now.

    The access log, where that is asked for, has the form of all lines: it repeats addresses, in which there may be secrets.
    """
    # they need the settings, which the arbiter never loads
    from dashboard.process import settle, warm_templates  # noqa: PLC0415
    from datasets_ui.services import housekeeping  # noqa: PLC0415
    from datasets_ui.services.keys import connections  # noqa: PLC0415

    connections.transport()  # it takes a moment to read the certificates: not for each of the first requests
    worker.housekeeping = housekeeping.start()
    for handler in worker.log.access_log.handlers:
        handler.setFormatter(json_formatter())
    warm_templates()
    settle()


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ARG001 gunicorn's signature
    if hasattr(worker, "housekeeping"):
        thread, stop = worker.housekeeping
        stop.set()
        thread.join(timeout=5)


errorlog = "-"
loglevel = "warning"
# its own lines too are one JSON line each: they repeat what strangers send
logconfig_dict = {
    "formatters": {"json": JSON},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {"gunicorn.error": {"handlers": ["console"], "propagate": False}},
    "root": {"handlers": ["console"]},
}
