"""From the arguments of a client to the properties of its communicator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import Ice

import omero.constants
from omero.errors import ClientError

__all__ = ["Arguments", "endpoint_host", "initialization_data", "sort_arguments"]

URL = re.compile(r"(?P<protocol>\w+)://(?P<server>\[[^\]]+\]|[^:/]+)(?::(?P<port>\d+))?(?P<path>/.*)?")
URL_PORTS = {"ws": 80, "wss": 443, "tcp": 4063, "ssl": 4064}
SSL_PORT = 4064

# What is set where the caller says nothing. Message sizes are KB, times of Ice.Override.* ms.
DEFAULTS = {
    "Ice.ImplicitContext": "Shared",
    # A server shows that it lives while it works on a call: one that does not for 60 s makes the call fail. Idle
    # connections stay open. Heartbeats of the client itself would count as life, so it sends none of its own accord.
    "Ice.ACM.Client.Timeout": "60",
    "Ice.ACM.Client.Close": "2",
    "Ice.ACM.Client.Heartbeat": "1",
    "Ice.CacheMessageBuffers": "0",
    # Planes come in few pieces.
    "Ice.TCP.RcvSize": "2000000",
    "Ice.TCP.SndSize": "2000000",
    "Ice.RetryIntervals": "-1",
    # An in-process router shares its endpoints with the adapter for callbacks: without this, Ice takes the server's
    # objects for objects of the client itself.
    "Ice.Default.CollocationOptimized": "0",
    "Ice.Default.EndpointSelection": "Ordered",
    "Ice.Default.PreferSecure": "1",
    "Ice.Plugin.IceSSL": "IceSSL:createIceSSL",
    "IceSSL.VerifyDepthMax": "6",
    # Servers have certificates that they made themselves.
    "IceSSL.VerifyPeer": "0",
    "omero.block_size": "5000000",
    "Ice.MessageSizeMax": "250000",
    # Objects that lead from one to the next: Ice 3.6 set no limit, later releases follow 100.
    "Ice.ClassGraphDepthMax": "1000",
    "Ice.Override.ConnectTimeout": "5000",
    "Ice.ThreadPool.Client.SizeMax": "50",
    "Ice.ThreadPool.Server.SizeMax": "50",
    "omero.port": str(SSL_PORT),
}


@dataclass
class Arguments:
    """The arguments of a client, each in its place."""

    args: list[str] | None = None
    id: Any = None
    host: str | None = None
    port: int | None = None
    pmap: dict[str, str] | None = None


def sort_arguments(*given: Any) -> Arguments:
    """Put arguments where their types belong, whatever order they came in.

    Raises ClientError for two of one type, or a type that fits nowhere.
    """
    sorted_ = Arguments()
    for argument in given:
        if argument is None:
            continue
        slot = _slot(argument)
        if getattr(sorted_, slot) is not None:
            raise ClientError(f"Found two arguments of same type: {slot}, {argument!r}")
        setattr(sorted_, slot, _plain(slot, argument))
    return sorted_


def _slot(argument: Any) -> str:
    kinds = {"host": str, "port": int, "id": Ice.InitializationData, "pmap": Mapping, "args": Iterable}
    for slot, kind in kinds.items():
        if isinstance(argument, kind):
            return slot
    raise ClientError(f"Not an argument of a client: {argument!r}")


def _plain(slot: str, argument: Any) -> Any:
    if slot == "args":
        return [str(text) for text in argument]
    if slot == "pmap":
        return {str(key): str(value) for key, value in argument.items()}
    return argument


def initialization_data(given: Arguments) -> Any:
    """The properties for a communicator, complete with defaults. Raises ClientError when no server is named."""
    data = given.id or Ice.InitializationData()
    if data.properties is None:
        data.properties = Ice.createProperties(given.args or [])
    properties = data.properties
    remaining = properties.parseIceCommandLineOptions(given.args or [])
    properties.parseCommandLineOptions("omero", remaining)
    for key, value in (given.pmap or {}).items():
        properties.setProperty(key, value)
    if given.port is not None:
        properties.setProperty("omero.port", str(given.port))
    host = given.host or properties.getProperty("omero.host")
    if "://" in host:
        _set_url(properties, host, given.port)
    elif host:
        properties.setProperty("omero.host", host)
    for key, value in DEFAULTS.items():
        if not properties.getProperty(key):
            properties.setProperty(key, value)
    _set_router(properties)
    return data


def _set_url(properties: Any, url: str, port: int | None) -> None:
    found = URL.fullmatch(url)
    if found is None:
        raise ClientError(f"Not a server: {url}. Use PROTOCOL://SERVER[:PORT][/PATH]")
    protocol, server, path = found["protocol"], found["server"].strip("[]"), found["path"]
    number = found["port"] or port or URL_PORTS.get(protocol)
    if number is None:
        raise ClientError(f"Port required for protocol: {protocol}")
    resource = f" -r {path}" if path else ""
    properties.setProperty("Ice.Default.Router", f"OMERO.Glacier2/router:{protocol} -p {number} -h {server}{resource}")
    properties.setProperty("omero.url.host", server)
    properties.setProperty("omero.host", "")
    properties.setProperty("omero.port", str(number))


def _set_router(properties: Any) -> None:
    router = properties.getProperty("Ice.Default.Router") or omero.constants.DEFAULTROUTER
    host, port = properties.getProperty("omero.host"), properties.getProperty("omero.port")
    if "@omero.host@" in router:
        if not host:
            raise ClientError("No host specified. Use omero.client(HOSTNAME), ICE_CONFIG, or similar.")
        router = router.replace("@omero.host@", f'"{host}"' if ":" in host else host)
    properties.setProperty("Ice.Default.Router", router.replace("@omero.port@", port))


def endpoint_host(proxy: Any) -> str:
    """The host that the first endpoint of a proxy names."""
    info = proxy.ice_getEndpoints()[0].getInfo()
    while info.underlying is not None:
        info = info.underlying
    return str(info.host)
