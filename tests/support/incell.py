"""A plate as an InCell microscope leaves it: an `.xdce` index, which only Bio-Formats reads, and TIFF files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from omero_server.formats.base import Array

__all__ = ["CHANNELS", "FIELDS", "WELLS", "plane", "write_plate"]

WELLS = ((0, 0), (0, 1), (1, 0))
FIELDS = 2
CHANNELS = ("DAPI", "FITC")
_HEAD = """<?xml version="1.0" encoding="ISO-8859-1"?>
<ImageStack version="1.0" instrument="IN Cell Analyzer 2000"><Creation date="2012-03-04" time="05:06:07"/>
<AutoLeadAcquisitionProtocol name="proto" version="4.5">
<Plate name="Small" rows="2" columns="3"/>
<Camera name="CoolSnap"><Binning value="2 X 2"/><Size width="30" height="20"/></Camera>
<ObjectiveCalibration id="1" magnification="20.0" numerical_aperture="0.45" objective_name="Plan Fluor 20x"
 pixel_height="0.5" pixel_width="0.5" unit="microns" refractive_index="1.0"/>
<Wavelengths>
<Wavelength index="0" show="true" imaging_mode="2-D" fusion_wave="false">
<ExcitationFilter name="DAPI" wavelength="350" bandwidth="50" unit="nm"/>
<EmissionFilter name="DAPI" wavelength="455" bandwidth="50" unit="nm"/></Wavelength>
<Wavelength index="1" show="true" imaging_mode="2-D" fusion_wave="false">
<ExcitationFilter name="FITC" wavelength="490" bandwidth="20" unit="nm"/>
<EmissionFilter name="FITC" wavelength="525" bandwidth="36" unit="nm"/></Wavelength>
</Wavelengths>
<ZDimensionParameters number_of_slices="1" z_step="1.0"/>
<TimeSchedule enabled="true"><Times><TimePoint index="0"/></Times></TimeSchedule>
<offset_point x="0" y="0"/><offset_point x="10" y="0"/>
<PlateMap><NamingRows begin="A"/><NamingColumns begin="1"/></PlateMap>
</AutoLeadAcquisitionProtocol>
"""


def plane(well: int, field: int, channel: int) -> Array:
    """Values of a plane; every one is different."""
    values: Array = np.arange(600, dtype=np.uint16).reshape(20, 30)
    return values + np.uint16(((well * FIELDS + field) * len(CHANNELS) + channel) * 600)


def write_plate(folder: Path) -> Path:
    """Write index and images into a new folder; returns the index."""
    folder.mkdir()
    entries = []
    for well, (row, column) in enumerate(WELLS):
        label = f"{'AB'[row]} - {column + 1}"
        for field in range(FIELDS):
            for channel in range(len(CHANNELS)):
                name = f"{label}(fld {field + 1} wv {channel}).tif"
                tifffile.imwrite(folder / name, plane(well, field, channel), photometric="minisblack", metadata=None)
                entries.append(
                    f'<Image filename="{name}" acquisition_time_ms="{field * 100 + channel}.0"><Well label="{label}">'
                    f'<Row number="{row + 1}"/><Column number="{column + 1}"/></Well><Identifier field_index="{field}"'
                    f' time_index="0" wave_index="{channel}" z_index="0"/>'
                    f'<OffsetFromWellCenter x="{field * 10}" y="0"/></Image>'
                )
    index = folder / "plate.xdce"
    images = f'<Images number="{len(entries)}">\n' + "\n".join(entries) + "\n</Images></ImageStack>\n"
    index.write_text(_HEAD + images)
    return index
