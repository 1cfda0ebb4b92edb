"""Context: what a control is given to print, ask, share values and reach the server with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Never

from omero_cli.controls.base import NonZeroReturnCode
from omero_cli.framework import Context as PlainContext

if TYPE_CHECKING:
    from omero.clients import BaseClient

__all__ = ["Context"]


class Context(PlainContext):
    """Output, questions, values shared between controls, and the client."""

    def __init__(
        self, controls: dict[str, Any] | None = None, params: dict[str, Any] | None = None, prog: str = "omero"
    ):
        super().__init__()
        self.prog = prog
        self.controls: dict[str, Any] = {} if controls is None else controls
        self.params: dict[str, Any] = {} if params is None else params
        self.rv = 0
        """What the last command ended with; 0: well."""
        self._event_context: Any = None

    @property
    def isquiet(self) -> bool:
        """Whether notes are to be left out."""
        return self.quiet

    @isquiet.setter
    def isquiet(self, value: bool) -> None:
        self.quiet = value

    @property
    def isdebug(self) -> int:
        """The level of debugging, 0: none."""
        return int(self.debug)

    @property
    def dir(self) -> Path:
        """The directory of the server on this machine."""
        root: Path = self.instance.root
        return root

    def get(self, key: str, defvalue: Any = None) -> Any:
        """A value that some control has set."""
        return self.params.get(key, defvalue)

    def set(self, key: str, value: Any = True) -> None:
        """Keep a value for other controls."""
        self.params[key] = value

    def dbg(self, text: object, newline: bool = True, level: int = 1) -> None:
        """A note for those who look for a fault (`omero -d 1`)."""
        if self.isdebug >= level:
            self.err(text, newline)

    def die(self, rc: int, text: object, newline: bool = True) -> Never:
        """Say what is wrong and end the command with this code."""
        self.err(text, newline)
        self.rv = rc
        raise NonZeroReturnCode(rc, str(text))

    def safePrint(self, text: object, stream: IO[str], newline: bool = True) -> None:
        """Write to a stream; that nobody reads it any more does not matter."""
        with suppress(BrokenPipeError):
            print(text, end="\n" if newline else "", file=stream, flush=True)

    def exit(self, text: object, newline: bool = True) -> None:
        """Say something last."""
        self.out(text, newline)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def userdir(self) -> Path:
        """A directory of the user's own for files of controls: `~/omero/cli`."""
        folder = Path(os.environ.get("OMERO_USERDIR") or Path.home() / "omero") / "cli"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def pythonpath(self) -> str:
        """PYTHONPATH for programs that are to find what this one finds."""
        return os.pathsep.join(path for path in sys.path if path)

    # The client

    def conn(self, args: Any = None) -> BaseClient | None:
        """The present client, else one logged in as the arguments say; None without either."""
        if self._client is not None:
            try:
                self._client.sf.keepAlive(None)
            except Exception:
                self.close()
        return self._client if args is None and self._client is None else self.connect(args)

    def get_client(self) -> BaseClient | None:
        """The present client."""
        return self._client

    def set_client(self, client: BaseClient | None) -> None:
        """Make `client` the present one."""
        self._event_context = None
        self.use_client(client)

    def get_event_context(self) -> Any:
        """The event context of the session; None without one."""
        if self._event_context is None and self._client is not None:
            self._event_context = self._client.sf.getAdminService().getEventContext()
        return self._event_context

    def set_event_context(self, ec: Any) -> None:
        """Replace the event context, after a change of group for instance."""
        self._event_context = ec

    def close(self) -> None:
        """Leave the server; the session goes on."""
        self._event_context = None
        super().close()

    # Other programs

    def call(self, args: list[str], strict: bool = True, cwd: Any = None) -> int:
        """Run a program and return its exit code; with `strict`, another code than 0 ends the command."""
        code = subprocess.call(args, env=self._environment(), cwd=cwd or self.dir)
        if strict and code:
            self.rv = code
            raise NonZeroReturnCode(code, f"{args[0]} => {code}")
        return code

    def popen(
        self,
        args: list[str],
        cwd: Any = None,
        stdout: Any = subprocess.PIPE,
        stderr: Any = subprocess.PIPE,
        **kwargs: str,
    ) -> subprocess.Popen[bytes]:
        """Start a program; `kwargs` are variables of its environment."""
        environment = self._environment() | {key: str(value) for key, value in kwargs.items()}
        return subprocess.Popen(args, env=environment, cwd=cwd or self.dir, stdout=stdout, stderr=stderr)

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
        return {**os.environ, "PATH": path, "PYTHONPATH": self.pythonpath()}
