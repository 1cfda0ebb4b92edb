"""Tiles for eight viewers at once, over HTTP and over Ice, against iipsrv and large_image on the same pyramids.

    python -m bench.viewers [seconds]

All encode 256 x 256 tiles of the full size as JPEG at quality 90, no tile is kept. The servers run at the same time but
are measured one after the other, in rounds, so that a busy machine hits all of them; the best round counts. What is not
installed is named and left out. Then the first tile of images that nobody has opened before, and chunks of OME-Zarr.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import omero
from bench import outside
from bench.figures import print_figure
from bench.load import Load, viewers
from bench.pyramids import SIDE, TILE, WINDOW, write_pyramids
from tests.support.instance import Instance, fresh_root, running
from tests.web.zarr_client import asked

CLIENTS, ROUNDS, NEW_IMAGES = 8, 3, 8
SETTINGS = {
    "rgb": "c=1|0:255$FF0000,2|0:255$00FF00,3|0:255$0000FF&m=c&q=0.9",
    "uint16": f"c=1|{WINDOW[0]}:{WINDOW[1]}$FFFFFF&m=g&q=0.9",
}


def places() -> list[tuple[int, int]]:
    """All tiles of the full size, as numbers of column and row, in an order in which neighbours are far apart."""
    found = [(x, y) for x in range(SIDE // TILE) for y in range(SIDE // TILE)]
    random.Random(1).shuffle(found)
    return found


def import_image(server: Instance, path: Path) -> int:
    """Id of a new image."""
    login = ["-s", server.host, "-p", str(server.ports.ssl), "-u", "root", "-w", server.root_password]
    done = server.omero("import", *login, str(path))
    found = re.search(r"Image:(\d+)", done.stdout)
    if done.returncode or not found:
        raise RuntimeError(done.stdout + done.stderr)
    return int(found[1])


def tile_paths(image: int, name: str) -> list[str]:
    """Addresses of tiles of our server."""
    address = f"/webgateway/render_image_region/{image}/0/0/?tile=0,{{}},{{}},{TILE},{TILE}&{SETTINGS[name]}"
    return [address.format(x, y) for x, y in places()]


def look_over_ice() -> None:
    """Be eight viewers over Ice for some seconds: ``port key image name seconds``. Prints a JSON line."""
    port, key, image, name, seconds = sys.argv[1:]
    client = omero.client(f"tcp://127.0.0.1:{port}")
    session = client.joinSession(key)
    pixels = session.getContainerService().getImages("Image", [int(image)], None)[0].getPrimaryPixels().id.val
    until = time.perf_counter() + float(seconds)
    times: list[float] = []
    sizes: list[int] = []
    numbers = places()

    def look(start: int) -> None:
        engine = session.createRenderingEngine()
        engine.lookupPixels(pixels)
        engine.lookupRenderingDef(pixels)
        engine.load()
        engine.setCompressionLevel(0.9)
        for channel in range(3 if name == "rgb" else 1):
            engine.setChannelWindow(channel, *((0, 255) if name == "rgb" else WINDOW))
        at = start
        while (started := time.perf_counter()) < until:
            x, y = numbers[at % len(numbers)]
            region = omero.romio.RegionDef(x * TILE, y * TILE, TILE, TILE)
            tile = engine.renderCompressed(omero.romio.PlaneDef(omero.romio.XY, 0, 0, 0, 0, region, 0))
            sizes.append(len(tile))
            times.append(time.perf_counter() - started)
            at += 1

    threads = [threading.Thread(target=look, args=(n * len(numbers) // CLIENTS,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.closeSession()
    ordered = sorted(times)
    times_ms = {"median": median(times) * 1000, "slow": ordered[len(ordered) * 19 // 20] * 1000}
    print(json.dumps({"rate": len(times) / float(seconds), "failed": 0, "tile_bytes": median(sizes), **times_ms}))


class Bench:
    """Our server and the others, all running."""

    def __init__(self, stack: ExitStack, seconds: float, others: bool = True) -> None:
        self.seconds = seconds / ROUNDS
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omero-bench-")))
        self.folder.chmod(0o755)  # nginx runs as another user
        self.files = write_pyramids(self.folder)
        self.server = stack.enter_context(running(stack.enter_context(fresh_root()), web=True))
        self.images = {name: import_image(self.server, path) for name, path in self.files.items()}
        self.client = omero.client(f"tcp://{self.server.host}:{self.server.ports.tcp}")
        self.client.createSession("root", self.server.root_password)
        stack.callback(self.client.closeSession)
        self.key = str(self.client.getSessionId())
        self.headers = [f"Authorization: Bearer {self.key}"]
        self.others: dict[str, int] = {}
        known = {"iipsrv": outside.iipsrv, "large_image": outside.large_image} if others else {}
        for name, start in known.items():
            try:
                self.others[name] = stack.enter_context(start(self.folder))
            except outside.Missing as missing:
                print(f"# {name} is left out: {missing}", file=sys.stderr)

    def ours(self, paths: list[str]) -> Load:
        """Viewers of our server."""
        return viewers(self.server.ports.web, paths, self.seconds, CLIENTS, self.headers)

    def theirs(self, other: str, name: str) -> Load:
        """Viewers of another server."""
        if other == "iipsrv":
            paths = outside.iipsrv_paths(self.files[name], name, places())
        else:
            paths = outside.large_image_paths(name, places())
        return viewers(self.others[other], paths, self.seconds, CLIENTS)

    def over_ice(self, name: str) -> Load:
        """Viewers over Ice."""
        command = [sys.executable, "-c", "from bench.viewers import look_over_ice; look_over_ice()"]
        arguments = [str(self.server.ports.tcp), self.key, str(self.images[name]), name, str(self.seconds)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        return Load(**json.loads(done.stdout))

    def measure(self, name: str) -> None:
        """Print the figures of one pyramid."""
        ways: dict[str, Callable[[], Load]] = {
            "ours": lambda: self.ours(tile_paths(self.images[name], name)),
            "ice": lambda: self.over_ice(name),
        }
        for other in self.others:
            ways[other] = lambda other=other: self.theirs(other, name)  # type: ignore[misc]
        best: dict[str, Load] = {}
        for _ in range(ROUNDS):
            for way, look in ways.items():
                load = look()
                if load.failed:
                    print(f"# {way}: {load.failed} requests failed", file=sys.stderr)
                if way not in best or load.rate > best[way].rate:
                    best[way] = load
        for figure, way in (("tiles_http", "ours"), ("tiles_ice", "ice")):
            _print(f"{figure}_{name}", best[way], best)

    def first_tiles(self) -> None:
        """Print how long the first tile of new images takes: described by the import, opened by nobody yet."""
        times = []
        for number in range(NEW_IMAGES):
            copy = self.folder / f"new{number}.tif"
            copy.symlink_to(self.files["rgb"])
            path = tile_paths(import_image(self.server, copy), "rgb")[number]
            started = time.perf_counter()
            answer = asked(self.server, path, self.key)
            times.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                raise RuntimeError(answer.text)
        print_figure("first_tile", "ms", median(times), slowest=round(max(times), 1))

    def chunks(self) -> None:
        """Print chunks per second of OME-Zarr."""
        for name, image in self.images.items():
            load = self.ours([f"/zarr/v0.5/image/{image}.zarr/0/c/0/0/0/{y}/{x}" for x, y in places()])
            more = {"median_ms": round(load.median, 2), "kilobytes": round(load.tile_bytes / 1000, 1)}
            print_figure(f"zarr_chunks_{name}", "chunks/s", load.rate, **more)


def _print(figure: str, load: Load, best: dict[str, Load]) -> None:
    floor = best["iipsrv"].rate if "iipsrv" in best else None
    more: dict[str, object] = {"median_ms": round(load.median, 2), "slow_ms": round(load.slow, 2)}
    more["kilobytes"] = round(load.tile_bytes / 1000, 1)
    if "large_image" in best:
        rate = best["large_image"].rate
        more |= {"large_image": round(rate, 1), "ratio_to_large_image": round(load.rate / rate, 3)}
    print_figure(figure, "tiles/s", load.rate, floor, **more)


def main() -> None:
    """Measure all."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 9.0
    with ExitStack() as stack:
        bench = Bench(stack, seconds)
        bench.first_tiles()
        for name in bench.images:
            asked(bench.server, tile_paths(bench.images[name], name)[0], bench.key)
            bench.measure(name)
        bench.chunks()


if __name__ == "__main__":
    main()
