"""Which reader opens a file: our own in order of precision, then those that packages offer as entry points."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from omero_server.formats.base import FormatError, Reader, UnsupportedFormat, decoding
from omero_server.formats.bioformats import BioFormatsReader
from omero_server.formats.bioformatsprocess import missing
from omero_server.formats.info import FilesetInfo

__all__ = ["ENTRY_POINT_GROUP", "open_reader", "reader_for", "reader_named", "readers", "restore"]

ENTRY_POINT_GROUP = "omero.readers"
"""A package offers a reader by an entry point of this group that names its `Reader` class."""

# The special before the general: an OME-TIFF is a TIFF too.
_BUILT_IN = (
    "fake:FakeReader",
    "omezarr:OmeZarrReader",
    "ometiff:OmeTiffReader",
    "ndtiff:NdTiffReader",
    "harmony:HarmonyReader",
    "yokogawa:CellVoyagerReader",
    "imagexpress:ImageXpressReader",
    "omebinary:OmeXmlReader",
    "pattern:PatternReader",
    "lsm:LsmReader",
    "czi:CziReader",
    "nd2:Nd2Reader",
    "lif:LifReader",
    "oif:OifReader",
    "oif:OibReader",
    "deltavision:DeltaVisionReader",
    "mrc:MrcReader",
    "ics:IcsReader",
    "spe:SpeReader",
    "sdt:SdtReader",
    "gatan:GatanReader",
    "imaris:ImarisReader",
    "bdv:BdvReader",
    "zvi:ZviReader",
    "vsi:VsiReader",
    "metamorph:MetamorphReader",
    "svs:SvsReader",
    "ndpi:NdpiReader",
    "scn:ScnReader",
    "vectra:VectraReader",
    "mibi:MibiReader",
    "fluoview:FluoViewReader",
    "imagej:ImageJReader",
    "tiff:TiffReader",
    "raster:PngReader",
    "raster:JpegReader",
    "jpeg2000:Jpeg2000Reader",
    "gif:GifReader",
    "pictures:BmpReader",
    "pictures:PsdReader",
    "netpbm:NetpbmReader",
    "cellomics:CellomicsReader",
    "avi:AviReader",
    "quicktime:QuickTimeReader",
    "dicom:DicomReader",
    "nrrd:NrrdReader",
    "amira:AmiraReader",
    "klb:KlbReader",
    "minc:Minc1Reader",
    "minc:Minc2Reader",
    "fits:FitsReader",
    "nifti:NiftiReader",
    "spider:SpiderReader",
    "pictures:PcxReader",
    "pictures:TargaReader",
)

# What everything else has passed over; these start libraries with many formats of their own.
_LAST = ("bioio:BioioReader", "bioformats:BioFormatsReader")


@cache
def readers() -> tuple[type[Reader], ...]:
    """All reader classes, in the order in which they are asked."""
    offered = [point.load() for point in entry_points(group=ENTRY_POINT_GROUP)]
    return (*map(_ours, _BUILT_IN), *offered, *map(_ours, _LAST))


def _ours(target: str) -> type[Reader]:
    module, name = target.split(":")
    reader: type[Reader] = getattr(import_module(f"omero_server.formats.{module}"), name)
    return reader


def reader_for(path: Path | str) -> type[Reader]:
    """The class that reads `path`. UnsupportedFormat when there is none, FormatError when it cannot be looked at."""
    path = Path(path)
    try:
        for reader in readers():
            with decoding(path, f"finding out whether it is {reader.format}"):
                mine = reader.detect(path)
            if mine:
                return reader
        if path.exists() and not path.is_dir() and path.stat().st_size == 0:
            raise FormatError(path, "the file is empty", "Copy it again.")
        if not path.exists():
            raise FormatError(path, "no such file or folder", "Check the path.")
    except OSError as error:
        raise FormatError(path, f"cannot be read: {error.strerror}", "Check the file and its permissions.") from error
    raise UnsupportedFormat(path, _why(path), f"Convert it to OME-TIFF or OME-Zarr, or install {_wanted(path)}.")


def _wanted(path: Path) -> str:
    lacking = missing()
    return lacking if lacking and path.name.lower().endswith(BioFormatsReader.suffixes) else "a reader for it"


def _why(path: Path) -> str:
    named = [reader.format for reader in readers() if path.name.lower().endswith(reader.suffixes or ("\0",))]
    if named == [BioFormatsReader.format] and missing():
        return "is named like images that only Bio-Formats reads, which is not installed"
    if named:
        return f"is named like {' or '.join(dict.fromkeys(named))}, but its content is something else"
    return "no reader knows this format"


def reader_named(name: str) -> type[Reader]:
    """The reader class called `name`; KeyError when it is not installed."""
    for reader in readers():
        if reader.name == name:
            return reader
    raise KeyError(f"reader {name!r} is not installed")


def open_reader(path: Path | str) -> Reader:
    """A reader of the fileset that `path` belongs to. FormatError (UnsupportedFormat) when that fails."""
    return reader_for(path).open(path)


def restore(info: FilesetInfo) -> Reader:
    """A reader over a fileset described earlier, without looking for its metadata again."""
    return reader_named(info.reader)(info)
