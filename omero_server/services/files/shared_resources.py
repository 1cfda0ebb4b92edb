"""SharedResources: repositories and tables; processors are offered when their service runs."""

from __future__ import annotations

from typing import Any

import omero
import omero._generated
import omero.grid
from omero_server.queries import run
from omero_server.services.files.tables import new_table, open_table
from omero_server.services.service import Service, reads, unmanaged
from omero_server.sessions.call import Call

__all__ = ["SharedResourcesService"]

KNOWN = "select f from OriginalFile f left outer join fetch f.hasher where f.mimetype = 'Repository' order by f.id"


class SharedResourcesService(Service):
    """What the sessions of this server share."""

    interface = "::omero::grid::SharedResources"

    @reads
    def repositories(self, call: Call) -> omero.grid.RepositoryMap:
        """All repositories that the database knows, with proxies of those that this server has."""
        mine = {repository.uuid: proxy for repository, proxy in call.engine.repositories}
        descriptions = run(call, KNOWN, {})
        found = [mine.get(one._hash._val if one._hash else "") for one in descriptions]
        proxies = [None if one is None else omero.grid.RepositoryPrx.uncheckedCast(one) for one in found]
        return omero.grid.RepositoryMap(descriptions=descriptions, proxies=proxies)

    @reads
    def areTablesEnabled(self, call: Call) -> bool:
        """Whether a server of tables is there."""
        return True

    @unmanaged
    def newTable(self, call: Call, repoId: int, path: str) -> Any:
        """A new table, to be initialised. Its file belongs to no repository, whatever `repoId`."""
        with call.engine.begin(call.caller, writable=True, session=call.session) as own:
            table = new_table(own, path)
        return call.engine.activate(call, table)

    @unmanaged
    def openTable(self, call: Call, file: Any) -> Any:
        """The table in a file."""
        if file is None or file._id is None:
            raise omero.ValidationException(message="A table is opened by its file, which must have been saved.")
        with call.engine.begin(call.caller, writable=False, session=call.session) as own:
            table = open_table(own, file._id._val)
        return call.engine.activate(call, table)
