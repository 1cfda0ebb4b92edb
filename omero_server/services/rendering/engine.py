"""RenderingEngine: pictures of planes, with settings that can be changed and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import omero
import omero._generated
import omero.romio
from omero_server.rendering.defaults import full_reset
from omero_server.rendering.encode import jpeg
from omero_server.rendering.metadata import PixelsInfo, load_pixels
from omero_server.rendering.planes import PlaneDef, Region, Slice
from omero_server.rendering.projection import Projection
from omero_server.rendering.rights import check_may_add, check_may_edit
from omero_server.rendering.settings import compatible
from omero_server.rendering.stored import StoredSettings, find_settings, load_settings
from omero_server.rendering.storing import insert_settings, overwrite_settings
from omero_server.services.pixels.errors import pixel_errors
from omero_server.services.pixels.graphs import pixels_graph
from omero_server.services.rendering.values import RenderingValues
from omero_server.services.service import reads, writes
from omero_server.sessions.call import Call

__all__ = ["RenderingEngineService", "settings_for"]


def settings_for(call: Call, pixels: PixelsInfo, settings_id: int) -> StoredSettings:
    """Settings by id, for use with these pixels. ValidationException when they are unknown or do not fit."""
    stored = load_settings(call, settings_id)
    if stored is None:
        raise omero.ValidationException(message=f"There are no rendering settings {settings_id} that you may read.")
    made_for = load_pixels(call, [stored.pixels_id]).get(stored.pixels_id)
    if made_for is None or not compatible(made_for.pixel_type, made_for.emission, pixels.pixel_type, pixels.emission):
        raise omero.ValidationException(
            message=f"The rendering settings {settings_id} do not fit the pixels {pixels.id}: type or channels differ."
        )
    return stored


class RenderingEngineService(RenderingValues):
    """Renders planes with the caller's settings."""

    interface = "::omero::api::RenderingEngine"
    partly = {"setOverlays": "masks of tables are not read; only clearing works"}

    @reads
    def lookupPixels(self, call: Call, pixelsId: int) -> None:
        """Choose pixels."""
        found = load_pixels(call, [pixelsId]).get(pixelsId)
        if found is None:
            raise omero.ValidationException(message=f"There are no Pixels with id {pixelsId} that you may read.")
        self.choose_pixels(found)

    @reads
    def lookupRenderingDef(self, call: Call, pixelsId: int) -> bool:
        """Choose the caller's settings or else the owner's; whether there are any."""
        pixels = self._pixels
        if pixels is None or pixels.id != pixelsId:
            pixels = load_pixels(call, [pixelsId]).get(pixelsId)
        stored = find_settings(call, pixels) if pixels else None
        self.choose_settings(stored)
        return stored is not None

    @reads
    def loadRenderingDef(self, call: Call, renderingDefId: int) -> None:
        """Choose settings by id; saving will overwrite them."""
        pixels = self.pixels()
        self.choose_settings(None)
        self.choose_settings(settings_for(call, pixels, renderingDefId), requested=True)

    @reads
    def load(self, call: Call) -> None:
        """Open the pixels and get ready."""
        self.reopen(call)

    @reads
    def getRenderingDefId(self, call: Call) -> int:
        """Id of the settings."""
        return self.stored().id

    @reads
    def getPixels(self, call: Call) -> Any:
        """The pixels with channels and statistics."""
        return pixels_graph(call, self.pixels().id)

    @reads
    def render(self, call: Call, _def: Any) -> Any:
        """A plane as three bands of bytes."""
        with pixel_errors():
            red, green, blue = self.renderer().render_bands(self._plane(_def))
        bands = [band.tobytes() for band in (red, green, blue)]
        height, width = red.shape
        return omero.romio.RGBBuffer(bands=bands, sizeX1=width, sizeX2=height)

    @reads
    def renderAsPackedInt(self, call: Call, _def: Any) -> Any:
        """A plane as one number per pixel."""
        with pixel_errors():
            return self.renderer().render_packed(self._plane(_def)).ravel()

    @reads
    def renderCompressed(self, call: Call, _def: Any) -> bytes:
        """A plane as a JPEG."""
        with pixel_errors():
            return self.renderer().render_jpeg(self._plane(_def), self.quality)

    @reads
    def renderProjectedAsPackedInt(
        self, call: Call, algorithm: Any, timepoint: int, stepping: int, start: int, end: int
    ) -> Any:
        """A projection along z as one number per pixel."""
        with pixel_errors():
            picture = self.renderer().project_packed(Projection(algorithm.value), timepoint, start, end, stepping)
            return picture.ravel()

    @reads
    def renderProjectedCompressed(
        self, call: Call, algorithm: Any, timepoint: int, stepping: int, start: int, end: int
    ) -> bytes:
        """A projection along z as a JPEG."""
        with pixel_errors():
            picture = self.renderer().project_rgba(Projection(algorithm.value), timepoint, start, end, stepping)
            return jpeg(picture, self.quality)

    def _plane(self, plane: Any) -> PlaneDef:
        if plane is None:
            raise omero.ApiUsageException(message="Rendering needs a PlaneDef.")
        region = plane.region
        return PlaneDef(
            z=plane.z,
            t=plane.t,
            region=Region(region.x, region.y, region.width, region.height) if region else None,
            level=self.buffer_level() if plane.slice == Slice.XY else 0,
            stride=max(0, plane.stride),
            slice=plane.slice,
            x=plane.x,
            y=plane.y,
        )

    @reads
    def setOverlays(self, call: Call, tablesId: Any, imageId: Any, rowColorMap: dict[int, int]) -> None:
        """Show no overlays any more; showing some is not supported."""
        self.renderer()
        if rowColorMap:
            raise NotImplementedError("Overlays of masks in tables are not implemented. Draw ROIs in the client.")

    @reads
    def setCompressionLevel(self, call: Call, percentage: float) -> None:
        """Choose the quality of JPEGs, 0..1; it is checked when rendering."""
        self.quality = percentage

    @reads
    def getCompressionLevel(self, call: Call) -> float:
        """The quality of JPEGs."""
        return self.quality

    @writes
    def saveCurrentSettings(self, call: Call) -> None:
        """Store the settings: over the present ones if asked for by id or the caller's own, else as new ones."""
        stored = self.stored()
        if not self.requested and stored.owner_id != call.caller.user_id:
            self._save_new(call)
        else:
            check_may_edit(call.caller, stored, f"the rendering settings {stored.id}")
            overwrite_settings(call, [stored])
        self._reload(call, self.stored().id)

    @writes
    def saveAsNewSettings(self, call: Call) -> int:
        """Store the settings as new ones of the caller's; their id."""
        self._save_new(call)
        self.requested = True
        self._reload(call, self.stored().id)
        return self.stored().id

    def _save_new(self, call: Call) -> None:
        stored, pixels = self.stored(), self._pixels_of(call)
        check_may_add(call.caller, pixels, "rendering settings")
        self._stored = replace(stored, id=insert_settings(call, [(pixels, stored.settings)])[0])

    def _pixels_of(self, call: Call) -> PixelsInfo:
        """The pixels chosen, or those of the settings."""
        found = self._pixels or load_pixels(call, [self.stored().pixels_id]).get(self.stored().pixels_id)
        return found or self.pixels()

    def _reload(self, call: Call, settings_id: int) -> None:
        self._stored = load_settings(call, settings_id)
        if self._pixels is not None:
            self.reopen(call)

    @writes
    def resetDefaultSettings(self, call: Call, save: bool) -> int:
        """Back to the defaults; with ``save`` they are stored, for the caller. Id of the settings."""
        if save and self._stored is None:
            return self._first_settings(call)
        self.renderer()
        pixels, buffer = self.opened()
        with pixel_errors():
            self.change(full_reset(call, pixels, buffer))
        if save and not self.requested:
            self._store_reset(call)
        return self.stored().id

    def _first_settings(self, call: Call) -> int:
        pixels = self.pixels()
        if find_settings(call, pixels) is not None:
            raise omero.ApiUsageException(
                message=f"The pixels {pixels.id} have settings already: call lookupRenderingDef and load first."
            )
        check_may_add(call.caller, pixels, "rendering settings")
        with pixel_errors():
            return insert_settings(call, [(pixels, full_reset(call, pixels))])[0]

    def _store_reset(self, call: Call) -> None:
        if self.stored().owner_id == call.caller.user_id:
            overwrite_settings(call, [self.stored()])
        else:
            self._save_new(call)
        self._reload(call, self.stored().id)
