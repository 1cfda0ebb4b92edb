"""Which database an instance uses: the embedded one, or an external one by `omero.db.*`."""

from urllib.parse import quote

from omero_server.control.config import Config
from omero_server.db.embedded import EmbeddedPostgres

__all__ = ["database_uri", "embedded_postgres"]


def embedded_postgres(config: Config) -> EmbeddedPostgres | None:
    """The instance's own database server, or None when `omero.db.host` names an external one."""
    if config.get("omero.db.host"):
        return None
    return EmbeddedPostgres(config.instance.postgres_dir, config.get("omero.db.embedded.shared_buffers"))


def database_uri(config: Config) -> str:
    """libpq URI of the instance's database, embedded or external; with the password of an external one."""
    embedded = embedded_postgres(config)
    if embedded is not None:
        return embedded.connection_uri()
    user, password, name = (quote(config.get(f"omero.db.{part}"), safe="") for part in ("user", "pass", "name"))
    host, port = config.get("omero.db.host"), config.get_int("omero.db.port")
    if host.startswith("/"):
        return f"postgresql://{user}:{password}@:{port}/{name}?host={quote(host, safe='')}"
    return f"postgresql://{user}:{password}@{f'[{host}]' if ':' in host else host}:{port}/{name}"
