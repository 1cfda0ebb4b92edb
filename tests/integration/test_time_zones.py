"""Server and database agree about local time, whatever zone the database server is set to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from omero_server.db.engine import Database
from omero_server.db.zone import fixed_offset, local_zone
from tests.support.database import fresh_database

FAR_AWAY = "Pacific/Kiritimati"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database whose connections are in a zone 14 hours ahead of UTC, unless they choose another."""
    with fresh_database() as database:
        with database.begin() as db:
            name = db.execute(text("SELECT current_database()")).scalar_one()
            db.execute(text(f"ALTER DATABASE \"{name}\" SET timezone = '{FAR_AWAY}'"))
        yield database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves this process to another time zone, until the end of the test."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["America/St_Johns", ":Asia/Kolkata", "UTC", "", "CET-1CEST", "No/Such_Zone"])
def test_times_are_those_of_the_process(url: str, in_zone: Callable[[str], None], zone: str) -> None:
    in_zone(zone)
    with closing(Database(url)) as database:
        with database.begin() as db:
            stored = db.execute(text("SELECT localtimestamp")).scalar_one()
        assert abs(stored - datetime.now()) < timedelta(minutes=1)
        with pytest.raises(RuntimeError), database.begin():
            raise RuntimeError("the transaction is rolled back, the zone must stay")
        with database.begin() as db:
            assert db.execute(text("SELECT current_setting('TimeZone')")).scalar_one() != FAR_AWAY


def test_summer_time_is_kept(url: str, in_zone: Callable[[str], None]) -> None:
    in_zone("Europe/Berlin")
    assert local_zone() == "Europe/Berlin"
    with closing(Database(url)) as database, database.begin() as db:
        offsets = "SELECT extract(timezone_hour FROM timestamptz '2024-01-15 12:00Z'), extract(timezone_hour FROM "
        assert tuple(map(int, db.execute(text(offsets + "timestamptz '2024-07-15 12:00Z')")).one())) == (1, 2)


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Kolkata", "<+05:30>-05:30"), ("UTC+3", "<-03:00>+03:00")])
def test_offset_of_a_zone_without_a_name(in_zone: Callable[[str], None], zone: str, offset: str) -> None:
    in_zone(zone)
    assert fixed_offset() == offset
