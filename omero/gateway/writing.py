"""New images and files."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import omero
import omero.model
import omero.sys
from omero.gateway.pixels import bands
from omero.gateway.wrapper import distinct
from omero.rtypes import rlist, rlong, rstring, unwrap

if TYPE_CHECKING:
    from numpy import ndarray

__all__ = ["Writing"]

logger = logging.getLogger("omero.gateway")

BLOCK = 1024 * 1024
HASHER = "SHA1-160"
# Types of pixels by numpy's name, where they differ.
PIXEL_TYPES = {
    "float16": "float",
    "float32": "float",
    "float64": "double",
    "complex64": "complex",
    "complex128": "complex",
}


class Writing:
    """The part of the gateway that makes images and files."""

    SERVICE_OPTS: Any

    def _wrapper(self, name: str) -> Any:
        import sys

        return getattr(sys.modules["omero.gateway"], name)

    # Images

    def createImageFromNumpySeq(
        self,
        zctPlanes: Iterable[ndarray[Any, Any]],
        imageName: str,
        sizeZ: int = 1,
        sizeC: int = 1,
        sizeT: int = 1,
        description: str | None = None,
        dataset: Any = None,
        sourceImageId: int | None = None,
        channelList: list[int] | None = None,
    ) -> Any:
        """Make an image of arrays (height, width), given in order of z, c, t (t fastest); its wrapper.

        ``sourceImageId``: take metadata, and the type of pixels, of another image; ``channelList``: of these of its
        channels. ``dataset``: a wrapper to put the image into. Raises Exception for a type of array that OMERO has not.
        """
        planes = iter(zctPlanes)
        first = next(planes)
        size = {"Y": first.shape[0], "X": first.shape[1], "Z": sizeZ, "C": sizeC, "T": sizeT}
        if sourceImageId is not None:
            image_id = self._copied_image(sourceImageId, imageName, size, channelList)
        else:
            image_id = self._new_image(first, imageName, size, channelList, description)
        image = self.getObject("Image", image_id)  # type: ignore[attr-defined]
        self._upload(image, itertools.chain([first], planes), size)
        if dataset is not None:
            link = omero.model.DatasetImageLinkI()
            link.parent = omero.model.DatasetI(dataset.getId(), False)
            link.child = omero.model.ImageI(image_id, False)
            self.getUpdateService().saveObject(link, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        # As it is now that its pixels are complete.
        return self.getObject("Image", image_id)  # type: ignore[attr-defined]

    def _pixels_type(self, array: ndarray[Any, Any]) -> Any:
        name = PIXEL_TYPES.get(array.dtype.name, array.dtype.name)
        query = "from PixelsType as p where p.value = :value"
        params = omero.sys.ParametersI().addString("value", name)
        found = self.getQueryService().findByQuery(query, params, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        if found is None:
            raise Exception(f"Cannot create an image in omero from numpy array with dtype: {array.dtype.name}")
        return found

    def _new_image(
        self,
        first: ndarray[Any, Any],
        name: str,
        size: Mapping[str, int],
        channels: list[int] | None,
        description: str | None,
    ) -> int:
        lengths = [size[axis] for axis in "XYZT"]
        numbers = channels or list(range(size["C"]))
        created = self.getPixelsService().createImage(  # type: ignore[attr-defined]
            *lengths, numbers, self._pixels_type(first), name, description or "", self.SERVICE_OPTS
        )
        return int(created.val)

    def _copied_image(self, source: int, name: str, size: Mapping[str, int], channels: list[int] | None) -> int:
        from omero.rtypes import rint

        if channels is None:
            channels = list(range(self.getObject("Image", source).getSizeC()))  # type: ignore[attr-defined]
        lengths = [rint(size[axis]) for axis in "XYZT"]
        service = self.getPixelsService()  # type: ignore[attr-defined]
        created = service.copyAndResizeImage(source, *lengths, channels, None, True, self.SERVICE_OPTS)
        image = self.getQueryService().get("Image", created.val, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        image.setName(rstring(name))
        self.getUpdateService().saveObject(image, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        return int(created.val)

    def _upload(self, image: Any, planes: Iterator[ndarray[Any, Any]], size: Mapping[str, int]) -> None:
        """Write the planes as big-endian values and store each channel's extremes."""
        pixels = image.getPrimaryPixels()
        import numpy

        sent = numpy.dtype(pixels.get_numpy_type()).newbyteorder(">")
        extremes: dict[int, tuple[float, float]] = {}
        store = pixels._prepareRawPixelsStore()
        try:
            places = itertools.product(range(size["Z"]), range(size["C"]), range(size["T"]))
            for (z, c, t), plane in zip(places, planes, strict=False):
                height, width = plane.shape
                for start, rows in bands(height, width * sent.itemsize):
                    part = plane[start : start + rows].astype(sent).tobytes()
                    if rows == height:
                        store.setPlane(part, z, c, t)
                    else:
                        store.setTile(part, z, c, t, 0, start, width, rows)
                low, high = extremes.get(c, (float("inf"), float("-inf")))
                extremes[c] = (min(low, float(plane.min())), max(high, float(plane.max())))
            store.save()
        except Exception:
            logger.error("Failed to write the planes of Image:%s", image.getId(), exc_info=True)
            raise
        finally:
            store.close()
        for channel, (low, high) in extremes.items():
            self.getPixelsService().setChannelGlobalMinMax(pixels.getId(), channel, low, high, self.SERVICE_OPTS)  # type: ignore[attr-defined]

    def setChannelNames(
        self, data_type: str, ids: Iterable[int], nameDict: Mapping[int, str], channelCount: int | None = None
    ) -> dict[str, int]:
        """Name channels, numbered from 1, of images or of all images in datasets or plates.

        Only of images with ``channelCount`` channels, if given. {"imageCount": ..., "updateCount": ...}
        """
        restriction = {
            "image": "i.id in (:ids)",
            "dataset": "i.id in (select l.child.id from DatasetImageLink l where l.parent.id in (:ids))",
            "plate": "i.id in (select s.image.id from WellSample s where s.well.plate.id in (:ids))",
        }[data_type.lower()]
        query = (
            "select p from Pixels p join fetch p.image i join fetch p.channels c join fetch c.logicalChannel "
            f"where {restriction}"
        )
        params = omero.sys.ParametersI().add("ids", rlist([rlong(number) for number in ids]))
        found = self.getQueryService().findAllByQuery(query, params, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        chosen = [each for each in distinct(found) if channelCount in (None, each.sizeC.val)]
        changed: dict[int, dict[int, Any]] = {}  # By group: nothing can be saved in all groups at once.
        for pixels in chosen:
            for number, channel in enumerate(pixels.iterateChannels(), 1):
                if number in nameDict:
                    channel.logicalChannel.name = rstring(nameDict[number])
                    logical = channel.logicalChannel
                    changed.setdefault(logical.details.group.id.val, {})[logical.id.val] = logical
        for group, channels in changed.items():
            context = self.SERVICE_OPTS.copy()
            context.setOmeroGroup(group)
            self.getUpdateService().saveCollection(list(channels.values()), context)  # type: ignore[attr-defined]
        return {"imageCount": len(chosen), "updateCount": sum(map(len, changed.values()))}

    # Files

    def createOriginalFileFromFileObj(
        self, fo: IO[bytes], path: str, name: str, fileSize: int, mimetype: str | None = None, ns: str | None = None
    ) -> Any:
        """Store what a file object gives as a file on the server; its wrapper. ``ns`` is not used."""
        digest = hashlib.sha1(usedforsecurity=False)
        described = self._described_file(path, name, fileSize, mimetype)
        saved = self.getUpdateService().saveAndReturnObject(described, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        store = self._own_service("createRawFileStore")  # type: ignore[attr-defined]
        try:
            store.setFileId(saved.id.val, self.SERVICE_OPTS)
            offset = 0
            while block := fo.read(BLOCK):
                digest.update(block)
                store.write(block, offset, len(block))
                offset += len(block)
            saved = store.save(self.SERVICE_OPTS)
        finally:
            store.close()
        if unwrap(saved.hash) not in (None, digest.hexdigest()):
            raise omero.ClientError(f"The server stored {name} with another SHA1 than was sent: {unwrap(saved.hash)}")
        return self._wrapper("OriginalFileWrapper")(self, saved)

    def _described_file(self, path: str, name: str, size: int, mimetype: str | None) -> Any:
        described = omero.model.OriginalFileI()
        described.name, described.path = rstring(name), rstring(path)
        described.size = rlong(size)
        described.mimetype = rstring(mimetype) if mimetype else None
        described.hasher = omero.model.ChecksumAlgorithmI()
        described.hasher.value = rstring(HASHER)
        return described

    def createOriginalFileFromLocalFile(
        self,
        localPath: str,
        origFilePathAndName: str | None = None,
        mimetype: str | None = None,
        ns: str | None = None,
    ) -> Any:
        """Store a file of this machine on the server; its wrapper."""
        path, name = os.path.split(origFilePathAndName or localPath)
        with open(localPath, "rb") as handle:
            return self.createOriginalFileFromFileObj(handle, path, name, os.path.getsize(localPath), mimetype, ns)

    def createFileAnnfromLocalFile(
        self,
        localPath: str,
        origFilePathAndName: str | None = None,
        mimetype: str | None = None,
        ns: str | None = None,
        desc: str | None = None,
    ) -> Any:
        """Store a file of this machine and make an annotation of it, to be put on objects; its wrapper."""
        stored = self.createOriginalFileFromLocalFile(localPath, origFilePathAndName, mimetype, ns)
        annotation = omero.model.FileAnnotationI()
        annotation.setFile(omero.model.OriginalFileI(stored.getId(), False))
        annotation.ns = rstring(ns) if ns else None
        annotation.description = rstring(desc) if desc else None
        saved = self.getUpdateService().saveAndReturnObject(annotation, self.SERVICE_OPTS)  # type: ignore[attr-defined]
        saved.file = stored._obj
        return self._wrapper("FileAnnotationWrapper")(self, saved)
