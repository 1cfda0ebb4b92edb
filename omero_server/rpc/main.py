"""The Blitz server process: ``python -m omero_server.rpc.main`` with OMERODIR set."""

from __future__ import annotations

import faulthandler
import gc
import logging
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import Ice

import omero._generated  # noqa: F401 - defines the wire classes
from omero_server.commands import registry as commands
from omero_server.control.certificates import ensure_certificate
from omero_server.control.config import Config
from omero_server.rpc.changes import ChangeCounter
from omero_server.rpc.doorway import Doorway
from omero_server.rpc.engine import Engine
from omero_server.rpc.login import Login
from omero_server.rpc.objects import ActiveObjects
from omero_server.rpc.router import ROUTER_IDENTITY, RouterServant
from omero_server.services.files.managed import start as start_repositories

__all__ = ["Server", "main"]

log = logging.getLogger(__name__)

ADAPTER = "BlitzAdapter"
CALL_THREADS = 20
MESSAGE_KIB = 250_000
# Objects that lead from one to the next. Ice 3.6 set no limit, and clients save whole trees; from about 12,000 on the
# stack of a thread overflows.
GRAPH_DEPTH = 3000
OBJECTS_BETWEEN_COLLECTIONS = 100_000
SOCKET_BYTES = 2_000_000  # a plane goes through in few wake-ups of both sides


class Server:
    """Communicator, adapter and engine of one process."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.engine = Engine(config)
        data = Ice.InitializationData()
        data.properties = self._properties()
        self.communicator = Ice.initialize(data)
        self.adapter: Any = None

    def start(self) -> None:
        """Accept clients."""
        commands.load()
        self.engine.start()
        self.adapter = self.communicator.createObjectAdapterWithEndpoints(ADAPTER, self._endpoints())
        self.engine.objects = ActiveObjects(self.engine, self.adapter)
        start_repositories(self.engine)
        timeout = self.config.get_int("omero.sessions.timeout") // 1000
        self.adapter.add(RouterServant(Login(self.engine), self.adapter, timeout), ROUTER_IDENTITY)
        self.adapter.activate()
        self._open_doorway()
        _collect_rarely()

    def _open_doorway(self) -> None:
        """Let OMERO.web ask. Where that cannot be it goes through Ice, which is slower."""
        engine, run_dir = self.engine, self.config.instance.run_dir
        changes = ChangeCounter(run_dir)
        engine.on_shutdown(changes.close)
        engine.database.on_commit.append(changes.bump)
        engine.sessions.on_close.append(lambda session: changes.bump())
        try:
            engine.on_shutdown(Doorway(engine, changes, run_dir).close)
        except OSError as error:
            log.warning("OMERO.web will render its tiles through Ice: %s", error)

    def stop(self) -> None:
        """Stop accepting clients, end sessions, free everything."""
        if self.adapter is not None:
            self.adapter.deactivate()
        self.engine.stop()
        self.communicator.destroy()

    def _endpoints(self) -> str:
        ports, host = self.config.ports, self.config.get("omero.host.bind", "0.0.0.0")
        transports = [("ssl", ports.ssl), ("tcp", ports.tcp), ("wss", ports.wss), ("ws", ports.ws)]
        return ":".join(f"{name} -h {host} -p {port}" for name, port in transports if port)

    def _properties(self) -> Any:
        properties = Ice.createProperties()
        password = self.config.get("omero.glacier2.IceSSL.Password")
        folder = ensure_certificate(self.config.instance.ssl_dir, password).parent
        settings = {
            "Ice.Plugin.IceSSL": "IceSSL:createIceSSL",
            "IceSSL.DefaultDir": str(folder),
            "IceSSL.CertFile": "server.pem",
            "IceSSL.KeyFile": "server.key",
            "IceSSL.VerifyPeer": "0",
            "IceSSL.Protocols": "TLS1_2,TLS1_3",
            "Ice.MessageSizeMax": str(MESSAGE_KIB),
            "Ice.ClassGraphDepthMax": str(GRAPH_DEPTH),
            "Ice.ThreadPool.Server.Size": "4",
            "Ice.ThreadPool.Server.SizeMax": str(CALL_THREADS),
            "Ice.ThreadPool.Server.SizeWarn": "0",
            "Ice.Warn.Connections": "0",
            "Ice.Warn.Dispatch": "0",
            "Ice.ACM.Server.Timeout": "60",
            "Ice.ACM.Server.Close": "0",
            "Ice.ACM.Server.Heartbeat": "3",
            "Ice.CacheMessageBuffers": "0",
            "Ice.TCP.SndSize": str(SOCKET_BYTES),
            "Ice.TCP.RcvSize": str(SOCKET_BYTES),
        }
        for name, value in settings.items():
            properties.setProperty(name, value)
        return properties


def _collect_rarely() -> None:
    """Look for cycles among objects only now and then, and never among those that the server always has.

    An answer is thousands of objects, none of them in a cycle, which Python would walk again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    faulthandler.register(signal.SIGUSR1)
    started = time.perf_counter()
    config = Config.load()
    server = Server(config)
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        server.start()
        (config.instance.run_dir / "blitz.ready").touch()
        log.info("accepting clients after %.1f s", time.perf_counter() - started)
        stop.wait()
        log.info("stopping")
    finally:
        (config.instance.run_dir / "blitz.ready").unlink(missing_ok=True)
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
