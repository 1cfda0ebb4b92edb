"""Where the parts of one server instance (an OMERODIR) are, and which ports it uses."""

import os
from dataclasses import dataclass
from pathlib import Path

from omero_server.control.config_xml import ConfigError

__all__ = ["Instance", "Ports"]

PORT_KINDS = ("ssl", "tcp", "wss", "ws")


@dataclass(frozen=True)
class Instance:
    """The paths below one OMERODIR. Nothing is created by naming it; see `make_directories`."""

    root: Path

    @classmethod
    def locate(cls, environ: "os._Environ[str] | dict[str, str]" = os.environ) -> "Instance":
        """OMERODIR from the environment, else `.omero` in a source checkout, else `~/.local/share/omero`."""
        named = environ.get("OMERODIR")
        if named:
            return cls(Path(named).expanduser().absolute())
        checkout = Path(__file__).resolve().parents[2]
        if (checkout / "pyproject.toml").is_file() and (checkout / "slice").is_dir():
            return cls(checkout / ".omero")
        data_home = environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return cls(Path(data_home) / "omero")

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def config_file(self) -> Path:
        return self.etc / "grid" / "config.xml"

    @property
    def root_password_file(self) -> Path:
        """Holds the generated password of the user root, when none was given in ROOTPASS (mode 0600)."""
        return self.etc / "root-password"

    @property
    def ssl_dir(self) -> Path:
        return self.etc / "ssl"

    @property
    def postgres_dir(self) -> Path:
        return self.root / "postgres"

    @property
    def log_dir(self) -> Path:
        return self.root / "var" / "log"

    @property
    def run_dir(self) -> Path:
        return self.root / "var" / "run"

    @property
    def web_dir(self) -> Path:
        return self.root / "var" / "web"

    def make_directories(self) -> None:
        """Create what is missing. Configuration and run-time files are for the owner alone."""
        try:
            for path in (self.config_file.parent, self.log_dir, self.web_dir):
                path.mkdir(parents=True, exist_ok=True)
            for path in (self.ssl_dir, self.run_dir):
                path.mkdir(parents=True, exist_ok=True, mode=0o700)
            probe = self.run_dir / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            message = f"Cannot write to the instance directory {self.root}: {error.strerror}"
            raise ConfigError(f"{message}. Set OMERODIR to a directory of yours.") from error


@dataclass(frozen=True)
class Ports:
    """TCP ports of an instance; a transport that is switched off has port 0."""

    ssl: int
    tcp: int
    wss: int
    ws: int
    web: int

    def named(self) -> dict[str, tuple[int, str]]:
        """Each open port with the property that changes it: {"ssl": (4064, "omero.ports.ssl"), ...}."""
        properties = {kind: f"omero.ports.{kind}" for kind in PORT_KINDS}
        properties["web"] = "omero.web.application_server.port"
        return {kind: (getattr(self, kind), name) for kind, name in properties.items() if getattr(self, kind)}
