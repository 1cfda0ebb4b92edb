"""The file `etc/grid/config.xml`: named profiles of properties, in the format of OMERO's own tools.

The root is `<icegrid>`; `<properties id="__ACTIVE__">` names the active profile and repeats its properties (IceGrid
includes that block); one `<properties id=PROFILE>` per profile follows. Writers hold `config.xml.lock` and replace the
file by rename, so that a reader never sees half a file.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Comment, Element, ParseError, SubElement, fromstring, tostring

__all__ = [
    "ACTIVE",
    "FORMAT_VERSION",
    "PROFILE_KEY",
    "VERSION_KEY",
    "ConfigError",
    "ConfigFile",
    "ConfigLocked",
    "ConfigUnwritable",
    "locked",
    "write_document",
    "written_by",
]

FORMAT_VERSION = "5.1.0"
ACTIVE = "__ACTIVE__"
PROFILE_KEY = "omero.config.profile"
VERSION_KEY = "omero.config.version"
INTERNAL_KEYS = (PROFILE_KEY, VERSION_KEY)
LOCK_SECONDS = 10.0
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class ConfigError(Exception):
    """A configuration file or value that cannot be used; the message names it and the remedy."""


class ConfigLocked(ConfigError):
    """Another process is changing the file."""


class ConfigUnwritable(ConfigError):
    """The file or its directory may not be written."""


class ConfigFile:
    """Profiles read from one config.xml. A missing file reads as one empty profile `default`."""

    def __init__(self, path: Path, profile: str | None = None) -> None:
        self.path = path
        self._given_profile = profile or os.environ.get("OMERO_CONFIG") or None
        self.profiles: dict[str, dict[str, str]] = {}
        self._saved_profile = "default"
        self._read()

    @property
    def profile(self) -> str:
        """Name of the profile that reads and writes use."""
        return self._given_profile or self._saved_profile

    @property
    def properties(self) -> dict[str, str]:
        """The active profile's own properties (no defaults); a live dictionary."""
        return self.profiles.setdefault(self.profile, {})

    def activate(self, profile: str) -> None:
        """Make `profile` the one that later readers get too."""
        self._given_profile = None
        self._saved_profile = profile
        self.profiles.setdefault(profile, {})

    @classmethod
    @contextmanager
    def edit(cls, path: Path, profile: str | None = None) -> Iterator["ConfigFile"]:
        """Read under the lock, let the caller change `properties`, write when the block ends without an error."""
        _make_parent(path)
        with locked(path.with_name(path.name + ".lock")):
            config = cls(path, profile)
            yield config
            config._write()

    def _read(self) -> None:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ConfigError(f"Cannot read {self.path}: {error.strerror}") from error
        try:
            root = fromstring(text)
        except ParseError as error:
            raise ConfigError(f"{self.path} is not well-formed XML ({error}); restore it from a copy") from error
        for block in root.iter("properties"):
            self._read_block(block)

    def _read_block(self, block: Element) -> None:
        values = {p.get("name", ""): p.get("value", "") for p in block.iter("property")}
        if block.get("id") == ACTIVE:
            self._saved_profile = values.get(PROFILE_KEY, "default")
        elif block.get("id"):
            self.profiles[str(block.get("id"))] = {k: v for k, v in values.items() if k not in INTERNAL_KEYS}

    def _write(self) -> None:
        for name in self.profiles.get(self.profile, {}):
            if not _NAME.fullmatch(name):
                raise ConfigError(f"Illegal property name: {name}")
        write_document(self.path, self._document())

    def _document(self) -> Element:
        root = Element("icegrid")
        root.append(written_by())
        head = {PROFILE_KEY: self._saved_profile, VERSION_KEY: FORMAT_VERSION}
        _add_block(root, ACTIVE, head | self.profiles.get(self._saved_profile, {}))
        for name, values in self.profiles.items():
            _add_block(root, name, {VERSION_KEY: FORMAT_VERSION} | values)
        SubElement(root, "include", {"file": "templates.xml"})
        return root


def write_document(path: Path, root: Element) -> None:
    """Replace the file by a document, at once."""
    temporary = path.with_name(path.name + ".temp")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as out:
        out.write(tostring(root, encoding="utf-8"))
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)
    _sync_directory(path.parent)


def written_by() -> "Element[Any]":
    """The comment at the head of the file."""
    stamp = datetime.now(UTC).astimezone().strftime("%a %b %d %H:%M:%S %Y")
    return Comment(f" Written by the configuration system at {stamp}. Change it with `omero config`. ")


def _add_block(root: Element, name: str, values: dict[str, str]) -> None:
    block = SubElement(root, "properties", {"id": name})
    for key, value in values.items():
        SubElement(block, "property", {"name": key, "value": value})


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigUnwritable(f"Cannot create {path.parent}: {error.strerror}") from error


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file `lock`; the file is removed afterwards, as other tools expect."""
    handle = _acquire(lock, time.monotonic() + LOCK_SECONDS)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        handle.close()


def _acquire(lock: Path, deadline: float) -> IO[bytes]:
    while True:
        try:
            handle = open(lock, "ab")  # noqa: SIM115 (the caller closes it)
        except OSError as error:
            raise ConfigUnwritable(f"Cannot write beside {lock}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The previous holder may have removed the file between our open and our lock.
            if lock.exists() and os.fstat(handle.fileno()).st_ino == lock.stat().st_ino:
                return handle
        except (BlockingIOError, FileNotFoundError):
            pass
        handle.close()
        if time.monotonic() > deadline:
            raise ConfigLocked(f"Could not acquire lock on {lock.with_suffix('')}: another process is changing it")
        time.sleep(0.02)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
