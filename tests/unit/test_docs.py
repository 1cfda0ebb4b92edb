"""The documentation leads where it says: links, anchors, commands, and Python that can be compiled."""

import re
import shlex
from pathlib import Path

import pytest

from omero_cli.command_line import CommandLine, command_names, subcommands
from omero_cli.framework import Parser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^    \s*(\S.*)$", re.MULTILINE)
QUOTED = re.compile(r"`(omero [^`\n]+)`")
# `omero` as a word that begins a command: at the start, after $( or a pipe, or after a path.
INVOKED = re.compile(r"(?:^|[|(]|/bin/)\s*omero ([^|)]*)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> list[list[str]]:
    """The words after `omero` of every command in code blocks and between backticks."""
    blocks = [block for kind, block in FENCE.findall(text) if kind in ("", "sh", "bash", "console")]
    lines = [line for block in blocks for line in block.splitlines()]
    lines += INDENTED.findall(FENCE.sub("", text)) + QUOTED.findall(text)
    return [words(found) for line in lines for found in INVOKED.findall(line.strip())]


def without_options(found: list[str]) -> list[str]:
    """The words that are no options, nor the value of one before the command's name."""
    start = 2 if found[:1] in (["-d"], ["-s"], ["-u"], ["-p"], ["-w"], ["-g"], ["-k"]) else 0
    return [word for word in found[start:] if not word.startswith("-")]


def words(command: str) -> list[str]:
    """The words of a command up to what only a shell can tell."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # Quotes that go on in the next line.
        return command.split()


@pytest.fixture(scope="module")
def table() -> dict[str, set[str]]:
    """Every command with its sub-commands."""
    parsers: dict[str, Parser] = dict(subcommands(CommandLine()))
    return {name: {sub for sub, _ in subcommands(parser)} for name, parser in parsers.items()}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{link}: {target.name} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_exist(page: Path, table: dict[str, set[str]]) -> None:
    for found in commands(page.read_text()):
        name, *rest = without_options(found) or ["help"]
        if name.isupper():  # COMMAND, a place-holder
            continue
        assert name in table, f"omero {' '.join(found)}: no such command"
        sub = rest[0].rstrip(",") if rest else ""
        if table[name] and sub and not sub.isupper():
            assert sub in table[name], f"omero {' '.join(found)}: no such sub-command"


def test_commands_are_found_in_the_text() -> None:
    text = "    x=$(omero obj new Dataset)\n    ls | omero import -\n`omero nonsense`\n```\nomero group add\n```\n"
    assert [found[0] for found in commands(text)] == ["group", "obj", "import", "nonsense"]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_compiles(page: Path) -> None:
    for kind, block in FENCE.findall(page.read_text()):
        if kind == "python":
            compile(block, str(page), "exec")


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text())}
    assert not [name for page, name in zip(PAGES, NAMES, strict=True) if page not in linked | {index}]


def test_every_command_has_its_line_in_the_guide() -> None:
    guide = (ROOT / "docs" / "users" / "command-line.md").read_text()
    assert not [name for name in command_names() if f"`omero {name}`" not in guide]
