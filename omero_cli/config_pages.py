"""What `omero config parse` prints: all known properties, or those of a file; and reading of KEY=VALUE lines."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from omero_cli.framework import Arguments, CommandError, Context
from omero_server.control.properties import Property, known_properties

__all__ = ["check_name", "parse_defaults", "parse_lines", "properties_page", "text_of"]

NAME = re.compile(r"[A-Za-z0-9._-]+")


def parse_defaults(ctx: Context, args: Arguments) -> None:
    if args.file:
        for name, value in sorted(parse_lines(text_of(args.file, 968).splitlines())):
            ctx.out(name if args.keys else f"{name}={value}")
        return
    chosen = [p for p in known_properties().values() if not (args.no_web and p.name.startswith("omero.web."))]
    if args.headers:
        for section in sorted({p.section for p in chosen}):
            ctx.out(f"{section} ({sum(p.section == section for p in chosen)})")
        return
    if args.markdown or args.rst:
        ctx.out(properties_page(chosen) if args.markdown else rst_page(chosen))
        return
    for each in sorted(chosen, key=lambda p: p.name):
        ctx.out(each.name if args.keys else _explained(each) if args.help_texts else f"{each.name}={each.default}")


def properties_page(properties: Iterable[Property]) -> str:
    """The documentation page of these properties, in Markdown."""
    lines = [
        "# Configuration properties",
        "",
        "Printed by `omero config parse --markdown`; how to set them: running.md.",
        "",
    ]
    by_section: dict[str, list[Property]] = {}
    for each in properties:
        by_section.setdefault(each.section, []).append(each)
    for section in sorted(by_section):
        lines += [f"## {section}", "", "| property | default | |", "|---|---|---|"]
        for each in sorted(by_section[section], key=lambda p: p.name):
            default = f"`{each.default}`".replace("|", "\\|") if each.default else ""
            note = " (no effect here)" if each.ignored else ""
            lines.append(f"| `{each.name}` | {default} | {each.help}{note} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def rst_page(properties: Iterable[Property]) -> str:
    """The same as a list of definitions in reStructuredText."""
    lines: list[str] = []
    for each in sorted(properties, key=lambda p: (p.section, p.name)):
        lines += [f".. property:: {each.name}", "", f"    {each.help}", "", f"    Default: ``{each.default}``", ""]
    return "\n".join(lines).rstrip()


def _explained(each: Property) -> str:
    note = " Has no effect on this server." if each.ignored else ""
    return f"{each.name} ({each.kind}, default {each.default!r})\n    {each.help}.{note}"


def text_of(name: str, code: int = 124) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Cannot read {name}: {error.strerror}", code) from error


def parse_lines(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """KEY=VALUE of each line; `#` begins a comment line, a backslash at the end joins the next line."""
    joined = ""
    for line in lines:
        line = joined + line.strip()
        joined = line[:-1] if line.endswith("\\") else ""
        if joined or not line or line.startswith("#"):
            continue
        key, _, value = line.partition("=")
        check_name(key.strip())
        yield key.strip(), value.strip()


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise CommandError(f"Illegal property name: {name}", 506)
