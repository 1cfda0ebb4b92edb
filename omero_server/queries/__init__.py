"""Queries in HQL: grammar, compiler, results.

``run`` is what the rest of the server calls; ``find`` loads one object, ``project`` gives RTypes, ``fill_counts`` fills
the maps of link counts of loaded objects. All take a ``Call`` or a ``Reader``.
"""

from omero_server.queries.counts import fill_counts
from omero_server.queries.execute import find, run
from omero_server.queries.projection import project
from omero_server.queries.reader import Reader

__all__ = ["Reader", "fill_counts", "find", "project", "run"]
