"""Tables: rows of values in an HDF5 file, for one client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import omero
import omero._generated
import omero.cmd
import omero.grid
from omero_server.commands.registry import COMMANDS, CommandError
from omero_server.commands.running import execute
from omero_server.imports.files import (
    FileRow,
    content_of,
    file_by_id,
    load_file,
    location,
    may_write,
    record_contents,
    writable,
)
from omero_server.repository.checksums import DEFAULT_ALGORITHM
from omero_server.repository.store import OpenFile
from omero_server.saving.saver import save
from omero_server.services.service import StatefulService, reads, unmanaged, writes
from omero_server.sessions.call import Call

if TYPE_CHECKING:
    from omero_server.background.tables.storage import TableFile

__all__ = ["MIMETYPE", "TableService", "new_table", "open_table"]

MIMETYPE = "OMERO.tables"
WITHOUT_NUMBERS = "omero.tables.include_row_numbers"
DELETE = "::omero::cmd::Delete2"


def new_table(call: Call, path: str) -> TableService:
    """A new table with its file, in the group of the call."""
    if not path:
        raise omero.ApiUsageException(message="A table needs a name.")
    hasher = omero.model.ChecksumAlgorithm(_loaded=True, _value=omero.RString(DEFAULT_ALGORITHM))
    name, mimetype = omero.RString(path), omero.RString(MIMETYPE)
    file = omero.model.OriginalFile(_loaded=True, _name=name, _path=name, _mimetype=mimetype, _hasher=hasher)
    number = save(call, [file])[0]._id._val
    place = location(call, file_by_id(call, number))
    call.on_rollback(lambda: place.unlink(missing_ok=True))
    return open_table(call, number)


def open_table(call: Call, file_id: int) -> TableService:
    """A table for the client that calls. SecurityViolation or ValidationException for a file it may not read."""
    from omero_server.background.tables.storage import opened

    row = file_by_id(call, file_id)
    path = location(call, row)
    change = row.repo is None and may_write(call, row) and writable(path)
    if not change and not path.exists():
        raise omero.ResourceError(message=f"The table {row.id} has no file.")
    return TableService(row, opened(path, change), change)


class _Unwatched:
    """Follows a request that nobody waits for."""

    def steps(self, total: int) -> None:
        """Nothing to tell."""

    def step(self, done: int) -> None:
        """Nothing to tell."""

    def check_cancelled(self) -> None:
        """Nobody cancels."""


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    """HDF5 does one thing at a time."""

    @wraps(method)
    def alone(self: TableService, *args: Any) -> Any:
        from omero_server.background.tables.storage import LOCK

        with LOCK:
            return method(self, *args)

    return alone


class TableService(StatefulService):
    """A table that a client has open. Others may have it open, too; who changes rows makes the others open it again."""

    interface = "::omero::grid::Table"

    def __init__(self, row: FileRow, file: TableFile, change: bool) -> None:
        self._row = row
        self._file: TableFile | None = file
        self._change = change
        self._seen = file.updated
        self._call: Call | None = None

    @reads
    def getOriginalFile(self, call: Call) -> Any:
        """The file, loaded."""
        return load_file(call, self._row.id)

    @unmanaged
    @_locked
    def getHeaders(self, call: Call) -> list[Any]:
        """The columns, without values."""
        return self._table(call).fresh(range(len(self._table(call).columns)))

    @unmanaged
    @_locked
    def getNumberOfRows(self, call: Call) -> int:
        """How many rows there are."""
        return self._table(call).size

    @unmanaged
    @_locked
    def getWhereList(
        self, call: Call, condition: str, variables: dict[str, Any] | None, start: int, stop: int, step: int
    ) -> list[int]:
        """Numbers of the rows that fulfil a condition in the language of numexpr, for instance `(x > 2) & (y == n)`."""
        values = {name: getattr(value, "_val", None) for name, value in (variables or {}).items()}
        return self._current(call).where(condition or "", values, start, stop, step)

    @unmanaged
    @_locked
    def read(self, call: Call, colNumbers: Sequence[int] | None, start: int, stop: int) -> Any:
        """Some columns of the rows from `start` to before `stop`; both 0: of all."""
        return self._data(call, *self._current(call).read(colNumbers or [], start, stop))

    @unmanaged
    @_locked
    def readCoordinates(self, call: Call, rowNumbers: Sequence[int] | None) -> Any:
        """All columns of some rows."""
        if not rowNumbers:
            raise omero.ApiUsageException(message="No rows were asked for.")
        return self._data(call, *self._current(call).pick(None, rowNumbers))

    @unmanaged
    @_locked
    def slice(self, call: Call, colNumbers: Sequence[int] | None, rowNumbers: Sequence[int] | None) -> Any:
        """Some columns of some rows; none given: all."""
        return self._data(call, *self._current(call).pick(colNumbers, rowNumbers))

    @unmanaged
    @_locked
    def initialize(self, call: Call, cols: Sequence[Any] | None) -> None:
        """Make the table with these columns; their values do not matter."""
        self._changing(call).initialize(_storable(cols))

    @unmanaged
    def addColumn(self, call: Call, col: Any) -> int:
        """Tables keep the columns that they were made with."""
        raise omero.ApiUsageException(message="Columns cannot be added to a table: make a new one.")

    @unmanaged
    @_locked
    def addData(self, call: Call, cols: Sequence[Any] | None) -> None:
        """Add rows: all columns, in the order of the headers, with as many values each."""
        self._changing(call).append(_storable(cols))

    @unmanaged
    @_locked
    def update(self, call: Call, modifiedData: Any) -> None:
        """Replace values of the rows `rowNumbers`, in the columns that are given."""
        if modifiedData is None:
            return
        self._current(call)
        self._changing(call).update(modifiedData.rowNumbers or [], _storable(modifiedData.columns))
        self._seen += 1

    @unmanaged
    @_locked
    def getMetadata(self, call: Call, key: str) -> Any:
        """One note, None when there is none by that name."""
        return _wrapped(self._table(call).notes().get(key))

    @unmanaged
    @_locked
    def getAllMetadata(self, call: Call) -> dict[str, Any]:
        """All notes."""
        found = {name: _wrapped(value) for name, value in self._table(call).notes().items()}
        return {name: value for name, value in found.items() if value is not None}

    @unmanaged
    @_locked
    def setMetadata(self, call: Call, key: str, value: Any) -> None:
        """Keep a note: text or number."""
        self._changing(call).note({key: _unwrapped(value)}, replace=False)

    @unmanaged
    @_locked
    def setAllMetadata(self, call: Call, dict: dict[str, Any] | None) -> None:
        """Keep these notes and no others."""
        values = {name: _unwrapped(value) for name, value in (dict or {}).items()}
        self._changing(call).note(values, replace=True)

    @writes
    def delete(self, call: Call) -> None:
        """Delete the table with its file and what links to it."""
        self._table(call)
        targets = {"OriginalFile": [self._row.id]}
        request = omero.cmd.Delete2(targetObjects=targets, childOptions=[], dryRun=False, typesToIgnore=[])
        try:
            execute(COMMANDS[DELETE].function, call, request, _Unwatched())
        except CommandError as error:
            text = error.parameters.get("message") or error.name
            raise omero.InternalException(message=f"The table {self._row.id} cannot be deleted: {text}") from error
        call.after_commit(self._release)

    def on_close(self) -> None:
        """Record size and checksum of what was changed."""
        call, file = self._call, self._file
        if file is None:
            return
        changed = file.modified and self._change
        self._release()
        if not changed or call is None:
            return
        with call.engine.begin(call.caller, writable=True, session=call.session) as own:
            stored = OpenFile(file.path, writable=True)
            try:
                record_contents(own, {self._row.id: content_of(stored, self._row.hasher)})
            finally:
                stored.close()
        file.modified = False

    def _release(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.release()

    def _table(self, call: Call) -> TableFile:
        self._call = call
        if self._file is None:
            raise omero.ApiUsageException(message="This table is closed. Open it again.")
        return self._file

    def _current(self, call: Call) -> TableFile:
        """The table, unless somebody else has changed rows of it since it was opened."""
        file = self._table(call)
        if file.updated != self._seen:
            raise omero.OptimisticLockException(message="The table was changed meanwhile. Close it and open it again.")
        return file

    def _changing(self, call: Call) -> TableFile:
        if not self._change:
            raise omero.SecurityViolation(message=f"You may not change the table {self._row.id}.")
        return self._table(call)

    def _data(self, call: Call, numbers: list[int], columns: list[Any]) -> Any:
        file = self._table(call)
        told = [] if call.context.get(WITHOUT_NUMBERS, "").lower() == "false" else numbers
        return omero.grid.Data(lastModification=int(file.changed_at * 1000), rowNumbers=told, columns=columns)


def _storable(columns: Sequence[Any] | None) -> list[Any]:
    from omero_server.background.tables.columns import storable

    return [storable(column) for column in columns or []]


def _wrapped(value: Any) -> Any:
    kinds = {str: omero.RString, int: omero.RLong, float: omero.RFloat}
    return kinds[type(value)](value) if type(value) in kinds else None


def _unwrapped(value: Any) -> Any:
    if not isinstance(value, omero.RString | omero.RLong | omero.RInt | omero.RFloat):
        raise omero.ValidationException(message="Notes about tables are texts, whole numbers or floats.")
    return value._val
