"""Entry point of the `omero` command."""

import sys

from omero_cli.command_line import run_command

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one command line (default: the process's) and return its exit code."""
    try:
        return run_command(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        print("Cancelled")
        return 1


if __name__ == "__main__":
    sys.exit(main())
