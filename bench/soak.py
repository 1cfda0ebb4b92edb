"""Memory of the server and of OMERO.web while eight viewers look at images: it must become flat.

    python -m bench.soak [seconds]

Ten minutes are `python -m bench.soak 600`. Six viewers are over HTTP, with tiles in ever new settings, chunks of
OME-Zarr, whole small levels and descriptions; more than two over Ice. The figure is the memory of all processes at the
end over that after the first third, when every cache has been filled; below 1.05 counts as flat.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.figures import print_figure
from bench.load import viewers
from bench.pyramids import SIDE, TILE
from bench.viewers import Bench, places

HTTP_CLIENTS = 6
POINTS = 30
MEGABYTE = 1e6


def resident(pid: int) -> float:
    """Megabytes of memory of a process and of its children."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return pages * 4096 / MEGABYTE + sum(resident(int(child)) for child in children)


def addresses(images: dict[str, int], count: int = 20_000) -> list[str]:
    """What viewers ask for, in no order: mostly tiles, each with windows of its own."""
    choose = random.Random(2)
    grid = places()
    found = []
    for _ in range(count):
        name = choose.choice(list(images))
        image, (x, y), level = images[name], choose.choice(grid), choose.randrange(6)
        x, y = x % (SIDE // TILE >> level), y % (SIDE // TILE >> level)
        end = choose.randrange(100, 255 if name == "rgb" else 4095)
        channels = ",".join(f"{c + 1}|0:{end}${color}" for c, color in enumerate(("FF0000", "00FF00", "0000FF")))
        settings = f"c={channels}&m=c" if name == "rgb" else f"c=1|0:{end}$FFFFFF&m=g"
        tile = f"/webgateway/render_image_region/{image}/0/0/?tile={level},{x},{y},{TILE},{TILE}&{settings}"
        other = choose.randrange(100)
        if other < 15:
            tile = f"/zarr/v0.4/image/{image}.zarr/{level}/0/0/0/{y}/{x}"
        elif other < 17:
            tile = f"/webgateway/imgData/{image}/"
        elif other < 19:
            tile = f"/tile/{image}/0/0/0/?level=5"
        found.append(tile)
    return found


def main() -> None:
    """Look for some seconds (30) and print the memory."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    with ExitStack() as stack:
        bench = Bench(stack, seconds * 3, others=False)
        pids = {"server": bench.server.pid("Blitz-0"), "web": bench.server.pid("OMERO.web")}
        found = addresses(bench.images)
        http = threading.Thread(
            target=lambda: loads.append(
                viewers(bench.server.ports.web, found, seconds, HTTP_CLIENTS, bench.headers).rate
            )
        )
        ice = threading.Thread(target=lambda: loads.append(bench.over_ice("rgb").rate))
        loads: list[float] = []
        curve: dict[str, list[float]] = {name: [] for name in pids}
        http.start(), ice.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(seconds / POINTS)
            for name, pid in pids.items():
                curve[name].append(round(resident(pid), 1))
        http.join(), ice.join()
    total = [sum(point) for point in zip(*curve.values(), strict=True)]
    third = len(total) // 3
    growth = median(total[-third // 2 :]) / median(total[third : third + third // 2 + 1])
    more = {"growth": round(growth, 3), "seconds": seconds, "tiles_per_s": round(sum(loads))}
    print_figure("soak", "MB", total[-1], **more, **curve)


if __name__ == "__main__":
    main()
