"""Images, given by their ids or by plates, and the client paths of their filesets' first files; in order of the ids."""

from shared import GIVEN, answer, gateway

from omero.rtypes import unwrap
from omero.sys import ParametersI

connection = gateway()
# A list of values may not be empty.
given = ParametersI()
given.addLongs("images", GIVEN["images"] or [-1])
given.addLongs("plates", GIVEN["plates"] or [-1])
query = """
    select distinct i.id, e.clientPath from Image i join i.fileset f join f.usedFiles e
    left outer join i.wellSamples s left outer join s.well w left outer join w.plate p
    where index(e) = 0 and (i.id in (:images) or p.id in (:plates)) order by i.id
"""
answer(unwrap(connection.getQueryService().projection(query, given, connection.SERVICE_OPTS)))
connection.close()
