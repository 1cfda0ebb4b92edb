"""10,000 Image objects by IQuery.findAllByQuery, against a raw psycopg2 fetch of the same rows."""

from __future__ import annotations

import psycopg2

import omero
from bench.figures import print_figure, rate
from bench.server import running_server

COUNT = 10_000
INSERT = """
    insert into image (id, permissions, archived, partial, description, name, series, version,
                       creation_id, update_id, owner_id, group_id)
    select ome_nextval('seq_image'), -52, false, false, 'number ' || n, 'image ' || n, 0, 0, 0, 0, 0, 0
    from generate_series(1, %s) n
"""


def main() -> None:
    """Make the rows, then read them both ways."""
    with running_server() as server, psycopg2.connect(server.uri) as connection, connection.cursor() as cursor:
        cursor.execute(INSERT, (COUNT,))
        connection.commit()

        def raw() -> None:
            cursor.execute("select * from image")
            assert len(cursor.fetchall()) == COUNT

        client = omero.client(f"tcp://{server.host}:{server.ports.tcp}")
        try:
            query = client.createSession("root", server.root_password).getQueryService()

            def ours() -> None:
                assert len(query.findAllByQuery("select i from Image i", None)) == COUNT

            print_figure("objects", "images/s", rate(ours) * COUNT, rate(raw) * COUNT)
        finally:
            client.closeSession()


if __name__ == "__main__":
    main()
