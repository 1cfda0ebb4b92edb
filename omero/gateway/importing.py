"""Importing image files through a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from os import PathLike
from typing import Any

__all__ = ["Importing"]

Progress = Callable[[str, str, int, int], None]


class Importing:
    """The part of the gateway that imports files. `omero.importing`, with all readers, is loaded when needed."""

    c: Any
    SERVICE_OPTS: Any
    getObjects: Callable[..., Iterator[Any]]

    def import_files(
        self,
        paths: Iterable[str | PathLike[str]] | str | PathLike[str],
        target: Any = None,
        progress: Progress | None = None,
        *,
        depth: int = 4,
        parallel: int = 1,
        transfer: str = "upload",
        **options: Any,
    ) -> list[Any]:
        """Import files, and folders of files; the new images, in order of files and series.

        target: a dataset or screen, or what `omero import -T` takes, for example "Dataset:name:Cells". progress(path,
        what, done, total) hears of each fileset: what is "upload" (bytes) or "import" (steps). parallel: filesets at
        the same time. transfer: a name as `omero import --transfer` takes. options: further ones of
        `omero.importing.Options`, such as name, description, thumbnails, minmax, checksum_algorithm.

        ImportFailed when a file cannot be imported; nothing is if a file is none at all. TargetError and TransferError
        for what cannot be used. What was imported before a failure stays.
        """
        importing = _importing()
        given = [paths] if isinstance(paths, str | PathLike) else list(paths)
        found = importing.scan([str(path) for path in given], depth)
        if found.refusals:
            raise importing.ImportFailed("import-unknown-format", found.refusals[0].reason)
        wishes = self._import_options(target, transfer, options)

        def progress_of(candidate: Any) -> Callable[[str, int, int], None]:
            return lambda what, done, total: progress and progress(str(candidate.entry), what, done, total)

        images: dict[str, Sequence[int]] = {}
        for outcome in importing.import_all(
            self.c, found.candidates, wishes, parallel=parallel, progress_of=progress_of
        ):
            if outcome.error is not None:
                raise outcome.error
            if outcome.imported is not None:
                images[str(outcome.candidate.entry)] = outcome.imported.images
        ids = [image for one in found.candidates for image in images[str(one.entry)]]
        return list(self.getObjects("Image", ids, respect_order=True)) if ids else []

    def _import_options(self, target: Any, transfer: str, options: dict[str, Any]) -> Any:
        importing = _importing()
        group = self.SERVICE_OPTS.getOmeroGroup()
        group = None if group in (None, "-1") else int(group)
        wishes = importing.Options(transfer=importing.find_transfer(transfer), group=group, **options)
        if isinstance(target, str):
            context = None if group is None else dict(self.SERVICE_OPTS)
            found = importing.find_destination(self.c, target, context=context)
            return replace(wishes, target=found.container, template=found.template)
        plain = getattr(target, "_obj", target)
        return wishes if plain is None else replace(wishes, target=type(plain)(plain.getId().getValue(), False))


def _importing() -> Any:
    """Brings all readers, so that it is loaded by its name alone: the gateway itself does without them."""
    return import_module("omero.importing")
