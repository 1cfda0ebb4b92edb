"""Running scripts, on the server and here, for `omero script`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import omero
from omero import scripts
from omero.rtypes import unwrap
from omero_cli.commands import hql
from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.script_files import cat, delete, list_scripts, script_id, upload

__all__ = ["demo", "description", "jobs", "launch", "run_here", "serve", "show_params"]

POLL_MS = 1000
DEMO = """\
import omero.scripts as scripts
from omero.rtypes import rstring

client = scripts.client(
    "demo.py", "Says hello.", scripts.String("Name", default="World"), scripts.String("Message").out()
)
try:
    client.setOutput("Message", rstring("Hello " + client.getInput("Name").val))
finally:
    client.closeSession()
"""
JOBS = "select j, j.username,j.groupname,j.started,j.finished, s.value from Job j join j.status s"


def show_params(ctx: Context, args: Arguments) -> None:
    ctx.out(description(*_params(ctx, args)))


def description(number: int, params: Any) -> str:
    """What a script takes and gives, as text."""
    head = {
        "id": number,
        "name": params.name,
        "version": params.version,
        "authors": ", ".join(params.authors or ()),
        "institutions": ", ".join(params.institutions or ()),
        "description": params.description,
        "namespaces": ", ".join(params.namespaces or ()),
        "stdout": params.stdoutFormat,
        "stderr": params.stderrFormat,
    }
    lines = ["", *(f"{name}:  {value}" for name, value in head.items())]
    for title, found in (("inputs", params.inputs), ("outputs", params.outputs)):
        lines.append(f"{title}:")
        for name, param in sorted((found or {}).items(), key=lambda item: (item[1].grouping or "", item[0])):
            lines += _parameter(name, param)
    return "\n".join(lines)


def _parameter(name: str, param: Any) -> list[str]:
    prototype = param.prototype
    lines = [f"  {name} - {param.description or '(no description)'}", f"    Optional: {param.optional}"]
    lines.append(f"    Type: {prototype.ice_staticId()}")
    inner = getattr(prototype, "val", None)
    if isinstance(inner, list | dict) and inner:
        first = next(iter(inner.values())) if isinstance(inner, dict) else inner[0]
        lines.append(f"    Subtype: {first.ice_staticId()}")
    lines += [f"    Min: {_quoted(param.min)}", f"    Max: {_quoted(param.max)}"]
    allowed = unwrap(param.values) or []
    return [*lines, f"    Values: {', '.join(map(str, allowed))}"]


def _quoted(value: Any) -> str:
    plain = unwrap(value)
    return "" if plain is None else f"'{plain}'" if isinstance(plain, str) else str(plain)


def launch(ctx: Context, args: Arguments) -> None:
    number, params = _params(ctx, args)
    inputs = _inputs(ctx, args.input, params)
    client = ctx.connect(args)
    try:
        process = client.sf.getScriptService().runScript(number, inputs, None)
    except omero.ValidationException as error:
        ctx.die(502, f"Bad parameters:\n{error.message}")
    ctx.out(f"Job {process.getJob().id.val} ready\nWaiting....")
    callback = scripts.ProcessCallbackI(client, process)
    try:
        while (end := callback.block(POLL_MS)) is None:
            continue
        ctx.out(f"Callback received: {end}")
        _results(ctx, client, unwrap(process.getResults(3)))
    finally:
        callback.close()


def _inputs(ctx: Context, words: list[str], params: Any) -> dict[str, Any]:
    """The inputs from NAME=VALUE; what is missing is asked for."""
    words = list(words)
    while True:
        try:
            return scripts.parse_inputs(words, params)
        except scripts.MissingInputs as missing:
            for key in missing.keys:
                answer = ctx.input(f'Enter value for "{key}": ', required=True, what=key)
                words.append(f"{key}={answer}")
        except ValueError as error:
            raise CommandError(f"Bad parameters:\n{error}", 502) from error


def _results(ctx: Context, client: Any, results: dict[str, Any]) -> None:
    for stream in ("stdout", "stderr"):
        file = results.pop(stream, None)
        if file is None:
            continue
        ctx.out(f"\n\t*** start {stream} (id={file.id.val})***")
        with tempfile.NamedTemporaryFile() as copy:
            client.download(file, copy.name)
            for line in Path(copy.name).read_text(encoding="utf-8", errors="replace").splitlines():
                ctx.out(f"\t* {line}")
        ctx.out(f"\t*** end {stream} ***")
    ctx.out("\n\t*** out parameters ***")
    for key, value in results.items():
        ctx.out(f"\t* {key}={value}")
    ctx.out("\t***  done ***")


def jobs(ctx: Context, args: Arguments) -> None:
    """Those of everybody whom the server lets see; WHO is accepted, as official commands do, without effect."""
    args.query = JOBS if args.all else f"{JOBS} where j.finished is null"
    ctx.out(f"Running query via 'hql' subcommand: {args.query}")
    args.admin = args.ids_only = False
    args.limit, args.offset, args.style = 25, 0, None
    hql.run(ctx, args)


def serve(ctx: Context, args: Arguments) -> None:
    ctx.die(100, "This server runs scripts itself and takes no processors of users: nothing was started.")


def run_here(ctx: Context, args: Arguments) -> int:
    """With the session of the command line; what the script is given is set on the session, as the server does."""
    if not Path(args.file).is_file():
        ctx.die(670, f"No such file: {args.file}")
    params = scripts.parse_file(args.file)
    inputs = _inputs(ctx, args.input, params)
    client = ctx.connect(args)
    for key, value in inputs.items():
        client.setInput(key, value)
    uuid, router = client.getSessionId(), client.getProperty("Ice.Default.Router")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "ice.config")
        text = [f"omero.host={client.getProperty('omero.host')}", f"omero.user={uuid}", f"omero.pass={uuid}"]
        config.write_text("\n".join([*text, f"Ice.Default.Router={router}"]), encoding="utf-8")
        config.chmod(0o600)
        library = str(Path(omero.__file__).parents[1])
        path = os.pathsep.join([library, *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"ICE_CONFIG": str(config), "PYTHONPATH": path}
        code = subprocess.call([sys.executable, args.file], env=environment)
    if code:
        ctx.err("Execution failed.")
    return code


def demo(ctx: Context, args: Arguments) -> None:
    with tempfile.TemporaryDirectory() as folder:
        args.file, args.official, args.who = str(Path(folder, "demo.py")), False, ["user"]
        Path(args.file).write_text(DEMO, encoding="utf-8")
        upload(ctx, args)
        client = ctx.connect(args)
        args.original_file, args.input = args.file, []
        list_scripts(ctx, args)
        cat(ctx, args)
        show_params(ctx, args)
        launch(ctx, args)
        args.id = script_id(client, args.file)
        delete(ctx, args)


def _params(ctx: Context, args: Arguments) -> tuple[int, Any]:
    client = ctx.connect(args)
    number = script_id(client, args.original_file)
    try:
        return number, client.sf.getScriptService().getParams(number)
    except omero.ValidationException as error:
        ctx.die(454, f"ValidationException: {error.message}")
    except omero.ResourceError as error:
        ctx.die(455, f"ResourceError: {error.message}")
