"""BaseControl, which every command of a plug-in extends, and how a control tells what went wrong."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from omero_cli.framework import CommandError

if TYPE_CHECKING:
    from omero_cli.controls.cli import CLI
    from omero_cli.controls.parser import Parser

__all__ = ["BaseControl", "DiagnosticsControl", "Error", "ExceptionHandler", "NonZeroReturnCode", "admin_only"]


class NonZeroReturnCode(CommandError):
    """A command ended with an error, which the user has been told. `rv`: the code, not yet modulo 256."""

    shown = True

    def __init__(self, rv: int, *args: Any) -> None:
        super().__init__(str(args[0]) if args else "", rv)
        self.rv = rv
        self.args = args


class Error:
    """A message and the code that a command ends with."""

    def __init__(self, ctx: CLI, rcode: int, msg: str) -> None:
        self.ctx, self.rcode, self.msg = ctx, rcode, msg

    def die(self, *args: Any) -> None:
        """End the command; `args` go into the message."""
        self.ctx.die(self.rcode, self.msg % args)

    def __str__(self) -> str:
        return f"{self.msg} ({self.rcode})"


class BaseControl:
    """One command. It either has sub-commands, added in `_configure(parser)`, or is called itself."""

    parser: Parser

    def __init__(self, ctx: CLI | None = None, dir: Any = None) -> None:
        if ctx is None:
            from omero_cli.controls.cli import CLI

            ctx = CLI()
        self.ctx = ctx
        self.dir = ctx.dir if dir is None else dir
        self._errors: dict[str, Error] = {}

    def add_error(self, name: str, rcode: int, msg: str) -> None:
        """Make an error known by a name. NonZeroReturnCode 2 for a name that is taken."""
        if name in self._errors:
            self.ctx.die(2, f"Error already exists: {name}")
        self._errors[name] = Error(self.ctx, rcode, msg)

    def raise_error(self, name: str, *args: Any) -> None:
        """End the command with an error that was made known; `args` go into its message."""
        if name not in self._errors:
            self.ctx.die(2, f"Unknown error: {name}")
        self._errors[name].die(*args)

    def get_errors(self) -> dict[str, Error]:
        """All errors by name."""
        return dict(self._errors)

    def reset_errors(self, replacement: dict[str, Error] | None = None) -> None:
        """Forget all errors, or know these instead."""
        self._errors = dict(replacement or {})

    def error_admin_only(
        self, msg: str = "SecurityViolation: Admins only!", code: int = 111, fatal: bool = True
    ) -> None:
        """Say that this is for administrators, and end the command unless told otherwise."""
        if fatal:
            self.ctx.die(code, msg)
        else:
            self.ctx.err(msg)

    def error_admin_only_privs(
        self,
        restrictions: Iterable[str],
        msg: str = "SecurityViolation: Admin restrictions: ",
        code: int = 111,
        fatal: bool = True,
    ) -> None:
        """Say which privileges are missing."""
        self.error_admin_only(msg + ", ".join(sorted(restrictions)), code, fatal)

    def get_subcommands(self) -> list[str]:
        """The names of the sub-commands."""
        from omero_cli.command_line import subcommands

        return [name for name, _ in subcommands(self.parser)]

    # Places on this machine

    def _isWindows(self) -> bool:
        return os.name == "nt"

    def _host(self) -> str:
        """The name of this host, without its domain."""
        return socket.gethostname().partition(".")[0]

    def _node(self, omero_node: str | None = None) -> str:
        """The name of this node: OMERO_NODE, else that of the host. A name given becomes OMERO_NODE."""
        if omero_node is not None:
            os.environ["OMERO_NODE"] = omero_node
        return os.environ.get("OMERO_NODE") or self._host()

    def _properties(self, prefix: str = "") -> dict[str, str]:
        """The configuration of the server of this machine, as far as it was set and its names begin with `prefix`."""
        from omero_server.control.config import Config

        values = Config.load(self.ctx.instance.root).explicit()
        return {key: value for key, value in values.items() if key.startswith(prefix)}

    # Helpers

    def _ask_for_password(self, reason: str = "", root_pass: str | None = None, strict: bool = True) -> str:
        """A password typed twice, or `root_pass` if given."""
        while not root_pass:
            first = self.ctx.input(f"Please enter password{reason}: ", hidden=True, required=strict)
            if first == self.ctx.input(f"Please re-enter password{reason}: ", hidden=True, required=strict):
                return first
            self.ctx.err("Passwords don't match")
        return root_pass

    def _add_wait(self, parser: Any, default: int = -1) -> None:
        """`--wait`: how many seconds to wait for an answer."""
        help = f"Seconds to wait; 0: not at all; negative: to the end (default: {default})"
        parser.add_argument("--wait", type=int, default=default, help=help)

    def _order_and_range_ids(self, ids: Iterable[int]) -> str:
        """`1-3,5,9,10`."""
        from omero_cli.graph_targets import id_ranges

        return id_ranges(ids)

    # What an interactive shell completes

    def _complete_file(self, f: str, dir: Any = None) -> list[str]:
        """Files whose names begin like `f`."""
        place = Path(dir or ".") / f
        folder, start = (place, "") if f.endswith("/") or not f else (place.parent, place.name)
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return [each.name + "/" * each.is_dir() for each in found if each.name.startswith(start)]

    def _complete(self, text: str, line: str, begidx: int, endidx: int) -> list[str]:
        """Sub-commands and options that begin like `text`."""
        words = [*self.get_subcommands(), *self.parser._option_string_actions]
        return [f"{word} " for word in sorted(words) if word.startswith(text)]


class DiagnosticsControl(BaseControl):
    """A command with a sub-command `diagnostics`."""

    def _add_diagnostics(self, parser: Any, sub: Any) -> None:
        diagnostics = parser.add(sub, self.diagnostics, "Run a set of checks on the current, preferably running server")
        diagnostics.add_argument("--no-logs", action="store_true", help="Leave out the log files")

    def diagnostics(self, args: Any) -> None:
        """What a control replaces by its checks."""
        self._diagnostics_banner(type(self).__name__.removesuffix("Control").lower())

    def _diagnostics_banner(self, control_name: str) -> None:
        line = "=" * 80
        self.ctx.out(f"\n{line}\nOMERO Diagnostics ({control_name})\n{line}\n")

    def _sz_str(self, sz: float) -> str:
        """Bytes as text, `12.3 MB`."""
        power = next((power for power in range(4) if abs(sz) < 1000 ** (power + 1)), 4)
        return f"{sz / 1000**power:.1f} {('B', 'KB', 'MB', 'GB', 'TB')[power]}"

    def _item(self, cat: str, msg: str) -> None:
        self.ctx.out(f"{cat + ':':<12}{msg:<30} ", newline=False)

    def _exists(self, p: Any) -> bool:
        """Whether a file is there; its size, or `n/a`, is printed."""
        path = Path(p)
        self.ctx.out(self._sz_str(path.stat().st_size) if path.exists() else "n/a")
        return path.exists()


class ExceptionHandler:
    """What exceptions of the server mean."""

    CONSTRAINTS: ClassVar = ("ConstraintViolationException", "violates")

    def is_constraint_violation(self, ve: Any) -> bool:
        """Whether a ValidationException says that the database refused a row."""
        return any(word in (ve.message or "") for word in self.CONSTRAINTS)

    def handle_failed_request(self, rfe: Any) -> None:
        """Raise what is known by a better name; return for the others."""
        import Ice

        if isinstance(rfe, Ice.OperationNotExistException):
            raise NonZeroReturnCode(1, f"The server is too old for this: it has no {rfe.operation}") from rfe


def admin_only(*fargs: Any, **fkwargs: Any) -> Callable[..., Any]:
    """Methods of controls for administrators: all of them, or with `full_admin=False` those with the given privileges.

    The method is called with parsed arguments; the command ends with code 111 for others.
    """
    full_admin = fkwargs.get("full_admin", True)

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            self.ctx.conn(args[0])
            known = self.ctx.get_event_context()
            if known is None or not known.isAdmin:
                self.error_admin_only(fatal=True)
            missing = set(fargs) - set(known.adminPrivileges)
            if full_admin:
                missing |= _all_privileges(self.ctx.get_client()) - set(known.adminPrivileges)
            if missing:
                self.error_admin_only_privs(missing, fatal=True)
            return func(self, *args, **kwargs)

        return guarded

    return decorate


def _all_privileges(client: Any) -> set[str]:
    return {each.value.val for each in client.sf.getTypesService().allEnumerations("AdminPrivilege")}
