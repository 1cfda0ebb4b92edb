"""Whether a pooled connection still works, asked of the database only when there is a reason."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg2
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

__all__ = ["replace_broken"]

TRUSTED_SECONDS = 5.0
CHECKED = "checked"


def replace_broken(engine: Engine) -> None:
    """Let the pool replace connections that the server closed (restart, fail-over), instead of failing a call.

    A connection that was closed, or about which the server has said something, has something to read; only such ones,
    and those that nobody has used for some seconds, are tried. Each try costs as much as a small query.
    """

    def check(connection: Any, record: Any, proxy: object) -> None:
        now = time.monotonic()
        last = record.info.get(CHECKED, 0.0)
        record.info[CHECKED] = now
        try:
            if now - last > TRUSTED_SECONDS or _readable(connection):
                engine.dialect.do_ping(connection)
        except psycopg2.Error as error:
            raise InvalidatePoolError("the database closed this connection") from error

    event.listen(engine, "checkout", check)


def _readable(connection: Any) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
