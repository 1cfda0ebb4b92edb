"""The objects of one query: each object once, references to it the same object, lists filled, hidden texts hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

import omero
import omero._generated
import omero.model
from omero_server.db.remembered import remembered
from omero_server.db.tables import TABLES
from omero_server.model.schema import MODEL, ModelClass, Property
from omero_server.queries.build import DETAILS, Builder, Row, blank, wire_class
from omero_server.queries.columns import Node
from omero_server.queries.counts import SUFFIX, link_counts
from omero_server.queries.driver import fetch, sql_of
from omero_server.queries.elements import holder_table
from omero_server.queries.reader import Reader
from omero_server.queries.wrapping import Wraps
from omero_server.security.downloads import RESTRICTION, files_with_images, judged_by_images
from omero_server.security.masking import MASKED

__all__ = ["Objects"]

Load = Callable[[Row], Any]
FEW = 10
OF_DETAILS = {*DETAILS.values(), "permissions", "OriginalFile.repo", "OriginalFile.mimetype"}
NOTED = {"Experimenter", "Session", "OriginalFile"}

_new = object.__new__


class Objects:
    """All objects of one result. Made for one query by one caller."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._wraps = Wraps()
        self._wrap_id = self._wraps["RLong"]
        self._known: dict[tuple[str, int], Any] = {}
        self._loaded: set[tuple[str, int]] = set()
        self._abstract: dict[str, dict[int, Any]] = {}
        self._maps: dict[str, tuple[Property, dict[int, Any]]] = {}
        self._counts: dict[str, tuple[Property, dict[int, Any]]] = {}
        self._lists: dict[tuple[int, str], tuple[Any, dict[int, tuple[int, Any]]]] = {}
        self._names: list[Any] = []
        self._files: list[Any] = []
        self._sessions: list[tuple[Any, int]] = []

    def refer(self, cls: ModelClass, id_: int) -> Any:
        """The object with that id: unloaded unless the query loads it too."""
        root = cls.root.name
        known = self._known.get((root, id_))
        if known is None:
            known = self._known[root, id_] = _new(wire_class(cls))
            known.__dict__ = blank(cls) | {"_id": self._wrap_id(id_)}
            if cls.abstract:
                self._abstract.setdefault(root, {})[id_] = known
        return known

    def loader(self, node: Node) -> Load:
        """What turns a row into the object of a node, with everything fetched with it; None where there is none."""
        load = self._plain_loader(node)
        if not node.children:
            return load
        children = [(self.loader(child), child) for child in node.children]

        def load_all(row: Row) -> Any:
            made = load(row)
            if made is not None:
                for load_child, child in children:
                    found = load_child(row)
                    if child.prop is not None:
                        self._collect(made, child, found, row)
            return made

        return load_all

    def finish(self) -> None:
        """Fill lists and maps, and give references to abstract classes their real class."""
        for (_, attribute), (holder, members) in self._lists.items():
            ordered = sorted(members.values(), key=lambda member: member[0])
            setattr(holder, f"{attribute}Seq", [member for _, member in ordered])
            setattr(holder, f"{attribute}Loaded", True)
        for prop, holders in self._maps.values():
            self._fill_map(prop, holders)
        for prop, holders in self._counts.values():
            numbers = link_counts(self.reader, prop, holders)
            for id_, made in holders.items():
                setattr(made, f"_{prop.name}{SUFFIX}", numbers[id_])
        for root, objects in self._abstract.items():
            self._name_classes(MODEL.classes[root], objects)
        self._mask()
        self._restrict_files()

    def _plain_loader(self, node: Node) -> Load:
        if not node.builders:
            node.builders = {_class_key(cls): Builder(cls, node) for cls in node.cls.concrete}
        builders: dict[str, Builder] = node.builders
        single = next(iter(builders.values())) if node.class_at is None else None
        places, root, loaded, known = node.places, node.cls.root.name, self._loaded, self._known
        id_at, class_at = places["id"], node.class_at
        details, wraps, wrap_id = self._details_of(node), self._wraps, self._wrap_id

        def load(row: Row) -> Any:
            id_ = row[id_at]
            if id_ is None:
                return None
            key = (root, id_)
            if key in loaded:
                return known[key]
            builder = single or builders[row[class_at]]  # type: ignore[index]
            loaded.add(key)
            made = known.get(key)
            if made is None:
                made = known[key] = _new(builder.type)
                identity = wrap_id(id_)
            else:
                # It was referred to before, perhaps by a base class.
                identity = made._id
                made.__class__ = builder.type
            attributes = builder.attributes(row, self.refer, wraps)
            attributes["_id"] = identity
            attributes["_details"] = details(builder, row)
            made.__dict__ = attributes
            if builder.maps or root in NOTED:
                self._remember(builder, id_, made)
            for prop in node.counts:
                self._counts.setdefault(f"{prop.declared_in}.{prop.name}", (prop, {}))[1][id_] = made
            return made

        return load if root != "Node" else lambda row: self._unloaded(node, row)

    def _unloaded(self, node: Node, row: Row) -> Any:
        """Nodes are never sent with their contents."""
        id_ = row[node.places["id"]]
        return None if id_ is None else self.refer(node.cls, id_)

    def _details_of(self, node: Node) -> Callable[[Builder, Row], Any]:
        """What makes details. Clients change them in place, so that each object has its own, but many have the same
        contents: those of the same owner, group and events.
        """
        permissions, new, cls = self._permissions_of(node), _new, omero.model.Details
        contents = itemgetter(*(place for name, place in node.places.items() if name in OF_DETAILS))
        known: dict[Any, dict[str, Any]] = {}

        def details(builder: Builder, row: Row) -> Any:
            key = (builder, contents(row))
            attributes = known.get(key)
            if attributes is None:
                attributes = known[key] = builder.details(row, self.refer, permissions(builder.cls, row))
            made = new(cls)
            made.__dict__ = attributes.copy()
            return made

        return details

    def _permissions_of(self, node: Node) -> Callable[[ModelClass, Row], Any]:
        places = node.places
        owner, group, own = places.get("owner_id"), places.get("group_id"), places["permissions"]
        repository, mimetype = places.get("OriginalFile.repo"), places.get("OriginalFile.mimetype")
        compute = self.reader.permissions

        def permissions(cls: ModelClass, row: Row) -> Any:
            if owner is None or group is None:
                return compute(cls, None, None, row[own], None, False)
            stored_in = row[repository] if repository is not None else None
            directory = mimetype is not None and row[mimetype] == "Directory"
            return compute(cls, row[owner], row[group], row[own], stored_in, directory)

        return permissions

    def _remember(self, builder: Builder, id_: int, made: Any) -> None:
        for prop in builder.maps:
            self._maps.setdefault(prop.map_table or "", (prop, {}))[1][id_] = made
        name = builder.cls.root.name
        if name == "Experimenter":
            self._names.append(made)
        elif name == "Session":
            self._sessions.append((made, id_))
        elif name == "OriginalFile":
            self._files.append(made)

    def _collect(self, holder: Any, child: Node, member: Any, row: Row) -> None:
        """Put ``member`` into a list of ``holder``, once."""
        assert child.prop is not None
        attribute = f"_{child.prop.name}"
        members = self._lists.setdefault((id(holder), attribute), (holder, {}))[1]
        if member is not None and id(member) not in members:
            place = row[child.index_at] if child.index_at is not None else len(members)
            members[id(member)] = (place, member)

    def _fill_map(self, prop: Property, holders: dict[int, Any]) -> None:
        attribute = f"_{prop.name}"
        pairs: dict[int, list[Any]] = {id_: [] for id_ in holders}
        for id_, name, value in self._pairs(prop, tuple(holders)):
            pairs[id_].append(omero.model.NamedValue(name, value))
        for id_, made in holders.items():
            setattr(made, attribute, pairs[id_])

    def _pairs(self, prop: Property, ids: tuple[int, ...]) -> list[Row]:
        """Rows of id, name and value. Owners come with most answers, and their configuration hardly ever changes."""
        db = self.reader.db
        sql = _map_sql(prop.map_table or "", f"{holder_table(prop)}_id")
        if prop.map_table != "experimenter_config" or len(ids) > FEW:
            return fetch(db, sql, {"ids": list(ids)})
        return remembered(db, (prop.map_table, ids), lambda: fetch(db, sql, {"ids": list(ids)}))

    def _name_classes(self, root: ModelClass, objects: dict[int, Any]) -> None:
        """References to an abstract class cannot be sent: ask which class each object really has."""
        open_ = {id_: made for id_, made in objects.items() if not made._loaded}
        if not open_:
            return
        for id_, cls in self._classes(root, list(open_)):
            made = open_[id_]
            identity = made._id
            made.__class__ = wire_class(cls)
            made.__dict__ = blank(cls) | {"_id": identity}

    def _classes(self, root: ModelClass, ids: list[int]) -> Iterable[tuple[int, ModelClass]]:
        wanted = bindparam("ids", ids, type_=ARRAY(BigInteger))
        table = TABLES[root.table]
        if root.inheritance == "single":
            by_key = {c.discriminator: c for c in root.concrete}
            rows = self.reader.db.execute(select(table.c.id, table.c.discriminator).where(table.c.id == any_(wanted)))
            return [(row[0], by_key[row[1]]) for row in rows]
        found = []
        for cls in root.concrete:
            key = TABLES[cls.table].c[cls.key]
            found += [(id_, cls) for id_ in self.reader.db.execute(select(key).where(key == any_(wanted))).scalars()]
        return found

    def _restrict_files(self) -> None:
        """Mark the files that the download policy denies because of the images made of them."""
        caller = self.reader.caller
        judged = {f._id._val: f for f in self._files
                  if judged_by_images(caller, f._details._group._id._val, f._name._val if f._name else "")}  # fmt: skip
        if not judged:
            return
        for id_, features in files_with_images(self.reader.db, judged).items():
            details = judged[id_]._details
            shown = details._permissions
            if not features.isdisjoint(caller.downloads.denied(details._group._id._val)):
                details._permissions = omero.model.Permissions(shown._restrictions, [RESTRICTION], shown._perm1)

    def _mask(self) -> None:
        masked = self.reader.masked
        if "Experimenter" in masked and self._names:
            known = set(self.reader.known)
            for made in self._names:
                if made._id._val not in known:
                    _hide(made, "Experimenter")
        if self.reader.as_server:
            return
        for made, id_ in self._sessions:
            if isinstance(made, omero.model.Share):
                made.__dict__ = blank(MODEL.classes["Share"]) | {"_id": omero.RLong(id_)}
                continue
            owned = made._owner is not None and made._owner._id._val == self.reader.caller.user_id
            if not owned and not self.reader.caller.is_admin:
                made.__dict__ = blank(MODEL.classes["Session"]) | {"_id": omero.RLong(id_)}
            elif not owned and "Session" in masked:
                _hide(made, "Session")


@cache
def _map_sql(map_table: str, holder: str) -> str:
    table = TABLES[map_table]
    key = table.c[holder]
    wanted = bindparam("ids", required=False, type_=ARRAY(BigInteger))
    statement = select(key, table.c.name, table.c.value).where(key == any_(wanted)).order_by(key, table.c.index)
    return sql_of(statement)


def _hide(made: Any, cls: str) -> None:
    for name, substitute in MASKED[cls].items():
        setattr(made, f"_{name}", None if substitute is None else omero.RString(substitute))


def _class_key(cls: ModelClass) -> str:
    return cls.discriminator if cls.inheritance == "single" and cls.discriminator else cls.name
