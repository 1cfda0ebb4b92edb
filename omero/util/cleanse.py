"""Removes from a data directory what the database knows nothing of. For administrators, on the server's machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import omero
import omero.cmd
import omero.sys
from omero.rtypes import rbool, rlist, rlong, rtime, unwrap

__all__ = [
    "SEARCH_DIRECTORIES",
    "Cleanser",
    "cleanse",
    "cleanse_dir",
    "delete_empty_dirs",
    "fixpyramids",
    "initial_check",
    "is_empty_dir",
    "removepyramids",
]

# What the files in a directory are named by.
SEARCH_DIRECTORIES = {"Pixels": "Pixels", "Files": "OriginalFile", "Thumbnails": "Thumbnail"}
MANAGED_REPOSITORY = "ManagedRepository"

# "5", "5_pyramid", and of a pyramid in the making ".5_pyramid123.tmp" and ".5_pyramid.pyr_lock".
OBJECT_FILE = re.compile(r"(?P<id>\d+)(_pyramid)?|\.(?P<making>\d+)_pyramid\w*(\.tmp|\.pyr_lock)")


class Cleanser:
    """Removes the files of one directory whose objects are gone. Files that no object names are left alone.

    ``dry_run``: only say what would be removed; ``verbose``: also say what is kept. ``cleansed`` are the paths that
    were removed, ``bytes_cleansed`` their size.
    """

    # How many objects are asked for at once.
    QUERY_THRESHOLD = 25
    PYRAMID_FILE = "_pyramid"
    PYRAMID_LOCK = ".pyr_lock"
    PYRAMID_TEMP = ".tmp"

    def __init__(self, query_service: Any, object_type: str, data_dir: str) -> None:
        """``object_type``: Pixels, OriginalFile or Thumbnail; ``data_dir``: the directory of their files.

        Raises ValueError for another type.
        """
        if object_type not in SEARCH_DIRECTORIES.values():
            raise ValueError(f"There are no files of {object_type}")
        self.query_service = query_service
        self.object_type = object_type
        self.data_dir = data_dir
        self.cleansed: list[str] = []
        self.bytes_cleansed = 0
        self.deferred_paths: list[str] = []
        self.dry_run = False
        self.verbose = False

    def is_object_id(self, path: str) -> bool:
        """Whether a file is named by the id of an object."""
        return _object_id(path) is not None

    def cleanse(self, root: str) -> None:
        """Look through a directory and those below it. Call :meth:`finalize` at the end."""
        for folder, _folders, names in os.walk(root):
            for name in sorted(names):
                self.query_or_defer(os.path.join(folder, name))

    def query_or_defer(self, path: str) -> None:
        """Take note of a file; with enough of them, ask for their objects and remove."""
        if not self.is_object_id(path):
            self._say(path, "ignored/keep", self.verbose)
            return
        self.deferred_paths.append(path)
        if len(self.deferred_paths) >= self.QUERY_THRESHOLD:
            self.do_cleanse()

    def do_cleanse(self) -> None:
        """Ask for the objects of the files noted, and remove the files of those that are gone."""
        if not self.deferred_paths:
            return
        paths = [(path, _object_id(path)) for path in self.deferred_paths]
        self.deferred_paths = []
        params = omero.sys.ParametersI().add("ids", rlist([rlong(number) for _, number in paths]))
        query = f"select o.id from {self.object_type} o where o.id in (:ids)"  # noqa: S608 - a class's name, checked
        there = {row[0] for row in unwrap(self.query_service.projection(query, params, {"omero.group": "-1"}))}
        for path, number in paths:
            if number in there:
                self._say(path, "keep", self.verbose)
            else:
                self._remove(path)

    def _remove(self, path: str) -> None:
        self._say(path, "remove", self.dry_run or self.verbose)
        size = os.lstat(path).st_size
        if not self.dry_run:
            os.remove(path)
        self.cleansed.append(path)
        self.bytes_cleansed += size

    def _say(self, path: str, what: str, wanted: bool) -> None:
        if wanted:
            print(rf"   \_ {path} ({what})")

    def finalize(self) -> None:
        """Deal with the last files."""
        self.do_cleanse()

    def __str__(self) -> str:
        return f"Cleansing context: {len(self.cleansed)} files ({self.bytes_cleansed} bytes)"


def _object_id(path: str) -> int | None:
    found = OBJECT_FILE.fullmatch(os.path.basename(path))
    return None if found is None else int(found["id"] or found["making"])


def initial_check(config_service: Any, admin_service: Any = None) -> None:
    """Raise SecurityViolation unless the caller is an administrator, Exception without an admin service."""
    if admin_service is None:
        raise Exception("No admin service provided!")
    if not admin_service.getEventContext().isAdmin:
        raise omero.SecurityViolation(None, None, "Only administrators may cleanse the data directory")
    config_service.getVersion()


def cleanse(
    data_dir: str, client: Any, dry_run: bool = False, subdirectory: str | None = None, verbose: bool = False
) -> None:
    """Remove files without objects from a data directory, and empty directories from the managed repository.

    ``subdirectory``: only this one of ``SEARCH_DIRECTORIES`` or ManagedRepository. Raises SecurityViolation for others
    than administrators.
    """
    session = client.getSession()
    initial_check(session.getConfigService(), session.getAdminService())
    for directory in SEARCH_DIRECTORIES if subdirectory is None else [subdirectory]:
        if directory != MANAGED_REPOSITORY:
            cleanser = cleanse_dir(data_dir, directory, dry_run, verbose, session.getQueryService())
            if cleanser is not None and (dry_run or verbose):
                print(cleanser)
    if subdirectory in (None, MANAGED_REPOSITORY):
        described, repository = client.getManagedRepository(description=True)
        root = os.path.join(unwrap(described.path), unwrap(described.name))
        print(f"Removing empty directories from...\n {root}")
        delete_empty_dirs(repository, root, client, dry_run)


def cleanse_dir(data_dir: str, directory: str, dry_run: bool, verbose: bool, query_service: Any) -> Cleanser | None:
    """Remove files without objects from one directory; None when there is no such directory."""
    path = os.path.join(data_dir, directory)
    if directory not in SEARCH_DIRECTORIES or not os.path.isdir(path):
        print(f"{path} does not exist. Skipping...")
        return None
    if dry_run or verbose:
        print(f"Reconciling OMERO data directory...\n {path}")
    cleanser = Cleanser(query_service, SEARCH_DIRECTORIES[directory], path)
    cleanser.dry_run, cleanser.verbose = dry_run, verbose
    cleanser.cleanse(path)
    cleanser.finalize()
    return cleanser


def delete_empty_dirs(repo: Any, root: str, client: Any, dry_run: bool) -> None:
    """Remove the directories of a repository that hold nothing but empty directories. ``root`` is for the output."""
    to_delete: list[str] = []
    # What lies in other groups than that of the session counts, too.
    repo = repo.ice_context(client.getContext("-1"))
    is_empty_dir(repo, "/", False, to_delete)
    for path in to_delete:
        if dry_run:
            print(rf"   \_ {root}/{path.strip('/')} (remove)")
    if to_delete and not dry_run:
        handle = repo.deletePaths(to_delete, True, False)
        client.waitOnCmd(handle, loops=len(to_delete) + 60, closehandle=True).close(True)


def is_empty_dir(repo: Any, directory: str, may_delete_dir: bool, to_delete: list[str]) -> bool:
    """Whether a directory holds nothing but empty directories.

    ``to_delete`` gets those that are empty, without those below them; the directory itself only if it may be deleted.
    """
    below: list[str] = []
    empty = True
    for file in repo.listFiles(directory):
        path = f"{unwrap(file.path)}{unwrap(file.name)}"
        if unwrap(file.mimetype) != "Directory" or not is_empty_dir(repo, f"{path}/", True, below):
            empty = False
    if empty and may_delete_dir:
        to_delete.append(directory)
    else:
        to_delete += below
    return empty


def _pyramids(folder: str) -> Iterator[str]:
    for parent, _folders, names in os.walk(folder):
        for name in sorted(names):
            if re.fullmatch(r"\d+_pyramid", name):
                yield os.path.join(parent, name)


def _is_in_the_making(pyramid: str) -> bool:
    parent, name = os.path.split(pyramid)
    making = re.compile(rf"\.{name}\w*({re.escape(Cleanser.PYRAMID_TEMP)}|{re.escape(Cleanser.PYRAMID_LOCK)})")
    return any(making.fullmatch(other) for other in os.listdir(parent))


def fixpyramids(
    data_dir: str, query_service: Any, dry_run: bool = False, config_service: Any = None, admin_service: Any = None
) -> None:
    """Remove pyramids that are empty files, unless they are in the making; the server makes them anew."""
    initial_check(config_service, admin_service)
    for path in _pyramids(os.path.join(data_dir, "Pixels")):
        if os.path.getsize(path) == 0 and not _is_in_the_making(path):
            print(f"{'Would remove' if dry_run else 'Removing'} {path}")
            if not dry_run:
                os.remove(path)


def removepyramids(
    client: Any,
    little_endian: Any = None,
    dry_run: bool = False,
    imported_after: Any = None,
    wait: int = 25,
    limit: int = 500,
) -> None:
    """Remove pyramids, and the thumbnails of their images; at most ``limit``.

    Only those with an order of bytes (bool), or of images imported after a time (ms since 1970), if these are given.
    ``wait``: for how many half seconds each command is waited for; less than 0 for any time. Administrators alone.
    """
    session = client.getSession()
    initial_check(session.getConfigService(), session.getAdminService())
    print(f"No more than {limit} pyramids will be removed")
    wanted = omero.cmd.FindPyramids()
    wanted.littleEndian, wanted.importedAfter, wanted.limit = rbool(little_endian), rtime(imported_after), limit
    loops = wait if wait >= 0 else 2**31 - 1
    images = _response(client, wanted, loops).pyramidFiles
    if not images:
        print("No pyramids to remove")
    for image in images:
        if dry_run:
            print(f"Would remove pyramid for image {image}")
            continue
        removal = omero.cmd.ManageImageBinaries(imageId=image, deletePyramid=True, deleteThumbnails=True)
        _response(client, removal, loops)
        print(f"Pyramid removed for image {image}")


def _response(client: Any, request: Any, loops: int) -> Any:
    callback = client.submit(request, loops=loops, ms=500)
    try:
        return callback.getResponse()
    finally:
        callback.close(True)
