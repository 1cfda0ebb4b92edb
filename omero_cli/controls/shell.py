"""What only the interactive loop understands: looking round and moving on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omero_cli.controls.context import Context

__all__ = ["shell_command"]


def shell_command(ctx: Context, words: list[str]) -> bool:
    """Do what `pwd`, `ls`, `dir` or `cd DIR` say; False for other words."""
    name, *places = words
    if name == "pwd":
        ctx.out(Path.cwd())
    elif name in ("ls", "dir"):
        for entry in sorted(Path(places[0] if places else ".").iterdir()):
            ctx.out(entry.name)
    elif name == "cd":
        os.chdir(places[0] if places else Path.home())
    else:
        return False
    return True
