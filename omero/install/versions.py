"""Whether a client is older than its server."""

from __future__ import annotations

import logging
import re

__all__ = ["LOG", "REGEX", "needs_upgrade"]

LOG = logging.getLogger("omero.version")
REGEX = re.compile(r"\D*(\d+)\.(\d+)(?:\.(\d+))?")


def needs_upgrade(client_version: str, server_version: str, verbose: bool = False) -> bool:
    """Whether the server's release is newer than the client's: ``5.6.0`` and ``5.6.1``.

    What is no version needs an upgrade. ``verbose`` logs what is compared.
    """
    client, server = REGEX.match(client_version), REGEX.match(server_version)
    if client is None or server is None:
        LOG.warning("Bad versions: client=%s server=%s", client_version, server_version)
        return True
    if verbose:
        LOG.info("Client=%s Server=%s", client_version, server_version)
    return _numbers(client) < _numbers(server)


def _numbers(found: re.Match[str]) -> list[int]:
    return [int(part or 0) for part in found.groups()]
