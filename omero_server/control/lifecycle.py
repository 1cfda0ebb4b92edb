"""Start and stop an instance's supervisor from outside: what `omero admin start` and `stop` do."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from omero_server.control import state as states
from omero_server.control.instance import Instance
from omero_server.control.state import read_state, supervisor_alive, wait_for

__all__ = ["LifecycleError", "check_root", "is_up", "launch", "request_stop", "start", "stop", "wait_down", "wait_up"]


class LifecycleError(Exception):
    """The server did not start or stop; the message says why and where to look."""


def is_up(instance: Instance) -> bool:
    """Whether everything runs and accepts logins."""
    found = read_state(instance)
    return found is not None and found.phase == states.RUNNING and supervisor_alive(instance)


def launch(instance: Instance) -> None:
    """Start a supervisor in the background, unless one runs already; returns before the server is up."""
    instance.make_directories()
    if supervisor_alive(instance):
        return
    states.clear_state(instance)
    with (instance.log_dir / "supervisor.err").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "omero_server.control.supervisor"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, "OMERODIR": str(instance.root)},
            start_new_session=True,
        )
    if not wait_for(lambda: read_state(instance) is not None or process.poll() is not None, 30.0):
        raise LifecycleError(f"The supervisor does not answer; see {instance.log_dir}")
    if process.poll() is not None and read_state(instance) is None:
        raise LifecycleError(f"The supervisor did not start:\n{(instance.log_dir / 'supervisor.err').read_text()}")
    # It lives on without us: nobody here will wait for it.
    process.returncode = 0


def start(instance: Instance, seconds: float = 300.0, progress: Callable[[], None] = lambda: None) -> None:
    """Start the server and wait until it is up; nothing happens when it is. LifecycleError after `seconds`."""
    launch(instance)
    wait_up(instance, seconds, progress)


def wait_up(instance: Instance, seconds: float = 300.0, progress: Callable[[], None] = lambda: None) -> None:
    """Wait until the server is up. LifecycleError when it failed, does not run, or is not up in time."""

    def decided() -> bool:
        progress()
        return is_up(instance) or not supervisor_alive(instance)

    if not wait_for(decided, seconds):
        raise LifecycleError(f"The server is not up after {seconds:.0f} s; see the logs in {instance.log_dir}")
    if not is_up(instance):
        found = read_state(instance)
        if found is not None and found.phase == states.FAILED:
            raise LifecycleError(f"The server did not start. {found.message}")
        raise LifecycleError(f"The server is not running; see the logs in {instance.log_dir}")


def stop(instance: Instance, seconds: float = 300.0) -> bool:
    """Stop the server and wait until it is down; False when it was not running."""
    if not request_stop(instance):
        return False
    wait_down(instance, seconds)
    return True


def request_stop(instance: Instance) -> bool:
    """Tell the server to stop; False when it was not running."""
    if not supervisor_alive(instance):
        return False
    found = read_state(instance)
    if found is None:
        raise LifecycleError(f"A supervisor runs but left no process id in {instance.run_dir}; look for it with `ps`")
    os.kill(found.pid, signal.SIGTERM)
    return True


def wait_down(instance: Instance, seconds: float = 300.0) -> None:
    """Wait until no supervisor runs; LifecycleError when one still does after `seconds`."""
    if not wait_for(lambda: not supervisor_alive(instance), seconds):
        raise LifecycleError(f"The server is not down after {seconds:.0f} s; see the logs in {instance.log_dir}")


def check_root(warn: Callable[[str], None]) -> None:
    """One line for whoever runs the server as root; it is allowed."""
    if os.geteuid() == 0:
        warn("Running as root: files of the instance will belong to root. An ordinary user is enough.")
