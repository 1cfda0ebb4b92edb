"""Plates, runs, wells and fields."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import omero.sys
from omero.gateway.containers import Query, no_links, restrict
from omero.gateway.image_query import channels_query, pixels_query
from omero.gateway.wrapper import BlitzObjectWrapper, OmeroRestrictionWrapper, local_time, resolve
from omero.rtypes import rint, rlong, unwrap

__all__ = ["_PlateAcquisitionWrapper", "_PlateWrapper", "_WellSampleWrapper", "_WellWrapper", "_letterGridLabel"]


def _letterGridLabel(i: int) -> str:
    """Letters of a row: 0 A, 25 Z, 26 AA, 702 AAA."""
    letters = ""
    i += 1
    while i > 0:
        i, rest = divmod(i - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def labels(count: int, letters: bool) -> list[Any]:
    """Letters, or numbers from 1."""
    return [_letterGridLabel(at) if letters else at + 1 for at in range(count)]


class _PlateWrapper(BlitzObjectWrapper, OmeroRestrictionWrapper):
    """A plate: holds wells."""

    OMERO_CLASS = "Plate"
    LINK_CLASS = None
    CHILD_WRAPPER_CLASS = "WellWrapper"
    PARENT_WRAPPER_CLASS = "ScreenWrapper"

    def __prepare__(self, **kwargs: Any) -> None:
        """Nothing is known of the grid yet."""
        self.__reset__()

    def __reset__(self) -> None:
        """Forget what was loaded."""
        self._childcache: dict[tuple[int, int], Any] | None = None
        self._gridSize: dict[str, int] | None = None
        self._plateAcquisitions: list[Any] | None = None

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``screen``, ``well``: ids; ``orphaned``: in no screen."""
        opts = opts or {}
        text = (
            "select obj from Plate as obj join fetch obj.details.owner as owner join fetch obj.details.creationEvent "
            "left outer join fetch obj.screenLinks spl left outer join fetch spl.parent sc"
        )
        query: Query = (text, [], omero.sys.ParametersI())
        query = restrict(query, "", "spl.parent.id = :sid", "sid", opts.get("screen"))
        text, clauses, params = restrict(
            query, "join obj.wells wells", "wells.id = :well_id", "well_id", opts.get("well")
        )
        return text, [*clauses, no_links("ScreenPlateLink")] if opts.get("orphaned") else clauses, params

    def _loadPlateAcquisitions(self) -> None:
        query = "select p from PlateAcquisition p join fetch p.details.owner join fetch p.details.creationEvent "
        query += "where p.plate.id = :id order by p.id"
        params = omero.sys.ParametersI().addId(self.getId())
        self._plateAcquisitions = self._conn.getQueryService().findAllByQuery(query, params, self._conn.SERVICE_OPTS)

    def countPlateAcquisitions(self) -> int:
        """Number of runs."""
        if self._plateAcquisitions is None:
            self._loadPlateAcquisitions()
        return len(self._plateAcquisitions or ())

    def listPlateAcquisitions(self) -> Iterator[Any]:
        """The runs."""
        if self._plateAcquisitions is None:
            self._loadPlateAcquisitions()
        for run in self._plateAcquisitions or ():
            yield resolve("PlateAcquisitionWrapper")(self._conn, run)

    def getNumberOfFields(self, pid: int | None = None) -> tuple[int, int] | None:
        """Smallest and largest index of fields in wells, of one run if given; None for an empty plate."""
        query = "select minIndex(ws), maxIndex(ws) from Well w join w.wellSamples ws where w.plate.id = :oid"
        params = omero.sys.ParametersI().addLong("oid", self.getId())
        if pid is not None:
            query += " and ws.plateAcquisition.id = :pid"
            params.addLong("pid", pid)
        rows = self._conn.getQueryService().projection(query, params, self._conn.SERVICE_OPTS)
        found = [(unwrap(low), unwrap(high)) for low, high in rows if low is not None]
        return (min(low for low, _ in found), max(high for _, high in found)) if found else None

    def _listChildren(self, ns: str | None = None, val: Any = None, params: Any = None, **kwargs: Any) -> Iterator[Any]:
        """The wells that have a place, with their fields and images, by row and column."""
        if self._childcache is None:
            query = (
                "select oc from Well as oc join fetch oc.details.owner join fetch oc.details.creationEvent "
                "left outer join fetch oc.wellSamples as ws left outer join fetch ws.image as img "
                "where oc.plate.id = :oid"
            )
            params = omero.sys.ParametersI().addLong("oid", self.getId())
            wells = self._conn.getQueryService().findAllByQuery(query, params, self._conn.SERVICE_OPTS)
            placed = [well for well in wells if well.row is not None and well.column is not None]
            self._childcache = {(well.row.val, well.column.val): well for well in placed}
        for place in sorted(self._childcache):
            yield self._childcache[place]

    def countChildren(self) -> int:
        """Number of wells."""
        return len(list(self._listChildren()))

    def setGridSizeConstraints(self, row: int, col: int) -> None:
        """Make the grid a multiple of these numbers of rows and columns."""
        size = self._occupied()
        self._gridSize = {"rows": -(-size["rows"] // row) * row, "columns": -(-size["columns"] // col) * col}

    def _occupied(self) -> dict[str, int]:
        query = "select max(w.row), max(w.column) from Well w where w.plate.id = :id"
        params = omero.sys.ParametersI().addId(self.getId())
        rows, columns = unwrap(self._conn.getQueryService().projection(query, params, self._conn.SERVICE_OPTS))[0]
        return {"rows": 0 if rows is None else rows + 1, "columns": 0 if columns is None else columns + 1}

    def getGridSize(self) -> dict[str, int]:
        """Number of rows and columns up to the last well: {"rows": 8, "columns": 12}."""
        if self._gridSize is None:
            self._gridSize = self._occupied()
        return self._gridSize

    def getWellGrid(self, index: int = 0) -> list[list[Any]]:
        """Rows of wells, None where there is none. ``index``: which field stands for the well."""
        size = self.getGridSize()
        grid: list[list[Any]] = [[None] * size["columns"] for _ in range(size["rows"])]
        for well in self.listChildren():
            well.__prepare__(index=index)
            grid[well.row][well.column] = well
        return grid

    def getColumnLabels(self) -> list[Any]:
        """Numbers from 1, or letters where the plate says so."""
        return labels(self.getGridSize()["columns"], (self.columnNamingConvention or "").lower() == "letter")

    def getRowLabels(self) -> list[Any]:
        """Letters, or numbers from 1 where the plate says so."""
        return labels(self.getGridSize()["rows"], (self.rowNamingConvention or "").lower() != "number")

    def exportOmeTiff(self) -> None:
        """Plates are not exported."""
        return None


class _PlateAcquisitionWrapper(BlitzObjectWrapper):
    """A run of a plate."""

    OMERO_CLASS = "PlateAcquisition"

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``plate``: id of its plate."""
        query = super()._getQueryString(opts)
        return restrict(query, "", "obj.plate.id = :pid", "pid", (opts or {}).get("plate"))

    def getName(self) -> str:
        """The name, or start and end, or Run and the id."""
        name = unwrap(self._obj.name)
        if name:
            return str(name)
        start, end = self.getStartTime(), self.getEndTime()
        return f"{start} - {end}" if start and end else f"Run {self.getId()}"

    name = property(getName)

    def listParents(self, withlinks: bool = False) -> list[Any]:
        """The plate; ``withlinks`` gives pairs with None."""
        plate = resolve("PlateWrapper")(self._conn, self._obj.plate, self._cache)
        return [(plate, None)] if withlinks else [plate]

    def getStartTime(self) -> datetime | None:
        """Local time, None when not known."""
        return local_time(unwrap(self._obj.startTime))

    def getEndTime(self) -> datetime | None:
        """Local time, None when not known."""
        return local_time(unwrap(self._obj.endTime))


class _WellWrapper(BlitzObjectWrapper, OmeroRestrictionWrapper):
    """A well: holds fields. ``index`` says which of them stands for the well."""

    OMERO_CLASS = "Well"
    LINK_CLASS = None
    CHILD_WRAPPER_CLASS = "WellSampleWrapper"
    PARENT_WRAPPER_CLASS = "PlateWrapper"

    def __prepare__(self, **kwargs: Any) -> None:
        """Remember which field stands for the well."""
        self.index = int(kwargs.get("index", 0))
        self.__reset__()

    def __reset__(self) -> None:
        """Forget what was loaded."""
        self._childcache: list[Any] | None = None

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> Query:
        """Options: ``plate``, ``plateacquisition``: ids; ``load_images``, ``load_pixels``, ``load_channels``;
        ``wellsample_index``: only the field at this index.
        """
        opts = opts or {}
        text, clauses, params = restrict(
            super()._getQueryString(opts), "", "obj.plate.id = :pid", "pid", opts.get("plate")
        )
        run = opts.get("plateacquisition")
        if any(opts.get(f"load_{what}") for what in ("images", "pixels", "channels")) or run is not None:
            text += (
                " left outer join fetch obj.wellSamples as wellSamples left outer join fetch wellSamples.image as image"
                " left outer join fetch wellSamples.plateAcquisition as plateAcquisition"
            )
        if opts.get("load_pixels") or opts.get("load_channels"):
            text += pixels_query("image")
        if opts.get("load_channels"):
            text += channels_query()
        if opts.get("wellsample_index") is not None and opts.get("load_images"):
            clauses.append("index(wellSamples) = :wellsample_index")
            params.add("wellsample_index", rint(opts["wellsample_index"]))
        return restrict((text, clauses, params), "", "plateAcquisition.id = :plateAcq", "plateAcq", run)

    def _listChildren(self, ns: str | None = None, val: Any = None, params: Any = None, **kwargs: Any) -> Iterator[Any]:
        """The fields in their order."""
        if self._childcache is None:
            if not self._obj.isWellSamplesLoaded():
                self.__loadedHotSwap__()
            self._childcache = [sample for sample in self._obj.copyWellSamples() if sample is not None]
        yield from self._childcache

    def __loadedHotSwap__(self) -> None:
        """Load the well again with its fields and images."""
        query = (
            "select well from Well as well join fetch well.details.owner join fetch well.details.creationEvent "
            "left outer join fetch well.wellSamples as ws left outer join fetch ws.image as img "
            "left outer join fetch ws.plateAcquisition where well.id = :id"
        )
        self._hot_swap(query)

    def simpleMarshal(self, xtra: Any = None, parents: bool = False) -> dict[str, Any]:
        """The image's, with wellPos, plateId and wellId."""
        image = self.getImage()
        described = image.simpleMarshal(xtra=xtra) if image else {}
        described |= {"wellPos": self.getWellPos(), "plateId": self._obj.plate.id.val, "wellId": self.getId()}
        return described

    def getWellPos(self) -> str:
        """Row and column, such as A1."""
        plate = self.getParent()
        return f"{plate.getRowLabels()[self.row]}{plate.getColumnLabels()[self.column]}"

    def listParents(self, withlinks: bool = False) -> list[Any]:
        """The plate; ``withlinks`` gives pairs with None."""
        plate = resolve("PlateWrapper")(self._conn, self._obj.plate, self._cache)
        return [(plate, None)] if withlinks else [plate]

    def getScreens(self) -> Any:
        """The screens that the plate is in."""
        return self.getParent().listParents()

    def isWellSample(self) -> bool:
        """Whether there is a field at the well's index."""
        return self.getWellSample() is not None

    def countWellSample(self) -> int:
        """Number of fields."""
        return len(list(self._listChildren()))

    def countChildren(self) -> int:
        """Number of fields."""
        return self.countWellSample()

    def getWellSample(self, index: int | None = None) -> Any:
        """The field at ``index``, or at the well's; None when there is none."""
        at = self.index if index is None else index
        for number, sample in enumerate(self.listChildren()):
            if number == at:
                return sample
        return None

    def getImage(self, index: int | None = None) -> Any:
        """The image of a field, None when there is none."""
        sample = self.getWellSample(index)
        return sample.getImage() if sample else None

    def selectedWellSample(self) -> Any:
        """The field at the well's index."""
        return self.getWellSample()


class _WellSampleWrapper(BlitzObjectWrapper):
    """A field of a well: joins it with an image."""

    OMERO_CLASS = "WellSample"
    CHILD_WRAPPER_CLASS = "ImageWrapper"
    PARENT_WRAPPER_CLASS = "WellWrapper"
    LINK_CLASS = "WellSample"
    LINK_CHILD = "image"

    @staticmethod
    def LINK_PARENT(link: Any) -> Any:
        """The field itself: it is the link."""
        return link

    def listParents(self, withlinks: bool = False) -> list[Any]:
        """The well; ``withlinks`` gives pairs with None."""
        query = "select w from Well w join fetch w.plate join fetch w.details.owner join fetch w.details.creationEvent "
        query += "left outer join fetch w.wellSamples s left outer join fetch s.image where w.id = "
        query += "(select ws.well.id from WellSample ws where ws.id = :id)"
        params = omero.sys.ParametersI().add("id", rlong(self.getId()))
        well = self._conn.getQueryService().findByQuery(query, params, self._conn.SERVICE_OPTS)
        wrapped = resolve("WellWrapper")(self._conn, well, self._cache)
        return [(wrapped, None)] if withlinks else [wrapped]

    def getImage(self) -> Any:
        """The image, None without one."""
        return None if self._obj.image is None else resolve("ImageWrapper")(self._conn, self._obj.image)

    def image(self) -> Any:
        """The image, None without one."""
        return self.getImage()

    def getPlateAcquisition(self) -> Any:
        """The run, None without one."""
        run = self._obj.plateAcquisition
        return None if run is None else resolve("PlateAcquisitionWrapper")(self._conn, run)
