"""How commands wait for requests: to the end, for some time, and until Ctrl-C."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.cmd
from omero_cli.framework import CommandError, Context
from omero_cli.requests import failure, finish, short_answer, start
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def client(instance: Instance) -> Iterator[Any]:
    made = omero.client(instance.host, instance.ports.ssl)
    made.createSession("root", instance.root_password)
    yield made
    made.closeSession()


@pytest.fixture
def ctx() -> Context:
    return Context(quiet=True)


def lasting(seconds: float) -> Any:
    """A request that takes some time."""
    return omero.cmd.Timing(millisPerStep=50, steps=int(seconds * 20))


def test_to_the_end(ctx: Context, client: Any) -> None:
    assert isinstance(finish(ctx, client, lasting(0.8)), omero.cmd.OK)
    assert isinstance(short_answer(ctx, client, lasting(0.8)), omero.cmd.OK)


def test_for_some_time(ctx: Context, client: Any) -> None:
    callback = start(ctx, client, lasting(60), seconds=1)
    assert callback is not None and callback.getResponse() is None
    callback.handle.cancel()
    callback.close(True)
    callback = start(ctx, client, lasting(0.2), seconds=30)
    assert callback is not None and isinstance(callback.getResponse(), omero.cmd.OK)
    callback.close(True)


def test_not_at_all(ctx: Context, client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(ctx, client, lasting(0.1), seconds=0) is None
    assert capsys.readouterr().out == "Exiting immediately\n"


def test_interrupted(ctx: Context, client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    timer = threading.Timer(0.8, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    answer = finish(ctx, client, lasting(60))
    timer.join()
    assert capsys.readouterr().out == "Attempting cancel...\nCancelled\n"
    assert isinstance(answer, omero.cmd.ERR) and failure(answer).startswith("failed: 'cancel-called'")


def test_what_no_server_runs(ctx: Context, client: Any) -> None:
    with pytest.raises(CommandError, match="does not serve requests of the kind PopStatus"):
        finish(ctx, client, omero.cmd.PopStatus())
