"""How long a server takes to its first login, and the memory of all its idle processes."""

from __future__ import annotations

import time

import omero
from bench.figures import print_figure
from bench.server import running_server
from tests.support.instance import Instance

SETTLE_SECONDS = 5.0


def memory_mb(instance: Instance) -> float:
    """Proportional memory (PSS) of the instance's processes, in MB: shared pages are counted once."""
    import psutil

    root = str(instance.root)
    total = 0
    for process in psutil.process_iter():
        try:
            if any(root in part for part in [*process.cmdline(), process.environ().get("OMERODIR", "")]):
                total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 1e6


def first_login(instance: Instance) -> float:
    """Seconds from the start of a prepared server to the first login."""
    started = time.perf_counter()
    instance.start()
    client = omero.client(f"tcp://{instance.host}:{instance.ports.tcp}")
    client.createSession("root", instance.root_password)
    seconds = time.perf_counter() - started
    client.closeSession()
    return seconds


def main() -> None:
    """Start a prepared server again, and look at it when it is idle."""
    with running_server() as instance:
        instance.stop()
        print_figure("second_start_to_login", "s", first_login(instance))
        time.sleep(SETTLE_SECONDS)
        print_figure("idle_memory", "MB", memory_mb(instance), aim=500)


if __name__ == "__main__":
    main()
