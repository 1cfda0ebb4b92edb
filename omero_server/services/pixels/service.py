"""IPixels: descriptions of Pixels, their rendering settings, and new images to write into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

import omero
import omero._generated
from omero_server import queries
from omero_server.db.tables import TABLES
from omero_server.rendering.defaults import original_reset
from omero_server.rendering.metadata import PixelsInfo, load_pixels, readable
from omero_server.rendering.rights import check_may_add, check_may_edit
from omero_server.rendering.stored import enumeration, find_settings, load_settings
from omero_server.rendering.storing import insert_settings, overwrite_settings
from omero_server.services.classes import enum_class
from omero_server.services.pixels.graphs import pixels_graph, readable_pixels, settings_graph, settings_graphs
from omero_server.services.pixels.rows import (
    copy_image,
    copy_pixels,
    insert_image,
    insert_pixels,
    place_of_call,
    place_of_copy,
    set_range,
)
from omero_server.services.rendering.graphs import merged, value_of
from omero_server.services.service import Service, reads, writes
from omero_server.sessions.call import Call

__all__ = ["PixelsService", "store_definition"]

BITS = {
    "bit": 1, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "float": 32, "double": 64,
}  # fmt: skip


def store_definition(call: Call, definition: Any) -> None:
    """Save the values of a RenderingDef: over its row, or as new settings of the caller's when it has no id."""
    if definition is None or not definition._loaded:
        raise omero.ApiUsageException(message="Saving rendering settings needs a loaded RenderingDef.")
    if definition._id is not None:
        stored = load_settings(call, definition._id._val)
        if stored is None:
            raise omero.ValidationException(message=f"There are no rendering settings {definition._id._val}.")
        check_may_edit(call.caller, stored, f"the rendering settings {stored.id}")
        name = stored.name if definition._name is None else definition._name._val
        settings = merged(call, stored.settings, definition)
        overwrite_settings(call, [replace(stored, settings=settings, name=name)])
        return
    if definition._pixels is None or definition._pixels._id is None:
        raise omero.ValidationException(message="New rendering settings need Pixels with an id.")
    pixels = readable_pixels(call, definition._pixels._id._val)
    check_may_add(call.caller, pixels, "rendering settings")
    insert_settings(call, [(pixels, merged(call, original_reset(pixels), definition))])


class PixelsService(Service):
    """Nothing here reads or writes pixel data; see RawPixelsStore."""

    interface = "::omero::api::IPixels"

    @reads
    def retrievePixDescription(self, call: Call, pixId: int) -> Any:
        """Pixels with type, channels and statistics, or nothing."""
        return pixels_graph(call, pixId)

    @reads
    def retrieveRndSettings(self, call: Call, pixId: int) -> Any:
        """The caller's settings, or else the owner's, or nothing."""
        pixels = load_pixels(call, [pixId]).get(pixId)
        stored = find_settings(call, pixels) if pixels else None
        return settings_graph(call, stored.id) if stored else None

    @reads
    def retrieveRndSettingsFor(self, call: Call, pixId: int, userId: int) -> Any:
        """The last saved settings of a user, of anybody for a negative id, or nothing."""
        return next(iter(settings_graphs(call, pixId, userId)), None)

    @reads
    def retrieveAllRndSettings(self, call: Call, pixId: int, userId: int) -> list[Any]:
        """All settings of a user, of everybody for a negative id, the last saved first."""
        return settings_graphs(call, pixId, userId)

    @reads
    def loadRndSettings(self, call: Call, renderingSettingsId: int) -> Any:
        """Settings by id, or nothing."""
        return settings_graph(call, renderingSettingsId)

    @writes
    def saveRndSettings(self, call: Call, rndSettings: Any) -> None:
        """Save the values of a RenderingDef."""
        store_definition(call, rndSettings)

    @reads
    def getBitDepth(self, call: Call, type: Any) -> int:
        """Bits per pixel of a type."""
        value = value_of(call, type, "pixel type")
        if value not in BITS:
            raise omero.InternalException(message=f"The pixel type {value} has no bit depth.")
        return BITS[value]

    @reads
    def getEnumeration(self, call: Call, enumClass: str, value: str) -> Any:
        """An enumeration object by its value, or nothing."""
        query = f"select e from {enum_class(enumClass).name} e where e.value = :value"
        found = queries.run(call, query, {"value": value})
        return found[0] if found else None

    @reads
    def getAllEnumerations(self, call: Call, enumClass: str) -> list[Any]:
        """All objects of an enumeration."""
        return list(queries.run(call, f"select e from {enum_class(enumClass).name} e order by e.id", {}))

    @writes
    def createImage(
        self,
        call: Call,
        sizeX: int,
        sizeY: int,
        sizeZ: int,
        sizeT: int,
        channelList: list[int],
        pixelsType: Any,
        name: str,
        description: str,
    ) -> Any:
        """A new image without data, with a channel per entry of the list; its id."""
        if not channelList:
            raise omero.ValidationException(message="The channel list is empty: an image has one channel at least.")
        sizes = sizeX, sizeY, sizeZ, sizeT
        _check_sizes(sizes)
        type_id = enumeration(call, "pixelstype")[value_of(call, pixelsType, "pixel type")]
        place = place_of_call(call)
        image_id = insert_image(call, place, name, description)
        insert_pixels(call, place, image_id, sizes, type_id, len(channelList))
        return omero.RLong(image_id)

    @writes
    def copyAndResizePixels(
        self,
        call: Call,
        pixelsId: int,
        sizeX: Any,
        sizeY: Any,
        sizeZ: Any,
        sizeT: Any,
        channelList: list[int],
        methodology: str,
        copyStats: bool,
    ) -> Any:
        """New Pixels in the same image, without data; null sizes and channels are those of the source."""
        source = readable_pixels(call, pixelsId)
        check_may_edit(call.caller, source, f"the image {source.image_id}")
        sizes = _sizes(sizeX, sizeY, sizeZ, sizeT)
        channels = _channels(source, channelList)
        place = place_of_copy(call, source)
        made = copy_pixels(
            call, place, source, source.image_id, sizes, channels, methodology or None, copyStats
        )  # fmt: skip
        return omero.RLong(made)

    @writes
    def copyAndResizeImage(
        self,
        call: Call,
        imageId: int,
        sizeX: Any,
        sizeY: Any,
        sizeZ: Any,
        sizeT: Any,
        channelList: list[int],
        methodology: str,
        copyStats: bool,
    ) -> Any:
        """A new image like another one, without data. Its name is given as ``methodology``."""
        image, pixels = TABLES["image"], TABLES["pixels"]
        statement, parameters = readable(call, select(image).where(image.c.id == imageId), "Image")
        row = call.db.execute(statement, parameters).mappings().first()
        if row is None:
            raise omero.ValidationException(message=f"There is no image with id {imageId} that you may read.")
        sizes = _sizes(sizeX, sizeY, sizeZ, sizeT)
        ids = select(pixels.c.id).where(pixels.c.image == imageId).order_by(pixels.c.image_index)
        sources = load_pixels(call, call.db.execute(ids).scalars())
        first = next(iter(sources.values()), None)
        place = place_of_copy(call, first) if first else place_of_call(call)
        made = copy_image(call, place, first, methodology, row)
        for source in sources.values():
            channels = _channels(source, channelList)
            copy_pixels(call, place, source, made, sizes, channels, None, copyStats)
        return omero.RLong(made)

    @writes
    def setChannelGlobalMinMax(self, call: Call, pixelsId: int, channelIndex: int, min: float, max: float) -> None:
        """Record the smallest and largest value of a channel."""
        pixels = readable_pixels(call, pixelsId)
        check_may_edit(call.caller, pixels, f"the pixels {pixelsId}")
        if not set_range(call, pixels, channelIndex, min, max):
            raise omero.ValidationException(message=f"The pixels {pixelsId} have no channel {channelIndex}.")


def _sizes(*sizes: Any) -> list[int | None]:
    plain = [None if size is None else size._val for size in sizes]
    _check_sizes([size for size in plain if size is not None])
    return plain


def _check_sizes(sizes: Sequence[int]) -> None:
    if any(size < 1 for size in sizes):
        raise omero.ValidationException(message=f"The sizes {list(sizes)} must all be 1 at least.")


def _channels(source: PixelsInfo, wanted: list[int]) -> list[int]:
    if not wanted or any(not 0 <= c < source.size_c for c in wanted):
        raise omero.ValidationException(
            message=f"The channel list {list(wanted)} must name some of the channels 0..{source.size_c - 1}."
        )
    return list(wanted)
