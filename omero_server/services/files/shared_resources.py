"""SharedResources: repositories now; processors and tables are offered when their services run."""

from __future__ import annotations

import omero
import omero._generated
import omero.grid
from omero_server.queries import run
from omero_server.services.service import Service, reads
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
        return False
