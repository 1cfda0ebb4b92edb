"""The providers by the names that the property omero.security.password_provider uses."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from omero_server.control.config import ConfigError
from omero_server.security.ldap.provider import FilterAtFirstLoginProvider, LdapProvider
from omero_server.security.providers.base import PasswordProvider, Setting
from omero_server.security.providers.chain import Chain
from omero_server.security.providers.database import DatabaseProvider
from omero_server.security.providers.file import FileProvider

__all__ = ["CHAINS", "ENTRY_POINTS", "PROPERTY", "make_provider"]

PROPERTY = "omero.security.password_provider"
ENTRY_POINTS = "omero.password_providers"

PROVIDERS: dict[str, Callable[[Setting], PasswordProvider]] = {
    provider.name: provider for provider in (DatabaseProvider, FileProvider, LdapProvider, FilterAtFirstLoginProvider)
}
CHAINS = {
    "chainedPasswordProvider": (LdapProvider.name, DatabaseProvider.name),
    # Hashes without salt are always read, and none is written any more: this name only keeps old configurations going.
    "chainedPasswordProviderNoSalt": (LdapProvider.name, DatabaseProvider.name),
    "chainedPasswordProvider431": (FilterAtFirstLoginProvider.name, DatabaseProvider.name),
}


def make_provider(setting: Setting) -> PasswordProvider:
    """The provider, or comma-separated chain of them, that the configuration names. Raises ConfigError."""
    names = setting.config.get_list(PROPERTY)
    if not names:
        raise ConfigError(f"{PROPERTY} is empty; its default is chainedPasswordProvider")
    providers = [_make(part, setting) for name in names for part in CHAINS.get(name, (name,))]
    return providers[0] if len(providers) == 1 else Chain(", ".join(names), providers)


def _make(name: str, setting: Setting) -> PasswordProvider:
    if name in PROVIDERS:
        return PROVIDERS[name](setting)
    for point in entry_points(group=ENTRY_POINTS, name=name):
        made: PasswordProvider = point.load()(setting)
        return made
    known = ", ".join(sorted([*CHAINS, *PROVIDERS]))
    raise ConfigError(f"{PROPERTY}: there is no password provider {name!r}; this server has {known}")
