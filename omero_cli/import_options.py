"""The options of `omero import`, also as the rows and keys of bulk imports give them."""

import argparse
from collections.abc import Sequence
from typing import Any

from omero_cli.framework import Arguments, CommandError, Parser
from omero_server.formats.scan import DEFAULT_DEPTH
from omero_server.repository.checksums import ALGORITHMS, DEFAULT_ALGORITHM

__all__ = ["FLAGS", "LEVELS", "OUTPUTS", "SKIPS", "USAGE", "add_options", "arguments_for", "parse_more", "parse_words"]

USAGE = 1
SKIPS = ("all", "checksum", "minmax", "thumbnails", "upgrade")
OUTPUTS = ("ids", "json", "legacy", "yaml")
LEVELS = ("ALL", "DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN")
FLAGS = ("-f", "-c", "--report", "--upload", "--logs", "--no-stats-info", "--no-thumbnails", "--no-upgrade-check",
         "--auto-close", "--close-completed", "--wait-completed")  # fmt: skip
SHORT = {"continue": "-c", "readers": "-l", "dataset": "-d", "screen": "-r"}


class _Once(argparse.Action):
    """An option that may be given once. The second time ends the program with code 1."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        if getattr(namespace, f"_{self.dest}_given", False):
            parser.exit(USAGE, f"{option} was given twice, or an option that says the same\n")
        setattr(namespace, f"_{self.dest}_given", True)
        setattr(namespace, self.dest, values)


def add_options(parser: Parser) -> None:
    """All options but those of the login and the paths."""
    _targets(parser)
    _content(parser)
    _ways(parser)
    _speed(parser)
    _outputs(parser)
    _reports(parser)
    _advanced(parser)


def _targets(parser: Parser) -> None:
    group = parser.add_argument_group("Where to")
    group.add_argument("-d", dest="dataset", metavar="DATASET", help="Dataset: its id, or Dataset:ID")
    group.add_argument("-r", dest="screen", metavar="SCREEN", help="Screen for plates: its id, or Screen:ID")
    group.add_argument("-T", "--target", metavar="TARGET", help="Dataset:name:NAME, regex:... and more: see the manual")


def _content(parser: Parser) -> None:
    group = parser.add_argument_group("What is stored")
    group.add_argument("-n", "--name", action=_Once, help="Name of the images or plates, instead of the file's")
    group.add_argument("-x", "--description", action=_Once, help="Description of the images or plates")
    for hidden, dest in (("--plate_name", "name"), ("--plate_description", "description")):
        group.add_argument(hidden, dest=dest, action=_Once, help=argparse.SUPPRESS)
    for name, kind, metavar, text in (
        ("ns", str, "NS", "Namespace of a comment on the images; may be repeated"),
        ("text", str, "TEXT", "Text of a comment on the images; may be repeated"),
        ("link", int, "ID", "Existing annotation for the images; may be repeated"),
    ):
        dest = f"annotation_{name}"
        group.add_argument(f"--annotation-{name}", dest=dest, metavar=metavar, action="append", type=kind, help=text)
        group.add_argument(f"--{dest}", dest=dest, action="append", type=kind, help=argparse.SUPPRESS)


def _ways(parser: Parser) -> None:
    group = parser.add_argument_group("How")
    group.add_argument("-f", dest="dry_run", action="store_true", help="Show what would be imported; needs no server")
    group.add_argument("-c", dest="proceed", action="store_true", help="Continue with the next fileset after an error")
    group.add_argument("--bulk", nargs="?", metavar="YAML", help="Import what a file lists (see the manual)")
    group.add_argument("-l", "--readers", metavar="FILE", help="Use the readers that are listed in a file only")
    group.add_argument("--depth", type=int, default=DEFAULT_DEPTH, help="Levels of folders to search (default: 4)")
    group.add_argument("--skip", action="append", choices=SKIPS, default=None, help="Leave out a step; may be repeated")
    group.add_argument("--transfer", nargs="?", metavar="MODE",
                       help="upload (default), ln_s, ln, cp; upload_rm, ln_rm, cp_rm remove the originals")  # fmt: skip
    group.add_argument("--exclude", nargs="?", choices=("clientpath", "filename"),
                       help="Leave out what was imported from the same path, or under the same name")  # fmt: skip
    group.add_argument("--checksum-algorithm", "--checksum_algorithm", nargs="?", choices=ALGORITHMS, action=_Once,
                       default=DEFAULT_ALGORITHM, help="Compare the files by this (default: SHA1-160)")  # fmt: skip
    group.add_argument("--encrypted", choices=("true", "false"), help="Encrypt the upload (default: to other machines)")
    for name in ("--no-stats-info", "--no-thumbnails", "--no-upgrade-check"):
        group.add_argument(name, action="store_true", help=argparse.SUPPRESS)


def _speed(parser: Parser) -> None:
    group = parser.add_argument_group("Side by side")
    group.add_argument("--parallel-upload", "--parallel_upload", type=_positive, default=1, metavar="COUNT",
                       help="Files uploaded at the same time")  # fmt: skip
    group.add_argument("--parallel-fileset", "--parallel_fileset", type=_positive, default=1, metavar="COUNT",
                       help="Filesets imported at the same time")  # fmt: skip


def _outputs(parser: Parser) -> None:
    group = parser.add_argument_group("Output")
    group.add_argument("--output", choices=OUTPUTS, default="ids", help="Form of the output")
    for name, text in (
        ("file", "Write standard output into a file"),
        ("errs", "Write standard error into a file"),
        ("logprefix", "Folder, or beginning of the names, of these files"),
    ):
        group.add_argument(f"--{name}", nargs="?", metavar=name.upper(), help=text)
        group.add_argument(f"---{name}", dest=name, nargs="?", help=argparse.SUPPRESS)
    group.add_argument("---bulk", dest="bulk", nargs="?", help=argparse.SUPPRESS)
    group.add_argument("--debug", dest="log_level", choices=LEVELS, help="Show what the program does")
    group.add_argument("--logback", metavar="FILE", help="How to log: a file for Python's logging.config")


def _reports(parser: Parser) -> None:
    group = parser.add_argument_group("Reports of failed imports")
    group.add_argument("--report", action="store_true", help="Make a report of failures, to send to developers")
    group.add_argument("--email", help="Who may be asked about it")
    group.add_argument("--logs", action="store_true", help="Put the messages into the report")
    group.add_argument("--upload", action="store_true", help="Put the messages and the files into the report")
    group.add_argument("--qa-baseurl", "--qa_baseurl", metavar="URL", help=argparse.SUPPRESS)


def _advanced(parser: Parser) -> None:
    group = parser.add_argument_group("Advanced")
    for names, text in (
        (("--advanced-help",), "Show what may follow a --"),
        (("--javahelp", "--java-help"), "As --advanced-help; nothing here needs Java"),
    ):
        group.add_argument(*names, dest="advanced_help", action="store_true", help=text)
    for name in ("--clientdir", "--fetch-jars", "--agent"):
        group.add_argument(name, help=argparse.SUPPRESS)
    for name, kind in (("--keep-alive", int), ("--minutes-wait", float)):
        group.add_argument(name, type=kind, help=argparse.SUPPRESS)
    for name in ("--auto-close", "--close-completed", "--wait-completed"):
        group.add_argument(name, action="store_true", help=argparse.SUPPRESS)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def parse_more(args: Arguments) -> None:
    """Options that came after `--` stand among the paths: take them out. CommandError 1 for unknown ones."""
    if not any(path.startswith("-") and path != "-" for path in args.path):
        return
    args.path = parse_words([str(path) for path in args.path], args)


def parse_words(words: Sequence[str], args: Arguments) -> list[str]:
    """Parse options into `args`; what is no option is returned. CommandError 1 for unknown ones."""
    parser = Parser(prog="omero import", add_help=False, allow_abbrev=False)
    add_options(parser)
    _, rest = parser.parse_known_args(list(words), args)
    unknown = [word for word in rest if word.startswith("-") and word != "-"]
    if unknown:
        raise CommandError(f"Unknown options: {' '.join(unknown)}. See omero import -h", USAGE)
    return [word for word in rest if word != "--"]


def arguments_for(key: str, value: Any) -> list[str]:
    """A key of a bulk file, or a column, as words of a command line. CommandError 200 for unknown keys."""
    parser = Parser(prog="omero import", add_help=False)
    add_options(parser)
    option = SHORT.get(key, f"-{key}" if len(key) == 1 else f"--{key.replace('_', '-')}")
    if option not in parser._option_string_actions:
        raise CommandError(f"Unknown argument: {key}", 200)
    if option in FLAGS:
        return [option] if value in (True, "true", "True", "1", 1) else []
    values = value if isinstance(value, list) else [value]
    given = [str(one) for one in values if one is not None]
    return [word for one in given for word in ([f"{option}={one}"] if option.startswith("--") else [option, one])]
