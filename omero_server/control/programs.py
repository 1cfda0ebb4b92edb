"""The programs of an instance that the supervisor runs beside PostgreSQL."""

import logging
import shlex
import sys
from functools import partial
from importlib.util import find_spec

from omero_server.control.config import Config
from omero_server.control.process import Program
from omero_server.control.state import answers_http

__all__ = ["instance_programs"]

log = logging.getLogger(__name__)

BLITZ_LOG = "Blitz-0.log"
WEB_LOG = "OMEROweb.log"
# Every worker uses one core; nested thread pools of numeric libraries only fight each other for it.
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLOSC_NTHREADS", "NUMEXPR_NUM_THREADS")
}

# glibc gives large blocks back to the kernel at once and has it clear them anew for each plane that is sent, which
# halves the speed. Up to 256 MB are kept instead.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}

# Each of the web's threads would keep a heap of its own with the remains of pictures: 105 MB instead of 85 after some
# whole planes.
FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}

BIOFORMATS = ("idle", "jar", "java", "memory", "seconds")
"""Properties of `omero.bioformats`."""


def instance_programs(config: Config) -> list[Program]:
    """Blitz, and OMERO.web where it is installed and wanted, in starting order."""
    programs = [_blitz(config)]
    if not config.get_bool("omero.web.start"):
        log.info("OMERO.web is switched off (omero.web.start)")
    elif find_spec("omero_web.wsgi") is None:
        log.warning("OMERO.web is not installed (no module omero_web.wsgi): it is not started")
    else:
        programs.append(_web(config))
    return programs


def _environment(config: Config) -> dict[str, str]:
    # PYTHONFAULTHANDLER: a crash, or SIGABRT for a hang, leaves the stacks of all threads in the log.
    python = {"PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
    # Readers are made without a configuration; this is how that of Bio-Formats reaches its process.
    names = {name: f"OMERO_BIOFORMATS_{name.upper()}" for name in BIOFORMATS}
    told = {variable: config.get(f"omero.bioformats.{name}") for name, variable in names.items()}
    return {"OMERODIR": str(config.instance.root), **python, **ONE_THREAD, **{k: v for k, v in told.items() if v}}


def _blitz(config: Config) -> Program:
    ready_file = config.instance.run_dir / "blitz.ready"
    return Program(
        name="Blitz-0",
        command=[sys.executable, "-m", "omero_server.rpc.main"],
        log_file=config.instance.log_dir / BLITZ_LOG,
        ready=ready_file.exists,
        environment=_environment(config) | KEEP_MEMORY,
        before_start=lambda: ready_file.unlink(missing_ok=True),
    )


def _web(config: Config) -> Program:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:omero_web.gunicorn_conf"]
    return Program(
        name="OMERO.web",
        command=[*command, *shlex.split(config.get("omero.web.wsgi_args")), "omero_web.wsgi:application"],
        log_file=config.instance.log_dir / WEB_LOG,
        ready=partial(answers_http, config.get("omero.web.application_server.host"), config.ports.web),
        environment=_environment(config) | FEW_HEAPS,
    )
