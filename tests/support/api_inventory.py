"""Compares what ``omero`` offers with the recorded public API of the official Python library.

Every check yields findings ``(name, what is wrong)``. Names read ``omero.gateway:_ImageWrapper.getName``; a module that
is not there is one finding with its name alone.
"""

from __future__ import annotations

import gzip
import importlib
import inspect
import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.support.signatures import differences

__all__ = ["classes_of_slice", "enumerations", "facts", "model_classes", "modules", "unit_factors"]

Finding = tuple[str, str]
Facts = dict[str, Any]
FILE = Path(__file__).parents[1] / "data/facts/python_api.json.gz"
MISSING = "is missing"


def facts() -> Facts:
    """The recorded API: modules, ice_types, model, model_enums, unit_factors."""
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        return json.load(file)  # type: ignore[no-any-return]


def modules(recorded: Facts) -> Iterator[Finding]:
    """Modules with their classes, functions, constants and other names."""
    for name, members in recorded.items():
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            yield name, f"cannot be imported: {error}"
            continue
        yield from _module(name, module, members)


def _module(name: str, module: ModuleType, members: Facts) -> Iterator[Finding]:
    for cls, recorded in members.get("classes", {}).items():
        own = getattr(module, cls, None)
        if own is None:
            yield f"{name}:{cls}", MISSING
        else:
            yield from _class(f"{name}:{cls}", own, recorded)
    for function, signature in members.get("functions", {}).items():
        yield from _callable(f"{name}:{function}", getattr(module, function, None), signature)
    for constant, value in members.get("constants", {}).items():
        yield from _value(f"{name}:{constant}", module, constant, value)
    for alias, target in members.get("aliases", {}).items():
        if not hasattr(module, alias):
            yield f"{name}:{alias}", MISSING
        elif getattr(module, alias) is not getattr(module, target, None):
            yield f"{name}:{alias}", f"is not {target}"
    for imported in members.get("imported_names", ()):
        if not hasattr(module, imported):
            yield f"{name}:{imported}", f"imported name {MISSING}"


def _class(name: str, own: Any, recorded: Facts) -> Iterator[Finding]:
    for method, signature in {**recorded.get("methods", {}), **recorded.get("staticmethods", {})}.items():
        yield from _callable(f"{name}.{method}", getattr(own, method, None), signature)
    for method, signature in recorded.get("classmethods", {}).items():
        yield from _callable(f"{name}.{method}", getattr(own, method, None), signature, bound=True)
    for attribute in recorded.get("properties", ()):
        if not hasattr(own, attribute):
            yield f"{name}.{attribute}", MISSING
    for attribute, value in recorded.get("attrs", {}).items():
        yield from _value(f"{name}.{attribute}", own, attribute, value)


def _callable(name: str, own: Any, signature: str, bound: bool = False) -> Iterator[Finding]:
    if own is None:
        yield name, MISSING
    elif not callable(own):
        yield name, "is not callable"
    elif not _by_operator(name) and (fault := differences(signature, own, bound)):
        yield name, fault


def _by_operator(name: str) -> bool:
    """Whether Python itself calls the method, which never names its arguments."""
    method = name.rpartition(".")[2]
    return method.startswith("__") and method not in ("__init__", "__call__")


def _value(name: str, owner: Any, attribute: str, value: Any) -> Iterator[Finding]:
    try:
        own = inspect.getattr_static(owner, attribute) if isinstance(owner, type) else getattr(owner, attribute)
    except AttributeError:
        yield name, MISSING
        return
    described = isinstance(value, str) and value.startswith("<")
    if not described and _plain(own) != _plain(value):
        yield name, f"is {own!r}, not {value!r}"


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def classes_of_slice(recorded: Facts) -> Iterator[Finding]:
    """Classes, structs, exceptions and interfaces of the Slice files, by their modules."""
    for module_name, classes in recorded.items():
        module = importlib.import_module(module_name)
        for cls, entry in classes.items():
            name, own = f"{module_name}:{cls}", getattr(module, cls, None)
            if own is None:
                yield name, MISSING
                continue
            yield from _slice_class(name, own, entry)


def _slice_class(name: str, own: Any, entry: Facts) -> Iterator[Finding]:
    bases = {base.__name__ for base in inspect.getmro(own)}
    yield from ((name, f"does not extend {base}") for base in entry.get("bases", ()) if base not in bases)
    if entry.get("init"):
        yield from _callable(f"{name}.__init__", own.__init__, entry["init"])
    for operation in entry.get("operations_or_methods", ()):
        if not hasattr(own, operation):
            yield f"{name}.{operation}", MISSING
    for member in entry.get("enum", ()):
        if not hasattr(own, member):
            yield f"{name}.{member}", MISSING


def enumerations(recorded: Facts) -> Iterator[Finding]:
    """Constants of ``omero.model.enums``."""
    import omero.model.enums

    for constant, value in recorded.items():
        yield from _value(f"omero.model.enums:{constant}", omero.model.enums, constant, value)


def unit_factors(recorded: Facts) -> Iterator[Finding]:
    """What one of a unit is in the base unit of its kind; of temperatures, what zero and one of it are."""
    import omero.model

    for cls, entry in recorded.items():
        kind, base = getattr(omero.model, cls), entry["base"]
        for unit, factor in entry["value_of_1_unit_in_base"].items():
            points = {0.0: factor["f(0)"], 1.0: factor["f(1)"]} if isinstance(factor, dict) else {1.0: factor}
            for number, wanted in points.items():
                found = _converted(kind, number, unit, base)
                if found is None or wanted is None:
                    same = found is wanted
                else:
                    same = math.isclose(found, wanted, rel_tol=1e-9)
                if not same:
                    yield f"omero.model:{cls}.{unit}", f"{number} is {found} {base}, not {wanted}"


def _converted(kind: Any, number: float, unit: str, base: str) -> float | None:
    """The number in the base unit; None when no conversion leads there."""
    try:
        return float(kind(kind(number, unit), base).getValue())
    except Exception as error:
        if "cannot be converted" not in str(error):
            raise
        return None


def model_classes(recorded: Facts) -> Iterator[Finding]:
    """The ``*I`` classes: fields with their accessors, collections with theirs, predicates."""
    import omero.model

    for cls, entry in recorded.items():
        own = getattr(omero.model, cls, None)
        name = f"omero.model:{cls}"
        if own is None:
            yield name, MISSING
            continue
        for method, signature in entry["methods"].items():
            yield from _callable(f"{name}.{method}", getattr(own, method, None), signature)
        yield from _described(name, own, entry)


def _described(name: str, own: Any, entry: Facts) -> Iterator[Finding]:
    for base in entry["bases"]:
        if base.rpartition(".")[2] not in {found.__name__ for found in inspect.getmro(own)}:
            yield name, f"does not extend {base}"
    for question in ("isGlobal", "isMutable", "isAnnotated", "isLink"):
        if question in entry and getattr(own(), question)() is not entry[question]:
            yield f"{name}.{question}", f"is not {entry[question]}"
    for field, (wrapper, nullable) in entry.get("fields", {}).items():
        info = getattr(own._field_info, field, None)
        found = None if info is None else [getattr(info.wrapper, "__name__", None), info.nullable]
        if found != [wrapper, nullable]:
            yield f"{name}._field_info.{field}", f"is {found}, not {[wrapper, nullable]}"
    for unit, symbol in entry.get("symbols", {}).items():
        if own(1.0, unit).getSymbol() != symbol:
            yield f"{name}.{unit}", f"has the symbol {own(1.0, unit).getSymbol()!r}, not {symbol!r}"
