"""ThumbnailStore: small pictures of images, kept once drawn."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import omero
import omero._generated
from omero_server.formats.base import FormatError
from omero_server.rendering.defaults import full_reset
from omero_server.rendering.errors import RenderingError
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.rendering.rights import may_add
from omero_server.rendering.scale import longest_side_size
from omero_server.rendering.stored import StoredSettings, find_all, find_own, find_settings
from omero_server.rendering.storing import insert_settings
from omero_server.rendering.thumbnail import DEFAULT_SIDE, in_progress_jpeg
from omero_server.rendering.thumbnail_cache import Wanted, draw, find_kept, keep, read_kept, row_for
from omero_server.repository.layout import Layout
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.rendering.engine import settings_for
from omero_server.services.service import StatefulService, reads, writes
from omero_server.sessions.call import Call

__all__ = ["ThumbnailStoreService"]

log = logging.getLogger(__name__)

LARGEST = 8192
UNREADABLE = (omero.ResourceError, RenderingError, FormatError, IndexError, ValueError)


class ThumbnailStoreService(StatefulService):
    """Draws thumbnails with the caller's settings, or else the owner's."""

    interface = "::omero::api::ThumbnailStore"

    def __init__(self) -> None:
        self._pixels: PixelsInfo | None = None
        self._stored: StoredSettings | None = None
        self._newest = True
        self._in_progress = False

    @reads
    def setPixelsId(self, call: Call, pixelsId: int) -> bool:
        """Choose pixels; whether there are settings for them."""
        found = load_pixels(call, [pixelsId]).get(pixelsId)
        if found is None:
            raise omero.ResourceError(message=f"There are no Pixels with id {pixelsId} that you may read.")
        self._pixels, self._newest, self._in_progress = found, True, False
        self._stored = find_settings(call, found)
        return self._stored is not None

    @reads
    def setRenderingDefId(self, call: Call, renderingDefId: int) -> None:
        """Choose settings by id."""
        pixels = self._chosen()
        self._stored = settings_for(call, pixels, renderingDefId)
        newest = find_own(call, [pixels], self._stored.owner_id).get(pixels.id)
        # Of a user's settings only the newest have thumbnails that are kept.
        self._newest = newest is not None and newest.id == renderingDefId

    @reads
    def getRenderingDefId(self, call: Call) -> int:
        """Id of the settings."""
        if self._stored is None:
            raise omero.ApiUsageException(message="There are no rendering settings: call setPixelsId or resetDefaults.")
        return self._stored.id

    @reads
    def isInProgress(self, call: Call) -> bool:
        """Whether the last thumbnail was a placeholder."""
        return self._in_progress

    @reads
    def getThumbnail(self, call: Call, sizeX: Any, sizeY: Any) -> bytes:
        """A thumbnail of just this size."""
        return self._get(call, self._wanted(_size(sizeX), _size(sizeY)))

    @reads
    def getThumbnailWithoutDefault(self, call: Call, sizeX: Any, sizeY: Any) -> bytes:
        """A thumbnail of just this size; nothing while the image is not ready."""
        picture = self._get(call, self._wanted(_size(sizeX), _size(sizeY)))
        return b"" if self._in_progress else picture

    @reads
    def getThumbnailByLongestSide(self, call: Call, size: Any) -> bytes:
        """A thumbnail whose longer side has this size."""
        return self._get(call, self._wanted(*self._longest_side(size)))

    @reads
    def getThumbnailDirect(self, call: Call, sizeX: Any, sizeY: Any) -> bytes:
        """As getThumbnail, always drawn anew."""
        return self._draw(call, self._wanted(_size(sizeX), _size(sizeY)))

    @reads
    def getThumbnailByLongestSideDirect(self, call: Call, size: Any) -> bytes:
        """As getThumbnailByLongestSide, always drawn anew."""
        return self._draw(call, self._wanted(*self._longest_side(size)))

    @reads
    def getThumbnailForSectionDirect(self, call: Call, theZ: int, theT: int, sizeX: Any, sizeY: Any) -> bytes:
        """A thumbnail of another section."""
        return self._draw(call, self._wanted(_size(sizeX), _size(sizeY)), theZ, theT)

    @reads
    def getThumbnailForSectionByLongestSideDirect(self, call: Call, theZ: int, theT: int, size: Any) -> bytes:
        """A thumbnail of another section, by its longer side."""
        return self._draw(call, self._wanted(*self._longest_side(size)), theZ, theT)

    @reads
    def getThumbnailSet(self, call: Call, sizeX: Any, sizeY: Any, pixelsIds: list[int]) -> dict[int, bytes]:
        """Thumbnails of many images; empty for those that cannot be drawn."""
        width, height = _size(sizeX), _size(sizeY)
        return _get_set(call, pixelsIds or [], lambda pixels: (width, height))

    @reads
    def getThumbnailByLongestSideSet(self, call: Call, size: Any, pixelsIds: list[int]) -> dict[int, bytes]:
        """Thumbnails of many images by their longer side; empty for those that cannot be drawn."""
        side = _size(size)
        return _get_set(call, pixelsIds or [], lambda pixels: longest_side_size(pixels.size_x, pixels.size_y, side))

    @reads
    def createThumbnail(self, call: Call, sizeX: Any, sizeY: Any) -> None:
        """Draw and keep a thumbnail of this size."""
        wanted = self._wanted(_size(sizeX), _size(sizeY))
        picture = self._draw(call, wanted)
        if not self._in_progress:
            _keep(call, [(wanted, picture)])

    @reads
    def createThumbnails(self, call: Call) -> None:
        """Draw all sizes again that are kept: the caller's, or else the owner's."""
        pixels = self._chosen()
        kept = find_kept(call, [pixels.id])
        mine = [row for row in kept if row.owner_id == call.caller.user_id]
        rows = mine or [row for row in kept if row.owner_id == pixels.owner_id]
        wanted = [self._wanted(*size) for size in sorted({(row.width, row.height) for row in rows})]
        drawn = [(one, self._draw(call, one)) for one in wanted]
        if not self._in_progress:
            _keep(call, drawn)

    @reads
    def createThumbnailsByLongestSideSet(self, call: Call, size: Any, pixelsIds: list[int]) -> None:
        """Make sure that thumbnails are there."""
        side = _size(size)
        _get_set(call, pixelsIds or [], lambda pixels: longest_side_size(pixels.size_x, pixels.size_y, side))

    @reads
    def thumbnailExists(self, call: Call, sizeX: Any, sizeY: Any) -> bool:
        """Whether a thumbnail of this size is kept and not stale."""
        width, height = _size(sizeX), _size(sizeY)
        if self._chosen() is None or self._stored is None or self._in_progress:
            return False
        row = row_for(call, self._wanted(width, height), find_kept(call, [self._chosen().id]))
        return row is not None and Layout.of(call.engine.config).thumbnail(row.id).exists()

    @writes
    def resetDefaults(self, call: Call) -> None:
        """Give the caller settings where there are none."""
        pixels = self._chosen()
        if pixels.id in find_own(call, [pixels], call.caller.user_id):
            raise omero.ApiUsageException(message=f"You have rendering settings for the pixels {pixels.id} already.")
        if not may_add(call.caller, pixels):
            raise omero.ApiUsageException(
                message=f"You may not add rendering settings to the pixels {pixels.id}: their owner has to view them."
            )
        with pixel_errors():
            insert_settings(call, [(pixels, full_reset(call, pixels))])

    def _chosen(self) -> PixelsInfo:
        if self._pixels is None:
            raise omero.ApiUsageException(message="No pixels are chosen: call setPixelsId first.")
        return self._pixels

    def _longest_side(self, size: Any) -> tuple[int, int]:
        return longest_side_size(self._chosen().size_x, self._chosen().size_y, _size(size))

    def _wanted(self, width: int, height: int) -> Wanted:
        pixels = self._chosen()
        if self._stored is None:
            raise omero.ResourceError(
                message=f"The pixels {pixels.id} have no rendering settings: call resetDefaults, or let the owner."
            )
        return Wanted(pixels, self._stored, width, height, self._newest)

    def _get(self, call: Call, wanted: Wanted) -> bytes:
        self._in_progress = False
        found = read_kept(call, wanted, find_kept(call, [wanted.pixels.id]))
        if found is not None:
            return found
        picture = self._draw(call, wanted)
        if not self._in_progress:
            _keep(call, [(wanted, picture)])
        return picture

    def _draw(self, call: Call, wanted: Wanted, z: int | None = None, t: int | None = None) -> bytes:
        self._in_progress = False
        try:
            with pixel_errors():
                return draw(call, wanted, z, t)
        except omero.ConcurrencyException:
            self._in_progress = True
            return _placeholder(wanted)


def _keep(call: Call, drawn: Sequence[tuple[Wanted, bytes]]) -> None:
    """Keep thumbnails that a reading call drew, in a transaction of its own."""
    # Without its own connection the call cannot starve others that wait for a second one.
    call.transaction.close()
    with call.engine.begin(call.caller, writable=True, session=call.session, context=call.context) as own:
        keep(own, drawn, find_kept(own, [wanted.pixels.id for wanted, _ in drawn]))


def _get_set(call: Call, ids: Sequence[int], size: Any) -> dict[int, bytes]:
    """Thumbnails by Pixels id. Ids that are unknown, or have no settings and may not get any, are left out."""
    pixels = load_pixels(call, ids)
    stored, waiting = _all_settings(call, list(pixels.values()))
    kept = find_kept(call, list(pixels))
    found = {one.id: in_progress_jpeg(one.size_x, one.size_y, *size(one)) for one in waiting}
    drawn: list[tuple[Wanted, bytes]] = []
    for one in pixels.values():
        if one.id not in stored:
            continue
        wanted = Wanted(one, stored[one.id], *size(one))
        picture = read_kept(call, wanted, kept)
        if picture is None:
            picture, ready = _try_to_draw(call, wanted)
            drawn += [(wanted, picture)] if ready else []
        found[one.id] = picture
    if drawn:
        _keep(call, drawn)
    return found


def _all_settings(call: Call, pixels: list[PixelsInfo]) -> tuple[dict[int, StoredSettings], list[PixelsInfo]]:
    """Settings by Pixels id, and the pixels that are not ready to get any.

    The caller gets settings where there are none at all and the pixels can be read.
    """
    stored = find_all(call, pixels, call.caller.user_id)
    fresh, waiting = [], []
    for one in pixels:
        if one.id in stored or not may_add(call.caller, one):
            continue
        try:
            fresh.append((one, full_reset(call, one)))
        except omero.ConcurrencyException:
            waiting.append(one)
        except UNREADABLE as error:
            log.warning("pixels %d get no settings: %s", one.id, error)
    if fresh:
        call.transaction.close()
        with call.engine.begin(call.caller, writable=True, session=call.session, context=call.context) as own:
            insert_settings(own, fresh)
        stored |= find_own(call, [one for one, _ in fresh], call.caller.user_id)
    return stored, waiting


def _try_to_draw(call: Call, wanted: Wanted) -> tuple[bytes, bool]:
    """The thumbnail, or a placeholder, or nothing; and whether it is worth keeping."""
    try:
        return draw(call, wanted), True
    except omero.ConcurrencyException:
        return _placeholder(wanted), False
    except UNREADABLE as error:
        log.warning("no thumbnail of pixels %d: %s", wanted.pixels.id, error)
        return b"", False


def _placeholder(wanted: Wanted) -> bytes:
    return in_progress_jpeg(wanted.pixels.size_x, wanted.pixels.size_y, wanted.width, wanted.height)


def _size(value: Any) -> int:
    """A side's length; ApiUsageException for a negative or an absurd one."""
    size = DEFAULT_SIDE if value is None else int(value._val)
    if not 0 <= size <= LARGEST:
        raise omero.ApiUsageException(message=f"A thumbnail of {size} pixels is not possible; use 1..{LARGEST}.")
    return size
