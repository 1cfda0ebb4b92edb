"""One supervised program: readiness, restart delays, stop, log rotation."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from omero_server.control.process import Program, Running, rotate
from omero_server.control.state import wait_for


def program(tmp_path: Path, code: str, **options: float) -> Program:
    ready = tmp_path / "ready"
    return Program(
        name="test",
        command=[sys.executable, "-c", f"import pathlib, signal, time, sys\nready = {str(ready)!r}\n{code}"],
        log_file=tmp_path / "test.log",
        ready=ready.exists,
        environment={"PYTHONFAULTHANDLER": "1"},
        before_start=lambda: ready.unlink(missing_ok=True),
        **options,  # type: ignore[arg-type]
    )


def test_ready_and_clean_stop(tmp_path: Path) -> None:
    running = Running(program(tmp_path, "pathlib.Path(ready).touch(); time.sleep(60)"))
    running.start()
    assert wait_for(lambda: running.poll() is None and running.was_ready, 10)
    started = time.monotonic()
    running.stop()
    assert running.pid is None and time.monotonic() - started < 5


def test_a_program_that_ends_is_due_again_after_a_growing_delay(tmp_path: Path) -> None:
    running = Running(program(tmp_path, "print('bye', flush=True); sys.exit(3)"))
    delays = []
    for _ in range(2):
        running.start()
        codes: list[int | None] = []
        assert wait_for(lambda codes=codes: codes.append(running.poll()) or codes[-1] is not None, 10)  # type: ignore[misc, func-returns-value]
        assert codes[-1] == 3
        assert not running.due()
        delays.append(running.delay)
    assert delays == [1.0, 2.0]
    assert (tmp_path / "test.log").read_text().count("bye") == 2


def test_a_program_that_hangs_leaves_its_stack_and_is_killed(tmp_path: Path) -> None:
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\npathlib.Path(ready).touch()\n"
    code += "def stuck(): time.sleep(60)\nstuck()"
    running = Running(program(tmp_path, code, stop_seconds=0.3))
    running.start()
    assert wait_for(running.program.ready, 10)
    time.sleep(0.1)
    running.stop()
    assert "in stuck" in (tmp_path / "test.log").read_text()


def test_late(tmp_path: Path) -> None:
    running = Running(program(tmp_path, "time.sleep(60)", start_seconds=0.1))
    running.start()
    assert wait_for(lambda: running.late, 5)
    running.abort()


def test_programs_die_with_their_supervisor(tmp_path: Path) -> None:
    """kill -9 of the parent takes the child down."""
    code = (
        "import sys, time, pathlib\n"
        "from omero_server.control.process import Program, Running\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"p = Program('x', sleep, pathlib.Path({str(tmp_path)!r}, 'log'), bool)\n"
        "r = Running(p); r.start(); print(r.pid, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert wait_for(lambda: not _alive(child), 5)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_rotation_keeps_so_many_and_the_open_file(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.log"
    with path.open("a") as writer:
        for number in range(5):
            writer.write(f"{number}" * 20)
            writer.flush()
            rotate(path, 10, keep)
    kept = sorted(p.name for p in tmp_path.iterdir())
    assert kept == ["a.log", *(f"a.log.{n}" for n in range(1, keep + 1))]
    assert path.read_text() == ""
    if keep:
        assert (tmp_path / "a.log.1").read_text() == "4" * 20
