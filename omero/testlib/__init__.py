"""Base classes of tests that run against a server.

    class TestMine(ITest):
        def test_mine(self):
            dataset = self.make_dataset("a")

ICE_CONFIG names a file with ``omero.host``, ``omero.port`` and ``omero.rootpass``, the password of root. Each class
gets a group and a user of its own, logged in as ``self.client``; ``self.root`` is the client of root. What is made
stays on the server: use one for tests.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

import omero
import omero.cmd
from omero._release import omero_version
from omero.callbacks import CmdCallbackI
from omero.model.enums import (
    ChecksumAlgorithmSHA1160,
    DimensionOrderXYZCT,
    PixelsTypedouble,
    PixelsTypefloat,
    PixelsTypeint8,
    PixelsTypeint16,
    PixelsTypeint32,
    PixelsTypeuint8,
    PixelsTypeuint16,
    PixelsTypeuint32,
)
from omero.testlib.base import Clients
from omero.testlib.images import Images
from omero.testlib.objects import Objects
from omero.testlib.people import People
from omero.testlib.projections import PF, PFS, ProjectionFixture
from omero.testlib.repository import AbstractRepo

__all__ = [
    "PF",
    "PFS",
    "AbstractRepoTest",
    "ChecksumAlgorithmSHA1160",
    "Clients",
    "DimensionOrderXYZCT",
    "ITest",
    "PixelsTypedouble",
    "PixelsTypefloat",
    "PixelsTypeint8",
    "PixelsTypeint16",
    "PixelsTypeint32",
    "PixelsTypeuint8",
    "PixelsTypeuint16",
    "PixelsTypeuint32",
    "ProjectionFixture",
    "omero_version",
]


class ITest(People, Objects, Images):
    """A test class with a user of its own; see the module."""

    log = logging.getLogger("omero.testlib.ITest")

    DEFAULT_GROUP_OWNER = False
    DEFAULT_SYSTEM = False
    DEFAULT_PRIVILEGES = None

    sf: Any
    ctx: Any
    update: Any
    query: Any
    group: Any
    user: Any

    @classmethod
    def setup_class(cls) -> None:
        """Log in as root, make a group and a user, and log in as that one."""
        cls._clients = Clients()
        cls.root = cls._new_client_of("root", cls._root_password())
        cls.group = cls.new_group(perms=cls.DEFAULT_PERMS)
        cls.user = cls.new_user(
            group=cls.group,
            owner=cls.DEFAULT_GROUP_OWNER,
            system=cls.DEFAULT_SYSTEM,
            privileges=cls.DEFAULT_PRIVILEGES,
        )
        name = cls.user.omeName.val
        cls.client = cls._new_client_of(name, name)
        cls.sf = cls.client.sf
        cls.update, cls.query = cls.sf.getUpdateService(), cls.sf.getQueryService()
        cls.ctx = cls.sf.getAdminService().getEventContext()

    @classmethod
    def teardown_class(cls) -> None:
        """Close all clients."""
        cls._clients.close()

    @classmethod
    def _root_password(cls) -> str:
        client = omero.client()
        try:
            password: str = client.getProperty("omero.rootpass")
        finally:
            client.closeSession()
        if not password:
            raise omero.ClientError("No password of root: set omero.rootpass in the file that ICE_CONFIG names")
        return password

    def keep_root_alive(self) -> None:
        """Keep the session of root alive, for classes that take long."""
        self.root.sf.keepAlive(None)

    @classmethod
    def omerodistdir(cls) -> Any:
        """The folder of the server: OMERODIR, or the working folder."""
        from omero.util.paths import path

        return path(os.environ.get("OMERODIR") or os.getcwd())

    def skip_if(self, config_key: str, condition: Callable[[str], bool], message: str | None = None) -> None:
        """Skip the test when ``condition`` holds for a configuration value of the server."""
        import pytest

        value = self.root.sf.getConfigService().getConfigValue(config_key)
        if condition(value):
            pytest.skip(message or f"{config_key} is {value}")

    def tmpfile(self) -> str:
        """A new empty file."""
        handle, name = tempfile.mkstemp(prefix="omero.testlib.")
        os.close(handle)
        return name

    def index(self, *objs: Any) -> None:
        """Make objects be found by a full-text search."""
        for obj in objs:
            if obj is not None:
                self.root.sf.getUpdateService().indexObject(obj, {"omero.group": "-1"})

    def timeit(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[float, Any]:
        """(seconds that a call takes, its result)."""
        start = time.perf_counter()
        result = func(*args, **kwargs)
        return time.perf_counter() - start, result

    def login_attempt(self, name: str, t: float, pw: str = "BAD", less: bool = False) -> None:
        """Log in; a wrong password is refused after more than ``t`` seconds, or after ``less``."""
        import Glacier2

        def attempt() -> bool:
            client = omero.client()
            try:
                client.createSession(name, pw)
                return True
            except Glacier2.PermissionDeniedException:
                return False
            finally:
                client.closeSession()

        seconds, entered = self.timeit(attempt)
        assert entered == (pw != "BAD")
        assert seconds < t if less else seconds > t

    # Requests

    def wait_on_cmd(self, client: Any, handle: Any, loops: int = 10, ms: int = 500, passes: bool = True) -> Any:
        """The callback of a command that has ended, well or (``passes`` off) with an error."""
        callback = CmdCallbackI(client, handle)
        callback.loop(loops, ms)
        response = callback.getResponse()
        assert isinstance(response, omero.cmd.ERR) != passes, f"{response}"
        return callback

    def do_submit(self, request: Any, client: Any, test_should_pass: bool = True, omero_group: Any = None) -> Any:
        """The response to a request, or a list of them, that ends well, or with an error."""
        whole = omero.cmd.DoAll(request) if isinstance(request, list) else request
        context = {} if omero_group is None else {"omero.group": str(omero_group)}
        callback = self.wait_on_cmd(client, client.sf.submit(whole, context), loops=60, passes=test_should_pass)
        try:
            return callback.getResponse()
        finally:
            callback.close(True)

    def delete(self, objs: list[Any]) -> None:
        """Delete objects of one class, as root."""
        request = omero.cmd.Delete2(targetObjects={_class_name(objs[0]): [obj.id.val for obj in objs]})
        self.do_submit(request, self.root, omero_group="-1")

    def change_group(self, obj: Any, target: int, client: Any = None) -> None:
        """Move an object to the group with this id."""
        request = omero.cmd.Chgrp2(targetObjects={_class_name(obj): [obj.id.val]}, groupId=int(target))
        self.do_submit(request, client or self.client)

    def change_permissions(self, gid: int, perms: str, client: Any = None) -> None:
        """Give a group other permissions."""
        request = omero.cmd.Chmod2(targetObjects={"ExperimenterGroup": [gid]}, permissions=perms)
        self.do_submit(request, client or self.client)

    def set_context(self, client: Any, gid: int) -> Any:
        """Let the session of a client work in another group; the event context then."""
        client.getSession().setSecurityContext(omero.model.ExperimenterGroupI(gid, False))
        return client.sf.getAdminService().getEventContext()


class AbstractRepoTest(AbstractRepo, ITest):
    """A test of the files in repositories."""


def _class_name(obj: Any) -> str:
    return str(type(obj).__name__).removesuffix("I")
