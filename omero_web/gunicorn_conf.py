"""How gunicorn runs the web application: ``gunicorn -c python:omero_web.gunicorn_conf omero_web.wsgi``.

A process for each processor, up to four, with several threads each: most requests wait for the Blitz server. The
properties ``omero.web.wsgi_workers``, ``wsgi_threads`` and ``wsgi_timeout`` change it.
"""

from __future__ import annotations

import os
import time
from typing import Any

from omero_web.config import web_config

MOST_WORKERS = 4

_config = web_config()
_host = _config.text("omero.web.application_server.host", "127.0.0.1")

bind = f"[{_host}]:{_config.properties.ports.web}" if ":" in _host else f"{_host}:{_config.properties.ports.web}"
worker_class = "gthread"
# The official default of 5 is for workers that serve one request at a time. Tiles keep a processor busy each.
workers = _config.number("omero.web.wsgi_workers", min(MOST_WORKERS, os.cpu_count() or 1))
threads = _config.number("omero.web.wsgi_threads", 8)
timeout = _config.number("omero.web.wsgi_timeout", 60)
graceful_timeout = 10
keepalive = 30
max_requests = _config.number("omero.web.application_server.max_requests", 0)
worker_tmp_dir = str(_config.state)
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Remove the files of browser sessions that have expired."""
    oldest = time.time() - _config.number("omero.web.session_cookie_age", 86400)
    for path in (_config.state / "sessions").glob("*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
