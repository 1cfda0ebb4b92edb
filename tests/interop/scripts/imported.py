"""Images and the client paths of their filesets' first files, in the order of import."""

from shared import answer, gateway

from omero.rtypes import unwrap

connection = gateway()
rows = connection.getQueryService().projection(
    "select i.id, e.clientPath from Image i join i.fileset f join f.usedFiles e where index(e) = 0 order by i.id",
    None,
    connection.SERVICE_OPTS,
)
answer(unwrap(rows))
connection.close()
