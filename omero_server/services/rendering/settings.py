"""IRenderingSettings: resetting and copying rendering settings, one image or many."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import omero
import omero._generated
from omero_server.formats.base import FormatError
from omero_server.rendering.defaults import full_reset, original_reset
from omero_server.rendering.errors import RenderingError
from omero_server.rendering.metadata import PixelsInfo
from omero_server.rendering.rights import check_may_add, may_add
from omero_server.rendering.settings import RenderSettings, compatible, copy_settings, reset_windows
from omero_server.rendering.stored import StoredSettings, find_own, find_settings
from omero_server.rendering.storing import insert_settings, overwrite_settings
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.pixels.graphs import readable_pixels, settings_graph
from omero_server.services.pixels.service import store_definition
from omero_server.services.rendering.graphs import fill, new_definition
from omero_server.services.rendering.targets import pixels_in
from omero_server.services.service import Service, reads, writes
from omero_server.sessions.call import Call

__all__ = ["RenderingSettingsService"]

log = logging.getLogger(__name__)

WHAT = "rendering settings"
BATCH = 500
Change = Callable[[PixelsInfo, RenderSettings | None], RenderSettings | None]
"""New settings of Pixels from the caller's present ones; None leaves them as they are."""


class RenderingSettingsService(Service):
    """All operations work on the caller's own settings and make them where there are none."""

    interface = "::omero::api::IRenderingSettings"

    @reads
    def sanityCheckPixels(self, call: Call, pFrom: Any, pTo: Any) -> bool:
        """Whether settings of one can be used for the other."""
        if None in (pFrom, pTo) or None in (pFrom._id, pTo._id):
            return False
        return _fits(readable_pixels(call, pFrom._id._val), readable_pixels(call, pTo._id._val))

    @reads
    def getRenderingSettings(self, call: Call, pixelsId: int) -> Any:
        """The caller's settings, or else the owner's, or nothing."""
        found = pixels_in(call, "Pixels", [pixelsId])
        stored = find_settings(call, found[0]) if found else None
        return settings_graph(call, stored.id) if stored else None

    @reads
    def createNewRenderingDef(self, call: Call, pixels: Any) -> Any:
        """Settings that are not saved yet, without values."""
        if pixels is None:
            return None
        known = readable_pixels(call, _id_of(pixels))
        return new_definition(pixels, known.size_z, known.size_c)

    @writes
    def resetDefaults(self, call: Call, _def: Any, pixels: Any) -> None:
        """Set a RenderingDef to the defaults and save it."""
        store_definition(call, self._reset(call, _def, pixels))

    @reads
    def resetDefaultsNoSave(self, call: Call, _def: Any, pixels: Any) -> Any:
        """Set a RenderingDef to the defaults."""
        return self._reset(call, _def, pixels)

    @staticmethod
    def _reset(call: Call, definition: Any, pixels: Any) -> Any:
        if definition is None or pixels is None:
            raise omero.ApiUsageException(message="Resetting needs a RenderingDef and Pixels.")
        with pixel_errors():
            fill(call, definition, full_reset(call, readable_pixels(call, _id_of(pixels))))
        return definition

    @writes
    def resetDefaultsInImage(self, call: Call, imageId: int) -> None:
        """Defaults for an image."""
        self._one(call, "Image", imageId, lambda pixels, own: full_reset(call, pixels))

    @writes
    def resetDefaultsForPixels(self, call: Call, pixelsId: int) -> None:
        """Defaults for Pixels."""
        self._one(call, "Pixels", pixelsId, lambda pixels, own: full_reset(call, pixels))

    @writes
    def resetDefaultsInDataset(self, call: Call, datasetId: int) -> list[int]:
        """Defaults for a dataset; ids of the images done."""
        return self._images(call, "Dataset", [datasetId], _skipping(lambda pixels, own: full_reset(call, pixels)))

    @writes
    def resetDefaultsInSet(self, call: Call, type: str, nodeIds: list[int]) -> list[int]:
        """Defaults for many images; ids of those done."""
        return self._images(call, type, nodeIds, _skipping(lambda pixels, own: full_reset(call, pixels)))

    @writes
    def resetDefaultsByOwnerInSet(self, call: Call, type: str, nodeIds: list[int]) -> list[int]:
        """The owners' settings for many images; ids of the images done."""
        pixels = pixels_in(call, type, nodeIds or [])
        theirs: dict[int, StoredSettings] = {}
        for owner in {one.owner_id for one in pixels}:
            theirs |= find_own(call, [one for one in pixels if one.owner_id == owner], owner)

        def change(one: PixelsInfo, own: RenderSettings | None) -> RenderSettings | None:
            source = theirs.get(one.id)
            return _copied(source.settings, own, one) if source else None

        return [one.image_id for one in _apply(call, pixels, change)]

    @writes
    def resetMinMaxInSet(self, call: Call, type: str, nodeIds: list[int]) -> list[int]:
        """Windows from the statistics for many images; ids of the Pixels done."""

        def change(one: PixelsInfo, own: RenderSettings | None) -> RenderSettings | None:
            if own is None or len(own.channels) != one.size_c:
                return original_reset(one)
            return reset_windows(own, one.stats, one.pixel_type, one.significant_bits)

        return [one.id for one in _apply(call, pixels_in(call, type, nodeIds or []), change)]

    @writes
    def setOriginalSettingsInImage(self, call: Call, imageId: int) -> None:
        """Defaults without reading pixels for an image."""
        self._one(call, "Image", imageId, lambda pixels, own: original_reset(pixels))

    @writes
    def setOriginalSettingsForPixels(self, call: Call, pixelsId: int) -> None:
        """Defaults without reading pixels for Pixels."""
        self._one(call, "Pixels", pixelsId, lambda pixels, own: original_reset(pixels))

    @writes
    def setOriginalSettingsInDataset(self, call: Call, datasetId: int) -> list[int]:
        """Defaults without reading pixels for a dataset; ids of the images done."""
        return self._images(call, "Dataset", [datasetId], lambda pixels, own: original_reset(pixels))

    @writes
    def setOriginalSettingsInSet(self, call: Call, type: str, nodeIds: list[int]) -> list[int]:
        """Defaults without reading pixels for many images; ids of those done."""
        return self._images(call, type, nodeIds, lambda pixels, own: original_reset(pixels))

    @writes
    def applySettingsToSet(self, call: Call, _from: int, toType: str, nodeIds: list[int]) -> dict[bool, list[int]]:
        """Copy settings to many images; ids of the images done and of those that they do not fit."""
        return _copy(call, _from, pixels_in(call, toType, nodeIds or []))

    @writes
    def applySettingsToProject(self, call: Call, _from: int, to: int) -> dict[bool, list[int]]:
        """Copy settings to a project."""
        return _copy(call, _from, pixels_in(call, "Project", [to]))

    @writes
    def applySettingsToDataset(self, call: Call, _from: int, to: int) -> dict[bool, list[int]]:
        """Copy settings to a dataset."""
        return _copy(call, _from, pixels_in(call, "Dataset", [to]))

    @writes
    def applySettingsToImages(self, call: Call, _from: int, to: list[int]) -> dict[bool, list[int]]:
        """Copy settings to images."""
        return _copy(call, _from, pixels_in(call, "Image", to or []))

    @writes
    def applySettingsToImage(self, call: Call, _from: int, to: int) -> bool:
        """Copy settings to an image; whether they fit."""
        return bool(_copy(call, _from, pixels_in(call, "Image", [to]))[True])

    @writes
    def applySettingsToPixels(self, call: Call, _from: int, to: int) -> bool:
        """Copy settings to Pixels; whether they fit."""
        return bool(_copy(call, _from, pixels_in(call, "Pixels", [to]))[True])

    @staticmethod
    def _one(call: Call, type_name: str, node_id: int, change: Change) -> None:
        pixels = pixels_in(call, type_name, [node_id])
        if not pixels:
            raise omero.ValidationException(message=f"There is no {type_name} {node_id} that you may read.")
        with pixel_errors():
            _apply(call, pixels, change)

    @staticmethod
    def _images(call: Call, type_name: str, ids: list[int], change: Change) -> list[int]:
        return [one.image_id for one in _apply(call, pixels_in(call, type_name, ids or []), change)]


def _skipping(change: Change) -> Change:
    """Leave out images whose pixels cannot be read (yet)."""

    def tried(pixels: PixelsInfo, own: RenderSettings | None) -> RenderSettings | None:
        try:
            return change(pixels, own)
        except (omero.LockTimeout, omero.ResourceError, RenderingError, FormatError, IndexError, ValueError) as error:
            log.info("the settings of pixels %d are left as they are: %s", pixels.id, error)
            return None

    return tried


def _apply(call: Call, pixels: Sequence[PixelsInfo], change: Change) -> list[PixelsInfo]:
    """Change the caller's settings of these Pixels; those done.

    Pixels where the caller may not add settings are left out, or an error when there are no others.
    """
    allowed = [one for one in pixels if may_add(call.caller, one)]
    if pixels and not allowed:
        check_may_add(call.caller, pixels[0], WHAT)
    done: list[PixelsInfo] = []
    for start in range(0, len(allowed), BATCH):
        some = allowed[start : start + BATCH]
        mine = find_own(call, some, call.caller.user_id)
        changed = [(one, change(one, mine[one.id].settings if one.id in mine else None)) for one in some]
        fresh = [(one, settings) for one, settings in changed if settings and one.id not in mine]
        insert_settings(call, fresh, call.caller.user_id)
        overwrite_settings(
            call, [replace(mine[one.id], settings=settings) for one, settings in changed if settings and one.id in mine]
        )
        done += [one for one, settings in changed if settings]
    return done


def _copy(call: Call, from_id: int, targets: Sequence[PixelsInfo]) -> dict[bool, list[int]]:
    """Copy the settings of some Pixels; image ids by whether they fit. The source's own image counts as done."""
    if not targets:
        return {True: [], False: []}
    inside = next((one for one in targets if one.id == from_id), None)
    source = inside or readable_pixels(call, from_id)
    stored = find_own(call, [source], call.caller.user_id).get(from_id)
    if stored is None and inside is None:
        stored = find_settings(call, source)
    if stored is None:
        return {True: [], False: [one.image_id for one in targets]}
    settings = stored.settings

    def change(one: PixelsInfo, own: RenderSettings | None) -> RenderSettings | None:
        return _copied(settings, own, one) if _fits(source, one) else None

    others = [one for one in targets if one.id != from_id]
    done = {one.id for one in _apply(call, others, change)}
    done |= {from_id} if inside else set()
    return {fits: [one.image_id for one in targets if (one.id in done) is fits] for fits in (True, False)}


def _copied(source: RenderSettings, own: RenderSettings | None, pixels: PixelsInfo) -> RenderSettings:
    return copy_settings(source, own or original_reset(pixels), pixels.size_z, pixels.size_t)


def _fits(source: PixelsInfo, target: PixelsInfo) -> bool:
    return compatible(source.pixel_type, source.emission, target.pixel_type, target.emission)


def _id_of(pixels: Any) -> int:
    if pixels._id is None:
        raise omero.ApiUsageException(message="The Pixels have no id: save them first.")
    return int(pixels._id._val)
