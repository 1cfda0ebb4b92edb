"""The database room: engine, ids, schema and the embedded PostgreSQL server."""
