"""What `omero tag` makes: tags, tag sets, links of tags to objects."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import omero
import omero.model
from omero.rtypes import rstring
from omero.sys import ParametersI
from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.tag_lists import TAG_SET, scope

__all__ = ["attach", "create", "create_set", "load"]

_OBJECT = re.compile(r"(?P<kind>[A-Za-z]+):(?P<id>\d{1,18})", re.ASCII)


def create(ctx: Context, args: Arguments) -> None:
    _save(ctx, ctx.connect(args), _tag(_name(ctx, args, "tag"), args.desc))


def create_set(ctx: Context, args: Arguments) -> None:
    tag_set = _tag(_name(ctx, args, "tag set"), args.desc, TAG_SET)
    for number in dict.fromkeys(args.tag):
        tag_set.linkAnnotation(omero.model.TagAnnotationI(number, False))
    try:
        _save(ctx, ctx.connect(args), tag_set)
    except (omero.ValidationException, omero.ApiUsageException) as error:
        tags = ", ".join(map(str, args.tag))
        ctx.die(1, f"{error.message}\nThe tag set was not made. Check that there are tags with these ids: {tags}.")


def load(ctx: Context, args: Arguments) -> None:
    """All or none: nothing is saved before the whole file has been understood."""
    made = [_described(entry) for entry in _entries(args.filename)]
    for tag in ctx.connect(args).sf.getUpdateService().saveAndReturnArray(made):
        ctx.out(f"TagAnnotation:{tag.id.val}")


def attach(ctx: Context, args: Arguments) -> None:
    found = _OBJECT.fullmatch(args.object)
    if found is None:
        ctx.die(1, "Missing object or object not of form <object_type>:<object_id>")
    client, context = ctx.connect(args), scope(args)
    query = client.sf.getQueryService()
    if query.find("TagAnnotation", args.tag_id, context) is None:
        ctx.die(400, f"Could not find annotation: there is no tag {args.tag_id} that you may use")
    kind = found["kind"]
    link_class = getattr(omero.model, f"{kind}AnnotationLinkI", None)
    if link_class is None:
        ctx.die(1, f"Object query returned nothing. There are no tags of {kind}: check your object type.")
    # The class is one word of letters, so it cannot change what is asked.
    text = f"select o from {kind} o where o.id = :id"  # noqa: S608
    target = query.findByQuery(text, ParametersI().addId(int(found["id"])), context)
    if target is None:
        ctx.die(1, "Object query returned nothing. Check your object type.")
    link = link_class()
    link.setParent(type(target)(target.id, False))
    link.setChild(omero.model.TagAnnotationI(args.tag_id, False))
    group = target.details.group
    home = {"omero.group": str(group.id.val)} if args.admin and group is not None else None
    try:
        saved = client.sf.getUpdateService().saveAndReturnObject(link, home)
    except omero.SecurityViolation as error:
        ctx.die(510, f"SecurityViolation: {error.message}")
    ctx.out(f"{kind}AnnotationLink:{saved.id.val}")


def _save(ctx: Context, client: Any, tag: Any) -> None:
    saved = client.sf.getUpdateService().saveAndReturnObject(tag)
    ctx.out(f"TagAnnotation:{saved.id.val}")


def _tag(name: str, description: str | None, namespace: str | None = None) -> Any:
    tag = omero.model.TagAnnotationI()
    tag.setTextValue(rstring(name))
    if description is not None:
        tag.setDescription(rstring(description))
    if namespace is not None:
        tag.setNs(rstring(namespace))
    return tag


def _name(ctx: Context, args: Arguments, what: str) -> str:
    name = args.name if args.name is not None else ctx.input(f"Please enter a name for this {what}: ", what="name")
    if not name:
        ctx.die(1, f"A {what} needs a name")
    return name


def _entries(filename: str | None) -> list[Any]:
    try:
        text = Path(filename).read_text(encoding="utf-8") if filename not in (None, "-") else sys.stdin.read()
        entries = json.loads(text)
    except OSError as error:
        raise CommandError(f"Cannot read {filename}: {error.strerror}") from error
    except ValueError as error:
        raise CommandError(f"{filename or 'Standard input'} is not JSON: {error}") from error
    return entries if isinstance(entries, list) else [entries]


def _described(entry: Any) -> Any:
    """The tag or tag set that an entry of the file describes."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        raise CommandError(f'Each tag is {{"name": ..., "desc": ...}}, not {json.dumps(entry)}')
    if "set" not in entry:
        return _tag(entry["name"], entry.get("desc"))
    tag_set = _tag(entry["name"], entry.get("desc"), TAG_SET)
    for member in entry["set"]:
        tag_set.linkAnnotation(_described(member))
    return tag_set
