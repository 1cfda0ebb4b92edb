"""Make, change and read objects of the model."""

import argparse
import shlex
import sys
from pathlib import Path

from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_cli.object_actions import ACTIONS, ObjectStore

EXAMPLES = """
Examples:
  dataset=$(omero obj new Dataset name=first)
  project=$(omero obj new Project name=second description='with two words')
  omero obj new ProjectDatasetLink parent=$project child=$dataset
  omero obj update $dataset description=changed
  omero obj get $dataset name
  omero obj map-set MapAnnotation:5 mapValue key value
"""


def configure(parser: Parser) -> None:
    parser.login_arguments()
    actions = (f"  {name} {(action.__doc__ or '').rstrip('.')}\n" for name, action in ACTIONS.items())
    parser.epilog = "Actions:\n" + "".join(actions) + EXAMPLES
    parser.add_argument("action", nargs="?", choices=list(ACTIONS), metavar="action", help="See the list below")
    parser.add_argument("object", nargs="?", metavar="Class:ID", help="The object; for new, its class alone")
    parser.add_argument("words", nargs="*", metavar="field", help="FIELD=VALUE, or FIELD and what the action takes")
    parser.add_argument("--file", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> None:
    if args.file is not None:
        _run_file(ctx, args)
    elif args.action is None:
        raise CommandError("No command provided", 100)
    else:
        words = [*([args.object] if args.object else []), *args.words]
        ctx.out(ACTIONS[args.action](ObjectStore(ctx.connect(args)), words))


def _run_file(ctx: Context, args: Arguments) -> None:
    """One action per line, optionally `NAME = action ...`. `FIELD@=NAME` takes what a line before gave: by the name,
    or by the number of that line's result, from 0.
    """
    try:
        text = sys.stdin.read() if args.file == "-" else Path(args.file).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise CommandError(f"Cannot read {args.file}: {error}", 337) from error
    store = ObjectStore(ctx.connect(args))
    number = 0
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        variable = words[0] if words[1:2] == ["="] else None
        action, *rest = words[2:] if variable else words
        if action not in ACTIONS:
            raise CommandError(f"No such action: {action}. There are: {', '.join(ACTIONS)}", 100)
        result = ACTIONS[action](store, rest)
        ctx.out(result)
        store.results |= {str(number): result} | ({variable: result} if variable else {})
        number += 1
