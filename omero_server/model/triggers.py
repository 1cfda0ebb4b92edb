"""Functions and triggers that repeat for many tables, from the templates in ``sql/templates``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from omero_server.model.schema import Model, ModelClass

__all__ = ["triggers"]

TEMPLATES = Path(__file__).parent / "sql" / "templates"

LINKED = "        SELECT '{cls}' AS class, parent FROM {table} WHERE child = NEW.id"
LINK_EVENTS = {
    "insert": ("AFTER", "NEW.parent"),
    "update": ("AFTER", "OLD.parent, NEW.parent"),
    "delete": ("BEFORE", "OLD.parent"),
}
IMAGES_OF_FOLDER = (
    "SELECT DISTINCT roi.image FROM folderroilink AS link JOIN roi ON roi.id = link.child\n"
    "        WHERE link.parent = NEW.id AND roi.image IS NOT NULL"
)
IMAGES_OF_LINK = "SELECT DISTINCT image FROM roi WHERE id IN ({}) AND image IS NOT NULL"
IMAGES_OF_ROI = "SELECT image FROM unnest(ARRAY[{}]) AS roi (image) WHERE image IS NOT NULL"
IMAGES_OF_CHANGED_ROI = f"{IMAGES_OF_ROI} AND OLD.image IS DISTINCT FROM NEW.image"
PRIVILEGES = """\
-- Nobody gives away an administrator's privilege that he does not hold. Members of the system group hold every
-- privilege that is not switched off in their configuration (pair "AdminPrivilege:<value>" other than "true"). What the
-- current user holds is in _current_admin_privileges when the transaction commits, which is when these triggers fire.
"""
# Which images change with a row: name of function and trigger, event, table, query of the images.
IMAGE_TRIGGERS = [
    ("folder_update_trigger", "UPDATE", "folder", IMAGES_OF_FOLDER),
    ("folder_roi_link_insert_trigger", "INSERT", "folderroilink", IMAGES_OF_LINK.format("NEW.child")),
    ("folder_roi_link_update_trigger", "UPDATE", "folderroilink", IMAGES_OF_LINK.format("OLD.child, NEW.child")),
    ("folder_roi_link_delete_trigger", "DELETE", "folderroilink", IMAGES_OF_LINK.format("OLD.child")),
    ("roi_insert_trigger", "INSERT", "roi", IMAGES_OF_ROI.format("NEW.image")),
    ("roi_update_trigger", "UPDATE", "roi", IMAGES_OF_CHANGED_ROI.format("OLD.image, NEW.image")),
    ("roi_delete_trigger", "DELETE", "roi", IMAGES_OF_ROI.format("OLD.image")),
]


def triggers(group: str, model: Model) -> str:
    """The SQL of one group of triggers: lists (and maps), reindexing, or privileges."""
    makers = {"lists": _lists, "reindexing": _reindexing, "privileges": _privileges}
    return "\n".join(makers[group](model))


def _filled(template: str, **words: str) -> str:
    text = (TEMPLATES / f"{template}.sql").read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _lists(model: Model) -> Iterator[str]:
    yield "-- A row that moves onto a taken place of an ordered list first sends the other one out of the way.\n"
    for cls in model.classes.values():
        for prop in cls.own:
            if prop.index_column and prop.column:
                yield _filled("index_move", table=cls.table, prop=prop.column)
    yield "-- The pairs of a map go with their holder.\n"
    for cls in model.classes.values():
        for prop in cls.own:
            if prop.map_table:
                holder = f"{cls.table}_id"
                yield _filled("map_delete", map=prop.map_table, holder=holder, table=cls.table, key=cls.key)


def _annotation_links(model: Model) -> list[tuple[ModelClass, ModelClass]]:
    """Each annotated root class with its link class."""
    return [(cls, model.classes[f"{cls.name}AnnotationLink"]) for cls in model.roots() if cls.annotated]


def _reindexing(model: Model) -> Iterator[str]:
    yield (
        "-- Notes of what the search index must look at again. The event log of a server has the changed objects\n"
        "-- themselves; these triggers add the objects that are found through them.\n"
        "-- What is noted already is looked for in the order of the index: asked for equality, PostgreSQL may look at\n"
        "-- all notes of the event for each row.\n"
    )
    links = _annotation_links(model)
    queries = [LINKED.format(cls=cls.java, table=link.table) for cls, link in links]
    yield _filled("annotation", links="\n        UNION\n".join(queries))
    for event, (_, touched) in LINK_EVENTS.items():
        yield _filled("annotation_link", event=event, touched=touched)
    for cls, link in links:
        for event, (when, _) in LINK_EVENTS.items():
            yield (
                f"CREATE TRIGGER {cls.table}_annotation_link_{event}_trigger {when} {event.upper()} ON {link.table}\n"
                f"    FOR EACH ROW EXECUTE PROCEDURE annotation_link_{event}_trigger('{cls.java}');"
            )
    yield ""
    for name, event, table, images in IMAGE_TRIGGERS:
        yield _filled("image", name=name, event=event, table=table, images=images)


def _privileges(model: Model) -> Iterator[str]:
    yield PRIVILEGES
    for event in ("insert", "update"):
        yield _filled("membership", event=event)
    for event in ("delete", "update"):
        yield _filled("restriction", event=event)
