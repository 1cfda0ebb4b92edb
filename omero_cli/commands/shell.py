"""Interactive Python with the client library, logged in if wanted."""

import code
import runpy
import sys
from importlib.util import find_spec
from typing import Any

import omero
from omero_cli.framework import Arguments, Context, Parser

EXAMPLES = """Examples:
  omero shell --login                 # client, conn (the gateway) and omero are there
  omero shell --login -- -c 'print(conn.getUser().getName())'
  omero shell --login script.py

With IPython installed, it is IPython that starts; what follows `--` are its arguments.
"""


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    parser.add_argument("--login", action="store_true", help="Log in, and set the variables client and conn")
    parser.add_argument("arg", nargs="*", help="Arguments for Python: a script and its arguments, or -c and a command")
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int | None:
    names: dict[str, Any] = {"omero": omero}
    if args.login:
        from omero.gateway import BlitzGateway

        client = ctx.connect(args)
        names |= {"client": client, "conn": BlitzGateway(client_obj=client)}
    if find_spec("IPython") is not None:
        from IPython import start_ipython  # type: ignore[import-not-found]

        return start_ipython(args.arg, user_ns=names) or 0
    _python(args.arg, names)
    return None


def _python(words: list[str], names: dict[str, Any]) -> None:
    """What `python WORDS` does, with these names."""
    if words[:1] == ["-c"] and len(words) > 1:
        sys.argv = ["-c", *words[2:]]
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__", **names})
    elif words:
        sys.argv = words
        runpy.run_path(words[0], init_globals=names, run_name="__main__")
    else:
        there = ", ".join(sorted(names))
        code.interact(banner=f"Python {sys.version.split()[0]}. There are: {there}. Ctrl-D ends.", local=names)
