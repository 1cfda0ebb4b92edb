"""A health report of an instance: versions, paths, ports, space, logs, database, processes. Changes nothing."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from omero_server.control.config import Config, ConfigError
from omero_server.control.state import accepts, read_state, supervisor_alive
from omero_server.db import schema
from omero_server.db.engine import Database
from omero_server.db.location import database_uri, embedded_postgres

__all__ = ["Item", "report"]

PACKAGES = ("omero-platform", "zeroc-ice", "SQLAlchemy", "psycopg2-binary", "numpy", "tifffile", "zarr", "Django")
VARIABLES = ("OMERODIR", "OMERO_USERDIR", "OMERO_SESSIONDIR", "OMERO_CONFIG", "ICE_CONFIG", "PYTHONPATH", "TMPDIR")
LOW_SPACE = 5 * 10**9


@dataclass(frozen=True)
class Item:
    """One line of the report. `ok` is false for what needs attention."""

    category: str
    subject: str
    result: str
    ok: bool = True


def report(config: Config, logs: bool = True) -> Iterator[Item]:
    """All lines, section by section; a section that fails says why instead of ending the report."""
    yield from _versions()
    yield from _processes(config)
    yield from _ports(config)
    yield from _directories(config)
    yield from _database(config)
    if logs:
        yield from _logs(config)
    yield from (Item("Environment", name, os.environ.get(name, "(unset)")) for name in VARIABLES)


def _versions() -> Iterator[Item]:
    yield Item("Version", "Python", f"{platform.python_version()} ({sys.executable})")
    yield Item("Version", "System", platform.platform())
    for name in PACKAGES:
        try:
            yield Item("Version", name, version(name))
        except PackageNotFoundError:
            yield Item("Version", name, "not installed", ok=name == "omero-platform")


def _processes(config: Config) -> Iterator[Item]:
    alive, state = supervisor_alive(config.instance), read_state(config.instance)
    if not alive or state is None:
        failure = f": {state.message}" if state is not None and state.message else ""
        yield Item("Server", "supervisor", f"not running{failure}", ok=not failure)
        return
    yield Item("Server", "supervisor", f"{state.phase} (pid = {state.pid})")
    for name, pid in state.processes.items():
        yield Item("Server", name, f"active (pid = {pid}, {_memory(pid)})")


def _memory(pid: int) -> str:
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return "has just ended"
    return f"{int(found[1]) // 1024} MB resident" if found else "memory unknown"


def _ports(config: Config) -> Iterator[Item]:
    try:
        ports = config.listening_ports()
    except ConfigError as error:
        yield Item("Ports", "configuration", str(error), ok=False)
        return
    running = supervisor_alive(config.instance)
    for kind, (port, _) in ports.items():
        host = config.get("omero.web.application_server.host") if kind == "web" else "127.0.0.1"
        answers = accepts(host, port)
        yield Item(
            "Ports", kind, f"{port} ({'accepts connections' if answers else 'closed'})", ok=answers or not running
        )


def _directories(config: Config) -> Iterator[Item]:
    places = {"OMERODIR": config.instance.root, "omero.data.dir": config.data_dir, "logs": config.instance.log_dir}
    for name, path in places.items():
        if not path.is_dir():
            yield Item("Directory", name, f"{path} does not exist", ok=False)
            continue
        free = shutil.disk_usage(path).free
        writable = os.access(path, os.W_OK)
        text = f"{path} ({'writable' if writable else 'NOT writable'}, {_size(free)} free)"
        yield Item("Directory", name, text, ok=writable and free > LOW_SPACE)


def _database(config: Config) -> Iterator[Item]:
    kind = "embedded" if embedded_postgres(config) else "external"
    uri = re.sub(r":[^:@/]*@", ":********@", database_uri(config)) if kind == "external" else database_uri(config)
    yield Item("Database", "location", f"{kind}, {uri}")
    database = Database(database_uri(config), pool_size=1, application_name="OMERO diagnostics")
    try:
        with database.begin() as connection:
            found = schema.version(connection)
            server = connection.exec_driver_sql("show server_version").scalar_one()
            size = connection.exec_driver_sql("select pg_database_size(current_database())").scalar_one()
        name = f"{found[0]}__{found[1]}" if found else "none"
        yield Item("Database", "schema", f"{name}, {_size(size)}, PostgreSQL {server}", ok=found is not None)
    except SQLAlchemyError as error:
        text = str(getattr(error, "orig", error)).strip().splitlines()[0]
        yield Item("Database", "connection", f"failed: {text}", ok=not supervisor_alive(config.instance))
    finally:
        database.close()


def _logs(config: Config) -> Iterator[Item]:
    total = 0
    for path in sorted(config.instance.log_dir.glob("*.log")):
        text = path.read_text(errors="replace")
        total += path.stat().st_size
        errors, warnings = len(re.findall(r"\b(?:ERROR|FATAL)\b", text)), len(re.findall(r"\bWARN(?:ING)?\b", text))
        counts = f" errors={errors} warnings={warnings}" if errors or warnings else ""
        yield Item("Log files", path.name, (_size(len(text)) if text else "empty") + counts, ok=not errors)
    yield Item("Log files", "total size", _size(total))


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
