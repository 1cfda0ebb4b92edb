"""Fills a server's database with many images, as a site has them: skewed, spread over groups, users and years.

Rows go in with few statements, past triggers and foreign keys, which makes a million images a matter of minutes; this
needs a connection as the database's superuser. All ids are reserved from the database's sequences, so a running server
never meets them, and more can be added later.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate, count
from pathlib import Path
from typing import Any

from psycopg2.extras import execute_values
from psycopg2.sql import SQL, Identifier, Literal

from bench.statements import statement

__all__ = ["Person", "Site", "add_images", "add_people"]

GROUPS, USERS = 100, 500
READ_ANNOTATE, PRIVATE, READ_ONLY, READ_WRITE = -40, -120, -56, -8
LEVELS = (READ_ANNOTATE, PRIVATE, READ_ONLY, READ_WRITE)
BIG_GROUP_EVERY = 4  # each fourth user works in the big group
TAGS, TAGS_OF_BIG_GROUP, SHARED_MAPS = 40, 400, 40
IMAGES_PER_EVENT, DATASETS_PER_PROJECT, PLATE_SIZE = 20, 8, 96
TYPICAL_DATASET = 95
LINKS_PER_IMAGE, PAIRS, FILES_PER_FILESET = 5, 3, 2


@dataclass(frozen=True)
class Person:
    """A user as the owner of data in one group."""

    user: int
    group: int


@dataclass
class Site:
    """Who works here. ``pools`` tells which tags (first id, count) and shared map annotations the data of a person in
    a group carries: those of the group, in private groups the person's own.
    """

    groups: list[int]
    users: list[int]
    pools: dict[Person, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def big_group(self) -> int:
        """The group with half of everything; its members read and annotate each other's data."""
        return self.groups[0]

    @property
    def worker(self) -> Person:
        """An ordinary member of the big group: his data are made once and never grow."""
        return Person(self.users[BIG_GROUP_EVERY], self.big_group)

    @property
    def loner(self) -> Person:
        """A member of a private group; his data do not grow either."""
        return Person(self.users[GROUPS + LEVELS.index(PRIVATE)], self.groups[LEVELS.index(PRIVATE)])

    @property
    def collector(self) -> Person:
        """The user with a twentieth of all images, in the big group."""
        return Person(self.users[0], self.big_group)

    def name(self, person: Person) -> str:
        """The user's login name."""
        return f"user{self.users.index(person.user)}"

    def members(self, place: int) -> list[Person]:
        """Those who have data in the group at that place."""
        if place == 0:
            return [Person(user, self.big_group) for user in self.users[::BIG_GROUP_EVERY]]
        group, elsewhere = self.groups[place], {self.worker.user, self.collector.user}
        return [Person(user, group) for user in self.users[place::GROUPS] if user not in elsewhere]


@dataclass(frozen=True)
class Batch:
    """Images of one person that were made together; kind: "dataset", "plate" or "loose" (in no container)."""

    kind: str
    person: Person
    size: int
    project: int | None = None


def add_people(connection: Any, password_hash: str) -> Site:
    """Groups of all four levels, users in them, and each group's tags and shared map annotations."""
    with _past_triggers(connection) as cursor:
        first_group, first_user = _take(cursor, "experimentergroup", GROUPS), _take(cursor, "experimenter", USERS)
        site = Site([first_group + n for n in range(GROUPS)], [first_user + n for n in range(USERS)])
        rows: list[tuple[Any, ...]] = [
            (group, -52, False, f"laboratory {n}", 0, LEVELS[n % len(LEVELS)]) for n, group in enumerate(site.groups)
        ]
        insert = "insert into experimentergroup (id, ldap, name, version, permissions) values %s"
        execute_values(cursor, insert, [(row[0], row[2], row[3], row[4], row[5]) for row in rows])
        insert = "insert into experimenter (id, permissions, ldap, omename, firstname, lastname, version) values %s"
        rows = [(user, -52, False, f"user{n}", f"First{n}", f"Last{n}", 0) for n, user in enumerate(site.users)]
        execute_values(cursor, insert, rows)
        execute_values(
            cursor, "insert into password (experimenter_id, hash) values %s", [(u, password_hash) for u in site.users]
        )
        _add_memberships(cursor, site)
        _add_pools(cursor, site)
    return site


def _add_memberships(cursor: Any, site: Site) -> None:
    """Each user in a group of his own kind; each fourth in the big group first; all in "user"; some lead."""
    places: list[tuple[int, int, int, bool]] = []
    for n, user in enumerate(site.users):
        groups = [site.big_group] if n % BIG_GROUP_EVERY == 0 else []
        groups += [site.groups[n % GROUPS]] if n % GROUPS else []
        groups += [site.groups[(n * 7 + 3) % GROUPS]] if n % 3 == 0 else []
        kept = list(dict.fromkeys([*groups, 1]))
        places += [(user, group, place, n < GROUPS and n % 10 == 1) for place, group in enumerate(kept)]
    first = _take(cursor, "groupexperimentermap", len(places))
    insert = "insert into groupexperimentermap (id, permissions, version, child, parent, child_index, owner) values %s"
    execute_values(cursor, insert, [(first + i, -52, 0, *place) for i, place in enumerate(places)])


def _add_pools(cursor: Any, site: Site) -> None:
    for place, group in enumerate(site.groups):
        members = site.members(place)
        tags = TAGS if place else TAGS_OF_BIG_GROUP
        together = [[member] for member in members] if LEVELS[place % len(LEVELS)] == PRIVATE else [members]
        for owners in together:
            first = _take(cursor, "annotation", tags + SHARED_MAPS)
            users = [owner.user for owner in owners]
            values = {"first": first, "tags": tags, "all": tags + SHARED_MAPS, "users": users, "group": group}
            cursor.execute(_sql("pool"), values)
            site.pools |= dict.fromkeys(owners, (first, tags, first + tags))


def add_images(connection: Any, site: Site, images: int, constant: int = 0) -> None:
    """So many images with everything that belongs to them, and statistics for the planner.

    constant: the data of ``site.worker`` and ``site.loner`` are among them, as many whatever ``images`` is; the
    number is the size of the worker's largest dataset. To be given once.
    """
    batches = [*_constant(site.worker, constant), *_constant(site.loner, 100)] if constant else []
    batches += _batches(site, images - sum(batch.size for batch in batches))
    random.Random(images).shuffle(batches)
    with _past_triggers(connection) as cursor:
        _add_batches(cursor, site, batches)
        tables = _sql("tables").split()
        with _without_indexes(cursor, tables):
            for name in ("containers", "images", "annotations", "plates", "settings"):
                cursor.execute(_sql(name))
        cursor.execute("drop table seed_batch, seed_base")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum (analyze)")
    connection.autocommit = False


def _constant(person: Person, largest: int) -> list[Batch]:
    """Datasets in projects, a plate, and some images in nothing."""
    sizes = [largest, *[100] * 20]
    datasets = [Batch("dataset", person, size, n // DATASETS_PER_PROJECT) for n, size in enumerate(sizes)]
    return [*datasets, Batch("plate", person, PLATE_SIZE), Batch("loose", person, 300)]


def _batches(site: Site, images: int) -> list[Batch]:
    """A twentieth to the collector, half of all to the big group, the rest to the others, some much busier."""
    chance = random.Random(f"{images}")
    constant = (site.worker, site.loner)
    busy, *others = ([m for m in site.members(place) if m not in constant] for place in range(GROUPS))
    projects: dict[Person, Iterator[int]] = {}
    start = count(1000)
    found: list[Batch] = []
    left = {"collector": images // 20, "big": images // 2 - images // 20, "others": images - images // 2}
    for share, remaining in left.items():
        while remaining > 0:
            if share == "others":
                person = chance.choice(others[int(len(others) * chance.random() ** 2)])
            else:
                person = site.collector if share == "collector" else chance.choice(busy)
            batch = _batch(chance, person, remaining, projects, start)
            found.append(batch)
            remaining -= batch.size
    return found


def _batch(
    chance: random.Random, person: Person, most: int, projects: dict[Person, Iterator[int]], start: Iterator[int]
) -> Batch:
    """Mostly datasets of all sizes, of which nine in ten are in a project."""
    kind = chance.choices(("dataset", "plate", "loose"), (90, 4, 6))[0]
    if kind == "plate" and most >= PLATE_SIZE:
        return Batch("plate", person, PLATE_SIZE)
    size = min(most, max(1, int(chance.expovariate(1 / TYPICAL_DATASET))))
    if kind != "dataset":
        return Batch("loose", person, size)
    own = projects.setdefault(person, (number for number in start for _ in range(DATASETS_PER_PROJECT)))
    return Batch("dataset", person, size, next(own) if chance.random() < 0.9 else None)


def _add_batches(cursor: Any, site: Site, batches: list[Batch]) -> None:
    """The temporary tables that all statements draw from: the batches, and the first id of every table."""
    cursor.execute(_sql("batches"))
    firsts = [0, *accumulate(batch.size for batch in batches)]
    events = [0, *accumulate(-(-batch.size // IMAGES_PER_EVENT) for batch in batches)]
    numbers = {"dataset": count(), "plate": count(), "loose": count()}
    rows = []
    projects: dict[Person | tuple[Person, int], int] = {}
    for batch, first, event in zip(batches, firsts, events, strict=False):
        project = None
        if batch.project is not None:
            project = projects.setdefault((batch.person, batch.project), len(projects))
        tag, tags, shared = site.pools[batch.person]
        where = (batch.kind, next(numbers[batch.kind]), batch.person.group, batch.person.user)
        rows.append((*where, first, batch.size, event, project, tag, tags, shared))
    execute_values(cursor, "insert into seed_batch values %s", rows, page_size=1000)
    images, plates = firsts[-1], sum(batch.kind == "plate" for batch in batches)
    _take_bases(cursor, images, events[-1], len(projects), sum(b.kind == "dataset" for b in batches), plates)


def _take_bases(cursor: Any, images: int, events: int, projects: int, datasets: int, plates: int) -> None:
    wells = plates * PLATE_SIZE
    wanted = {
        "image": images, "pixels": images, "channel": images, "logicalchannel": images, "event": events,
        "session": USERS, "fileset": events, "filesetentry": events * FILES_PER_FILESET,
        "originalfile": events * FILES_PER_FILESET, "dataset": datasets, "project": projects,
        "datasetimagelink": images, "projectdatasetlink": datasets, "annotation": images * 2,
        "imageannotationlink": images * LINKS_PER_IMAGE, "plate": plates, "plateacquisition": plates, "well": wells,
        "wellsample": wells, "roi": images, "shape": images, "renderingdef": images, "quantumdef": images,
        "channelbinding": images,
    }  # fmt: skip
    bases = {table: _take(cursor, table, max(1, number)) for table, number in wanted.items()}
    columns = [SQL("{} as {}").format(Literal(first), Identifier(table)) for table, first in bases.items()]
    cursor.execute(SQL("create temporary table seed_base as select {}").format(SQL(", ").join(columns)))
    cursor.execute("analyze seed_batch; analyze seed_base")


def _take(cursor: Any, table: str, number: int) -> int:
    """The first of so many new ids of a table."""
    cursor.execute("select ome_nextval(%s, %s)", (f"seq_{table}", number))
    return int(cursor.fetchone()[0]) - number + 1


@contextmanager
def _past_triggers(connection: Any) -> Iterator[Any]:
    """A transaction without triggers, foreign keys and waits for the disk."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "set local session_replication_role = replica; set local synchronous_commit = off;"
            "set local maintenance_work_mem = '512MB'; set local work_mem = '128MB'"
        )
        yield cursor


@contextmanager
def _without_indexes(cursor: Any, tables: list[str]) -> Iterator[None]:
    """Indexes that are not constraints are made anew afterwards, which is faster than to keep them up."""
    cursor.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = any(%s::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)",
        (tables,),
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(SQL("drop index {}").format(Identifier(name)))
    yield
    for _, definition in found:
        cursor.execute(definition)


def _sql(name: str) -> str:
    return statement(Path(__file__).with_suffix(".sql"), name)
