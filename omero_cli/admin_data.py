"""Binary files of the server: what the database knows nothing of, and pyramids. For administrators on its machine."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import omero
import omero.cmd
from omero.rtypes import rbool, rtime, unwrap
from omero.sys import ParametersI
from omero_cli.framework import Arguments, CommandError, Context
from omero_cli.requests import failure, start

__all__ = ["SUBDIRECTORIES", "admins_only", "cleanse", "fix_pyramids", "remove_pyramids"]

EVERYWHERE = {"omero.group": "-1"}
MANAGED = "ManagedRepository"
CLASSES = {"Pixels": "Pixels", "Files": "OriginalFile", "Thumbnails": "Thumbnail"}
SUBDIRECTORIES = (*CLASSES, MANAGED)
BATCH = 1000
MOST = 500
PYRAMID = "_pyramid"
IN_PROGRESS = (".tmp", ".pyr_lock")
_FILE = re.compile(r"\.?(?P<id>\d{1,18})(?:_pyramid.*)?")


def admins_only(ctx: Context, args: Arguments) -> Any:
    """The client of an administrator with all privileges. CommandError 111 for others."""
    client = ctx.connect(args)
    context = client.sf.getAdminService().getEventContext()
    if not context.isAdmin:
        raise CommandError("SecurityViolation: Admins only!", 111)
    wanted = {each.value.val for each in client.sf.getTypesService().allEnumerations("AdminPrivilege")}
    missing = sorted(wanted - set(context.adminPrivileges))
    if missing:
        raise CommandError(f"SecurityViolation: Admin restrictions: {', '.join(missing)}", 111)
    return client


def cleanse(ctx: Context, args: Arguments) -> None:
    """Remove files without rows, and folders without files. Nothing is removed of another server's data."""
    client = admins_only(ctx, args)
    _check_same_server(client, args.data_dir)
    chosen = [args.subdirectory] if args.subdirectory else list(SUBDIRECTORIES)
    files = size = 0
    for name in chosen:
        folder = args.data_dir / name
        if not folder.is_dir():
            ctx.out(f"{folder} does not exist. Skipping...")
        elif name != MANAGED:
            ctx.out(f"Reconciling OMERO data directory...\n {folder}")
            for path in list(_unknown(ctx, args, client, folder, CLASSES[name])):
                files, size = files + 1, size + path.stat().st_size
                _remove(ctx, args, path)
    if chosen != [MANAGED]:
        ctx.out(f"Cleansing context: {files} files ({size} bytes)")
    if MANAGED in chosen and (args.data_dir / MANAGED).is_dir():
        _clean_managed(ctx, args, client, args.data_dir / MANAGED)


def _unknown(ctx: Context, args: Arguments, client: Any, folder: Path, kind: str) -> Iterator[Path]:
    """The files whose ids no row has. What has other names than ids is left alone."""
    batch: list[tuple[int, Path]] = []
    for here, _, names in os.walk(folder):
        for name in names:
            path, found = Path(here, name), _FILE.fullmatch(name)
            if found is None:
                _tell_kept(ctx, args, path, "ignored/keep")
                continue
            batch.append((int(found["id"]), path))
            if len(batch) == BATCH:
                yield from _without_rows(ctx, args, client, kind, batch)
                batch = []
    yield from _without_rows(ctx, args, client, kind, batch)


def _without_rows(
    ctx: Context, args: Arguments, client: Any, kind: str, batch: list[tuple[int, Path]]
) -> Iterator[Path]:
    if not batch:
        return
    # The class is one of CLASSES.
    query = f"select o.id from {kind} o where o.id in (:ids)"  # noqa: S608
    parameters = ParametersI().addIds([number for number, _ in batch])
    known = {row[0] for row in unwrap(client.sf.getQueryService().projection(query, parameters, EVERYWHERE))}
    for number, path in batch:
        if number in known:
            _tell_kept(ctx, args, path, "keep")
        else:
            yield path


def _tell_kept(ctx: Context, args: Arguments, path: Path, why: str) -> None:
    if args.dry_run and args.verbose:
        ctx.out(f"   \\_ {path} ({why})")


def _remove(ctx: Context, args: Arguments, path: Path) -> None:
    ctx.out(f"   \\_ {path} (remove)")
    if not args.dry_run:
        try:
            path.unlink()
        except OSError as error:
            ctx.err(f"{path} cannot be removed: {error.strerror}")


def _clean_managed(ctx: Context, args: Arguments, client: Any, root: Path) -> None:
    """Through the server, because folders have rows too."""
    ctx.out(f"Removing empty directories from...\n {root}")
    repository = _managed(client)[1]
    for folder in list(_empty_folders(root)):
        ctx.out(f"   \\_ {folder}/ (remove)")
        if not args.dry_run:
            handle = repository.deletePaths([f"/{folder.relative_to(root)}"], True, True)
            callback = omero.callbacks.CmdCallbackI(client, handle)
            try:
                answer = callback.loop(60, 500)
            finally:
                callback.close(True)
            if isinstance(answer, omero.cmd.ERR):
                ctx.err(f"{folder} cannot be removed\n{failure(answer)}")


def _empty_folders(root: Path) -> Iterator[Path]:
    """The uppermost folders that hold no file, at any depth; not the repository's own."""
    for entry in sorted(root.iterdir()):
        if entry.is_symlink() or not entry.is_dir() or entry.name == ".omero":
            continue
        if any(names for _, _, names in os.walk(entry)):
            yield from _empty_folders(entry)
        else:
            yield entry


def _managed(client: Any) -> tuple[str, Any]:
    """UUID and proxy of the repository that imports go to."""
    repositories = client.sf.sharedResources().repositories()
    for description, proxy in zip(repositories.descriptions, repositories.proxies, strict=True):
        managed = omero.grid.ManagedRepositoryPrx.checkedCast(proxy)
        if managed is not None:
            return str(description.hash.val), managed
    raise CommandError("The server has no managed repository")


def _check_same_server(client: Any, data: Path) -> None:
    """CommandError when the folder says that it is that of another server."""
    found = [file.read_text(encoding="utf-8").strip() for file in data.glob(f"{MANAGED}/.omero/repository/*/repo_uuid")]
    if found and _managed(client)[0] not in found:
        raise CommandError(f"{data} holds the data of another server than the one you are logged in to")


def fix_pyramids(ctx: Context, args: Arguments) -> None:
    """Empty pyramids that nobody is writing: the server makes them again when they are needed."""
    admins_only(ctx, args)
    for path in sorted((args.data_dir / "Pixels").rglob(f"*{PYRAMID}")):
        busy = any(other.name.endswith(IN_PROGRESS) for other in path.parent.glob(f".{path.name}*"))
        if path.is_file() and path.stat().st_size == 0 and not busy:
            ctx.out(f"{'Would remove' if args.dry_run else 'Removing'} {path}")
            if not args.dry_run:
                path.unlink()


def remove_pyramids(ctx: Context, args: Arguments) -> None:
    client = admins_only(ctx, args)
    limit = _limit(args.limit)
    ctx.out(f"No more than {limit} pyramids will be removed")
    request = omero.cmd.FindPyramids(limit=limit)
    if args.endian != "both":
        request.littleEndian = rbool(args.endian == "little")
    if args.imported_after:
        request.importedAfter = rtime(_day(args.imported_after).timestamp() * 1000)
    found = _answer(ctx, client, request, args.wait)
    if found is not None and not found.pyramidFiles:
        ctx.out("No pyramids to remove")
    for image in found.pyramidFiles if found is not None else ():
        if args.dry_run:
            ctx.out(f"Would remove pyramid for image {image}")
            continue
        remove = omero.cmd.ManageImageBinaries(imageId=image, deletePyramid=True, deleteThumbnails=True)
        if _answer(ctx, client, remove, args.wait) is not None:
            ctx.out(f"Pyramid removed for image {image}")


def _answer(ctx: Context, client: Any, request: Any, wait: int) -> Any | None:
    """The response; None, with a message, when there is none in time or it is an error."""
    callback = start(ctx, client, request, wait)
    if callback is None:
        return None
    try:
        response = callback.getResponse()
    finally:
        callback.close(True)
    if response is None or isinstance(response, omero.cmd.ERR):
        ctx.err("The server is not ready yet" if response is None else failure(response))
        return None
    return response


def _limit(text: str | None) -> int:
    if text is None:
        return MOST
    if not text.isdigit() or not 0 < int(text) <= MOST:
        raise CommandError(f"--limit takes a number from 1 to {MOST}, not {text!r}", 2)
    return int(text)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise CommandError(f"--imported-after takes a day as YYYY-mm-dd, not {text!r}", 2) from error
