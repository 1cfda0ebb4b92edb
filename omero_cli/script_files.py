"""The scripts that the server keeps, for `omero script`."""

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import omero
import omero.model
from omero.rtypes import rstring, unwrap
from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.tables import TableBuilder

__all__ = ["cat", "change", "delete", "edit", "list_scripts", "owners", "replace", "script_id", "upload"]

NOT_THERE = 455
PYTHON = "text/x-python"
TYPES = {".jy": "text/x-jython", ".m": "text/x-matlab"}
_WHO = re.compile(r"(?P<kind>user|group)(?:=(?P<id>\d{1,18}))?")


def script_id(client: Any, text: str) -> int:
    """The id of the script that an argument names. CommandError when the server knows no such path."""
    name = text.removeprefix("file=")
    if name.isascii() and name.isdigit():
        return int(name)
    number = client.sf.getScriptService().getScriptID(name)
    if number is None or number < 0:
        raise CommandError(f"There is no script {name}. See omero script list", NOT_THERE)
    return int(number)


def owners(client: Any, words: list[str]) -> list[Any]:
    """The users and groups whose scripts are meant; none means the official ones."""
    context = client.sf.getAdminService().getEventContext()
    found: list[Any] = []
    for word in words:
        named = _WHO.fullmatch(word)
        if named is None:
            raise CommandError(f"{word!r} is neither user, group, user=ID nor group=ID", 2)
        if named["kind"] == "user":
            found.append(omero.model.ExperimenterI(int(named["id"] or context.userId), False))
        else:
            found.append(omero.model.ExperimenterGroupI(int(named["id"] or context.groupId), False))
    return found


def list_scripts(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    service, whose = client.sf.getScriptService(), owners(client, args.who)
    scripts = service.getUserScripts(whose) if whose else service.getScripts()
    table = TableBuilder("id", f"Scripts for {', '.join(args.who)}" if whose else "Official scripts")
    for script in scripts:
        table.row(script.id.val, f"{unwrap(script.path) or ''}{unwrap(script.name) or ''}")
    ctx.out(table)


def cat(ctx: Context, args: Arguments) -> int:
    client = ctx.connect(args)
    text = client.sf.getScriptService().getScriptText(script_id(client, args.original_file))
    if text is None:
        ctx.die(NOT_THERE, f"There is no script {args.original_file}")
    ctx.out(text)
    return 0


def edit(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    service, number = client.sf.getScriptService(), script_id(client, args.original_file)
    before = service.getScriptText(number)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "script.py")
        file.write_text(before, encoding="utf-8")
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        if subprocess.call([*shlex.split(editor), str(file)]) != 0:
            ctx.die(954, f"Editing failed ({editor}): the script is unchanged")
        after = file.read_text(encoding="utf-8")
    if after != before:
        service.editScript(omero.model.OriginalFileI(number, False), after)


def replace(ctx: Context, args: Arguments) -> None:
    client = ctx.connect(args)
    file = omero.model.OriginalFileI(script_id(client, args.original_file), False)
    try:
        client.sf.getScriptService().editScript(file, _text(args.file))
    except omero.SecurityViolation as error:
        ctx.die(200, f"SecurityViolation: {error.message}")


def change(ctx: Context, args: Arguments) -> None:
    """Enable and disable: a script is a file of a type that somebody can run."""
    client = ctx.connect(args)
    number = script_id(client, args.original_file)
    file = client.sf.getQueryService().find("OriginalFile", number)
    if file is None:
        ctx.die(NOT_THERE, f"There is no script {args.original_file}")
    mimetype = args.mimetype
    if mimetype == PYTHON:
        mimetype = TYPES.get(Path(unwrap(file.name) or "").suffix, mimetype)
    file.setMimetype(rstring(mimetype))
    client.sf.getUpdateService().saveObject(file)
    ctx.out(f"{args.word} {number} by setting mimetype to {mimetype}")


def upload(ctx: Context, args: Arguments) -> None:
    text = _text(args.file)
    service = ctx.connect(args).sf.getScriptService()
    try:
        number = (service.uploadOfficialScript if args.official else service.uploadScript)(args.file, text)
    except omero.SecurityViolation as error:
        ctx.die(503, f"SecurityViolation: {error.message}")
    except omero.ApiUsageException as error:
        exists = "exist" in (error.message or "")
        ctx.die(502 if exists else 504, f"{args.file}: {error.message}")
    ctx.err("Uploaded official script" if args.official else "Uploaded script")
    ctx.out(f"OriginalFile:{number}")


def delete(ctx: Context, args: Arguments) -> None:
    ctx.connect(args).sf.getScriptService().deleteScript(args.id)


def _text(name: str) -> str:
    path = Path(name)
    if not path.is_file():
        raise CommandError(f"File does not exist: {name}", 502)
    return path.read_text(encoding="utf-8")
