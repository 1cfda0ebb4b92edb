"""Plates as OME-Zarr: rows, columns and fields of a plate, each field an image."""

from __future__ import annotations

from typing import Any

from omero.rtypes import unwrap
from omero_web.blitz import Blitz
from omero_web.errors import NotFound
from omero_web.ngff.metadata import V4, group

__all__ = ["field_image", "plate_documents", "well_documents"]

Json = dict[str, Any]


def _letters(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    text = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


class _Plate:
    """A plate with its names of rows and columns. Raises NotFound."""

    def __init__(self, blitz: Blitz, plate_id: int) -> None:
        self.blitz, self.id = blitz, plate_id
        found = blitz.one("select p from Plate p where p.id = :id", {"id": plate_id})
        if found is None:
            raise NotFound(f"Plate:{plate_id} not found")
        self.object = found
        self.rows_by_number = (unwrap(found.rowNamingConvention) or "letter").lower() == "number"
        self.columns_by_letter = (unwrap(found.columnNamingConvention) or "number").lower() == "letter"

    def row(self, index: int) -> str:
        return str(index + 1) if self.rows_by_number else _letters(index)

    def column(self, index: int) -> str:
        return _letters(index) if self.columns_by_letter else str(index + 1)

    def wells(self) -> list[list[Any]]:
        """Id, row, column, number of fields of each well with images."""
        return self.blitz.rows(
            "select w.id, w.row, w.column, count(s.id) from WellSample s join s.well w where w.plate.id = :id"
            " group by w.id, w.row, w.column order by w.row, w.column",
            {"id": self.id},
        )

    def fields(self, row: str, column: str) -> list[list[Any]]:
        """Image and acquisition of each field of a well, in their order. Raises NotFound."""
        ids = [well[0] for well in self.wells() if (self.row(well[1]), self.column(well[2])) == (row, column)]
        if not ids:
            raise NotFound(f"Plate:{self.id} has no well {row}/{column} with images")
        return self.blitz.rows(
            "select s.image.id, a.id from WellSample s left outer join s.plateAcquisition a where s.well.id = :id"
            " order by s.id",
            {"id": ids[0]},
        )

    def acquisitions(self) -> list[Json]:
        found = self.blitz.objects(
            "select a from PlateAcquisition a where a.plate.id = :id order by a.id", {"id": self.id}
        )
        return [_acquisition(one) for one in found]


def _acquisition(obj: Any) -> Json:
    values = {
        "id": obj.id.val,
        "name": unwrap(obj.name),
        "description": unwrap(obj.description),
        "maximumfieldcount": unwrap(obj.maximumFieldCount),
        "starttime": unwrap(obj.startTime),
        "endtime": unwrap(obj.endTime),
    }
    return {name: value for name, value in values.items() if value is not None}


def plate_documents(blitz: Blitz, version: str, plate_id: int) -> dict[str, Json]:
    """The documents of a plate. Raises NotFound when the caller sees none, or it has no images."""
    plate = _Plate(blitz, plate_id)
    wells = plate.wells()
    if not wells:
        raise NotFound(f"Plate:{plate_id} has no images")
    rows, columns = sorted({well[1] for well in wells}), sorted({well[2] for well in wells})
    about: Json = {
        "name": unwrap(plate.object.name),
        "rows": [{"name": plate.row(row)} for row in rows],
        "columns": [{"name": plate.column(column)} for column in columns],
        "wells": [
            {
                "path": f"{plate.row(row)}/{plate.column(column)}",
                "rowIndex": rows.index(row),
                "columnIndex": columns.index(column),
            }
            for _, row, column, _ in wells
        ],
        "field_count": max(well[3] for well in wells),
    }
    if acquisitions := plate.acquisitions():
        about["acquisitions"] = acquisitions
    return group(version, {"plate": about | ({"version": V4} if version == V4 else {})})


def well_documents(blitz: Blitz, version: str, plate_id: int, row: str, column: str) -> dict[str, Json]:
    """The documents of a well. Raises NotFound."""
    images = [
        {"path": str(at), **({} if acquisition is None else {"acquisition": acquisition})}
        for at, (_, acquisition) in enumerate(_Plate(blitz, plate_id).fields(row, column))
    ]
    return group(version, {"well": {"images": images} | ({"version": V4} if version == V4 else {})})


def field_image(blitz: Blitz, plate_id: int, row: str, column: str, field: int) -> int:
    """Id of the image of a field, counted from 0. Raises NotFound."""
    fields = _Plate(blitz, plate_id).fields(row, column)
    if field >= len(fields):
        raise NotFound(f"The well {row}/{column} of Plate:{plate_id} has no field {field}")
    return int(fields[field][0])
