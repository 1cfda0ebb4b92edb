"""Read and change the server's configuration."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omero_cli.config_pages import check_name, parse_defaults, parse_lines, text_of
from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_server.control.config import is_secret
from omero_server.control.config_xml import FORMAT_VERSION, ConfigError, ConfigFile, ConfigLocked, ConfigUnwritable
from omero_server.control.properties import known_properties

MASK = "********"


def configure(parser: Parser) -> None:
    parser.add_argument("--source", help="Configuration file to use instead of OMERODIR/etc/grid/config.xml")
    _configure_reading(parser)
    _configure_writing(parser)


def _configure_reading(parser: Parser) -> None:
    for name, text in (("get", "Print all properties, or the given ones"), ("list", "Same as get without keys")):
        get = parser.command(name, get_properties, text)
        get.add_argument("KEY", nargs="*", help="Name of the property")
        secrets = get.add_mutually_exclusive_group()
        secrets.add_argument("--show-password", action="store_true", help="Show values of secret properties")
        secrets.add_argument("--hide-password", dest="show_password", action="store_false", help="Mask them (default)")
    parser.command("keys", keys, "Print the names of all set properties")
    parser.command("all", profiles, "Print the names of all profiles")
    parser.command("path", path, "Print the path of the configuration file")
    parser.command("version", version, "Print the version of the file format")
    parse = parser.command("parse", parse_defaults, "Print every known property with its default")
    form = parse.add_mutually_exclusive_group()
    parse.add_argument("-f", "--file", help="Read this file of properties, not the known ones")
    form.add_argument("--defaults", action="store_true", help="Print each property with its default, as without it")
    form.add_argument("--rst", action="store_true", help="Print a page in reStructuredText")
    form.add_argument("--keys", action="store_true", help="Print the names alone")
    form.add_argument("--headers", action="store_true", help="Print sections and their number of properties")
    form.add_argument("--help-texts", action="store_true", help="Print each property with type and explanation")
    form.add_argument("--markdown", action="store_true", help="Print the page docs/sysadmins/properties.md")
    parse.add_argument("--no-web", action="store_true", help="Leave out the properties of OMERO.web")


def _configure_writing(parser: Parser) -> None:
    change = parser.command("set", set_property, "Set a property; without VALUE back to its default")
    change.add_argument("KEY")
    change.add_argument("VALUE", nargs="?")
    change.add_argument("-f", "--file", help="Read the value from this file ('-' is standard input)")
    append = parser.command("append", append_value, "Append a JSON value to a list property")
    append.add_argument("--set", action="store_true", help="Append only if the list does not hold the value")
    remove = parser.command("remove", remove_value, "Remove a JSON value from a list property")
    for each in (append, remove):
        each.add_argument("KEY")
        each.add_argument("VALUE", help="JSON, for example '\"omero_iviewer\"'")
    for each in (change, append, remove):
        each.add_argument("--report", action="store_true", help="Report what was changed")
    load = parser.command("load", load_properties, "Read KEY=VALUE lines from files or standard input")
    load.add_argument("file", nargs="*", default=["-"])
    load.add_argument("-q", dest="replace", action="store_true", help="Replace values that differ, without error")
    parser.command("upgrade", upgrade, "Nothing: it was for servers before 4.2")
    parser.command("edit", edit, "Edit the properties in $VISUAL or $EDITOR")
    parser.command("drop", drop, "Remove a whole profile").add_argument("NAME")
    parser.command("def", default_profile, "Print the active profile, or choose it").add_argument("NAME", nargs="?")
    parser.command("lock", lock, "Lock the configuration until Enter is pressed")


def get_properties(ctx: Context, args: Arguments) -> None:
    properties = _read(ctx, args).properties
    names: list[str] = args.KEY or sorted(properties)
    single = len(args.KEY or ()) == 1
    for name in names:
        if name in properties:
            hidden = is_secret(name) and not (args.show_password or single)
            value = MASK if hidden else properties[name]
            ctx.out(value if single else f"{name}={value}")


def set_property(ctx: Context, args: Arguments) -> None:
    if "=" in args.KEY:
        name, value = args.KEY.split("=", 1)
        ctx.die(506, f'"=" in key name. Did you mean "...set {name} {value}"?')
    value = text_of(args.file).strip() if args.file else args.VALUE
    check_name(args.KEY)
    with _edit(ctx, args) as stored:
        if value is None:
            stored.properties.pop(args.KEY, None)
        else:
            stored.properties[args.KEY] = value
    _hint(ctx, args.KEY)
    if args.report:
        ctx.out(f"Changed: Removed {args.KEY}" if value is None else f"Changed: Set {args.KEY}:{value}")


def append_value(ctx: Context, args: Arguments) -> None:
    value = _json(args.VALUE)
    check_name(args.KEY)
    with _edit(ctx, args) as stored:
        items = _list_value(stored.properties, args.KEY) or []
        if args.set and value in items:
            return
        stored.properties[args.KEY] = json.dumps([*items, value])
    if args.report:
        ctx.out(f"Changed: Appended {args.KEY}:{args.VALUE}")


def remove_value(ctx: Context, args: Arguments) -> None:
    value = _json(args.VALUE)
    with _edit(ctx, args) as stored:
        items = _list_value(stored.properties, args.KEY)
        # Not the historic 512, which a shell sees as success.
        if items is None:
            raise CommandError(f"Cannot remove {args.VALUE}: {args.KEY} is not set", 513)
        if value not in items:
            raise CommandError(f"{args.VALUE} is not in {args.KEY}: {json.dumps(items)}", 513)
        items.remove(value)
        stored.properties[args.KEY] = json.dumps(items)
    if args.report:
        ctx.out(f"Changed: Removed {args.KEY}:{args.VALUE}")


def load_properties(ctx: Context, args: Arguments) -> None:
    """All files or none: nothing is written when a line is refused."""
    with _edit(ctx, args) as stored:
        for name in args.file:
            for key, value in parse_lines(text_of(name, 968).splitlines()):
                old = stored.properties.get(key, value)
                if old != value and not args.replace:
                    raise CommandError(f"Duplicate property: {key} ('{old}' => '{value}')", 502)
                stored.properties[key] = value


def edit(ctx: Context, args: Arguments) -> None:
    before = dict(_read(ctx, args).properties)
    text = "# One KEY=VALUE per line. Save to apply, delete lines to unset.\n"
    text += "".join(f"{name}={before[name]}\n" for name in sorted(before))
    with tempfile.NamedTemporaryFile("w+", suffix=".properties") as file:
        file.write(text)
        file.flush()
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        if subprocess.call([*shlex.split(editor), file.name]) != 0:
            ctx.die(954, f"Editing failed ({editor}): the configuration is unchanged")
        after = dict(parse_lines(Path(file.name).read_text().splitlines()))
    with _edit(ctx, args) as stored:
        if stored.properties != before:
            raise CommandError("The configuration was changed by somebody else meanwhile: edit it again", 113)
        stored.properties.clear()
        stored.properties.update(after)


def keys(ctx: Context, args: Arguments) -> None:
    for name in sorted(_read(ctx, args).properties):
        ctx.out(name)


def profiles(ctx: Context, args: Arguments) -> None:
    stored = _read(ctx, args)
    for name in stored.profiles or {stored.profile: {}}:
        ctx.out(name)


def path(ctx: Context, args: Arguments) -> None:
    ctx.out(_path(ctx, args))


def version(ctx: Context, args: Arguments) -> None:
    ctx.out(FORMAT_VERSION)


def drop(ctx: Context, args: Arguments) -> None:
    with _edit(ctx, args) as stored:
        if stored.profiles.pop(args.NAME, None) is None:
            ctx.err(f"Unknown configuration: {args.NAME}")
        elif stored.profile == args.NAME:
            stored.activate("default")


def default_profile(ctx: Context, args: Arguments) -> None:
    if args.NAME is not None:
        with _edit(ctx, args) as stored:
            stored.activate(args.NAME)
    ctx.out(_read(ctx, args).profile)


def lock(ctx: Context, args: Arguments) -> None:
    with _edit(ctx, args):
        ctx.input("Press enter to unlock.", what="the end of the lock")


def upgrade(ctx: Context, args: Arguments) -> None:
    ctx.err(
        "Nothing to upgrade: servers before 4.2 had their configuration in preferences of Java, which are not read."
    )


def _path(ctx: Context, args: Arguments) -> Path:
    if not args.source:
        return ctx.instance.config_file
    if not Path(args.source).is_file():
        ctx.die(124, f"File not found: {args.source}")
    return Path(args.source)


def _read(ctx: Context, args: Arguments) -> ConfigFile:
    try:
        return ConfigFile(_path(ctx, args))
    except ConfigError as error:
        raise CommandError(str(error), 113) from error


@contextmanager
def _edit(ctx: Context, args: Arguments) -> Iterator[ConfigFile]:
    """`ConfigFile.edit` with the exit codes that other tools know."""
    try:
        with ConfigFile.edit(_path(ctx, args)) as stored:
            yield stored
    except ConfigLocked as error:
        raise CommandError(str(error), 112) from error
    except (ConfigUnwritable, OSError) as error:
        raise CommandError(f"Cannot modify the configuration: {error}", 333) from error
    except ConfigError as error:
        raise CommandError(str(error), 113) from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CommandError(f"{text} is not JSON ({error}). Strings need double quotes: '\"{text}\"'", 510) from error


def _list_value(properties: dict[str, str], name: str) -> list[Any] | None:
    """The list now in effect: the set one, else the default; None when there is neither."""
    known = known_properties().get(name)
    text = properties.get(name) or (known.default if known else "")
    if not text:
        return None
    value = _json(text)
    if not isinstance(value, list):
        raise CommandError(f"Property {name} is not a list: {text}", 511)
    return value


def _hint(ctx: Context, name: str) -> None:
    """Tell about names that will have no effect; they are stored all the same."""
    known = known_properties()
    if name in known:
        if known[name].ignored:
            ctx.err(f"Note: {name} has no effect on this server")
    elif close := get_close_matches(name, known, n=1, cutoff=0.9):
        ctx.err(f"Note: {name} is not a known property. Did you mean {close[0]}?")
