"""Small things the gateway needs: the call context, configuration, values from properties."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

__all__ = ["GatewayConfig", "ServiceOptsDict", "image_to_html", "propertiesToDict", "toBoolean"]

logger = logging.getLogger("omero.gateway.utils")

GROUP, USER, SHARE = "omero.group", "omero.user", "omero.share"


class GatewayConfig:
    """Where rendering options are kept: the namespaces of the annotations, None for nowhere."""

    def __init__(self) -> None:
        self.IMG_RDEFNS: str | None = None
        self.IMG_ROPTSNS: str | None = None


class ServiceOptsDict(dict[str, str]):
    """What is sent with a call: texts by name. ``setOmeroGroup("-1")`` means all groups."""

    def __init__(self, data: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        """Values that are neither text nor number are left out."""
        super().__init__()
        for key, item in {**(data or {}), **kwargs}.items():
            if self._testItem(item):
                super().__setitem__(str(key), str(item))
            else:
                logger.debug("left %s out of the call context: %r", key, item)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {super().__repr__()}>"

    def __setitem__(self, key: str, item: Any) -> None:
        if not self._testItem(item):
            raise AttributeError(f"{type(self).__name__} argument {item!r} must be a text or a number")
        super().__setitem__(key, str(item))

    def _testItem(self, item: Any) -> bool:
        return isinstance(item, str | int | float) and not isinstance(item, bool)

    def copy(self) -> ServiceOptsDict:
        """A new one with the same entries."""
        return ServiceOptsDict(self)

    def set(self, key: str, value: Any) -> None:
        """Set an entry; None removes it."""
        if value is None:
            self.pop(key, None)
        else:
            self[key] = value

    def getOmeroGroup(self) -> str | None:
        """Id of the group, "-1" for all."""
        return self.get(GROUP)

    def setOmeroGroup(self, value: Any = None) -> None:
        """Work in a group; None: in that of the session."""
        self.set(GROUP, value)

    def getOmeroUser(self) -> str | None:
        """Id of the user in whose name things are saved."""
        return self.get(USER)

    def setOmeroUser(self, value: Any = None) -> None:
        """Save in the name of a user; None: of the session's."""
        self.set(USER, value)

    def getOmeroShare(self) -> str | None:
        """Id of the share."""
        return self.get(SHARE)

    def setOmeroShare(self, value: Any = None) -> None:
        """Work in a share; None: in none."""
        self.set(SHARE, value)


def toBoolean(val: Any) -> bool:
    """Whether a text means yes: true, yes, y, t, 1, on."""
    return str(val).strip().lower() in ("true", "yes", "y", "t", "1", "on")


def propertiesToDict(m: Mapping[str, Any], prefix: str | None = None) -> dict[str, Any]:
    """Dotted names as nested dicts, values read as JSON where they are; ``prefix`` is taken off the names."""
    nested: dict[str, Any] = {}
    for name, value in m.items():
        keys = name.removeprefix(prefix or "").lstrip(".").split(".")
        place = nested
        for key in keys[:-1]:
            below = place.setdefault(key, {})
            if not isinstance(below, dict):
                below = place[key] = {}
            place = below
        place[keys[-1]] = _value(value)
    return nested


def _value(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def image_to_html(image: Any) -> str:
    """An image and its main metadata as HTML, for notebooks."""
    thumbnail = b64encode(image.getThumbnail() or b"").decode()
    rows = {
        "Dimensions (TCZYX)": ", ".join(str(getattr(image, f"getSize{axis}")()) for axis in "TCZYX"),
        "Pixel type": image.getPixelsType(),
        "Name": image.getName(),
        "Owner": image.getOwnerFullName(),
    }
    cells = "".join(f"<tr><th>{_escaped(name)}</th><td>{_escaped(value)}</td></tr>" for name, value in rows.items())
    picture = f'<img src="data:image/jpeg;base64,{thumbnail}"/>'
    return f"<table><tr><td>{picture}</td><td><table>{cells}</table></td></tr></table>"


def _escaped(value: Any) -> str:
    from html import escape

    return escape(str(value))
