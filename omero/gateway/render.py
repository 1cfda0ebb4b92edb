"""Rendered planes, regions and thumbnails of an image wrapper."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import Ice

import omero
import omero.constants.projection
import omero.romio
from omero.gateway.engine import assert_re
from omero.gateway.settings import RenderingSettings

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Rendering"]

logger = logging.getLogger("omero.gateway")

JPEG_QUALITY = 0.9


class Rendering(RenderingSettings):
    """The part of an image wrapper that gives pictures."""

    PLANEDEF = omero.romio.XY

    _pd: Any = None
    _thumbInProgress = False

    @assert_re()
    def renderJpeg(
        self, z: int | None = None, t: int | None = None, compression: float | None = JPEG_QUALITY
    ) -> bytes | None:
        """A plane, or the projection that is set, as JPEG; the default position where z or t is None.

        None when the server cannot render it; Ice.MemoryLimitException when it is too large.
        """
        z = self.getDefaultZ() if z is None else z
        t = self.getDefaultT() if t is None else t
        self._pd = omero.romio.PlaneDef(self.PLANEDEF)
        self._pd.z, self._pd.t = int(z), int(t)
        try:
            self._set_compression(compression)
            if self.getProjection() == "normal":
                return bytes(self._re.renderCompressed(self._pd, self._conn.SERVICE_OPTS))
            start, end = self._projected()
            kind = omero.constants.projection.ProjectionType.valueOf(self.PROJECTIONS[self.getProjection()])
            return bytes(self._re.renderProjectedCompressed(kind, self._pd.t, 1, start, end, self._conn.SERVICE_OPTS))
        except omero.InternalException:
            logger.debug("On renderJpeg", exc_info=True)
            return None
        except Ice.MemoryLimitException:
            logger.info("Image:%s is too large to be rendered whole", self.getId())  # type: ignore[attr-defined]
            raise

    def _set_compression(self, compression: float | None) -> None:
        if compression is None:
            return
        try:
            self._re.setCompressionLevel(float(compression), self._conn.SERVICE_OPTS)
        except omero.SecurityViolation:
            logger.debug("may not set the compression; taking the server's", exc_info=True)

    def _projected(self) -> tuple[int, int]:
        """First and last section of the projection."""
        start, end = self.getProjectionRange()
        last = self.getSizeZ() - 1  # type: ignore[attr-defined]
        return 0 if start is None else start, last if end is None else end

    def renderImage(self, z: int | None, t: int | None, compression: float | None = JPEG_QUALITY) -> Image | None:
        """As ``renderJpeg``, opened as a PIL image."""
        jpeg = self.renderJpeg(z, t, compression)
        if jpeg is None:
            return None
        from PIL import Image

        return Image.open(io.BytesIO(jpeg))

    @assert_re()
    def renderJpegRegion(
        self,
        z: int,
        t: int,
        x: int,
        y: int,
        width: int,
        height: int,
        level: int | None = None,
        compression: float | None = JPEG_QUALITY,
    ) -> bytes | None:
        """A region as JPEG, at a resolution level (0 the smallest); None when there is no such region."""
        plane = omero.romio.PlaneDef(self.PLANEDEF)
        plane.z, plane.t = int(z), int(t)
        plane.region = omero.romio.RegionDef(int(x), int(y), int(width), int(height))
        self._pd = plane
        try:
            if level is not None:
                self._re.setResolutionLevel(int(level), self._conn.SERVICE_OPTS)
            self._set_compression(compression)
            return bytes(self._re.renderCompressed(plane, self._conn.SERVICE_OPTS))
        except (omero.ApiUsageException, omero.InternalException):
            logger.debug("On renderJpegRegion", exc_info=True)
            return None

    @assert_re()
    def getZoomLevelScaling(self) -> dict[int, float] | None:
        """Scale of each resolution level, 0 the full size; None without levels."""
        levels = self._re.getResolutionDescriptions()
        if len(levels) < 2:
            return None
        return {index: level.sizeX / levels[0].sizeX for index, level in enumerate(levels)}

    def renderBirdsEyeView(self, size: int) -> bytes | None:
        """The whole image, longest side ``size``, as JPEG."""
        return self.getThumbnail(size)

    def getZ(self) -> int:
        """The section rendered last, 0 before."""
        return 0 if self._pd is None else self._pd.z

    def getT(self) -> int:
        """The time point rendered last, 0 before."""
        return 0 if self._pd is None else self._pd.t

    @assert_re(ignoreExceptions=(omero.ConcurrencyException,))
    def getHistogram(
        self, channels: list[int], binCount: int, globalRange: bool = True, theZ: int = 0, theT: int = 0
    ) -> dict[int, list[int]]:
        """Number of values in each bin, by channel."""
        plane = omero.romio.PlaneDef(self.PLANEDEF)
        plane.z, plane.t = theZ, theT
        service = self._conn._own_service("createRawPixelsStore")
        try:
            service.setPixelsId(self.getPixelsId(), True, self._own_context())  # type: ignore[attr-defined]
            found = service.getHistogram(channels, binCount, globalRange, plane, self._own_context())  # type: ignore[attr-defined]
        finally:
            service.close()
        return dict(found)

    # Thumbnails

    def _prepareTB(self, _r: bool = False, rdefId: int | None = None) -> Any:
        """A thumbnail store for the image, to be closed; None when the image cannot be shown.

        Without settings the server makes them.
        """
        pixels = self.getPixelsId()  # type: ignore[attr-defined]
        if pixels is None:
            return None
        store = self._conn._own_service("createThumbnailStore")
        context = self._own_context()  # type: ignore[attr-defined]
        try:
            has_settings = store.setPixelsId(pixels, context)
            rdefId = self._getRDef() if rdefId is None else rdefId
            if rdefId is not None:
                store.setRenderingDefId(rdefId, context)
            elif not has_settings:
                store.resetDefaults(self._owner_context())  # type: ignore[attr-defined]
                store.setPixelsId(pixels, context)
        except BaseException:
            store.close()
            raise
        return store

    def _getProjectedThumbnail(self, size: Any, pos: Any) -> bytes | None:
        """The projection that is set, as a thumbnail."""
        z, t = pos or (None, None)
        picture = self.renderImage(z, t)
        if picture is None:
            return None
        width, height = self._fitted(size)
        out = io.BytesIO()
        picture.resize((width, height)).save(out, "JPEG")
        return out.getvalue()

    def _fitted(self, size: tuple[int, ...]) -> tuple[int, int]:
        if len(size) == 2:
            return size[0], size[1]
        width, height = self.getSizeX(), self.getSizeY()  # type: ignore[attr-defined]
        factor = size[0] / max(width, height)
        return max(1, round(width * factor)), max(1, round(height * factor))

    def getThumbnail(
        self,
        size: Any = (64, 64),
        z: int | None = None,
        t: int | None = None,
        direct: bool = True,
        rdefId: int | None = None,
    ) -> bytes | None:
        """A small JPEG: of the longest side ``size``, or of exactly (width, height). None when there is none.

        ``z`` and ``t`` choose the plane; ``direct`` renders now instead of taking the stored one.
        """
        sides = tuple(size) if isinstance(size, list | tuple) else (size,)
        position = None if z is None and t is None else (z or 0, t or 0)
        try:
            if self.getProjection() != "normal":
                return self._getProjectedThumbnail(sides, position)
            store = self._prepareTB(rdefId=rdefId)
            if store is None:
                return None
            try:
                return bytes(self._thumbnail_call(store, sides, position, direct))
            finally:
                store.close()
        except (Ice.Exception, omero.ServerError):
            logger.exception("No thumbnail of Image:%s", self.getId())  # type: ignore[attr-defined]
            return None

    def _thumbnail_call(
        self, store: Any, sides: tuple[int, ...], position: tuple[int, int] | None, direct: bool
    ) -> Any:
        from omero.rtypes import rint

        context = self._own_context()  # type: ignore[attr-defined]
        arguments = [rint(side) for side in sides]
        if position is not None:
            longest = "ByLongestSide" if len(sides) == 1 else ""
            method = getattr(store, f"getThumbnailForSection{longest}Direct")
            return method(*position, *arguments, context)
        kind = "" if len(sides) == 2 else "ByLongestSide"
        return getattr(store, f"getThumbnail{kind}{'Direct' if direct else ''}")(*arguments, context)
