"""The command line from Python, and what commands of other packages are written with.

from omero.cli import BaseControl, CLI, cli_login

class HelloControl(BaseControl):
    def _configure(self, parser):
        parser.add_login_arguments()
        parser.set_defaults(func=self.hello)

    def hello(self, args):
        client = self.ctx.conn(args)
        self.ctx.out(f"Hello {self.ctx.get_event_context().userName}")

register("hello", HelloControl, "Greet the user")      # In a file in omero/plugins/, where `register` is given.

with cli_login("user@host", "-w", "secret") as cli:
    cli.invoke(["import", "image.tif"], strict=True)
"""

import os
from argparse import SUPPRESS, ArgumentError, ArgumentParser, ArgumentTypeError, FileType, Namespace
from pathlib import Path

from omero_cli.commands.help import TOPICS
from omero_cli.controls.base import (
    BaseControl,
    DiagnosticsControl,
    Error,
    ExceptionHandler,
    NonZeroReturnCode,
    admin_only,
)
from omero_cli.controls.cli import CLI, argv, cli_login
from omero_cli.controls.context import Context
from omero_cli.controls.parser import DirectoryType, ExistingFile, HelpFormatter, NewFileType, Parser, ProxyStringType
from omero_cli.controls.people import ExperimenterArg, ExperimenterGroupArg, UserGroupControl
from omero_cli.controls.requests import CmdControl, GraphArg, GraphControl
from omero_cli.version import VERSION

DEBUG = 0
DEBUG_HELP, ENV_HELP, SUDO_HELP = TOPICS["debug"], TOPICS["env"], TOPICS["sudo"]
OMEROCLI = Path(__file__).parent
OMERODIR = Path(os.environ.get("OMERODIR") or OMEROCLI.parent)

__all__ = [
    "CLI",
    "DEBUG",
    "DEBUG_HELP",
    "ENV_HELP",
    "OMEROCLI",
    "OMERODIR",
    "SUDO_HELP",
    "SUPPRESS",
    "VERSION",
    "ArgumentError",
    "ArgumentParser",
    "ArgumentTypeError",
    "BaseControl",
    "CmdControl",
    "Context",
    "DiagnosticsControl",
    "DirectoryType",
    "Error",
    "ExceptionHandler",
    "ExistingFile",
    "ExperimenterArg",
    "ExperimenterGroupArg",
    "FileType",
    "GraphArg",
    "GraphControl",
    "HelpFormatter",
    "Namespace",
    "NewFileType",
    "NonZeroReturnCode",
    "Parser",
    "ProxyStringType",
    "UserGroupControl",
    "admin_only",
    "argv",
    "cli_login",
]
