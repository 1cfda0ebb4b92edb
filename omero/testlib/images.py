"""Images of tests: imported from simulated files, or made of numbers."""

from __future__ import annotations

import io
import struct
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import omero
import omero.model
from omero.model.enums import (
    DimensionOrderXYZCT,
    PixelsTypedouble,
    PixelsTypefloat,
    PixelsTypeint8,
    PixelsTypeint16,
    PixelsTypeint32,
    PixelsTypeuint8,
    PixelsTypeuint16,
    PixelsTypeuint32,
)
from omero.rtypes import rint, rstring, rtime
from omero.testlib.base import Base

__all__ = ["Images"]

# What stands for the checksum of pixels that are still to be written.
PENDING = "Pending..."
CODES = {
    PixelsTypeint8: "b",
    PixelsTypeuint8: "B",
    PixelsTypeint16: "h",
    PixelsTypeuint16: "H",
    PixelsTypeint32: "i",
    PixelsTypeuint32: "I",
    PixelsTypefloat: "f",
    PixelsTypedouble: "d",
}


class Images(Base):
    """The part of a test that makes images."""

    # Importing

    def import_image(
        self,
        filename: Any = None,
        client: Any = None,
        extra_args: Sequence[str] | None = None,
        skip: str | None = "all",
        **kwargs: Any,
    ) -> list[str]:
        """Import a file as the command line does; ids of the new pixels.

        Without a file a simulated one. ``extra_args``: further options of ``omero import``; ``skip``: what the import
        does not do.
        """
        from omero.cli import CLI

        with tempfile.TemporaryDirectory() as folder:
            if filename is None:
                filename = Path(folder, f"{self.uuid()}.fake")
                filename.touch()
            skipped = [f"--skip={skip}"] if skip else []
            words = ["import", *self.login_args(client), "--output=legacy", *skipped, *(extra_args or ())]
            out = io.StringIO()
            with redirect_stdout(out):
                CLI().invoke([*words, str(filename)], strict=True)
        return [line.strip() for line in out.getvalue().splitlines() if line.strip().isdigit()]

    def import_fake_file(
        self,
        images_count: int = 1,
        name: str | None = None,
        client: Any = None,
        with_companion: bool = False,
        skip: str | None = "all",
        **kwargs: Any,
    ) -> list[Any]:
        """Import a simulated file; the new images.

        ``kwargs`` are parameters of its name (``sizeX=10``); ``with_companion`` adds a second file to it.
        """
        with tempfile.TemporaryDirectory() as folder:
            parameters = {"series": images_count} | kwargs if images_count > 1 else kwargs
            text = "".join(f"&{key}={value}" for key, value in parameters.items())
            file = Path(folder, f"{name or self.uuid()}{text}.fake")
            file.touch()
            if with_companion:
                Path(f"{file}.ini").touch()
            pixels = self.import_image(file, client, skip=skip)
        return self._of_pixels("select p.image from Pixels p where p.id in (:ids) order by p.image.id", pixels, client)

    def import_plates(
        self,
        client: Any = None,
        plates: int = 1,
        plate_acqs: int = 1,
        plate_cols: int = 1,
        plate_rows: int = 1,
        fields: int = 1,
        **kwargs: Any,
    ) -> list[Any]:
        """Import simulated plates; the new plates."""
        numbers = {"plates": plates, "plateAcqs": plate_acqs, "plateCols": plate_cols, "plateRows": plate_rows}
        numbers["fields"] = fields
        with tempfile.TemporaryDirectory() as folder:
            text = "".join(f"&{key}={value}" for key, value in (numbers | kwargs).items())
            file = Path(folder, f"{self.uuid()}{text}.fake")
            file.touch()
            pixels = self.import_image(file, client)
        query = (
            "select distinct plate from Plate plate join plate.wells well join well.wellSamples sample "
            "join sample.image image join image.pixels p where p.id in (:ids) order by plate.id"
        )
        return self._of_pixels(query, pixels, client)

    def import_pyramid(self, tmpdir: Any, name: str | None = None, client: Any = None, skip: str = "all") -> Any:
        """Import an image that is read in tiles; the id of its pixels."""
        file = Path(tmpdir, f"{name or 'test'}&sizeX=4000&sizeY=4000.fake")
        file.touch()
        return int(self.import_image(file, client, skip=skip)[0])

    def _of_pixels(self, query: str, pixels: list[str], client: Any) -> list[Any]:
        params = omero.sys.ParametersI().addIds([int(each) for each in pixels])
        return list((client or self.client).sf.getQueryService().findAllByQuery(query, params))

    # Making

    @classmethod
    def get_pixels_type(cls, pixels_type: str) -> Any:
        """The pixel type of this name."""
        return cls.root.sf.getPixelsService().getEnumeration("PixelsType", pixels_type)

    def create_test_image(
        self,
        size_x: int = 16,
        size_y: int = 16,
        size_z: int = 1,
        size_c: int = 1,
        size_t: int = 1,
        session: Any = None,
        name: str = "testImage",
        thumb: bool = True,
    ) -> Any:
        """A new image whose values grow along its rows, 8 bits each; with ``thumb`` shown once."""
        session = session or self.client.sf
        service = session.getPixelsService()
        kind = self.get_pixels_type(PixelsTypeuint8)
        made = service.createImage(size_x, size_y, size_z, size_t, list(range(size_c)), kind, name, "for tests")
        image = session.getContainerService().getImages("Image", [made.val], None)[0]
        pixels = image.getPrimaryPixels()
        store = session.createRawPixelsStore()
        try:
            store.setPixelsId(pixels.id.val, True)
            plane = bytes((x + y) % 256 for y in range(size_y) for x in range(size_x))
            for t in range(size_t):
                for c in range(size_c):
                    for z in range(size_z):
                        store.setPlane(plane, z, c, t)
            store.save()
        finally:
            store.close()
        for channel in range(size_c):
            service.setChannelGlobalMinMax(pixels.id.val, channel, 0.0, 255.0)
        if thumb:
            _show(session, pixels.id.val)
        return session.getContainerService().getImages("Image", [made.val], None)[0]

    def create_pixels(
        self,
        x: int = 10,
        y: int = 10,
        z: int = 10,
        c: int = 3,
        t: int = 50,
        pixels_type: str = PixelsTypeint8,
        client: Any = None,
    ) -> Any:
        """Saved pixels of a new image, with channels, still without values."""
        image = omero.model.ImageI()
        image.name, image.acquisitionDate = rstring(self.uuid()), rtime(0)
        pixels = omero.model.PixelsI()
        for size, value in (("X", x), ("Y", y), ("Z", z), ("C", c), ("T", t)):
            setattr(pixels, f"size{size}", rint(value))
        pixels.sha1 = rstring(PENDING)
        pixels.pixelsType = omero.model.PixelsTypeI()
        pixels.pixelsType.value = rstring(pixels_type)
        pixels.dimensionOrder = omero.model.DimensionOrderI()
        pixels.dimensionOrder.value = rstring(DimensionOrderXYZCT)
        for _number in range(c):
            channel = omero.model.ChannelI()
            channel.logicalChannel = omero.model.LogicalChannelI()
            pixels.addChannel(channel)
        image.addPixels(pixels)
        saved = (client or self.client).sf.getUpdateService().saveAndReturnObject(image)
        return saved.getPrimaryPixels()

    def write(self, pixels: Any, rps: Any, pixels_type: str = PixelsTypeint8) -> None:
        """Give all values of pixels the number 5, through a raw pixels store."""
        count = pixels.sizeX.val * pixels.sizeY.val
        plane = struct.pack(f">{count}{CODES[pixels_type]}", *([5] * count))
        rps.setPixelsId(pixels.id.val, True)
        for t in range(pixels.sizeT.val):
            for c in range(pixels.sizeC.val):
                for z in range(pixels.sizeZ.val):
                    rps.setPlane(plane, z, c, t)


def _show(session: Any, pixels: int) -> None:
    store = session.createThumbnailStore()
    try:
        if not store.setPixelsId(pixels):
            store.resetDefaults()
            store.setPixelsId(pixels)
        store.getThumbnail(rint(16), rint(16))
    finally:
        store.close()
