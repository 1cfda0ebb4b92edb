"""The properties omero.ldap.* in the form that the rest of this package uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from omero_server.control.config import Config, ConfigError

__all__ = ["GroupRule", "LdapSettings", "Url", "ldap_enabled"]

REFERRALS = ("ignore", "follow", "throw")
USER_FIELDS = ("omeName", "firstName", "middleName", "lastName", "email", "institution")
GROUP_FIELDS = ("name", "description")
RULES = ("ou", "attribute", "filtered_attribute", "dn_attribute", "filtered_dn_attribute", "query")
LONGEST_WAIT = 300.0  # seconds; what "no timeout" means here


@dataclass(frozen=True, slots=True)
class Url:
    """A server: ``ldap://host:port`` or, with TLS from the first byte on, ``ldaps://host:port``."""

    text: str
    host: str
    port: int
    tls: bool

    @classmethod
    def parse(cls, text: str) -> Url:
        """Raises ValueError."""
        parts = urlsplit(text)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname:
            raise ValueError(f"{text!r} is no URL of an LDAP server; write ldap://host:389 or ldaps://host:636")
        tls = parts.scheme == "ldaps"
        return cls(text, parts.hostname, parts.port or (636 if tls else 389), tls)


@dataclass(frozen=True, slots=True)
class GroupRule:
    """omero.ldap.new_user_group: ``kind`` "name" or one of RULES; ``value`` a group's name, an attribute or a query."""

    kind: str
    value: str

    @classmethod
    def parse(cls, text: str) -> GroupRule:
        """Raises ConfigError for kinds that this server does not have."""
        match = re.fullmatch(r":(\w+):(.*)", text.strip(), re.DOTALL)
        if match is None:
            return cls("name", text.strip())
        kind, value = match.groups()
        if kind not in RULES or (kind != "ou" and not value.strip()):
            shown = ", ".join(f":{rule}:" for rule in RULES)
            raise ConfigError(f"omero.ldap.new_user_group is {text!r}; use a group's name or one of {shown}")
        return cls(kind, value.strip())


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """Timeouts in seconds, at most LONGEST_WAIT. Mappings: field of OMERO to attribute of the directory."""

    urls: tuple[Url, ...]
    start_tls: bool
    username: str
    password: str
    base: str
    user_filter: str
    user_mapping: dict[str, str]
    group_filter: str
    group_mapping: dict[str, str]
    group_rule: GroupRule
    owner_filter: str
    sync_on_login: bool
    referral: str
    connect_timeout: float
    read_timeout: float
    ignore_case: bool

    @classmethod
    def read(cls, config: Config) -> LdapSettings:
        """Raises ConfigError, naming the property, for what makes no sense."""
        referral = config.get("omero.ldap.referral").strip().lower()
        if referral not in REFERRALS:
            raise ConfigError(f"omero.ldap.referral is {referral!r}; use one of {', '.join(REFERRALS)}")
        return cls(
            urls=_urls(config),
            start_tls=config.get_bool("omero.ldap.start_tls"),
            username=config.get("omero.ldap.username"),
            password=config.get("omero.ldap.password"),
            base=config.get("omero.ldap.base"),
            user_filter=_filter(config, "omero.ldap.user_filter"),
            user_mapping=_mapping(config, "omero.ldap.user_mapping", USER_FIELDS),
            group_filter=_filter(config, "omero.ldap.group_filter"),
            group_mapping=_mapping(config, "omero.ldap.group_mapping", GROUP_FIELDS),
            group_rule=GroupRule.parse(config.get("omero.ldap.new_user_group")),
            owner_filter=_filter(config, "omero.ldap.new_user_group_owner"),
            sync_on_login=config.get_bool("omero.ldap.sync_on_login"),
            referral=referral,
            connect_timeout=_seconds(config, "omero.ldap.connect_timeout"),
            read_timeout=_seconds(config, "omero.ldap.read_timeout"),
            ignore_case=config.get_bool("omero.security.ignore_case"),
        )

    @property
    def login_attribute(self) -> str:
        """The attribute that holds login names."""
        return self.user_mapping["omeName"]

    @property
    def group_attribute(self) -> str:
        """The attribute that holds names of groups."""
        return self.group_mapping["name"]


def ldap_enabled(config: Config) -> bool:
    """Whether LDAP is on; if not, the other properties may say what they like."""
    return config.get_bool("omero.ldap.config")


def _urls(config: Config) -> tuple[Url, ...]:
    texts = config.get("omero.ldap.urls").replace(",", " ").split()
    try:
        found = tuple(Url.parse(text) for text in texts)
    except ValueError as error:
        raise ConfigError(f"omero.ldap.urls: {error}") from None
    if not found:
        raise ConfigError("omero.ldap.urls is empty; write ldap://host:389 or ldaps://host:636")
    return found


def _mapping(config: Config, name: str, fields: tuple[str, ...]) -> dict[str, str]:
    """``field=attribute`` separated by commas or semicolons."""
    mapping: dict[str, str] = {}
    for part in re.split(r"[,;]", config.get(name)):
        field, sign, attribute = (piece.strip() for piece in part.partition("="))
        if not field and not sign:
            continue
        if field not in fields or not attribute:
            raise ConfigError(f"{name} has {part.strip()!r}; write FIELD=ATTRIBUTE, with FIELD in {', '.join(fields)}")
        mapping[field] = attribute
    if fields[0] not in mapping:
        raise ConfigError(f"{name} does not say which attribute is the {fields[0]}")
    return mapping


def _filter(config: Config, name: str) -> str:
    text = config.get(name).strip()
    if text and not (text.startswith("(") and text.endswith(")")):
        raise ConfigError(f"{name} is {text!r}; a filter stands in parentheses, as (objectClass=person)")
    return text


def _seconds(config: Config, name: str) -> float:
    seconds = config.get_int(name) / 1000
    return min(seconds, LONGEST_WAIT) if seconds > 0 else LONGEST_WAIT
