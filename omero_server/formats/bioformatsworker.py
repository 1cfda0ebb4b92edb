"""The process that runs Bio-Formats: `python -m omero_server.formats.bioformatsworker`, started by `bioformatsprocess`.

Java lives here and nowhere else. Questions come on standard input, answers go to standard output, each as four bytes
of length and JSON. An answer that carries pixels says in `bytes` how many follow. The process ends when its input
does, after `idle` seconds without a question, and when a question takes longer than it may.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from omero_server.formats.piped import Ended, end_with_input, receive, send, standard_pipes

__all__ = ["main"]

_OPEN_FILES = 4
_MOST_NOTES = 5000
_LONGEST_NOTE = 4000
_LARGEST_XML = 64 << 20
_SCRATCH = "omero-bioformats-"
_GRACE = 10
"""Seconds beyond the limit after which a question is given up from within, should nobody be left to do so."""
# What names other files at will, unpacks without bounds, or takes any text for an image.
_LEFT_OUT = ("FilePatternReader", "FakeReader", "ZipReader", "TextReader")


class BioFormats:
    """Bio-Formats in this process, with the files that were used last kept open."""

    def __init__(self, jar: str, memory: int) -> None:
        import jpype

        options = (f"-Xmx{memory}m", "-XX:+ExitOnOutOfMemoryError", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=256m")
        # Bio-Formats unpacks libraries of its own, and leaves them.
        places = (f"-Djava.io.tmpdir={_scratch()}", "-XX:-UsePerfData")
        jpype.startJVM(*options, *places, "-Djava.awt.headless=true", "-Xrs", classpath=[jar], convertStrings=True)
        self._class: Callable[[str], Any] = jpype.JClass
        self._class("loci.common.DebugTools").setRootLevel("OFF")
        self._kinds = self._class("loci.formats.ImageReader").getDefaultReaderClasses()
        for name in _LEFT_OUT:
            self._kinds.removeClass(self._class(f"loci.formats.in.{name}").class_)
        self._detector = self._class("loci.formats.ImageReader")(self._kinds)
        self._opened: OrderedDict[tuple[str, int, int], Any] = OrderedDict()

    def detect(self, path: str) -> tuple[dict[str, Any], bytes]:
        """Whether one of its readers takes the file."""
        return {"mine": bool(self._detector.isThisType(path, True))}, b""

    def describe(self, path: str) -> tuple[dict[str, Any], bytes]:
        """Format, files, OME-XML, and of each series what its planes are like."""
        reader, inner, store = self._reader(path)
        xml = self._xml(store)
        if len(xml) > _LARGEST_XML:
            raise ValueError(f"its metadata take {len(xml)} characters, more than is read")
        described = {
            "format": str(inner.getReader().getClass().getSimpleName()).removesuffix("Reader"),
            "version": str(self._class("loci.formats.FormatTools").VERSION),
            "entry": str(reader.getCurrentFile()),
            "files": [str(file) for file in reader.getUsedFiles()],
            "xml": xml,
            "notes": _notes(reader.getGlobalMetadata()),
            "series": [self._series(reader, number) for number in range(reader.getSeriesCount())],
        }
        return described, b""

    def read(self, path: str, at: list[int], region: list[int]) -> tuple[dict[str, Any], bytes]:
        """Pixels of `region` (x, y, width, height) of the plane `at` (series, level, z, c, t), as they are stored."""
        reader = self._reader(path)[0]
        series, level, z, c, t = at
        reader.setSeries(series)
        reader.setResolution(level)
        return {}, bytes(memoryview(reader.openBytes(reader.getIndex(z, c, t), *region)))

    def _xml(self, store: Any) -> str:
        """Metadata as OME-XML. Bio-Formats gives none while a text has characters that XML cannot hold."""
        service = self._class("loci.formats.services.OMEXMLServiceImpl")()
        if (xml := service.getOMEXML(store)) is None:
            clean = self._class("loci.common.xml.XMLTools").sanitizeXML
            for number in range(store.getImageCount()):
                store.setImageName(clean(store.getImageName(number) or ""), number)
                store.setImageDescription(clean(store.getImageDescription(number) or ""), number)
            xml = service.getOMEXML(store)
        if xml is None:
            raise ValueError("its metadata hold characters that XML cannot")
        return str(xml)

    def _series(self, reader: Any, number: int) -> dict[str, Any]:
        reader.setSeries(number)
        tools = self._class("loci.formats.FormatTools")
        sizes = [int(getattr(reader, f"getSize{axis}")()) for axis in "XYZCT"]
        found: dict[str, Any] = {
            "sizes": sizes,
            "type": str(tools.getPixelTypeString(reader.getPixelType())),
            "little": bool(reader.isLittleEndian()),
            "order": str(reader.getDimensionOrder()),
            "bits": int(reader.getBitsPerPixel()),
            "tile": [int(reader.getOptimalTileWidth()), int(reader.getOptimalTileHeight())],
            "notes": _notes(reader.getSeriesMetadata()),
            "levels": [],
        }
        for level in range(reader.getResolutionCount()):
            reader.setResolution(level)
            found["levels"].append([int(reader.getSizeX()), int(reader.getSizeY())])
        return found

    def _reader(self, path: str) -> tuple[Any, Any, Any]:
        """The open file (planes are of one channel, palettes looked up), the reader inside, and its metadata."""
        state = os.stat(path)
        key = path, state.st_size, state.st_mtime_ns
        if key not in self._opened:
            while len(self._opened) >= _OPEN_FILES:
                self._opened.popitem(last=False)[1][0].close()
            self._opened[key] = self._open(path)
        self._opened.move_to_end(key)
        found: tuple[Any, Any, Any] = self._opened[key]
        return found

    def _open(self, path: str) -> tuple[Any, Any, Any]:
        inner = self._class("loci.formats.ImageReader")(self._kinds)
        filled = self._class("loci.formats.ChannelFiller")(inner)
        reader = self._class("loci.formats.ChannelSeparator")(filled)
        store = self._class("loci.formats.services.OMEXMLServiceImpl")().createOMEXMLMetadata()
        reader.setFlattenedResolutions(False)
        reader.setMetadataStore(store)
        try:
            reader.setId(path)
        except BaseException:
            reader.close()
            raise
        return reader, inner, store


def _scratch() -> str:
    """A folder for temporary files of this process; those of processes that have ended are removed."""
    for old in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        number = old.name.removeprefix(_SCRATCH).partition("-")[0]
        if number.isdigit() and old.stat().st_uid == os.getuid() and not _runs(int(number)):
            shutil.rmtree(old, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-")


def _runs(number: int) -> bool:
    """Whether there is a process with this number, which may be another than once."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _notes(table: Any) -> dict[str, str]:
    """Original metadata as text, bounded."""
    keys = sorted(str(key) for key in table.keySet())[:_MOST_NOTES]
    return {key: str(table.get(key))[:_LONGEST_NOTE] for key in keys}


def _reason(error: BaseException) -> str:
    """What a Java or Python exception says, in one line."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).removeprefix("java.lang.RuntimeException: ")


def _serve(source: int, out: int, jar: str, memory: int, seconds: int, idle: int) -> None:
    library: BioFormats | None = None
    while wait([source], idle):
        question = receive(source, time.monotonic() + idle)[0]
        signal.alarm(seconds + _GRACE)
        try:
            library = library or BioFormats(jar, memory)
            told, pixels = getattr(library, question.pop("ask"))(**question)
        except BaseException as error:  # Java's exceptions are of many kinds; each is an answer
            told, pixels = {"error": _reason(error)}, b""
        send(out, told, pixels)
        signal.alarm(0)


def main() -> None:
    """Answer questions; arguments: jar, megabytes of memory, seconds for a question, seconds without one."""
    source, out = standard_pipes()
    end_with_input(source)
    # Java keeps to limits of its own.
    resource.setrlimit(resource.RLIMIT_DATA, (resource.getrlimit(resource.RLIMIT_DATA)[1],) * 2)
    try:
        _serve(source, out, sys.argv[1], *(int(value) for value in sys.argv[2:5]))
    except Ended:
        pass  # nobody asks any more
    finally:
        os._exit(0)  # Java's threads are not waited for


if __name__ == "__main__":
    main()
