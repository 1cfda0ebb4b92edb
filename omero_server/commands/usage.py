"""DiskUsage2 and its predecessor: how much space files take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import omero
import omero._generated
import omero.api
import omero.cmd
from omero_server.commands.graph_failures import graph_failures
from omero_server.commands.registry import Progress, Steps, command
from omero_server.graphs.measuring import Key, Usage, measure_files, measure_pixels, measure_thumbnails
from omero_server.graphs.usage import reached
from omero_server.repository.layout import Layout
from omero_server.sessions.call import ALL_GROUPS, Call

__all__ = ["disk_usage", "disk_usage_2"]

OLD, NEW = "::omero::cmd::DiskUsage", "::omero::cmd::DiskUsage2"
STEPS = 5  # clients know this number; the last one has nothing to do


@command(NEW, mode="read", group=ALL_GROUPS)
def disk_usage_2(call: Call, request: Any, progress: Progress) -> Steps[omero.cmd.DiskUsage2Response]:
    """Files and bytes of all that the targets lead to; of users and groups, all that they own.

    Errors: bad-target, graph-fail.
    """
    usage = yield from _measured(call, NEW, request.targetObjects, request.targetClasses, progress)
    return omero.cmd.DiskUsage2Response(*_maps(usage))


@command(OLD, mode="read", group=ALL_GROUPS, background=True)
def disk_usage(call: Call, request: Any, progress: Progress) -> Steps[omero.cmd.DiskUsageResponse]:
    """The same for clients that know the old request."""
    usage = yield from _measured(call, OLD, request.objects, request.classes, progress)
    return omero.cmd.DiskUsageResponse(*_maps(usage))


def _measured(
    call: Call, category: str, targets: Mapping[str, Collection[int]] | None, classes: Iterable[str] | None,
    progress: Progress,
) -> Steps[Usage]:  # fmt: skip
    usage, layout = Usage(), Layout.of(call.engine.config)
    yield STEPS
    with graph_failures(call, category):
        found = reached(call, targets or {}, classes or (), progress.check_cancelled)
        yield
        measure_files(call.db, found, usage)
        yield
        measure_pixels(call.db, layout, found, usage)
        yield
        measure_thumbnails(call.db, layout, found, usage)
        yield
    return usage


def _maps(usage: Usage) -> tuple[dict[Any, Any], ...]:
    def keyed(values: Mapping[Key, Any]) -> dict[Any, Any]:
        return {omero.api.LongPair(owner, group): value for (owner, group), value in values.items()}

    by_use = [keyed({key: dict(one) for key, one in each.items()}) for each in (usage.files, usage.bytes)]
    return *by_use, keyed(usage.total_files), keyed(usage.total_bytes)
