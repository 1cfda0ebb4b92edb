"""A script's connection, and reading its description without running the rest of it."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import omero
import omero._generated
import omero.grid
from omero.callbacks import ProcessCallbackI
from omero.clients.arguments import endpoint_host
from omero.rtypes import rinternal
from omero.scripts.types import Type

__all__ = ["ParseExit", "client", "handleParse", "parse_file", "parse_text", "wait"]

AGENT = "OMERO.scripts"
PARSE = "omero.scripts.parse"
PLAIN = "text/plain"
PARSE_ONLY = f"{PARSE}=only\nomero.host=localhost\n"
FIELDS = (
    "name",
    "version",
    "description",
    "contact",
    "authors",
    "institutions",
    "authorsInstitutions",
    "inputs",
    "outputs",
    "stdoutFormat",
    "stderrFormat",
    "namespaces",
)

# ICE_CONFIG is the whole process's.
_environment = threading.Lock()


class ParseExit(Exception):
    """Ends a script that is only read: ``params`` is its description, an ``omero.grid.JobParams``."""

    def __init__(self, params: Any) -> None:
        super().__init__()
        self.params = params


def client(*args: Any, **kwargs: Any) -> Any:
    """The client of a script, with a session and with the script's description in ``client.params``.

    ``args``: the name, the description, then parameters (:class:`omero.scripts.Type`). ``kwargs``: what else
    ``omero.grid.JobParams`` has, and ``client`` to be used in place of the one that ICE_CONFIG describes. Raises
    ValueError for an argument that is no parameter, ParseExit when the script is only read.
    """
    params = _described(list(args), kwargs)
    given = kwargs.get("client")
    ours: Any = given if given is not None else omero.client()
    ours.setAgent(AGENT)
    ours.params = params
    try:
        _set_host(ours)
        handleParse(ours)
        ours.createSession().detachOnDestroy()
    except BaseException:
        if given is None:
            ours.closeSession()
        raise
    return ours


def _described(args: list[Any], kwargs: dict[str, Any]) -> Any:
    params = omero.grid.JobParams()
    params.inputs, params.outputs = {}, {}
    params.stdoutFormat = params.stderrFormat = PLAIN
    for key in FIELDS:
        if key in kwargs:
            setattr(params, key, kwargs[key])
    for field in ("name", "description"):
        if args and isinstance(args[0], str):
            setattr(params, field, args.pop(0))
    for param in args:
        if not isinstance(param, Type):
            raise ValueError(f"Not Type: {type(param)}")
        if param._in:
            params.inputs[param.name()] = param
        if param._out:
            params.outputs[param.name()] = param
    return params


def _set_host(script: Any) -> None:
    """A script is told the router alone; what it starts in turn wants to know the host."""
    properties = script.getProperties()
    if not properties.getProperty("omero.host"):
        properties.setProperty("omero.host", endpoint_host(script.getRouter(script.getCommunicator())))


def handleParse(c: Any) -> None:
    """End a script that is only to be read, with ParseExit.

    That is said by the property ``omero.scripts.parse``: "only" gives the description to whoever catches the
    exception, any other text sets it as an output of the script's session as well.
    """
    how = c.getProperty(PARSE)
    if not how:
        return
    if how != "only":
        c.createSession().detachOnDestroy()
        c.setOutput(PARSE, rinternal(c.params))
    raise ParseExit(c.params)


def parse_text(scriptText: str) -> Any:
    """The JobParams of a script's text. The text is run up to its call of :func:`client`.

    What it raises before that goes to the caller; Exception when it ends without that call.
    """
    return _parsed(scriptText, "<string>", {"__name__": "__main__"})


def parse_file(filename: Any) -> Any:
    """The JobParams of a script in a file; see :func:`parse_text`."""
    path = Path(filename)
    return _parsed(path.read_text(encoding="utf-8"), str(path), {"__name__": "__main__", "__file__": str(path)})


def _parsed(text: str, filename: str, names: dict[str, Any]) -> Any:
    code = compile(text, filename, "exec", dont_inherit=True)
    with _environment, _parse_only():
        try:
            exec(code, names)
        except ParseExit as end:
            return end.params
        except SystemExit as end:
            raise Exception(f"Did not throw ParseExit: {text}") from end
    raise Exception(f"Did not throw ParseExit: {text}")


@contextmanager
def _parse_only() -> Iterator[None]:
    before = os.environ.get("ICE_CONFIG")
    with tempfile.TemporaryDirectory(prefix="omero-script-") as folder:
        config = Path(folder, "ice.config")
        config.write_text(PARSE_ONLY)
        os.environ["ICE_CONFIG"] = str(config)
        try:
            yield
        finally:
            if before is None:
                del os.environ["ICE_CONFIG"]
            else:
                os.environ["ICE_CONFIG"] = before


def wait(client: Any, process: Any, ms: int = 500) -> None:
    """Return when the process of a script has ended; it is asked every ``ms`` milliseconds."""
    callback = ProcessCallbackI(client, process)
    try:
        while callback.block(ms) is None:
            process.poll()
    finally:
        callback.close()
