"""Our encoder against Ice's own: the same bytes for every class and kind of value, or none at all."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from importlib import import_module, resources
from typing import Any

import Ice
import pytest

import omero
import omero.api
import omero.model
import omero.model.enums
from omero_server.rpc.encoding import available, encoder_of
from omero_server.rpc.raw import RawAdapter, answer

TYPES = json.loads(resources.files("omero._generated").joinpath("wire_types.json").read_text())["types"]
CLASSES = {row[1]: place for place, row in enumerate(TYPES) if row[0] == "class"}
NUMBERS = {"byte": (0, 255)} | {
    name: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in (("short", 16), ("int", 32), ("long", 64))
}
TEXTS = ["", "a", "µm", "x" * 254, "y" * 255, "z" * 3000, "\U0001f52c", "NUL \0 inside"]
ENCODE = encoder_of("IQuery.findAllByQuery")


class Maker:
    """Makes values of any type with all members set, some of them objects that occur elsewhere too, or null."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.known: dict[int, list[Any]] = {}

    def value(self, place: int, depth: int = 0) -> Any:
        kind, *rest = TYPES[place]
        if kind in NUMBERS:
            return self.random.choice([0, *NUMBERS[kind]])
        simple: dict[str, Callable[[], Any]] = {
            "bool": lambda: self.random.random() < 0.5,
            "float": lambda: self.random.choice([0.0, -0.0, 1.5, float("inf")]),
            "double": lambda: self.random.choice([0.1, -0.0, 1e308, float("-inf")]),
            "string": lambda: self.random.choice(TEXTS),
            "enum": lambda: self.random.choice(list(python_class(rest[0])._enumerators.values())),
            "unknown": lambda: None,
        }
        if kind in simple:
            return simple[kind]()
        size = self.random.choice([0, 1, 3]) if depth < 3 else 0
        if kind == "seq":
            return [self.value(rest[0], depth + 1) for _ in range(size)]
        if kind == "dict":
            return {self.value(rest[0], depth + 1): self.value(rest[1], depth + 1) for _ in range(size)}
        return self.object(place, depth)

    def object(self, place: int, depth: int) -> Any:
        known = self.known.setdefault(place, [])
        if known and self.random.random() < 0.3:
            return self.random.choice(known)
        fitting = [sub for sub in CLASSES.values() if is_a(sub, place)]
        if depth >= 4 or self.random.random() < 0.2 or not fitting:
            return None
        return self.filled(self.random.choice(fitting), depth)

    def filled(self, place: int, depth: int = 0) -> Any:
        made = python_class(TYPES[place][1])()
        self.known.setdefault(place, []).append(made)
        while place >= 0:
            for name, type_ in TYPES[place][3]:
                setattr(made, name, self.value(type_, depth + 1))
            place = TYPES[place][2]
        return made


def is_a(place: int, base: int) -> bool:
    while place not in (base, -1):
        place = TYPES[place][2]
    return place == base


def python_class(type_id: str) -> Any:
    module, *names = type_id.removeprefix("::").split("::")
    found: Any = import_module(module)
    for name in names:
        found = getattr(found, name)
    return found


@pytest.fixture(scope="module")
def communicator() -> Iterator[Any]:
    with Ice.initialize(["--Ice.MessageSizeMax=0", "--Ice.Warn.Dispatch=0"]) as made:
        yield made


@pytest.fixture(scope="module")
def adapter(communicator: Any) -> Any:
    made = communicator.createObjectAdapterWithEndpoints("test", "tcp -h 127.0.0.1")
    made.activate()
    return made


@pytest.fixture(scope="module")
def by_ice(adapter: Any) -> Callable[[Any], bytes]:
    """What Ice makes of a list of objects."""
    given: list[Any] = []

    class Servant(omero.api.IQuery):
        def findAllByQuery(self, query: str, params: Any, current: Any) -> Any:
            return given[0]

    proxy = adapter.addWithUUID(Servant())
    parameters = parameters_of(adapter, lambda query: query.findAllByQuery("", None))

    def encoded(objects: Any) -> bytes:
        given[:] = [objects]
        succeeded, result = proxy.ice_invoke("findAllByQuery", Ice.OperationMode.Idempotent, parameters)
        assert succeeded
        return bytes(result)

    return encoded


def parameters_of(adapter: Any, call: Callable[[Any], Any]) -> bytes:
    """The parameters that a client's call has on the wire."""
    seen: list[bytes] = []

    class Listener(Ice.Blobject):
        def ice_invoke(self, parameters: bytes, current: Any) -> tuple[bool, bytes]:
            seen.append(parameters)
            return True, b"\7\0\0\0\1\1\0"

    call(omero.api.IQueryPrx.uncheckedCast(adapter.addWithUUID(Listener())))
    return seen[0]


def test_encoder_was_compiled() -> None:
    assert available()


MODEL = [name for name, place in CLASSES.items() if is_a(place, CLASSES["::omero::model::IObject"])]


@pytest.mark.parametrize("name", MODEL)
def test_same_bytes_as_ice_for_every_class_of_the_model(name: str, by_ice: Callable[[Any], bytes]) -> None:
    assert ENCODE is not None
    for seed in range(4):
        maker = Maker(seed)
        objects = [maker.filled(CLASSES[name]) for _ in range(3)]
        objects += [objects[0], None]
        assert ENCODE(objects) == by_ice(objects)


def test_many_objects_and_references(by_ice: Callable[[Any], bytes]) -> None:
    assert ENCODE is not None
    names = [omero.RString(f"name {n}") for n in range(400)]
    images = [omero.model.Image(_id=omero.RLong(n), _name=names[n % 400]) for n in range(5000)]
    assert ENCODE(images) == by_ice(images)
    for image in images:
        image._pixelsSeq = [omero.model.Pixels(_image=image)]
    assert ENCODE(images) == by_ice(images)


@pytest.mark.parametrize("nothing", [None, [], [None], ()])
def test_empty_answers(nothing: Any, by_ice: Callable[[Any], bytes]) -> None:
    assert ENCODE is not None
    assert ENCODE(nothing) == by_ice(nothing)


@pytest.mark.parametrize(
    "wrong",
    [
        5, "text", [5], [omero.RLong(1)], [object()], {1: 2},
        [omero.model.Image(_id=5)], [omero.model.Image(_id=omero.RLong(2**63))],
        [omero.model.Image(_id=omero.RLong("5"))], [omero.model.Image(_name=omero.RString("half \ud800"))],
        [omero.model.Image(_pixelsSeq=7)],
        [omero.model.Length(0.5, "no unit")],
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_to_ice(wrong: Any) -> None:
    assert ENCODE is not None
    assert ENCODE(wrong) is None


def test_long_chains_are_left_to_ice() -> None:
    chain = None
    for _ in range(5000):
        chain = omero.model.Event(_containingEvent=chain)
    assert ENCODE is not None
    assert ENCODE([chain]) is None


def test_missing_member_is_left_to_ice() -> None:
    image = omero.model.Image()
    del image._name
    assert ENCODE is not None
    assert ENCODE([image]) is None


def test_operations_that_only_ice_answers() -> None:
    assert encoder_of("IQuery.nothing") is None
    assert encoder_of("ServiceFactory.getQueryService") is None
    assert encoder_of("IUpdate.saveArray") is None


class Queries(omero.api.IQuery):
    """Answers in every way in which a servant can."""

    def findAllByQuery(self, query: str, params: Any, current: Any) -> Any:
        if query == "api":
            raise omero.ApiUsageException(message=current.ctx["who"])
        if query == "crash":
            raise RuntimeError("not for clients")
        image = omero.model.Image(_name=omero.RString(f"{current.id.category}/{current.id.name}"))
        return answer([5] if query == "wrong" else [image, image], ENCODE)  # type: ignore[arg-type]


class Door:
    """A client of a servant that answers through the raw adapter."""

    def __init__(self, adapter: Any) -> None:
        self.identity = Ice.Identity("name", "category")
        self.raw = RawAdapter(adapter)
        self.raw.add(Queries(), self.identity)
        self.proxy = omero.api.IQueryPrx.uncheckedCast(
            adapter.createProxy(self.identity).ice_collocationOptimized(False)
        )


@pytest.fixture(scope="module")
def door(adapter: Any) -> Door:
    return Door(adapter)


@pytest.mark.parametrize("version", [Ice.Encoding_1_0, Ice.Encoding_1_1], ids=["1.0", "1.1"])
def test_answers_arrive_in_both_encodings(door: Door, version: Any) -> None:
    first, second = door.proxy.ice_encodingVersion(version).findAllByQuery("", None)
    assert first._name._val == "category/name"
    assert first is second


def test_exceptions_arrive_as_they_are(door: Door) -> None:
    with pytest.raises(omero.ApiUsageException) as caught:
        door.proxy.findAllByQuery("api", None, {"who": "ann"})
    assert caught.value.message == "ann"
    for query in ("crash", "wrong"):
        with pytest.raises(Ice.UnknownException):
            door.proxy.findAllByQuery(query, None)
    with pytest.raises(Ice.OperationNotExistException):
        door.proxy.ice_invoke("noSuch", Ice.OperationMode.Normal, b"\6\0\0\0\1\1")
    assert door.proxy.findAllByQuery("", None)[0]._name._val == "category/name"


def test_types_of_the_servant_behind_are_told(door: Door) -> None:
    assert door.proxy.ice_isA("::omero::api::IQuery")
    assert not door.proxy.ice_isA("::omero::api::IUpdate")
    assert door.proxy.ice_id() == "::omero::api::IQuery"


def test_removed_servants_are_gone(door: Door) -> None:
    door.raw.remove(door.identity)
    with pytest.raises(Ice.ObjectNotExistException):
        door.proxy.findAllByQuery("", None)
    door.raw.add(Queries(), door.identity)
    assert door.proxy.findAllByQuery("", None)
