"""Our own commands as controls, for those who register or extend them by the names of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from omero_cli.command_line import configure_command
from omero_cli.controls.people import UserGroupControl

if TYPE_CHECKING:
    from omero_cli.controls.parser import Parser

__all__ = ["NativeControl"]


class NativeControl(UserGroupControl):
    """One of our own commands, called `command`."""

    command: ClassVar[str]

    @classmethod
    def of(cls, name: str) -> type[NativeControl]:
        """The class of the command with this name."""
        return type(f"{name.title()}Control", (cls,), {"command": name, "__module__": __name__})

    def _configure(self, parser: Parser) -> None:
        configure_command(self.command, parser)
