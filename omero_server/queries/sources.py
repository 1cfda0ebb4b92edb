"""The from clause: sources, and joins along references, collections and pairs."""

from __future__ import annotations

from omero_server.model.schema import MODEL
from omero_server.queries import ast
from omero_server.queries.elements import Element, Fetch
from omero_server.queries.errors import HqlError
from omero_server.queries.expressions import condition
from omero_server.queries.leniency import link_class
from omero_server.queries.paths import resolve
from omero_server.queries.scope import Scope, find_class, narrowed
from omero_server.queries.values import Collection, Counts, Details, Entity, Pairs, Reference, Unit, Value

__all__ = ["from_clause"]


def from_clause(scope: Scope, tree: ast.Query) -> None:
    """Put the sources and joins of a query into its scope, in their order."""
    if not tree.sources:
        raise HqlError(tree.at, "the query has no from clause", "Write 'from Class as alias' after what is selected.")
    for source in tree.sources:
        if isinstance(source, ast.Join):
            _join(scope, source)
        else:
            _source(scope, source)


def _source(scope: Scope, source: ast.Source) -> None:
    if len(source.names) > 1 and scope.find(source.names[0]) is not None:
        # "from Fileset f, f.images i", or a sub-query over a collection of the query around.
        _join(scope, ast.Join(source.at, ast.Path(source.at, source.names), source.alias, False, False))
        return
    made_up = link_class(source.names[0])
    if made_up is None or source.names[0] in MODEL.classes:
        scope.add_root(find_class(".".join(source.names), source.at), source.alias, source.at)
        return
    links, parent = made_up
    narrow = narrowed(scope.add_root(links, source.alias, source.at), parent)
    if narrow is not None:
        scope.conditions.append(narrow)


def _join(scope: Scope, join: ast.Join) -> None:
    def along(reference: Reference) -> Element:
        """What lies between is joined in the same way."""
        return scope.join_reference(reference, join.outer) if join.outer else scope.implicit(reference)

    value = resolve(scope, join.path.names, join.at, along)
    if isinstance(value, Details | Unit):
        scope.name(join.alias, value, join.at)
        return
    if isinstance(value, Counts):
        if join.fetch:
            value.element.counts.append(value.prop)
        return
    element = _joined(scope, value, join)
    scope.name(join.alias, Entity(element), join.at)
    if join.condition is not None:
        given = join.condition
        scope.join_condition(lambda: condition(scope, given), given.at)
    if join.fetch and isinstance(value, Reference | Collection):
        value.element.fetches.append(Fetch(element, value.prop if isinstance(value, Collection) else None))


def _joined(scope: Scope, value: Value, join: ast.Join) -> Element:
    if isinstance(value, Reference):
        return scope.join_reference(value, join.outer, join.reverse)
    if isinstance(value, Collection):
        return scope.join_collection(value, join.outer, join.reverse)
    if isinstance(value, Pairs):
        return scope.join_pairs(value, join.outer)
    raise HqlError(join.at, f"{'.'.join(join.path.names)!r} is neither an object nor a collection")
