"""Where our readers differ from others on purpose, sample by sample, with the reason.

What is not here must agree, and what is here must differ: a line that is no longer true fails its test.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

__all__ = ["BIO_FORMATS", "OTHERS", "Known", "known"]


@dataclass(frozen=True)
class Known:
    """`aspects` that differ: unread, images, names, sizes, type, channels, spacing, planes.

    Values of pixels may differ by `within`: decoders of what is lossy round in different ways.
    """

    aspects: str = ""
    reason: str = ""
    within: int = 0


def known(table: dict[str, Known], sample: str) -> Known:
    """What a table says of a sample; its keys are patterns."""
    return next((one for pattern, one in table.items() if fnmatchcase(sample, pattern)), Known())


_NO_CODEC = Known("unread", "it does not know the codec")
_NO_UNIT = Known("spacing", "the file names no unit; it takes micrometres")

BIO_FORMATS = {
    "avi/tree.avi": _NO_CODEC,
    "bdv-hdf5/*": Known("unread", "it wants the XML file, which is missing"),
    "czi/RGB-multichannel.czi": Known("channels", "it takes names from wrong channels"),
    "czi/S3_1Pos_2Mosaic*": Known(
        "names planes", "scenes are named as in the file; overlapping tiles lie as the library of Zeiss lays them"
    ),
    "dicom/JPEG2000.dcm": Known(within=1),
    "dicom/SC_rgb_rle_2frame.dcm": Known("planes", "it unpacks the first frame wrongly"),
    "dicom/examples_palette.dcm": Known("planes", "it looks up the 16-bit palette wrongly"),
    "fake/*": Known("unread", "its reader of simulated images is left out"),
    "fits/test0.fits": Known("images", "it reads the first image only"),
    "gatan/*.dm4": _NO_UNIT,
    "hcs-imagexpress/*": Known("unread", "it fails on the index"),
    "hcs-yokogawa/*": Known("channels spacing", "it numbers channels and knows no distance of slices"),
    "ims/*": Known("images", "it takes the smaller level for an image"),
    "jp2/world.jp2": Known("planes", "it breaks some pixels"),
    "jpeg/sample.jpg": Known("planes", "it applies the colour profile"),
    "metamorph-stk/movie.stk": Known("channels spacing", "no calibration; it takes a key for a name"),
    "mibi/v0.1.tiff": Known("channels", "it puts `Target:` before names"),
    "minc/small.mnc": Known("type planes", "it takes the values for unsigned"),
    "mp4/*": _NO_CODEC,
    "ndtiff/*": Known("sizes channels", "it reads it as plain TIFF"),
    "nrrd/*": Known("type spacing", "it takes `short` for unsigned, and micrometres where no unit is named"),
    "ome-tiff/16bit.ome.tif": Known("spacing", "it does not take it for OME-TIFF"),
    "ome-zarr/bioformats-zarr/": Known("planes", "it reads the metadata without the pixels"),
    "ome-zarr/*": Known("unread", "it needs a further package"),
    "pattern/": Known("sizes channels", "its reader of patterns is left out; this is the first file"),
    "pcx/*": Known("sizes channels", "it reads neither the last row and column nor the palette"),
    "pnm/hopper.ppm": Known("sizes", "it misreads the header"),
    "quicktime/*": _NO_CODEC,
    "spider/*": Known("unread", "it knows the format by another ending of names"),
    "tiff/subsampled.tif": Known("planes", "it mixes up the subsampled colours"),
    "tiff-bigtiff/yb10kx5k.zstd.tiff": Known("planes", "it fails to unpack it"),
    "tiff-sis/*": Known("spacing", "it has none for the second image"),
    "vsi/*": Known(within=1),
}

_TURNED = Known("planes", "rows are turned, as Bio-Formats turns them")

OTHERS = {
    "czi/RGB-multichannel.czi": Known("channels", "each sample of a channel has its name"),
    "dicom/examples_palette.dcm": Known("sizes", "colours instead of numbers of a palette"),
    "dv/*": Known("channels planes", "rows are turned, as Bio-Formats turns them; a wavelength is no name"),
    "gif/cogs.gif": Known("sizes", "transparency is no channel"),
    "hcs-yokogawa/*": Known("sizes", "slices and channels lie in files of their own"),
    "lif/*": Known("sizes", "steps of a spectrum are time points, as in Bio-Formats"),
    "mibi/*": Known("sizes", "pages are channels"),
    "minc/*": _TURNED,
    "mrc/*": _TURNED,
    "oi[bf]/*": Known("channels spacing", "numbers as printed in the file; channels are not called by their dyes"),
    "sdt/*": Known("sizes type", "steps of the decay are time points, the library adds them up"),
    "tiff/1bit.tif": Known("type", "bits are bytes of 0 and 1"),
    "tiff/multipage.tif": Known("sizes", "pages are time points"),
}
