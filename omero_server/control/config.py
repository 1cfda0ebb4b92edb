"""The configuration of an instance: values of `etc/grid/config.xml` over the defaults of the property table.

This module stands below every other room: the server's parts receive a `Config`, and it needs none of them.
"""

import json
import re
from pathlib import Path
from typing import Any

from omero_server.control.config_xml import ConfigError, ConfigFile
from omero_server.control.instance import PORT_KINDS, Instance, Ports
from omero_server.control.properties import known_properties

__all__ = ["Config", "ConfigError", "is_secret"]

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9._-]+)\}")
_TRUE = {"true", "yes", "on", "1", "t"}
_FALSE = {"false", "no", "off", "0", "f", ""}


def is_secret(name: str) -> bool:
    """Whether values of this property are masked in listings and logs."""
    return name.lower().endswith(("pass", "password", "secret_key", "secret"))


class Config:
    """Effective properties of one instance. Reading never touches the disk again; `set` and `remove` do."""

    def __init__(self, instance: Instance, values: dict[str, str], profile: str = "default") -> None:
        self.instance = instance
        self.profile = profile
        self._values = dict(values)

    @classmethod
    def load(cls, omerodir: Path | str | None = None) -> "Config":
        """Read the active profile of `omerodir` (default: see `Instance.locate`); a missing file means all defaults."""
        instance = Instance(Path(omerodir).absolute()) if omerodir else Instance.locate()
        stored = ConfigFile(instance.config_file)
        return cls(instance, stored.properties, stored.profile)

    def __contains__(self, name: str) -> bool:
        return name in self._values or name in known_properties()

    def explicit(self) -> dict[str, str]:
        """Only what was set, without defaults, as written."""
        return dict(self._values)

    def effective(self) -> dict[str, str]:
        """Every known or set property with its value, references replaced."""
        return {name: self.get(name) for name in {**known_properties(), **self._values}}

    def get(self, name: str, default: str | None = None) -> str:
        """Value of `name`, with `${other}` replaced; a property nobody knows gives `default`, else ConfigError."""
        return self._resolve(name, default, ())

    def get_int(self, name: str, default: int | None = None) -> int:
        """The value as an integer; ConfigError when it is none."""
        text = self.get(name, None if default is None else str(default))
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"{name} is {text!r}, which is not an integer") from None

    def get_float(self, name: str, default: float | None = None) -> float:
        """The value as a number; ConfigError when it is none."""
        text = self.get(name, None if default is None else str(default))
        try:
            return float(text)
        except ValueError:
            raise ConfigError(f"{name} is {text!r}, which is not a number") from None

    def get_bool(self, name: str, default: bool | None = None) -> bool:
        """The value as a boolean (true/false, yes/no, on/off, 1/0; empty is false)."""
        text = self.get(name, None if default is None else str(default)).strip().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise ConfigError(f"{name} is {text!r}; use true or false")

    def get_json(self, name: str, default: Any = None) -> Any:
        """The value parsed as JSON; an empty value gives `default`."""
        text = self.get(name, "")
        if not text:
            return default
        try:
            return json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{name} is not valid JSON ({error}): {text!r}") from None

    def get_list(self, name: str) -> list[str]:
        """A comma-separated value as its non-empty, stripped items."""
        return [item.strip() for item in self.get(name).split(",") if item.strip()]

    @property
    def data_dir(self) -> Path:
        """Root of the binary repository."""
        return Path(self.get("omero.data.dir")).expanduser()

    @property
    def ports(self) -> Ports:
        """Ports with `omero.ports.prefix` put before each; transports not in `omero.client.icetransports` get 0."""
        transports = set(self.get_list("omero.client.icetransports"))
        numbers = {kind: self._port(f"omero.ports.{kind}") if kind in transports else 0 for kind in PORT_KINDS}
        return Ports(web=self._port("omero.web.application_server.port"), **numbers)

    def listening_ports(self) -> dict[str, tuple[int, str]]:
        """The ports that a running instance listens on, as `Ports.named`: without OMERO.web's when that is off."""
        named = self.ports.named()
        return named if self.get_bool("omero.web.start") else {kind: named[kind] for kind in named if kind != "web"}

    def set(self, name: str, value: str) -> None:
        """Store one property in the active profile (atomic, under the file's lock)."""
        with ConfigFile.edit(self.instance.config_file) as stored:
            stored.properties[name] = value
        self._values[name] = value

    def remove(self, name: str) -> None:
        """Back to the default; an unset property is left as it is."""
        with ConfigFile.edit(self.instance.config_file) as stored:
            stored.properties.pop(name, None)
        self._values.pop(name, None)

    def _port(self, name: str) -> int:
        text = self.get("omero.ports.prefix").strip() + self.get(name).strip()
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise ConfigError(f"{name} with omero.ports.prefix gives port {text!r}; ports lie between 1 and 65535")
        return int(text)

    def _resolve(self, name: str, default: str | None, seen: tuple[str, ...]) -> str:
        if name == "omero.home":
            return str(self.instance.root)
        if name in seen:
            raise ConfigError(f"Properties refer to each other in a circle: {' -> '.join((*seen, name))}")
        known = known_properties().get(name)
        text = self._values.get(name, known.default if known else default)
        if text is None:
            raise ConfigError(f"Unknown property: {name}")
        return _REFERENCE.sub(lambda match: self._reference(match, (*seen, name)), text)

    def _reference(self, match: re.Match[str], seen: tuple[str, ...]) -> str:
        # A reference to an unknown name belongs to whoever reads the value.
        if match.group(1) not in self and match.group(1) != "omero.home":
            return match.group(0)
        return self._resolve(match.group(1), None, seen)
