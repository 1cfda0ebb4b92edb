"""What independent readers say of the samples of vendors' formats in `tests/data/packed` (see SOURCES.md there)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SAMPLES", "Sample"]


@dataclass(frozen=True)
class Sample:
    """The first image of a sample; `sha1` is of all its planes, t outermost, then c, then z, little-endian.

    Of formats whose rows are stored from the bottom it is that of the rows from the top, as in Bio-Formats.
    """

    name: str
    reader: str
    sizes: tuple[int, int, int, int, int]
    """X, Y, Z, C, T."""
    pixel_type: str
    sha1: str
    physical: tuple[float | None, float | None, float | None] = (None, None, None)
    channels: list[str] | None = None
    images: int = 1
    unit: str = "µm"
    """Of the physical sizes."""


SAMPLES = [
    Sample(
        "S3_1Pos_2Mosaic_T1_Z1_CH1.czi", "czi", (295, 122, 1, 1, 1), "uint16",
        "885d823ebc6d27f774e0640b69692e70d5eddb86", (1.6, 1.6, 1.0), ["DAPI"], 3,
    ),
    Sample(
        "nuc_small_new_red.czi", "czi", (320, 240, 1, 1, 1), "uint8",
        "6d6eb7b4f3f70201d862b8fce2500a36e00ea230", (0.1, 0.1, 0.2), ["nuclei"],
    ),
    Sample(
        "RGB-multichannel.czi", "czi", (147, 81, 1, 21, 1), "uint8",
        "b3f587d7bdb869b308e51f536d3e422fc101edb2", (2.95849, 2.95849, None),
        [name for name in ["Bright", *(f"Pol_{angle}" for angle in range(0, 90, 15))] for _ in "RGB"],
    ),
    Sample(
        "cluster.nd2", "nd2", (38, 31, 10, 2, 3), "uint16", "2ce9f82da08be17374b675adb29288629a0cf749",
        (0.167809, 0.167809, 0.5), ["5-FAM/pH 9.0", "FM 4-64/2% CHAPS"],
    ),
    Sample(
        "example-cerevisiae.nd2", "nd2", (256, 256, 1, 2, 1), "uint16", "13d7063e85cf4be1d9924f78a5cc0c3d73e48998",
        (0.108333, 0.108333, None), ["DIC", "FITC BP"],
    ),
    Sample(
        "LeicaLASX_wavelength-sweep_example.lif", "lif", (64, 64, 1, 1, 20), "uint8",
        "5e7bbbb9cb785f027a0aaa8195279247911e96c3", (0.104814, 0.104814, None), images=3,
    ),
    Sample(
        "test.oib", "oib", (256, 256, 1, 3, 1), "uint16", "171ea2f815dc9b883d85106fe91da351e832af27",
        (0.177, 0.177, None), ["CH1", "CH2", "TD1"],
    ),
    Sample(
        "tinyTest.d3d.dv", "deltavision", (20, 20, 5, 1, 6), "int16", "aad09d1b3008306e415071ad61d20b6db672b728",
        (0.100109, 0.100109, 0.5),
    ),
    Sample("Custom_movie.mrc", "mrc", (16, 16, 30, 1, 1), "uint16", "eba8be85563ee0b2901ac40fc82a9a58625655e5"),
    Sample(
        "EMD-3197.map", "mrc", (20, 20, 20, 1, 1), "float", "e4a4bb34cb49393210eb86e98259e387936ec963",
        (11.4, 11.4, 11.4), unit="Å",
    ),
    Sample("movie.stk", "metamorph", (20, 20, 1, 1, 2), "uint16", "6697751fe4642d39fb1dbdc97dbbbb7f0c53d2dc"),
    Sample(
        "MetamorphImage.tif", "metamorph", (696, 520, 1, 1, 1), "uint16", "9198b6beeb38371a7dcc3c09dc6507a9ae668553",
        (0.645, 0.645, None), ["Cy5"],
    ),
    Sample("cermet/cermet.ics", "ics", (256, 256, 1, 1, 1), "uint8", "f3aa3c4315b4e0bf52713d76691b6610592e03a0"),
    Sample("testim/testim.ics", "ics", (175, 105, 2, 1, 1), "uint16", "2ac551a5e4288fe60ccfdd7874024e6baf0cd89a"),
    Sample("test_000_.SPE", "spe", (32, 32, 1, 1, 2), "uint16", "9f2dda39fbecf29fd74f8b3ede93637f00581c9a"),
    Sample("test-1.dm4", "gatan", (2, 2, 2, 1, 1), "int16", "03d31a369b591ed9284bf23865584e11ee8b76fa"),
    Sample("test-2.dm4", "gatan", (2, 2, 1, 1, 1), "float", "c26df9440df999ae7d765499acd5ca855709702f"),
    Sample(
        "test_STEM_image.dm3", "gatan", (68, 68, 1, 1, 1), "uint32", "6565fc2e13b15d700729d54f44f22ef058ddc9fd",
        (0.248538, 0.248538, None), unit="nm",
    ),
    Sample(
        "brain_crop3_small.ims", "imaris", (84, 79, 10, 2, 1), "uint16", "a8d466f64cc379db999a2abb6c78d0673fadd5da",
        (3.988607, 4.001519, 27.183), ["(name not specified)"] * 2,
    ),
    Sample(
        "xyc-fluo-cells-small.h5", "bdv", (160, 160, 1, 3, 1), "uint8", "0ebc36c7b52e62434ff9a844403323159ae69d10",
        channels=["s00", "s01", "s02"],
    ),
    Sample(
        "sample.zvi", "zvi", (648, 488, 1, 4, 1), "uint16", "bbc59bf16cadea816d2aacb1ffd18709a0b8988a",
        (0.2475, 0.2475, None), ["DIC (Nomarski)", "DAPI", "eGFP", "Alexa 594"],
    ),
    Sample(
        "vsi/vsi-ets-test-jpg2k.vsi", "vsi", (1645, 1682, 11, 2, 1), "uint16",
        "4adaddf05fdf1d9039cf1bd65be09d92bd35e3dd", (0.108333, 0.108333, 1.0), ["C405", "C488"], 2,
    ),
]  # fmt: skip
