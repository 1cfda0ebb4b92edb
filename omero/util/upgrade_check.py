"""Asks whether there is a newer version."""

from __future__ import annotations

import logging
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

__all__ = ["UpgradeCheck", "omero_version"]

LIMIT = 10_000
SCHEMES = ("http://", "https://")


def _own_version() -> str:
    try:
        return version("omero-platform")
    except PackageNotFoundError:
        return "0"


omero_version = _own_version()


class UpgradeCheck:
    """One question to a server of versions: ``run()`` asks, the others tell what came of it. Nothing is raised.

    An empty answer means that there is nothing newer; other answers say in a sentence what there is.
    """

    DEFAULT_TIMEOUT = 6.0

    def __init__(
        self,
        agent: str,
        url: str = "http://upgrade.openmicroscopy.org.uk/",
        version: str = omero_version,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """``agent``: who asks, sent as "OMERO.agent"; ``timeout`` in seconds."""
        self.log = logging.getLogger("omero.util.UpgradeCheck")
        self.url = str(url)
        self.version = str(version)
        self.timeout = float(timeout)
        self.agent = f"OMERO.{agent}"
        self.upgradeUrl: str | None = None
        self.exc: BaseException | None = None

    def isUpgradeNeeded(self) -> bool:
        """Whether there is something newer."""
        return self.upgradeUrl is not None

    def getUpgradeUrl(self) -> str | None:
        """What the server said, None for nothing."""
        return self.upgradeUrl

    def isExceptionThrown(self) -> bool:
        """Whether the question failed."""
        return self.exc is not None

    def getExceptionThrown(self) -> BaseException | None:
        """Why the question failed, None when it did not."""
        return self.exc

    def _set(self, results: str | None, e: BaseException | None) -> None:
        self.upgradeUrl = results
        self.exc = e

    def getOSVersion(self) -> str:
        """The operating system, in detail."""
        return platform.platform()

    def _query(self) -> str:
        told: list[tuple[str, Any]] = [
            ("version", self.version),
            ("os.name", platform.system()),
            ("os.arch", platform.machine()),
            ("os.version", self.getOSVersion()),
            ("python.version", platform.python_version()),
            ("python.compiler", platform.python_compiler()),
            *(("python.build", part) for part in platform.python_build()),
        ]
        return urlencode(told)

    def run(self) -> None:
        """Ask. What comes of it is kept, and logged when there is something newer or the question failed."""
        try:
            answer = self._ask()
        except (OSError, ValueError) as error:
            self.log.error("%s", error)
            self._set(None, error)
            return
        if answer:
            self.log.warning("UPGRADE AVAILABLE:%s", answer)
        else:
            self.log.info("no update needed")
        self._set(answer or None, None)

    def _ask(self) -> str:
        """The answer. An error of the server is a failed question and no news of a version."""
        if not self.url.startswith(SCHEMES):
            raise ValueError(f"Not an address of a server of versions: {self.url}")
        joint = "&" if "?" in self.url else "?"
        request = Request(f"{self.url}{joint}{self._query()}", headers={"User-Agent": self.agent})
        try:
            with urlopen(request, timeout=self.timeout) as response:
                return str(response.read(LIMIT).decode("utf-8", errors="replace")).strip()
        except HTTPError as error:
            error.close()
            raise
