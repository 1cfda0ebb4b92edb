"""From "key=value" texts to the inputs of a script; from its parameters to groups of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import omero
import omero._generated
import omero.model
from omero.rtypes import rbool, rdouble, rfloat, rint, rlist, rlong, robject, rset, rstring

__all__ = ["MissingInputs", "group_params", "parse_input", "parse_inputs"]

Wire: Any = omero


class MissingInputs(Exception):
    """Required inputs were not given: ``keys`` names them, ``inputs`` holds what there was."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []
        self.inputs: dict[str, Any] = {}

    def __str__(self) -> str:
        return f"Missing inputs: {', '.join(self.keys)}" if self.keys else ""


def parse_inputs(inputs_strings: list[str], params: Any) -> dict[str, Any]:
    """RTypes by name from texts "key=value", completed by the defaults of the JobParams ``params``.

    Keys that the script does not have are left out. Raises MissingInputs, and ValueError for a value that does not
    suit the type.
    """
    inputs: dict[str, Any] = {}
    for text in inputs_strings:
        inputs.update(parse_input(text, params))
    missing = MissingInputs()
    for key, param in params.inputs.items():
        if key in inputs:
            continue
        if param.useDefault:
            inputs[key] = param.prototype
        elif not param.optional:
            missing.keys.append(key)
    if missing.keys:
        missing.inputs = inputs
        raise missing
    return inputs


def parse_input(input_string: str, params: Any) -> dict[str, Any]:
    """One entry from "key=value", nothing for an unknown key. Without "=" the value is empty.

    Raises ValueError for a value that does not suit the type, or a type that has no text.
    """
    key, _, text = input_string.partition("=")
    param = params.inputs.get(key)
    if param is None:
        return {}
    return {key: _value(key, param.prototype, text)}


def _truth(text: str) -> Any:
    return rbool(text.lower() not in ("", "0", "false"))


def _object(text: str) -> Any:
    kind, _, number = text.partition(":")
    cls = getattr(omero.model, kind if kind.endswith("I") else f"{kind}I", None)
    if not isinstance(cls, type) or not issubclass(cls, omero.model.IObject) or not number.isdecimal():
        raise ValueError(f"Format for objects: Class:id or ClassI:id. Not:{text}")
    return robject(cls(int(number), False))


_CONVERTERS: tuple[tuple[Any, Callable[[str], Any]], ...] = (
    (Wire.RBool, _truth),
    (Wire.RString, rstring),
    (Wire.RInt, rint),
    (Wire.RLong, rlong),
    (Wire.RFloat, rfloat),
    (Wire.RDouble, rdouble),
    (Wire.RObject, _object),
)


def _value(key: str, prototype: Any, text: str) -> Any:
    for kind, make in ((Wire.RList, rlist), (Wire.RSet, rset)):
        if isinstance(prototype, kind):
            item = prototype._val[0] if prototype._val else rstring("")
            return make([_value(key, item, part) for part in text.split(",")])
    for kind, convert in _CONVERTERS:
        if isinstance(prototype, kind):
            return convert(text)
    raise ValueError(f"No converter for: {key} (type={type(prototype)})")


def group_params(params: Any) -> dict[str, Any]:
    """Names of inputs by the parts of their grouping: ``{"1": {"": "A", "1": "B"}}`` for A in "1" and B in "1.1".

    "" stands for a group's own parameter. Where several have the same grouping there is a list of their names.
    """
    groups: dict[str, Any] = {}
    for key, param in sorted(params.inputs.items(), key=lambda item: item[1].grouping or ""):
        node = groups
        for part in (param.grouping or "").split("."):
            node = node.setdefault(part, {})
        node.setdefault("", []).append(key)
    return {part: _simplified(node) for part, node in groups.items()}


def _simplified(node: Any) -> Any:
    """Lists of one name become the name, nodes with nothing but names the names."""
    if isinstance(node, list):
        return node[0] if len(node) == 1 else node
    if set(node) == {""}:
        return _simplified(node[""])
    return {part: _simplified(below) for part, below in node.items()}
