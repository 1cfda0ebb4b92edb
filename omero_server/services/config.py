"""IConfig: the server's settings and versions."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

from sqlalchemy import ARRAY, Text, func, literal, select, update
from sqlalchemy.exc import DataError

import omero
from omero_server.control.properties import known_properties
from omero_server.db.tables import TABLES
from omero_server.services.service import Service, reads, writes
from omero_server.sessions.call import Call

__all__ = ["API_VERSION", "ConfigService"]

# The release of OMERO.server whose interface this is; clients compare their own version with it.
API_VERSION = "5.6.17"
CLIENT_PREFIX = "omero.client."

PUBLIC = re.compile(
    r"omero\.(version|upgrades\.url|qa\.feedback|router\.insecure|security\.password_required"
    r"|cluster\.read_only\.runtime\.(db|repo)|bioformats\.(version|vcs_revision|date)|server\.nodedescriptors"
    r"|db\.(authority|uuid)|mail\.config|pixeldata\.(backoff|tile_width|tile_height|max_plane_width|max_plane_height"
    r"|max_plane_float_override|max_tile_length|max_projection_bytes)"
    r"|sessions\.(timeout|maximum|max_user_time_to_idle|max_user_time_to_live)"
    r"|client\.(scripts_to_ignore|web\.host|download_as\.max_size|browser\.thumb_default_size"
    r"|viewer\.(roi_limit|initial_zoom_level|interpolate_pixels)|ui\.tree\.type_order"
    r"|ui\.tree\.orphans\.(enabled|name|description)"
    r"|ui\.menu\.dropdown\.(leaders|colleagues|everyone)\.(label|enabled)))"
)
HIDDEN = re.compile(
    r"omero\.security\.filter\.bitand|omero\.db\.(host|name|user|pass|driver|poolsize|dialect)|(database|hibernate)\..*"
)
COMPUTED = {
    "omero.version": API_VERSION,
    "omero.cluster.read_only.runtime.db": "false",
    "omero.cluster.read_only.runtime.repo": "false",
}
IN_DATABASE = ("omero.db.uuid", "omero.db.authority", "omero.router.insecure")


class ConfigService(Service):
    """Everybody may read what clients need; administrators nearly everything; nobody the database's credentials."""

    interface = "::omero::api::IConfig"

    def __init__(self) -> None:
        self._changed: dict[str, str] = {}
        self._lock = threading.RLock()

    @reads(role="any")
    def getVersion(self, call: Call) -> str:
        """The version of the interface, three numbers."""
        return API_VERSION

    @reads(role="any")
    def getConfigValue(self, call: Call, key: str) -> str:
        """The value of a setting; empty for one that is not set. SecurityViolation when the caller may not read it."""
        if not key:
            return ""
        if not readable(call, key):
            raise omero.SecurityViolation(message=f"The setting {key} is not for you to read; ask an administrator.")
        return self._value(call, key)

    @reads(role="any")
    def getConfigValues(self, call: Call, keyRegex: str) -> dict[str, str]:
        """The readable settings whose names the expression is found in."""
        known = dict.fromkeys([*call.engine.config.effective(), *IN_DATABASE, *COMPUTED])
        found = _matching(call, [name for name in known if readable(call, name)], keyRegex or "")
        return {name: self._value(call, name) for name in found}

    @reads(role="system")
    def getConfigDefaults(self, call: Call) -> dict[str, str]:
        """The defaults of all settings."""
        return {name: prop.default for name, prop in known_properties().items()}

    @reads(role="any")
    def getClientConfigValues(self, call: Call) -> dict[str, str]:
        """The settings that are meant for clients."""
        names = (name for name in call.engine.config.effective() if name.startswith(CLIENT_PREFIX))
        return {name: self._value(call, name) for name in names}

    @reads(role="any")
    def getClientConfigDefaults(self, call: Call) -> dict[str, str]:
        """The defaults of the settings that are meant for clients."""
        return {name: prop.default for name, prop in known_properties().items() if name.startswith(CLIENT_PREFIX)}

    @writes(role="system")
    def setConfigValue(self, call: Call, key: str, value: str) -> None:
        """Change a setting until the server restarts; ``omero config set`` changes it for good."""
        if not key:
            raise omero.ApiUsageException(message="The name of the setting is missing.")
        if key in IN_DATABASE and self._from_database(call, key):
            table = TABLES["configuration"]
            call.db.execute(update(table).where(table.c.name == key).values(value=value))
        else:
            with self._lock:
                self._changed[key] = value

    @writes(role="system")
    def setConfigValueIfEquals(self, call: Call, key: str, value: str, test: str) -> bool:
        """Change a setting if it has the value ``test`` now."""
        with self._lock:
            if self._value(call, key) != (test or ""):
                return False
            self.setConfigValue(call, key, value)
            return True

    @reads(role="any")
    def getDatabaseUuid(self, call: Call) -> str:
        """The identity of the database."""
        return self._from_database(call, "omero.db.uuid") or ""

    @reads(role="any")
    def getDatabaseTime(self, call: Call) -> Any:
        """The database's clock, in ms since the epoch."""
        seconds = call.db.execute(select(func.extract("epoch", func.now()))).scalar_one()
        return omero.RTime(int(seconds * 1000))

    @reads(role="any")
    def getServerTime(self, call: Call) -> Any:
        """The server's clock, in ms since the epoch."""
        return omero.RTime(int(time.time() * 1000))

    def _value(self, call: Call, key: str) -> str:
        if key in self._changed:
            return self._changed[key]
        if key in COMPUTED:
            return COMPUTED[key]
        stored = self._from_database(call, key) if key in IN_DATABASE else None
        if not stored and key == "omero.router.insecure" and call.engine.config.ports.tcp:
            return f"OMERO.Glacier2/router:tcp -p {call.engine.config.ports.tcp} -h @omero.host@"
        return stored or str(call.engine.config.get(key, ""))

    @staticmethod
    def _from_database(call: Call, key: str) -> str | None:
        table = TABLES["configuration"]
        return call.db.execute(select(table.c.value).where(table.c.name == key)).scalar_one_or_none()


def _matching(call: Call, names: list[str], pattern: str) -> list[str]:
    """The names that a regular expression is found in. ApiUsageException when it is none.

    PostgreSQL searches: some expressions would take Python years, and nobody else could do anything meanwhile.
    """
    name = func.unnest(literal(names, ARRAY(Text))).column_valued("name")
    try:
        return list(call.db.execute(select(name).where(name.op("~")(pattern))).scalars())
    except DataError as error:
        problem = str(error.orig).strip()
        raise omero.ApiUsageException(message=f"{pattern!r} is not a regular expression: {problem}.") from error


def readable(call: Call, key: str) -> bool:
    """Whether the caller may read the setting."""
    if HIDDEN.fullmatch(key):
        return False
    return call.caller.is_admin or PUBLIC.fullmatch(key) is not None
