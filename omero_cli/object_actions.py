"""The actions of `omero obj`: each takes the words after its name and gives the line to print."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import omero
import omero.cmd
import omero.model
from omero import rtypes
from omero.model.classes import all_fields
from omero_cli.framework import CommandError
from omero_cli.values import parse_value, reference, shown

__all__ = ["ACTIONS", "ObjectStore"]

EVERYWHERE = {"omero.group": "-1"}
OWN_FIELDS = ("id", "version")
EXTERNAL_FIELDS = ("entityId", "entityType", "lsid", "uuid")


@dataclass
class ObjectStore:
    """Reads and saves objects; knows what earlier lines of the same file gave, by number and by variable."""

    client: Any
    results: dict[str, str] = field(default_factory=dict)

    def load(self, text: str | None, collection: str | None = None) -> Any:
        """The object that `Image:5` names, of any group; with a collection of it loaded when that is asked for."""
        kind, number = parse_target(text)
        service = self.client.sf.getQueryService()
        if collection is None:
            found = service.find(kind, number, EVERYWHERE)
        else:
            # Class and collection are names of the model.
            query = f"select o from {kind} o left outer join fetch o.{collection} where o.id = :id"  # noqa: S608
            found = service.findByQuery(query, omero.sys.ParametersI().addId(number), EVERYWHERE)
        if found is None:
            raise CommandError(f"No object found: {kind}:{number}", 334)
        return found

    def save(self, obj: Any, what: str) -> str:
        """Save in the object's own group. `what` names the attempt in the message of a failure."""
        group = obj.details.group if obj.details is not None else None
        context = {"omero.group": str(group.id.val)} if group is not None else None
        try:
            return reference(self.client.sf.getUpdateService().saveAndReturnObject(obj, context))
        except omero.ServerError as error:
            raise CommandError(f"Failed to {what} - {error.message}", 336) from error

    def assign(self, obj: Any, words: list[str], code: int) -> set[str]:
        """Set fields from `name=value` or, for what an earlier line gave, `name@=REF`. The names that were set."""
        kind, names = class_of(obj), set()
        for word in words:
            name, equals, text = word.partition("=")
            if not equals:
                raise CommandError(f"Not FIELD=VALUE: {word!r}", code)
            if name.endswith("@"):
                name, text = name.removesuffix("@"), self._earlier(text)
            try:
                setattr(obj, name, parse_value(kind, name, text))
            except ValueError as error:
                raise CommandError(f"Cannot set {kind}.{name}: {error}", code) from error
            names.add(name)
        return names

    def _earlier(self, name: str) -> str:
        if name not in self.results:
            raise CommandError(f"No earlier result {name!r}. Known: {', '.join(self.results) or 'none'}", 335)
        return self.results[name]


def class_of(obj: Any) -> str:
    """The simple class name of an object."""
    return type(obj).__name__.removesuffix("I")


def class_named(name: str) -> Any:
    """The class of the model with this name; CommandError 102 when it has none that can be made."""
    found = getattr(omero.model, f"{name}I", None)
    if found is None or not issubclass(found, omero.model.IObject):
        raise CommandError(f"No class named '{name}I'", 102)
    return found


def parse_target(text: str | None) -> tuple[str, int]:
    """Class and id of `Image:5`. The class may be abstract (Annotation:5)."""
    if not text:
        raise CommandError("No object argument provided. Use e.g. 'Image:123'", 102)
    kind, colon, number = text.partition(":")
    if not colon or not number:
        raise CommandError(f"No id given for {kind}. Use e.g. '{kind}:123'", 334)
    found = getattr(omero.model, kind, None)
    if not (isinstance(found, type) and issubclass(found, omero.model.IObject)):
        raise CommandError(f"No class named '{kind}I'", 102)
    kind = getattr(found, "BARE", found).__name__
    if not number.isdigit():
        raise CommandError(f"Not an id: {number!r}. Use e.g. '{kind}:123'", 334)
    return kind, int(number)


def new(store: ObjectStore, words: list[str]) -> str:
    """CLASS FIELD=VALUE ...: make an object."""
    if not words:
        raise CommandError("No object argument provided. Use e.g. 'Image'", 102)
    kind = words[0].partition(":")[0]
    obj = class_named(kind)()
    given = store.assign(obj, words[1:], 333)
    single = ("scalar", "ref", "unit", "array")
    missing = [each[0] for each in all_fields(kind) if each[1] in single and not each[2] and each[0] not in given]
    if missing:
        raise CommandError(f"required arguments: {', '.join(sorted(missing))}", 103)
    return store.save(obj, f"create {kind}")


def update(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID FIELD=VALUE ...: change fields of an object."""
    obj = store.load(first(words))
    store.assign(obj, words[1:], 335)
    return store.save(obj, f"update {reference(obj)}")


def null(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID FIELD: empty a field of an object."""
    obj, name = store.load(first(words)), one_field(words, "null", 2)
    field_of(obj, name)
    setattr(obj, name, None)
    return store.save(obj, f"update {reference(obj)}")


def get(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID [FIELD]: print a field of an object, or all of them."""
    obj = store.load(first(words))
    if len(words) > 1:
        return shown(getattr(obj, field_of(obj, words[1])))
    names = [each[0] for each in all_fields(class_of(obj)) if each[1] not in ("collection", "links")]
    return "\n".join(
        f"{name}={shown(getattr(obj, name))}" for name in sorted([*names, *OWN_FIELDS]) if hasattr(obj, name)
    )


def map_get(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID FIELD KEY: print what a map field holds for a key."""
    obj, name = store.load(first(words)), one_field(words, "map-get", 3)
    pairs = pairs_of(obj, name)
    return str(next((pair.value for pair in reversed(pairs) if pair.name == words[2]), None))


def map_set(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID FIELD KEY [VALUE]: set a pair of a map field; without a value, remove it."""
    obj, name = store.load(first(words)), one_field(words, "map-set", 3, 4)
    pairs, key = pairs_of(obj, name), words[2]
    if len(words) == 3:
        pairs = [pair for pair in pairs if pair.name != key]
    else:
        places = [place for place, pair in enumerate(pairs) if pair.name == key] or [len(pairs)]
        pairs[places[0] : places[0] + 1] = [omero.model.NamedValue(key, words[3])]
    setattr(obj, name, pairs)
    return store.save(obj, f"update {reference(obj)}")


def list_get(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID FIELD INDEX: print one of the values of a field, counted from 0."""
    kind, _ = parse_target(first(words))
    name = one_field(words, "list-get", 3)
    many = next((each[1] in ("collection", "links") for each in all_fields(kind) if each[0] == name), False)
    obj = store.load(words[0], name if many else None)
    values = getattr(obj, f"_{name}Seq") if many else getattr(obj, field_of(obj, name))
    try:
        return shown(list(values or [])[int(words[2])])
    except (ValueError, IndexError, TypeError) as error:
        raise CommandError(f"No item {words[2]} in {name} of {reference(obj)}", 335) from error


def ext_info_set(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID ENTITY_ID ENTITY_TYPE [LSID [UUID]]: say what the object is called elsewhere."""
    obj = store.load(first(words))
    if len(words) not in (3, 4, 5) or not words[1].isdigit():
        raise CommandError("usage: ext-info-set Class:ID entityId entityType [lsid [uuid]]; entityId is a number", 345)
    previous = obj.details.externalInfo
    if previous is not None:
        request = omero.cmd.Delete2(targetObjects={"ExternalInfo": [previous.id.val]})
        try:
            store.client.submit(request).close(True)
        except (omero.CmdError, omero.LockTimeout) as error:
            raise CommandError(f"Failed to replace the external info of {reference(obj)} - {error}", 346) from error
        obj = store.load(words[0])
    info = omero.model.ExternalInfoI()
    info.entityId = rtypes.rlong(int(words[1]))
    for name, value in zip(EXTERNAL_FIELDS[1:], words[2:], strict=False):
        setattr(info, name, rtypes.rstring(value))
    obj.details.externalInfo = info
    return store.save(obj, f"update {reference(obj)}")


def ext_info_get(store: ObjectStore, words: list[str]) -> str:
    """CLASS:ID [FIELD]: print what the object is called elsewhere."""
    obj = store.load(first(words))
    names = ("id", *EXTERNAL_FIELDS)
    if len(words) > 2 or (len(words) == 2 and words[1] not in names):
        raise CommandError(f"usage: ext-info-get Class:ID [{'|'.join(names)}]", 345)
    if obj.details.externalInfo is None:
        raise CommandError(f"No ExternalInfo found: {reference(obj)}", 346)
    info = store.load(f"ExternalInfo:{obj.details.externalInfo.id.val}")
    if len(words) == 2:
        return shown(getattr(info, words[1]))
    return "\n".join(f"{name}={shown(getattr(info, name))}" for name in names)


def first(words: list[str]) -> str | None:
    """The first word, if there is one."""
    return words[0] if words else None


def one_field(words: list[str], action: str, *counts: int) -> str:
    """The second word, the field; CommandError 335 unless there are as many words as the action takes."""
    if len(words) not in counts:
        raise CommandError(f"usage: {action} {usage(action)}", 335)
    return words[1]


def usage(action: str) -> str:
    """The words that an action takes."""
    return (ACTIONS[action].__doc__ or "").partition(": ")[0]


def field_of(obj: Any, name: str) -> str:
    """The name, when it is a field with one value or a map; CommandError 335 otherwise."""
    known = [each[0] for each in all_fields(class_of(obj)) if each[1] not in ("collection", "links")]
    if name not in (*known, *OWN_FIELDS):
        raise CommandError(f"{class_of(obj)} has no field {name!r}. It has: {', '.join(sorted(known))}", 335)
    return name


def pairs_of(obj: Any, name: str) -> list[Any]:
    """The pairs of a map field; CommandError 335 when it is none."""
    if not any(each[:2] == (name, "map") for each in all_fields(class_of(obj))):
        raise CommandError(f"{class_of(obj)}.{name} is not a map", 335)
    return list(getattr(obj, name) or [])


ACTIONS: dict[str, Callable[[ObjectStore, list[str]], str]] = {
    "new": new,
    "update": update,
    "null": null,
    "map-get": map_get,
    "map-set": map_set,
    "get": get,
    "list-get": list_get,
    "ext-info-get": ext_info_get,
    "ext-info-set": ext_info_set,
}
