"""Users, groups, and the details of objects."""

from __future__ import annotations

import configparser
import io
from collections.abc import Iterator
from typing import Any

import omero.sys
from omero.gateway.wrapper import BlitzObjectWrapper, resolve
from omero.rtypes import rlong, unwrap

__all__ = ["DetailsWrapper", "_ExperimenterGroupWrapper", "_ExperimenterWrapper"]

# The name space that stored preferences have always had, odd as it is: existing databases have them under it.
PREFERENCES = "TODO.changeme.preferences"


class DetailsWrapper(BlitzObjectWrapper):
    """Owner, group and permissions of an object."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._owner: Any = None
        self._group: Any = None

    def getOwner(self) -> Any:
        """The owner, loaded once."""
        if self._owner is None and self._obj.owner is not None:
            self._owner = resolve("ExperimenterWrapper")(self._conn, self._obj.owner)
        return self._owner

    def getGroup(self) -> Any:
        """The group, loaded once."""
        if self._group is None and self._obj.group is not None:
            self._group = resolve("ExperimenterGroupWrapper")(self._conn, self._obj.group)
        return self._group

    def getExternalInfo(self) -> Any:
        """The external info, None without one."""
        info = self._obj.externalInfo
        if info is not None and not info.loaded:
            info = self._conn.getQueryService().get("ExternalInfo", info.id.val, self._conn.SERVICE_OPTS)
        return info

    def getId(self) -> Any:
        """Details have none."""
        return None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class _ExperimenterWrapper(BlitzObjectWrapper):
    """A user."""

    OMERO_CLASS = "Experimenter"
    LINK_CLASS = "GroupExperimenterMap"
    CHILD_WRAPPER_CLASS = None
    PARENT_WRAPPER_CLASS = "ExperimenterGroupWrapper"
    _attrs = ("firstName", "middleName", "lastName", "email")

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> tuple[str, list[str], Any]:
        """Options: ``load_experimentergroups`` (True unless set), ``experimentergroup``: id of a group."""
        opts = opts or {}
        query, clauses, params = "select obj from Experimenter as obj", [], omero.sys.ParametersI()
        group = opts.get("experimentergroup")
        if opts.get("load_experimentergroups", True) or group is not None:
            query += (
                " left outer join fetch obj.groupExperimenterMap as groupExperimenterMap"
                " left outer join fetch groupExperimenterMap.parent g"
            )
        if group is not None:
            clauses.append("groupExperimenterMap.parent.id = :group")
            params.add("group", rlong(group))
        return query, clauses, params

    def simpleMarshal(self, xtra: Any = None, parents: bool = False) -> dict[str, Any]:
        """With first, middle and last name, email, and isAdmin."""
        described = super().simpleMarshal(xtra=xtra, parents=parents)
        described["isAdmin"] = self.isAdmin()
        return described

    def copyGroupExperimenterMap(self) -> list[Any]:
        """The memberships; None where the group is not known."""
        if not self._obj.isGroupExperimenterMapLoaded():
            self._obj = self._conn.getAdminService().getExperimenter(self._obj.id.val)
        wrapper = resolve("BlitzObjectWrapper")
        return [
            wrapper(self._conn, link) if link is not None else None for link in self._obj.copyGroupExperimenterMap()
        ]

    def _groups(self) -> list[str]:
        """Names of the groups."""
        return [link.parent.name.val for link in self.copyGroupExperimenterMap() if link is not None]

    def getName(self) -> str:
        """The login name."""
        return str(unwrap(self._obj.omeName))

    def getDescription(self) -> str:
        """The full name."""
        return self.getFullName()

    def getFullName(self) -> str:
        """First, middle and last name, as far as there are."""
        try:
            first, last = unwrap(self._obj.firstName) or "", unwrap(self._obj.lastName) or ""
            middle = unwrap(self._obj.middleName)
        except AttributeError:
            return "Unknown"
        return " ".join(part for part in (first, middle, last) if part) or "No full name"

    def getNameWithInitial(self) -> str:
        """Initial of the first name, and last name."""
        first, last = unwrap(self._obj.firstName) or "", unwrap(self._obj.lastName) or ""
        return f"{first[0]}. {last}" if first and last else str(last or self.getName())

    def isAdmin(self) -> bool:
        """Whether in the group system."""
        return "system" in self._groups()

    def isActive(self) -> bool:
        """Whether in the group user."""
        return "user" in self._groups()

    def isGuest(self) -> bool:
        """Whether in the group guest."""
        return "guest" in self._groups()

    def is_self(self) -> bool:
        """Whether it is the caller."""
        return bool(self.getId() == self._conn.getUserId())

    # Preferences: an ini file in a comment

    def getRawPreferences(self) -> configparser.ConfigParser:
        """The preferences; the default section is called like the gateway's class."""
        parser = configparser.ConfigParser()
        annotation = self.getAnnotation(PREFERENCES)
        if annotation is not None:
            parser.read_string(annotation.getValue())
        return parser

    def setRawPreferences(self, prefs: configparser.ConfigParser) -> None:
        """Store the preferences."""
        text = io.StringIO()
        prefs.write(text)
        annotation = self.getAnnotation(PREFERENCES)
        if annotation is None:
            annotation = resolve("CommentAnnotationWrapper")(self._conn)
            annotation.setNs(PREFERENCES)
            annotation.setValue(text.getvalue())
            self.linkAnnotation(annotation)
        else:
            annotation.setValue(text.getvalue())
            annotation.save()

    def getPreference(self, key: str, default: str = "", section: str | None = None) -> str:
        """One preference, or ``default``."""
        section = section or type(self._conn).__name__
        return self.getRawPreferences().get(section, key, fallback=default)

    def getPreferences(self, section: str | None = None) -> dict[str, str]:
        """All preferences of a section."""
        section = section or type(self._conn).__name__
        parser = self.getRawPreferences()
        return dict(parser.items(section)) if parser.has_section(section) else {}

    def setPreference(self, key: str, value: str, section: str | None = None) -> None:
        """Store one preference."""
        section = section or type(self._conn).__name__
        parser = self.getRawPreferences()
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, key, value)
        self.setRawPreferences(parser)


class _ExperimenterGroupWrapper(BlitzObjectWrapper):
    """A group."""

    OMERO_CLASS = "ExperimenterGroup"
    LINK_CLASS = "GroupExperimenterMap"
    CHILD_WRAPPER_CLASS = "ExperimenterWrapper"
    PARENT_WRAPPER_CLASS = None

    @classmethod
    def _getQueryString(cls, opts: dict[str, Any] | None = None) -> tuple[str, list[str], Any]:
        """Options: ``load_experimenters`` (True unless set), ``experimenter``: id of a member."""
        opts = opts or {}
        query, clauses, params = "select obj from ExperimenterGroup as obj", [], omero.sys.ParametersI()
        member = opts.get("experimenter")
        if opts.get("load_experimenters", True) or member is not None:
            query += " left outer join fetch obj.groupExperimenterMap as map left outer join fetch map.child e"
        if member is not None:
            clauses.append("map.child.id = :experimenter")
            params.add("experimenter", rlong(member))
        return query, clauses, params

    def _listChildren(self, ns: str | None = None, val: Any = None, params: Any = None) -> Iterator[Any]:
        """The members."""
        for link in self._loaded_links():
            yield link.child

    def _loaded_links(self) -> list[Any]:
        if not self._obj.isGroupExperimenterMapLoaded():
            self._obj = self._conn.getAdminService().getGroup(self._obj.id.val)
        return [link for link in self._obj.copyGroupExperimenterMap() if link is not None]

    def copyGroupExperimenterMap(self) -> list[Any]:
        """The memberships."""
        return [resolve("BlitzObjectWrapper")(self._conn, link) for link in self._loaded_links()]

    def groupSummary(self, exclude_self: bool = False) -> tuple[list[Any], list[Any]]:
        """(leaders, other members), without the caller if asked so."""
        leaders: list[Any] = []
        colleagues: list[Any] = []
        user = self._conn.getUserId()
        for link in self._loaded_links():
            if exclude_self and link.child.id.val == user:
                continue
            wrapped = resolve("ExperimenterWrapper")(self._conn, link.child)
            (leaders if unwrap(link.owner) else colleagues).append(wrapped)
        return leaders, colleagues
