"""The supervisor: one process that brings an instance up, keeps its programs running and takes it down in order.

Order: directories, certificate, ports, PostgreSQL, schema, then all programs at once. A program that ends before it was
ready for the first time makes the start fail; later ones are restarted, after 1, 2, 4 ... 60 s. Everything ends with
the supervisor, however that ends.
"""

import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path

from omero_server.control import state as states
from omero_server.control.bootstrap import prepare_data_dir, prepare_schema
from omero_server.control.certificates import ensure_certificate
from omero_server.control.config import Config, ConfigError
from omero_server.control.process import Program, Running, die_with_parent, rotate
from omero_server.control.programs import instance_programs
from omero_server.control.state import State, SupervisorLock
from omero_server.db.embedded import DatabaseStartError
from omero_server.db.location import embedded_postgres

__all__ = ["StartFailed", "Supervisor", "run"]

log = logging.getLogger("omero.supervisor")

LOG_NAME = "supervisor.log"
POSTGRES_LOG = "postgres.log"
STARTING_TICK, RUNNING_TICK = 0.1, 1.0


class StartFailed(Exception):
    """The instance does not come up; the message says why."""


class Supervisor:
    """Runs the programs of one instance. `announce` is called once, when everything is up."""

    def __init__(
        self,
        config: Config,
        programs: list[Program] | None = None,
        announce: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        self.instance = config.instance
        self._announce = announce
        self._postgres = embedded_postgres(config)
        self._running = [Running(program) for program in programs or instance_programs(config)]
        self._started: list[Running] = []
        self._wanted = True
        self._phase = states.STARTING
        self._log_limits = (config.get_int("omero.logging.maxsize"), config.get_int("omero.logging.keep"))
        self._wake_read, self._wake_write = socket.socketpair()

    def run(self) -> None:
        """Bring the instance up and watch it until SIGTERM or SIGINT; StartFailed when it does not come up."""
        self._install_signals()
        self._report()
        try:
            self._prepare()
            while self._wanted:
                self._watch()
                self._sleep(RUNNING_TICK if self._phase == states.RUNNING else STARTING_TICK)
        finally:
            self._stop()

    def _prepare(self) -> None:
        self._check_ports()
        prepare_data_dir(self.config)
        ensure_certificate(self.instance.ssl_dir, self.config.get("omero.glacier2.IceSSL.Password"))
        if self._postgres is not None:
            self._start_postgres()
        prepare_schema(self.config)

    def _start_postgres(self) -> None:
        assert self._postgres is not None
        log_file = self.instance.log_dir / POSTGRES_LOG
        self._postgres.start(log_file, partial(die_with_parent, signal.SIGINT))
        log.info("PostgreSQL runs (pid %s)", self._postgres.pid())

    def _check_ports(self) -> None:
        web_host = self.config.get("omero.web.application_server.host")
        for kind, (port, name) in self.config.listening_ports().items():
            if not _free(web_host if kind == "web" else "", port):
                raise StartFailed(
                    f"Port {port} ({kind}) is in use by another program. Stop that program, or choose another port "
                    f"with `omero config set {name} NUMBER` or all others with `omero config set omero.ports.prefix N`."
                )

    def _watch(self) -> None:
        """One look at everything: restart what ended, notice what became ready, rotate logs."""
        if self._postgres is not None and not self._postgres.running():
            log.error("PostgreSQL has ended: starting it again")
            self._start_postgres()
        for running in self._started:
            self._watch_program(running)
        # One after the other: whoever sees the login page can log in.
        if len(self._started) < len(self._running) and all(running.was_ready for running in self._started):
            self._started.append(self._running[len(self._started)])
            self._started[-1].start()
        if self._phase == states.STARTING and all(running.was_ready for running in self._running):
            self._phase = states.RUNNING
            self._report()
            log.info("The server is up")
            self._announce()
        for path in self.instance.log_dir.glob("*.log"):
            if path.name != LOG_NAME:
                rotate(path, *self._log_limits)

    def _watch_program(self, running: Running) -> None:
        if running.due():
            running.start()
            self._report()
            return
        code = running.poll()
        name, path = running.program.name, running.program.log_file
        if code is not None and self._phase == states.STARTING:
            raise StartFailed(f"{name} ended with code {code} while starting. The end of {path}:\n{_tail(path)}")
        if code is not None:
            log.error("%s ended with code %d: starting it again in %.0f s (see %s)", name, code, running.delay, path)
        if running.late:
            running.abort()
            message = f"{name} is not ready after {running.program.start_seconds:.0f} s. The end of {path}:"
            raise StartFailed(f"{message}\n{_tail(path)}")

    def _stop(self) -> None:
        # Reported even when the start failed: what waits for us then sees the end coming.
        self._phase = states.STOPPING
        self._report()
        for running in reversed(self._started):
            running.stop()
        if self._postgres is not None and self._postgres.pid() is not None:
            self._postgres.stop()
            log.info("PostgreSQL stopped")

    def _install_signals(self) -> None:
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_wanted)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # only to wake the loop
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _stop_wanted(self, number: int, frame: object) -> None:
        log.info("Stopping (%s)", signal.Signals(number).name)
        self._wanted = False

    def _sleep(self, seconds: float) -> None:
        """Until a signal arrives or `seconds` are over."""
        deadline = time.monotonic() + seconds
        if self._wanted and select.select([self._wake_read], [], [], max(0.0, deadline - time.monotonic()))[0]:
            self._wake_read.recv(4096)

    def _report(self) -> None:
        processes = {r.program.name: r.pid for r in self._running if r.pid is not None}
        if self._postgres is not None and (pid := self._postgres.pid()):
            processes["PostgreSQL"] = pid
        states.write_state(self.instance, State(os.getpid(), self._phase, processes=processes))


def run(omerodir: Path | None = None, foreground: bool = False, announce: Callable[[], None] = lambda: None) -> int:
    """Be the supervisor of an instance until told to stop; returns the exit code.

    Messages go to var/log/supervisor.log, with `foreground` to standard error as well.
    """
    config = Config.load(omerodir)
    config.instance.make_directories()
    _log_to(config, foreground)
    lock = SupervisorLock(config.instance)
    if not lock.acquire():
        log.error("The server is running already")
        return 1
    try:
        states.clear_state(config.instance)
        Supervisor(config, announce=announce).run()
        states.clear_state(config.instance)
        return 0
    except (StartFailed, ConfigError, DatabaseStartError) as error:
        log.error("%s", error)
        states.write_state(config.instance, State(os.getpid(), states.FAILED, str(error)))
        return 1
    except Exception as error:
        log.exception("The supervisor failed")
        states.write_state(config.instance, State(os.getpid(), states.FAILED, f"{type(error).__name__}: {error}"))
        return 1
    finally:
        lock.release()


def _log_to(config: Config, foreground: bool) -> None:
    size, keep = config.get_int("omero.logging.maxsize"), config.get_int("omero.logging.keep")
    path = config.instance.log_dir / LOG_NAME
    handlers: list[logging.Handler] = [RotatingFileHandler(path, maxBytes=size, backupCount=keep)]
    if foreground:
        handlers.append(logging.StreamHandler(sys.stderr))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", handlers=handlers)


def _free(host: str, port: int) -> bool:
    """Whether we could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


if __name__ == "__main__":
    sys.exit(run())
