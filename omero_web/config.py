"""The configuration of the web application: the instance's properties as typed values."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from omero_server.control.config import Config, ConfigError

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """A Blitz server that visitors can log in to.

    ``address`` is what this application connects to, ``client_port`` the port for the visitors' own programs.
    """

    id: int
    host: str
    port: int
    label: str
    address: str
    client_port: int


class WebConfig:
    """What the web application needs of one OMERO instance's configuration."""

    def __init__(self, config: Config) -> None:
        self.properties = config
        self.state: Path = config.instance.web_dir

    def text(self, name: str, default: str = "") -> str:
        """The property's text; ``default`` when it is unset or empty."""
        return self.properties.get(name, "") or default

    def number(self, name: str, default: int) -> int:
        """The property as a whole number, ``default`` when it is unset or empty. Raises ConfigError."""
        return self.properties.get_int(name) if self.text(name) else default

    @property
    def prefix(self) -> str:
        """The path under which the application is mounted: empty, or ``/name`` without a closing slash."""
        prefix = self.text("omero.web.prefix").strip("/")
        return f"/{prefix}" if prefix else ""

    @property
    def static_url(self) -> str:
        """Where static files are served; the default lies below the prefix."""
        url = self.text("omero.web.static_url", "/static/")
        return f"{self.prefix}{url}" if url == "/static/" else url

    def explicit(self, name: str, default: int) -> int:
        """The number that somebody has set, else ``default``, for properties whose official default does not fit."""
        return self.properties.get_int(name) if self.properties.explicit().get(name) else default

    def servers(self) -> list[Server]:
        """``omero.web.server_list`` in its order, ids from 1. Raises ConfigError."""
        listed = self.properties.get_json("omero.web.server_list", [["localhost", 4064, "omero"]])
        try:
            return [self._server(at, *entry) for at, entry in enumerate(listed, start=1)]
        except (TypeError, ValueError) as error:
            raise ConfigError('omero.web.server_list must look like [["localhost", 4064, "omero"]]') from error

    def _server(self, number: int, host: str, port: int, label: str = "") -> Server:
        # The own server is reached over plain TCP on the loopback interface: nobody can listen in there, and tiles need
        # no encryption twice.
        ports = self.properties.ports
        own = host in LOOPBACK and int(port) in (4064, ports.ssl)
        secure_port = ports.ssl if own else int(port)
        if own and ports.tcp and not self.properties.get_bool("omero.web.secure"):
            return Server(number, host, int(port), label, f"tcp://127.0.0.1:{ports.tcp}", secure_port)
        return Server(number, host, int(port), label, f"ssl://{host}:{secure_port}", secure_port)

    def secret(self) -> str:
        """The key that signs cookies: ``omero.web.secret_key``, else one made on first use for its owner's eyes."""
        configured = self.text("omero.web.secret_key")
        return configured or _kept_secret(self.properties.instance.etc / "web-secret")


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # fails when another worker was first: then its key holds
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


@cache
def web_config() -> WebConfig:
    """The configuration of this process's instance (environment variable OMERODIR), read once."""
    return WebConfig(Config.load())
