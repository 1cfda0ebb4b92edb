"""Log files of servers and scripts."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler, TimedRotatingFileHandler
from typing import Any

from omero.util import LOGDIR, LOGFORMAT, LOGLEVEL, LOGMODE, LOGNUM, LOGSIZE

__all__ = ["StreamRedirect", "configure_logging", "configure_server_logging", "make_logname"]


def make_logname(self: object) -> str:
    """The name of an object's logger: that of its class with the module."""
    return f"{type(self).__module__}.{type(self).__name__}"


def configure_logging(
    logdir: str | None = None,
    logfile: str | None = None,
    loglevel: int = LOGLEVEL,
    format: str = LOGFORMAT,
    filemode: str = LOGMODE,
    maxBytes: int = LOGSIZE,
    backupCount: int = LOGNUM,
    time_rollover: bool = False,
) -> None:
    """Log to ``logdir/logfile``, or to the terminal when one of them is not given.

    The file is followed by another one after ``maxBytes``, or with ``time_rollover`` at midnight; the last
    ``backupCount`` are kept.
    """
    if logdir is None or logfile is None:
        handler: logging.Handler = logging.StreamHandler()
    else:
        os.makedirs(logdir, exist_ok=True)
        name = os.path.join(logdir, logfile)
        if time_rollover:
            handler = TimedRotatingFileHandler(name, when="midnight", backupCount=backupCount, encoding="utf-8")
        else:
            handler = RotatingFileHandler(name, filemode, maxBytes, backupCount, encoding="utf-8")
    handler.setLevel(loglevel)
    handler.setFormatter(logging.Formatter(format))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(loglevel)


def configure_server_logging(props: Any) -> None:
    """Log to a file named after the server, as the properties (Ice.Properties) say.

    ``omero.logging.directory``, ``.level`` (a number), ``.logsize`` (bytes), ``.lognum``, ``.timedlog``; the server is
    that of ``Ice.Admin.ServerId``.
    """
    name = f"{props.getPropertyWithDefault('Ice.Admin.ServerId', 'program')}.log"
    configure_logging(
        props.getPropertyWithDefault("omero.logging.directory", LOGDIR),
        name,
        loglevel=props.getPropertyAsIntWithDefault("omero.logging.level", LOGLEVEL),
        maxBytes=props.getPropertyAsIntWithDefault("omero.logging.logsize", LOGSIZE),
        backupCount=props.getPropertyAsIntWithDefault("omero.logging.lognum", LOGNUM),
        time_rollover=props.getPropertyWithDefault("omero.logging.timedlog", "False").lower() == "true",
    )


class StreamRedirect:
    """Stands in for ``sys.stdout`` and ``sys.stderr``, and logs what is printed."""

    def __init__(self, logger: logging.Logger) -> None:
        self.logger = logger
        self.internal = logging.getLogger("StreamRedirect")
        self.softspace = False

    def flush(self) -> None:
        """Nothing is held back."""

    def write(self, msg: str) -> None:
        """Log a text, unless it is blank."""
        if msg.strip():
            self.logger.warning(msg.strip())

    def __getattr__(self, name: str) -> Any:
        self.internal.warning("No attribute: %s", name)
        return None
