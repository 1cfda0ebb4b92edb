"""``path``: a string that is a path, with what ``os``, ``os.path`` and ``shutil`` do as methods.

New programs use ``pathlib``; scripts for OMERO get these from ``omero.util.temp_files``.
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, ClassVar

__all__ = ["o554", "o666", "o766", "o777", "path", "tempdir"]

o554, o666, o766, o777 = 0o554, 0o666, 0o766, 0o777


def _gives(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that gives what ``function`` answers for the path."""

    def method(self: path, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__doc__ = f"{function.__module__}.{function.__qualname__} of this path."
    return method


def _makes(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that gives what ``function`` answers for the path, as a path."""

    def method(self: path, *args: Any, **kwargs: Any) -> path:
        found = function(self, *args, **kwargs)
        return self if found is None else type(self)._next(found)

    method.__doc__ = f"{function.__module__}.{function.__qualname__} of this path, as a path."
    return method


def _unless(error: type[OSError], function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that calls ``function``, also where there is nothing to do (``error``)."""

    def method(self: path, *args: Any, **kwargs: Any) -> path:
        with suppress(error):
            function(self, *args, **kwargs)
        return self

    method.__doc__ = f"{function.__module__}.{function.__qualname__} of this path, unless that is done already."
    return method


def _unless_in_use(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that removes a folder, unless something is in it."""

    def method(self: path) -> path:
        try:
            function(self)
        except OSError:
            if not os.path.isdir(self):
                raise
        return self

    return method


class path(str):
    """A path. ``path("a") / "b.txt"`` is ``path("a/b.txt")``; ``+`` joins strings."""

    module: ClassVar[Any] = os.path

    def __new__(cls, other: Any = "") -> path:
        return super().__new__(cls, os.fspath(other))

    def __init__(self, other: Any = "") -> None:
        super().__init__()

    @classmethod
    def _next(cls, text: Any) -> path:
        return path(os.fsdecode(text))

    def __repr__(self) -> str:
        return f"path({super().__repr__()})"

    def __add__(self, more: str) -> path:
        return self._next(str.__add__(self, more))

    def __radd__(self, before: str) -> path:
        return self._next(str(before) + str(self))

    def __truediv__(self, rest: Any) -> path:
        return self._next(os.path.join(self, rest))

    def __enter__(self) -> path:
        self._before = os.getcwd()
        os.chdir(self)
        return self

    def __exit__(self, *_: object) -> None:
        os.chdir(self._before)

    # Parts and forms

    abspath = _makes(os.path.abspath)
    normcase = _makes(os.path.normcase)
    normpath = _makes(os.path.normpath)
    realpath = _makes(os.path.realpath)
    expanduser = _makes(os.path.expanduser)
    expandvars = _makes(os.path.expandvars)
    dirname = _makes(os.path.dirname)
    basename = _makes(os.path.basename)
    relpath = _makes(os.path.relpath)
    readlink = _makes(os.readlink)

    parent = property(lambda self: self.dirname(), doc="The folder.")
    name = property(lambda self: self.basename(), doc="The last part.")
    namebase = property(lambda self: os.path.splitext(self.name)[0], doc="The last part without its extension.")
    ext = property(lambda self: os.path.splitext(self)[1], doc="The extension with its dot.")
    drive = property(lambda self: self._next(os.path.splitdrive(self)[0]), doc="The drive, on Windows.")

    @classmethod
    def getcwd(cls) -> path:
        """The working folder."""
        return cls._next(os.getcwd())

    def joinpath(self, first: Any = "", *others: Any) -> path:
        """The path with these parts at its end."""
        return self._next(os.path.join(self, first, *others))

    def expand(self) -> path:
        """With variables and ``~`` replaced, in its shortest form."""
        found: path = self.expandvars().expanduser().normpath()
        return found

    def splitpath(self) -> tuple[path, str]:
        """(folder, last part)."""
        folder, last = os.path.split(self)
        return self._next(folder), last

    def splitdrive(self) -> tuple[path, str]:
        """(drive, rest)."""
        drive, rest = os.path.splitdrive(self)
        return self._next(drive), rest

    def splitext(self) -> tuple[path, str]:
        """(path without extension, extension with its dot)."""
        base, extension = os.path.splitext(self)
        return self._next(base), extension

    def stripext(self) -> path:
        """Without the extension."""
        return self.splitext()[0]

    def splitall(self) -> list[Any]:
        """All parts, the first with what is before the first separator."""
        parts: list[str] = []
        rest: path = self
        while rest not in (os.curdir, os.pardir):
            before, last = rest.splitpath()
            if before == rest:
                break
            parts.insert(0, last)
            rest = before
        return [rest, *parts]

    def relpathto(self, dest: str) -> path:
        """The path from this folder to ``dest``."""
        return self._next(os.path.relpath(dest, self))

    def readlinkabs(self) -> path:
        """What this link leads to, absolute."""
        target = self.readlink()
        return self._next(target if target.isabs() else os.path.join(self.dirname(), target)).abspath()  # type: ignore[no-any-return]

    # Folders

    def listdir(self, pattern: str | None = None, unreadable_as_empty: bool = False) -> list[path]:
        """What is in the folder, of names that match ``pattern``."""
        if unreadable_as_empty and not os.access(self, os.R_OK):
            return []
        return [self / name for name in os.listdir(self) if pattern is None or fnmatch.fnmatch(name, pattern)]

    def dirs(self, pattern: str | None = None) -> list[path]:
        """The folders in it."""
        return [found for found in self.listdir(pattern) if found.isdir()]

    def files(self, pattern: str | None = None) -> list[path]:
        """The files in it."""
        return [found for found in self.listdir(pattern) if found.isfile()]

    def walk(self, pattern: str | None = None, errors: str = "ignore") -> Iterator[path]:
        """All that is below, folders before what is in them. ``errors``: strict raises for unreadable ones."""
        try:
            children = sorted(self.listdir())
        except OSError:
            if errors == "strict":
                raise
            return
        for child in children:
            if pattern is None or child.fnmatch(pattern):
                yield child
            if child.isdir() and not child.islink():
                yield from child.walk(pattern, errors)

    def walkdirs(self, pattern: str | None = None, errors: str = "strict") -> Iterator[path]:
        """All folders below."""
        return (found for found in self.walk(pattern, errors) if found.isdir())

    def walkfiles(self, pattern: str | None = None, errors: str = "strict") -> Iterator[path]:
        """All files below."""
        return (found for found in self.walk(pattern, errors) if found.isfile())

    def fnmatch(self, pattern: str, normcase: Callable[[str], str] | None = None) -> bool:
        """Whether the last part matches ``pattern``."""
        normal = normcase or os.path.normcase
        return fnmatch.fnmatchcase(normal(self.name), normal(pattern))

    def glob(self, pattern: str) -> list[path]:
        """What matches the pattern, below the folder."""
        return [self._next(found) for found in glob.glob(os.path.join(self, pattern))]

    # Contents

    open = _gives(open)

    def bytes(self) -> Any:
        """All bytes of the file."""
        with open(self, "rb") as file:
            return file.read()

    def chunks(self, size: int, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """The contents in pieces; further arguments as for ``open``."""
        with open(self, *args, **kwargs) as file:
            while piece := file.read(size):
                yield piece

    def write_bytes(self, bytes: Any, append: bool = False) -> None:
        """Replace the contents, or add to them."""
        with open(self, "ab" if append else "wb") as file:
            file.write(bytes)

    def text(self, encoding: str | None = None, errors: str = "strict") -> str:
        """The contents as text, lines ending in ``\\n``."""
        with open(self, encoding=encoding or "utf-8", errors=errors) as file:
            return file.read()

    def write_text(
        self,
        text: Any,
        encoding: str | None = None,
        errors: str = "strict",
        linesep: str | None = os.linesep,
        append: bool = False,
    ) -> None:
        """Replace the contents, or add to them; ``linesep`` ends the lines (None: as they are)."""
        if isinstance(text, str):
            lines = text if linesep is None else linesep.join(text.replace("\r\n", "\n").split("\n"))
            text = lines.encode(encoding or "utf-8", errors)
        self.write_bytes(text, append)

    def lines(self, encoding: str | None = None, errors: str = "strict", retain: bool = True) -> list[str]:
        """The lines, with their ends unless ``retain`` is off."""
        return self.text(encoding, errors).splitlines(retain)

    def write_lines(
        self,
        lines: Iterable[str],
        encoding: str | None = None,
        errors: str = "strict",
        linesep: str | None = os.linesep,
        append: bool = False,
    ) -> None:
        """Replace the contents by lines, or add them."""
        end = "\n" if linesep is not None else ""
        self.write_text("".join(line.rstrip("\r\n") + end for line in lines), encoding, errors, linesep, append)

    def read_hash(self, hash_name: str) -> Any:
        """The checksum of the contents: ``hash_name`` such as sha1."""
        return self._hash(hash_name).digest()

    def read_hexhash(self, hash_name: str) -> str:
        """The same in hexadecimal digits."""
        return str(self._hash(hash_name).hexdigest())

    def read_md5(self) -> Any:
        """The MD5 of the contents."""
        return self.read_hash("md5")

    def _hash(self, hash_name: str) -> Any:
        found = hashlib.new(hash_name, usedforsecurity=False)
        for piece in self.chunks(1 << 20, "rb"):
            found.update(piece)
        return found

    # What it is

    isabs = _gives(os.path.isabs)
    exists = _gives(os.path.exists)
    isdir = _gives(os.path.isdir)
    isfile = _gives(os.path.isfile)
    islink = _gives(os.path.islink)
    ismount = _gives(os.path.ismount)
    samefile = _gives(os.path.samefile)
    getatime = _gives(os.path.getatime)
    getmtime = _gives(os.path.getmtime)
    getctime = _gives(os.path.getctime)
    getsize = _gives(os.path.getsize)
    access = _gives(os.access)
    stat = _gives(os.stat)
    lstat = _gives(os.lstat)

    atime = property(lambda self: self.getatime(), doc="When it was read last, in seconds.")
    mtime = property(lambda self: self.getmtime(), doc="When it was changed last, in seconds.")
    ctime = property(lambda self: self.getctime(), doc="When its entry was changed last, in seconds.")
    size = property(lambda self: self.getsize(), doc="Bytes.")
    owner = property(lambda self: self.get_owner(), doc="Name of the owner.")

    def get_owner(self) -> str:
        """Name of the owner."""
        import pwd

        return pwd.getpwuid(os.stat(self).st_uid).pw_name

    # Changing

    utime = _makes(os.utime)
    chmod = _makes(os.chmod)
    rename = _makes(os.rename)
    renames = _makes(os.renames)
    mkdir = _makes(os.mkdir)
    mkdir_p = _unless(FileExistsError, os.mkdir)
    makedirs = _makes(os.makedirs)
    makedirs_p = _unless(FileExistsError, os.makedirs)
    rmdir = _makes(os.rmdir)
    rmdir_p = _unless_in_use(os.rmdir)
    removedirs = _makes(os.removedirs)
    removedirs_p = _unless_in_use(os.removedirs)
    remove = _makes(os.remove)
    remove_p = _unless(FileNotFoundError, os.remove)
    unlink = _makes(os.unlink)
    unlink_p = _unless(FileNotFoundError, os.unlink)
    rmtree_p = _unless(FileNotFoundError, shutil.rmtree)
    copyfile = _gives(shutil.copyfile)
    copymode = _gives(shutil.copymode)
    copystat = _gives(shutil.copystat)
    copy = _gives(shutil.copy)
    copy2 = _gives(shutil.copy2)
    copytree = _gives(shutil.copytree)
    move = _gives(shutil.move)
    rmtree = _gives(shutil.rmtree)
    chdir = _makes(os.chdir)
    cd = _makes(os.chdir)

    def chown(self, uid: int = -1, gid: int = -1) -> path:
        """Give it to another user or group."""
        os.chown(self, uid, gid)
        return self

    def touch(self) -> path:
        """Make it an empty file, or one changed now."""
        with open(self, "ab"):
            os.utime(self)
        return self

    def link(self, newpath: str) -> path:
        """Make ``newpath`` another name of the file."""
        os.link(self, newpath)
        return self._next(newpath)

    def symlink(self, newlink: str) -> path:
        """Make ``newlink`` a link to it."""
        os.symlink(self, newlink)
        return self._next(newlink)


class tempdir(path):
    """A new folder, removed at the end of the ``with`` that it is used in."""

    def __new__(cls, *args: Any, **kwargs: Any) -> tempdir:
        return str.__new__(cls, tempfile.mkdtemp(*args, **kwargs))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(self)

    def __enter__(self) -> tempdir:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self, ignore_errors=True)
