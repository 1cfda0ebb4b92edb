"""The script that lets bash and zsh complete commands and options of `omero`, made of the parsers of all commands."""

import argparse
from collections.abc import Iterator

from omero_cli.command_line import CommandLine, subcommands

__all__ = ["SHELLS", "script"]

SHELLS = ("bash", "zsh")
_BASH = """\
# Completion of omero. Use: eval "$(omero help --completion SHELL)"
_omero() {{
    local path=omero words= i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$path ${{COMP_WORDS[i]}}" in
            {paths}) path="$path ${{COMP_WORDS[i]}}" ;;
        esac
    done
    case "$path" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _omero omero
"""
_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"


def script(shell: str) -> str:
    """The script for one of SHELLS. Where nothing fits, names of files are completed."""
    table = dict(_words())
    paths = "|".join(f'"{path}"' for path in table if path != "omero")
    cases = "\n".join(f'        "{path}") words="{" ".join(words)}" ;;' for path, words in table.items())
    return (_ZSH if shell == "zsh" else "") + _BASH.format(paths=paths, cases=cases).replace("SHELL", shell)


def _words() -> Iterator[tuple[str, list[str]]]:
    """What may follow each command: sub-commands, then options."""
    line = CommandLine()
    yield "omero", [*line.commands, *_options(line)]
    for name in line.commands:
        parser = line.commands[name]
        found = dict(subcommands(parser))
        yield f"omero {name}", [*found, *_options(parser)]
        for sub, child in found.items():
            yield f"omero {name} {sub}", _options(child)


def _options(parser: argparse.ArgumentParser) -> list[str]:
    """The long options, and short ones that have no long form; neither hidden ones."""
    found: list[str] = []
    for action in parser._actions:
        if action.help is not argparse.SUPPRESS and action.option_strings:
            long = [flag for flag in action.option_strings if flag.startswith("--")]
            found += long or action.option_strings
    return sorted(found)
