"""Other people's servers of tiles, each on the pyramids of `pyramids`, with caches of tiles switched off.

iipsrv (Debian: iipimage-server, nginx) runs as one process of one thread per processor behind nginx, large_image in
gunicorn with as many workers; it is installed into a virtual environment in the user's cache folder on first use.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.pyramids import SIDE, TILE, WINDOW

__all__ = ["Missing", "iipsrv", "iipsrv_paths", "large_image", "large_image_paths"]

IIPSRV = Path("/usr/lib/iipimage-server/iipsrv.fcgi")
QUALITY = 90
TOP = (SIDE // TILE).bit_length() - 1
"""Number of the full size, counted from the smallest level."""

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream iipsrv {{ {servers} }}
  server {{ listen 127.0.0.1:{port}; location /iip {{
    fastcgi_pass iipsrv; fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method; }} }}
}}
"""
LARGE_IMAGE = """
import cachetools, large_image
sources = {{}}

def source(name):
    if name not in sources:
        style = {{"min": {low}, "max": {high}}} if name == "uint16" else None
        found = large_image.open(f"{folder}/{{name}}.tif", encoding="JPEG", jpegQuality={quality}, jpegSubsampling=2,
                                 **({{"style": style}} if style else {{}}))
        found.cache = cachetools.Cache(1)  # in bytes: no tile fits
        sources[name] = found
    return sources[name]

def application(environ, start_response):
    _, name, level, x, y = environ["PATH_INFO"].split("/")
    tile = source(name).getTile(int(x), int(y), int(level))
    start_response("200 OK", [("Content-Type", "image/jpeg"), ("Content-Length", str(len(tile)))])
    return [tile]
"""


class Missing(Exception):
    """A program is not installed; the text says how to get it."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Missing(f"nothing listens on port {port}")


@contextmanager
def _running(*command: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def iipsrv(folder: Path) -> Iterator[int]:
    """The port of nginx before iipsrv. Raises Missing."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if not IIPSRV.exists() or nginx is None:
        raise Missing("iipsrv or nginx is not installed: apt-get install iipimage-server nginx")
    settings = {"MAX_IMAGE_CACHE_SIZE": "0", "JPEG_QUALITY": str(QUALITY), "OMP_NUM_THREADS": "1", "VERBOSITY": "0"}
    with ExitStack() as stack:
        ports = [_free_port() for _ in range(os.cpu_count() or 1)]
        for port in ports:
            stack.enter_context(_running(str(IIPSRV), "--bind", f"127.0.0.1:{port}", **settings))
        front = _free_port()
        config = folder / "nginx.conf"
        servers = " ".join(f"server 127.0.0.1:{port};" for port in ports)
        config.write_text(NGINX.format(folder=folder, servers=servers, port=front))
        stack.enter_context(_running(nginx, "-c", str(config)))
        _await(front)
        yield front


def iipsrv_paths(file: Path, name: str, places: list[tuple[int, int]]) -> list[str]:
    """Addresses of tiles at full size."""
    window = f"&MINMAX=1:{WINDOW[0]},{WINDOW[1]}" if name == "uint16" else ""
    return [f"/iip?FIF={file}{window}&JTL={TOP},{y * (SIDE // TILE) + x}" for x, y in places]


def _environment() -> Path:
    """The virtual environment with large_image. Raises Missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "omero-bench" / "large_image"
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", "large_image[tiff]", "gunicorn"]
        for command in ([sys.executable, "-m", "venv", str(folder)], install):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise Missing(f"large_image cannot be installed: {done.stderr.strip().splitlines()[-1]}")
        (folder / "ready").touch()
    return folder


@contextmanager
def large_image(folder: Path) -> Iterator[int]:
    """The port of gunicorn with large_image. Raises Missing."""
    environment, port = _environment(), _free_port()
    program = folder / "large_image_tiles.py"
    program.write_text(LARGE_IMAGE.format(folder=folder, low=WINDOW[0], high=WINDOW[1], quality=QUALITY))
    options = ["--workers", str(os.cpu_count() or 1), "--threads", "4", "--keep-alive", "30"]
    gunicorn = str(environment / "bin" / "gunicorn")
    with _running(
        gunicorn, *options, "--bind", f"127.0.0.1:{port}", "--chdir", str(folder), "large_image_tiles:application"
    ):
        _await(port)
        yield port


def large_image_paths(name: str, places: list[tuple[int, int]]) -> list[str]:
    """Addresses of tiles at full size."""
    return [f"/{name}/{TOP}/{x}/{y}" for x, y in places]
