"""How gunicorn serves the dashboard; its own command line and GUNICORN_CMD_ARGS go before what is here."""

import multiprocessing

wsgi_app = "dashboard.wsgi"
bind = "127.0.0.1:8000"
worker_class = "gthread"
workers = min(4, multiprocessing.cpu_count())
threads = 16
# most of a request's time is spent waiting for Dify, at most 300 s for an upload; gthread workers beat while threads wait
timeout = 60
graceful_timeout = 10
keepalive = 5
control_socket_disable = True
errorlog = "-"
loglevel = "warning"
