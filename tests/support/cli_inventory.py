"""What the official command line takes, from recorded facts, against the parsers of ours."""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from omero_cli.command_line import CommandLine, subcommands

Finding = tuple[str, str]
FACTS = Path(__file__).parents[1] / "data/facts/cli_commands.json.gz"
MANY = 10**6
ARITY = {None: (1, 1), "?": (0, 1), "*": (0, MANY), "+": (1, MANY)}
NUMBERS = {"int": int, "float": float}


def facts() -> dict[str, Any]:
    with gzip.open(FACTS, "rt", encoding="utf-8") as file:
        return json.load(file)  # type: ignore[no-any-return]


def findings(facts: dict[str, Any]) -> Iterator[Finding]:
    """Command and difference, for everything that the official command line takes and ours does not, or otherwise."""
    line = CommandLine()
    for recorded in facts["commands"]:
        words = recorded["command"].split()[1:]
        parser = _parser(line, words)
        if parser is None:
            yield recorded["command"], "missing"
            continue
        for text in _differences(recorded, parser, facts["login_options"]):
            yield recorded["command"], text


def _parser(line: CommandLine, words: list[str]) -> argparse.ArgumentParser | None:
    parser: argparse.ArgumentParser | None = line
    for word in words:
        if isinstance(parser, CommandLine):
            found = word in parser.commands
            parser = parser.commands[word] if found else None
        elif parser is not None:
            parser = dict(subcommands(parser)).get(word)
    return parser


def _differences(
    recorded: dict[str, Any], parser: argparse.ArgumentParser, login: list[dict[str, Any]]
) -> Iterator[str]:
    known = parser._option_string_actions
    for option in [*recorded.get("options", ()), *(login if recorded["login"] else ())]:
        missing = [flag for flag in option["flags"] if flag not in known]
        if missing:
            yield f"{'/'.join(missing)}: missing"
            continue
        actions = {id(known[flag]) for flag in option["flags"]}
        if len(actions) > 1:
            yield f"{'/'.join(option['flags'])}: are different options"
        yield from (f"{option['flags'][-1]}: {text}" for text in _option(option, known[option["flags"][0]]))
    if "subcommands" not in recorded:
        yield from _positionals(recorded.get("positionals", []), parser)
    yield from _exclusions(recorded, parser)


def _option(theirs: dict[str, Any], ours: argparse.Action) -> Iterator[str]:
    takes_value = theirs.get("action") not in ("store_true", "store_false", "version")
    if takes_value != (ours.nargs != 0):
        yield "takes a value" if takes_value else "takes no value"
        return
    if takes_value:
        yield from _arity(ARITY[theirs.get("nargs")], ARITY.get(ours.nargs, (1, 1)))  # type: ignore[call-overload]
    repeated = isinstance(ours, argparse._AppendAction | argparse._ExtendAction)
    if theirs.get("action") == "append" and not repeated:
        yield "can be repeated"
    if ours.required and not theirs.get("required"):
        yield "is no duty"
    if theirs.get("required") and not ours.required:
        yield "is a duty"
    yield from _values(theirs, ours)


def _values(theirs: dict[str, Any], ours: argparse.Action) -> Iterator[str]:
    refused = set(theirs.get("choices") or ()) - set(ours.choices or theirs.get("choices") or ())
    if refused:
        yield f"takes {', '.join(sorted(refused))}"
    number = NUMBERS.get(theirs.get("type") or "")
    if number is not None and ours.type not in (number, float):
        yield f"is of the type {number.__name__}"
    if "default" in theirs and not _same_default(theirs["default"], ours.default):
        yield f"is {theirs['default']!r} if not given"


def _same_default(theirs: Any, ours: Any) -> bool:
    return ours == theirs or str(ours) == str(theirs) or (not ours and theirs in ([], "()", None, False))


def _positionals(theirs: list[dict[str, Any]], parser: argparse.ArgumentParser) -> Iterator[str]:
    ours = [action for action in parser._actions if not action.option_strings]
    ours = [action for action in ours if not isinstance(action, argparse._SubParsersAction)]
    wanted = [ARITY[each.get("nargs")] for each in theirs]
    given = [ARITY.get(each.nargs, (1, 1)) for each in ours]  # type: ignore[call-overload]
    for text in _arity(_total(wanted), _total(given)):
        yield f"arguments: {text}"
    if len(theirs) == len(ours):
        for one, other in zip(theirs, ours, strict=True):
            yield from (f"argument {one['dest']}: {text}" for text in _values(one, other))


def _total(arities: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(low for low, _ in arities), min(sum(high for _, high in arities), MANY)


def _arity(theirs: tuple[int, int], ours: tuple[int, int]) -> Iterator[str]:
    """How many values are taken; more than the official ones is well."""
    if ours[0] > theirs[0]:
        yield f"may be {theirs[0]}, not {ours[0]} at least"
    if ours[1] < theirs[1]:
        yield f"may be {'many' if theirs[1] == MANY else theirs[1]}, not {ours[1]} at most"


def _exclusions(recorded: dict[str, Any], parser: argparse.ArgumentParser) -> Iterator[str]:
    """Options that exclude each other on one side only."""
    grouped: dict[int, list[str]] = {}
    flags = []
    for each in [*recorded.get("options", ()), *recorded.get("positionals", ())]:
        name = each["flags"][-1] if "flags" in each else each["dest"]
        flags.append(name)
        if "exclusive_group" in each:
            grouped.setdefault(each["exclusive_group"], []).append(name)
    theirs = {frozenset(pair) for names in grouped.values() for pair in combinations(names, 2)}
    names = {id(action): [*action.option_strings, action.dest, action.metavar] for action in parser._actions}
    groups = [[names[id(action)] for action in g._group_actions] for g in parser._mutually_exclusive_groups]
    for one, other in combinations(flags, 2):
        excluded = any(
            any(one in each for each in group)
            and any(other in each for each in group)
            and not any(one in each and other in each for each in group)
            for group in groups
        )
        if excluded != (frozenset((one, other)) in theirs):
            yield f"{one} and {other}: {'go together' if excluded else 'exclude each other'}"
