"""Entry point of the `omero` command."""

import sys
from pathlib import Path

from omero_cli.command_line import run_command

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one command line (default: the process's) and return its exit code; without arguments, an interactive loop.

    Called by another name, its parts behind dashes come first: `omero-admin start` is `omero admin start`.
    """
    prog, *leading = Path(sys.argv[0]).name.split("-") if arguments is None else ["omero"]
    words = [*leading, *(sys.argv[1:] if arguments is None else arguments)]
    if words == [""]:
        return 0
    try:
        return run_command(words, prog if leading else "omero") if words else _loop()
    except KeyboardInterrupt:
        print("Cancelled")
        return 1


def _loop() -> int:
    from omero_cli.controls.cli import CLI

    cli = CLI()
    try:
        cli.invokeloop()
        return cli.rv & 255
    finally:
        cli.close()


if __name__ == "__main__":
    sys.exit(main())
