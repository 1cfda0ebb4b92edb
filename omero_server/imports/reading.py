"""Reading a fileset without letting it into the server: questions to processes, and what their ends mean.

    with Reading(readers, check) as reading:
        info = reading.describe(path, files=1, size=path.stat().st_size)
        measured = reading.measure([Wanted(0, channels, stats=True, pictures=True, whole=True)])

Each import has a process to itself; one of many images also those that nobody else needs.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Any, Self, TypeVar

from omero_server.formats.base import FormatError, UnsupportedFormat
from omero_server.formats.info import FilesetInfo
from omero_server.formats.jsonable import decode, encode
from omero_server.formats.piped import Ended
from omero_server.imports.measure import Measured, Wanted
from omero_server.imports.readers import LOOK, Readers, Worker
from omero_server.rendering.quantum import Range

__all__ = ["Crashed", "Reading"]

log = logging.getLogger(__name__)

T = TypeVar("T")

FILES_PER_SECOND, BYTES_PER_SECOND = 10, 20_000_000
"""A large fileset may take longer to describe: at the least it goes this fast."""
IMAGES_EACH = 8
"""Images for which the help of another process is worth it."""
ENDING_SECONDS = 2.0
DAMAGED = "The file is damaged or of an unknown variant."
LIMITED = "The file is damaged, or needs a higher limit."


class Crashed(FormatError):
    """The process has ended over a file."""


class Reading:
    """The reading of one fileset; all that a file can cause comes out as FormatError.

    `check` is called many times a second and may raise, which ends the reading at once.
    """

    def __init__(self, readers: Readers, check: Callable[[], None]) -> None:
        self._readers, self._check = readers, check
        self._workers: list[Worker] = []
        self._path = Path()
        self._described: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give the processes back; one that is still busy is ended."""
        while self._workers:
            worker = self._workers.pop()
            if worker.question is None and not worker.large and _closed(worker):
                self._readers.give(worker)
            else:
                self._readers.end(worker)

    def describe(self, path: Path, files: int, size: int) -> FilesetInfo:
        """All about the fileset that a file belongs to; `files` and `size` (bytes) say how much there may be to read.

        FormatError (UnsupportedFormat) when it cannot be read.
        """
        self._path = path
        question = {"ask": "describe", "path": str(path)}
        seconds = self._readers.seconds + files / FILES_PER_SECOND + size / BYTES_PER_SECOND
        used = self._join(self._readers.take(self._check))
        try:
            [told] = self._answers([question], seconds)
        except Crashed:
            if not used:
                raise
            # What it has read before may be to blame.
            self._join(self._readers.take(self._check))
            [told] = self._answers([question], seconds)
        with self._understood():
            self._described = {key: told[key] for key in ("root", "fileset")}
            return FilesetInfo.from_json(told["fileset"], Path(told["root"]))

    def measure(self, wanted: Sequence[Wanted]) -> list[Measured]:
        """What is learnt from the pixels of images of the fileset. FormatError when they cannot be read."""
        while len(self._workers) < len(wanted) // IMAGES_EACH and (helper := self._readers.spare()) is not None:
            self._prepare(helper)
        told = self._answers([{"ask": "measure", "wanted": encode(one)} for one in wanted], self._readers.seconds)
        with self._understood():
            return [decode(Measured, one["measured"]) for one in told]

    def take_over(self, info: FilesetInfo) -> None:
        """Go on with a fileset that was described earlier."""
        self._path, self._described = info.entry, {"root": str(info.root), "fileset": info.to_json()}
        self._prepare(self._readers.take(self._check))

    def ranges(self, series: int) -> list[Range]:
        """Smallest and largest value of each channel of an image; (inf, -inf) without any."""
        return self._ranges({"ask": "ranges", "series": series})

    def pyramid(self, series: int, path: Path, tile: tuple[int, int], with_full: bool) -> list[Range]:
        """Have the pyramid of an image written, see `write_pyramid`; the ranges of its channels."""
        details = {"series": series, "path": str(path), "tile": tile, "with_full": with_full}
        return self._ranges({"ask": "pyramid", **details})

    def _ranges(self, question: dict[str, Any]) -> list[Range]:
        [told] = self._answers([question], self._readers.seconds)
        with self._understood():
            return decode(list[Range], told["ranges"])  # type: ignore[no-any-return]

    def _prepare(self, worker: Worker) -> None:
        self._join(worker)
        self._heard(worker, lambda one: one.tell({"ask": "restore", **self._described}))

    def _join(self, worker: Worker) -> bool:
        """Have one more; whether it has read other files before."""
        self._workers.append(worker)
        return worker.used

    def _answers(self, questions: Sequence[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
        """The answers, in the order of the questions, which the processes take as they have time."""
        waiting, answers = deque(enumerate(questions)), dict[int, dict[str, Any]]()
        while len(answers) < len(questions):
            for worker in [one for one in self._workers if one.question is None][: len(waiting)]:
                self._heard(worker, lambda one: one.ask(*waiting.popleft(), seconds))
            busy = [(worker, worker.question) for worker in self._workers if worker.question is not None]
            ready = wait([worker.handle for worker, _ in busy], LOOK)
            self._check()
            for worker, number in busy:
                told = self._heard(worker, Worker.answer) if worker.handle in ready or worker.late else None
                if told is not None:
                    answers[number] = self._checked(worker, told)
        return [answers[number] for number in range(len(questions))]

    def _heard(self, worker: Worker, exchange: Callable[[Worker], T]) -> T:
        """What comes of an exchange with a process. FormatError when it does not answer, or not in time."""
        try:
            return exchange(worker)
        except TimeoutError:
            reason = f"its reader was stopped after {self._readers.seconds} s without progress (omero.readers.seconds)"
            self._end(worker)
            raise FormatError(self._path, reason, LIMITED) from None
        except Ended as error:
            code = self._end(worker, ENDING_SECONDS)
            raise Crashed(self._path, f"its reader {str(error) or _how(code)}", DAMAGED) from error

    def _end(self, worker: Worker, patience: float = 0.0) -> int:
        self._workers.remove(worker)
        return self._readers.end(worker, patience)

    def _checked(self, worker: Worker, told: dict[str, Any]) -> dict[str, Any]:
        """The answer, if it is none about an error."""
        if told.get("error") == "memory":
            self._end(worker)
            reason = f"reading it takes more than {self._readers.memory} MB of memory (omero.readers.memory)"
            raise FormatError(self._path, reason, LIMITED)
        if "error" not in told:
            return told
        with self._understood():
            kind = UnsupportedFormat if told["error"] == "unsupported" else FormatError
            log.info("%s", told["stack"] or told["reason"])
            raise kind(told["path"] or self._path, told["reason"], told["remedy"])

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """What the process says is taken for what it must be, and no more."""
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            while self._workers:
                self._end(self._workers[0])
            raise FormatError(self._path, f"its reader gave no sensible answer ({error!r})", DAMAGED) from error


def _closed(worker: Worker) -> bool:
    """Whether the process has been told to let go of the files."""
    try:
        worker.tell({"ask": "close"})
    except (Ended, TimeoutError):
        return False
    return True


def _how(code: int) -> str:
    """In which way a process has ended."""
    if code == -SIGKILL:
        return "was killed, perhaps for want of memory"
    return f"crashed ({Signals(-code).name})" if code < 0 else f"ended with exit code {code}"
