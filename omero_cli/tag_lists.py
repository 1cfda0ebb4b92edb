"""What `omero tag list` and `omero tag listsets` print."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from omero.rtypes import rstring, unwrap
from omero.sys import ParametersI
from omero_cli.framework import Arguments, CommandError, Context

__all__ = ["TAG_SET", "Tag", "list_sets", "list_tags", "scope", "tree"]

TAG_SET = "openmicroscopy.org/omero/insight/tagset"
"""The namespace that makes a tag a set of tags."""
WIDTH = 80
PAUSE = "[Enter], [f]orward forever, or [q]uit: "

TAGS = """select t.id, t.textValue, t.description, t.details.owner.id, t.ns from TagAnnotation t order by t.id"""
MEMBERS = (
    """select l.parent.id, l.child.id from AnnotationAnnotationLink l where l.parent.ns = :ns order by l.child.id"""
)


@dataclass(frozen=True)
class Tag:
    """A tag or a tag set."""

    id: int
    name: str
    description: str | None
    owner: int
    ns: str | None

    @property
    def is_set(self) -> bool:
        """Whether it is a set of tags."""
        return self.ns == TAG_SET

    def line(self, lead: str) -> str:
        return f"{lead}{self.id}:'{self.name}'"


def scope(args: Arguments) -> dict[str, str] | None:
    """The call context: all groups with --admin."""
    return {"omero.group": "-1"} if args.admin else None


def list_tags(ctx: Context, args: Arguments) -> None:
    tags, members = _read(ctx, args)
    _print(ctx, args, tree(tags, members, args.tagset, args.desc))


def list_sets(ctx: Context, args: Arguments) -> None:
    """Columns as wide as the screen; rows are as long as they need."""
    tags, members = _read(ctx, args)
    wanted = set(args.tag or ())
    chosen = [t for t in tags.values() if t.is_set and (not wanted or wanted & set(members.get(t.id, ())))]
    columns = ("Name", "Description") if args.desc else ("Name",)
    width = (WIDTH - 9 - len(columns)) // len(columns)
    rule = "|".join(["-" * 8, *("-" * width for _ in columns)])
    lines = [rule, "|".join([f"{'ID':<8}", *(f"{name:<{width}}" for name in columns)]), rule]
    lines += ["|".join([str(t.id), t.name, *([str(t.description)] if args.desc else [])]) for t in chosen]
    _print(ctx, args, [*lines, rule])


def tree(
    tags: dict[int, Tag], members: dict[int, list[int]], only: Iterable[int] | None, descriptions: bool
) -> list[str]:
    """The lines of the listing: each set with its tags, tags in no set, sets without tags. `only`: of these sets."""
    sets = [tag for tag in tags.values() if tag.is_set and (not only or tag.id in only)]
    inside = {number for numbers in members.values() for number in numbers}
    lines: list[str] = []
    for tag_set in sets:
        if tag_set.id in members:
            lines += _branch(tag_set, [tags[number] for number in members[tag_set.id] if number in tags], descriptions)
    if only:
        return lines
    # Tags with a namespace belong to the program that has made them.
    orphans = [tag for tag in tags.values() if tag.ns is None and tag.id not in inside]
    empty = [tag for tag in sets if tag.id not in members]
    lines += ["Orphaned tags:", *_flat(orphans, descriptions)] if orphans else []
    lines += [""] if orphans and empty else []
    return lines + (["Empty tagsets:", *_flat(empty, descriptions)] if empty else [])


def _branch(tag_set: Tag, members: list[Tag], descriptions: bool) -> Iterator[str]:
    yield tag_set.line("+- ")
    if descriptions:
        yield from (f"|   '{tag_set.description}'", "|")
    yield "|\\"
    for tag in members:
        yield tag.line("| +- ")
        if descriptions:
            yield from (f"|   '{tag.description}'", "|")
    yield ""


def _flat(tags: list[Tag], descriptions: bool) -> Iterator[str]:
    for tag in tags:
        yield tag.line("> ")
        if descriptions:
            yield from (f"   '{tag.description}'", "")


def _read(ctx: Context, args: Arguments) -> tuple[dict[int, Tag], dict[int, list[int]]]:
    """The tags by id, and the ids of the tags of each set. With --uid those of this user."""
    if args.uid is not None and not args.uid.isdigit():
        raise CommandError(f"--uid takes the id of a user, not {args.uid!r}", 2)
    query = ctx.connect(args).sf.getQueryService()
    rows: list[list[Any]] = unwrap(query.projection(TAGS, None, scope(args)))
    tags = {row[0]: Tag(*row) for row in rows}
    if args.uid is not None:
        tags = {number: tag for number, tag in tags.items() if tag.owner == int(args.uid)}
    parameters = ParametersI().add("ns", rstring(TAG_SET))
    members: dict[int, list[int]] = {}
    for parent, child in unwrap(query.projection(MEMBERS, parameters, scope(args))):
        members.setdefault(parent, []).append(child)
    return tags, members


def _print(ctx: Context, args: Arguments, lines: list[str]) -> None:
    """Print the lines, a screenful at a time for a person."""
    if args.nopage or not (sys.stdin.isatty() and sys.stdout.isatty()):
        for line in lines:
            ctx.out(line)
        return
    height = max(shutil.get_terminal_size().lines - 1, 1)
    for number, line in enumerate(lines, 1):
        ctx.out(line)
        if number % height == 0 and number < len(lines):
            answer = ctx.input(PAUSE).strip().lower()
            if answer.startswith("q"):
                return
            height = len(lines) if answer.startswith("f") else height
