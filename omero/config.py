"""``ConfigXml``: the properties of a server in ``etc/grid/config.xml``, for programs that read or change them.

config = ConfigXml("etc/grid/config.xml")
config["omero.data.dir"] = "/data"
config.close()
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, KeysView
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.dom import minidom
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from omero.config_file import ACTIVE, FORMAT_VERSION, PROFILE_KEY, VERSION_KEY, locked, write_document, written_by

__all__ = ["ConfigXml", "Environment"]

Block = tuple[str, Element]
OMERO_CONFIG = "OMERO_CONFIG"


class Environment:
    """Which profile is meant: the one asked for, that of the variable OMERO_CONFIG, or the one in the file."""

    def __init__(self, user_specified: str | None = None) -> None:
        self.fallback = "default"
        self.user_specified = user_specified
        self.from_os_environ = os.environ.get(OMERO_CONFIG) or None

    def is_non_default(self) -> str | None:
        """The profile asked for, or that of the variable; None when the file decides."""
        return self.user_specified or self.from_os_environ

    def set_by_user(self, value: str) -> None:
        """Ask for a profile."""
        self.user_specified = value

    def internal_value(self, config: ConfigXml) -> str:
        """The profile that the file names."""
        active = config.internal()
        named = config.props_to_dict(active).get(PROFILE_KEY) if active is not None else None
        return named or self.fallback

    def for_save(self, config: ConfigXml) -> str:
        """The profile that the file shall name: the variable does not change it."""
        return self.user_specified or self.internal_value(config)

    def for_default(self, config: ConfigXml) -> str:
        """The profile in use."""
        return self.is_non_default() or self.internal_value(config)


class ConfigXml:
    """The properties of the profile in use, as a mapping. ``close`` writes the file.

    With ``exclusive`` nobody else can change the file meanwhile: raises ConfigLocked when somebody does. With
    ``read_only`` nothing is written. ``env_config`` names another profile than that of the file.
    """

    KEY = VERSION_KEY
    VERSION = FORMAT_VERSION
    INTERNAL = ACTIVE
    DEFAULT = PROFILE_KEY
    IGNORE = [KEY, DEFAULT]

    def __init__(
        self, filename: Any, env_config: str | None = None, exclusive: bool = True, read_only: bool = False
    ) -> None:
        self.logger = logging.getLogger("omero.config.ConfigXml")
        self.filename = os.fspath(filename)
        self.env_config = Environment(env_config)
        self.exclusive = exclusive
        self.read_only = read_only
        self.save_on_close = True
        self._held = ExitStack()
        self.open_source()
        try:
            self.XML = fromstring(self.source) if self.source else self._empty()
        except BaseException:
            self._close_lock()
            raise

    def open_source(self) -> None:
        """Take the lock and read the file; one that is not there is empty, unless it is only to be read."""
        path = Path(self.filename)
        if self.read_only:
            self.source = path.read_bytes()
            return
        self._open_lock()
        self.source = path.read_bytes() if path.exists() else b""

    def _open_lock(self) -> None:
        if self.exclusive:
            self._held.enter_context(locked(Path(f"{self.filename}.lock")))

    def _close_lock(self) -> None:
        self._held.close()

    def _empty(self) -> Element:
        root = Element("icegrid")
        default = self.env_config.is_non_default() or self.env_config.fallback
        for name in (ACTIVE, default):
            SubElement(root, "properties", {"id": name})
        _set(root[0], PROFILE_KEY, default)
        for block in root:
            _set(block, VERSION_KEY, FORMAT_VERSION)
        SubElement(root, "include", {"file": "templates.xml"})
        return root

    # Profiles

    def internal(self) -> Any:
        """The block that names the profile in use; None when there is none."""
        return self.properties(ACTIVE)

    def properties(self, id: str | None = None, filter_internal: bool = False) -> Any:
        """The block of a profile, None when there is none; without ``id`` all as (name, block).

        ``filter_internal`` leaves out the one that names the profile in use.
        """
        blocks: list[Block] = [(block.get("id", ""), block) for block in self.XML.findall("./properties")]
        if id is not None:
            return next((block for name, block in blocks if name == id), None)
        return [(name, block) for name, block in blocks if not (filter_internal and name == ACTIVE)]

    def default(self, value: str | None = None) -> str:
        """The profile in use. ``value`` makes another one that, a new one if need be."""
        if value:
            self.env_config.set_by_user(value)
            self._profile()
        return self.env_config.for_default(self)

    def _profile(self) -> Element:
        """The block of the profile in use, made if need be."""
        name = self.default()
        block = self.properties(name)
        if block is None:
            block = SubElement(self.XML, "properties", {"id": name})
            _set(block, VERSION_KEY, FORMAT_VERSION)
        return block  # type: ignore[no-any-return]

    def remove(self, id: str | None = None) -> None:
        """Remove a profile, or the one in use. Raises KeyError when there is none."""
        name = id or self.default()
        block = self.properties(name)
        if block is None or name == ACTIVE:
            raise KeyError(f"No such configuration: {name}")
        self.XML.remove(block)

    # Versions

    def version(self, id: str | None = None) -> str | None:
        """The version of the format that a profile, or the one in use, was written in."""
        block = self.properties(id or self.default())
        return None if block is None else self.props_to_dict(block).get(VERSION_KEY)

    def version_check(self) -> None:
        """Bring all profiles to the version of this program."""
        for _name, block in self.properties():
            found = self.props_to_dict(block).get(VERSION_KEY)
            if found != FORMAT_VERSION:
                self.version_fix(block, found)

    def version_fix(self, props: Element, version: str | None) -> None:
        """Bring one profile there. Versions before differ only in what they are called."""
        self.logger.info("Profile %s: version %s becomes %s", props.get("id"), version, FORMAT_VERSION)
        _set(props, VERSION_KEY, FORMAT_VERSION)

    def toplinks_check(self) -> None:
        """Nothing: links of OMERO.web need no change."""

    # The file

    def dump(self) -> None:
        """Print all profiles."""
        for name, block in self.properties():
            print(f"# ===> {name} <===")
            print(self.dict_to_text(self.props_to_dict(block)))

    def save(self) -> None:
        """Write the file. It names the profile in use, and repeats that one's properties."""
        if self.read_only:
            return
        name = self.env_config.for_save(self)
        values = self.props_to_dict(self.properties(name))
        root = Element("icegrid")
        root.append(written_by())
        active = SubElement(root, "properties", {"id": ACTIVE})
        for key, value in ({PROFILE_KEY: name, VERSION_KEY: FORMAT_VERSION} | values).items():
            _set(active, key, value)
        root.extend(block for _name, block in self.properties(filter_internal=True))
        SubElement(root, "include", {"file": "templates.xml"})
        self.write_element(root)

    def write_element(self, icegrid: Element) -> None:
        """Replace the file by this document."""
        write_document(Path(self.filename), icegrid)
        self.XML = icegrid

    def close(self) -> None:
        """Write the file, and let others change it."""
        try:
            if self.save_on_close:
                self.save()
        finally:
            self._close_lock()

    # Forms

    def props_to_dict(self, c: Any) -> dict[str, str]:
        """The properties of a block."""
        return {} if c is None else {each.get("name"): each.get("value") for each in c.findall("./property")}

    def dict_to_text(self, parsed: dict[str, str] | None = None) -> str | None:
        """Properties as ``key=value`` lines."""
        return None if parsed is None else "\n".join(f"{key}={value}" for key, value in parsed.items())

    def element_to_xml(self, elem: Element) -> str:
        """A block as indented XML."""
        return minidom.parseString(tostring(elem, encoding="utf-8")).toprettyxml("  ", "\n")

    def clear_text(self, p: Any) -> None:
        """Take the blanks between elements away."""
        p.text = p.tail = None
        for child in p:
            self.clear_text(child)

    # The profile in use as a mapping

    def as_map(self) -> dict[str, str]:
        """The properties of the profile in use."""
        return self.props_to_dict(self.properties(self.default()))

    def keys(self) -> KeysView[str]:
        """Their names."""
        return self.as_map().keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __getitem__(self, key: str) -> str:
        return self.as_map()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(value, str | bytes):
            raise TypeError(f"{key}: properties are text, not {type(value).__name__}")
        _set(self._profile(), key, value.decode("utf-8") if isinstance(value, bytes) else value)

    def __delitem__(self, key: str) -> None:
        block = self.properties(self.default())
        for found in block.findall("./property") if block is not None else ():
            if found.get("name") == key:
                block.remove(found)


def _set(block: Element, key: str, value: str) -> None:
    """Set a property of a block."""
    for found in block.findall("./property"):
        if found.get("name") == key:
            found.set("value", value)
            return
    SubElement(block, "property", {"name": key, "value": value})
