"""Files changed at random, of each format: an error that says what and why, or an image; never a crash, hang or flood.

`OMERO_TEST_MUTANTS` is the number of mutants of each format: 200 for a thorough run, which takes a while.
"""

from __future__ import annotations

import os

import pytest

from omero_server.formats.registry import readers
from tests.support.hostile import findings
from tests.support.mutants import families

MUTANTS = int(os.environ.get("OMERO_TEST_MUTANTS", "4"))
THOROUGH = 20


# All formats in one test: most of the time would else be the start of Python. Many mutants take a test for each.
GROUPS = [[family] for family in families()] if MUTANTS > THOROUGH else [[]]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0] if names else "all")
def test_mutants_are_refused_or_read(names: list[str]) -> None:
    assert findings((family, number) for family in names or families() for number in range(MUTANTS)) == []


def test_every_reader_has_samples_to_be_changed() -> None:
    """But those of other projects, which are extras and run apart from the server or from what is installed."""
    ours = {reader.name for reader in readers() if reader.__module__.startswith("omero_server.")}
    assert ours - set(families()) <= {"bioio", "bioformats"}


def test_a_mutant_that_ends_the_process_is_named_and_the_others_are_looked_at() -> None:
    [line] = findings([("bmp", 0), ("no such format", 1), ("bmp", 2)])
    assert line.startswith("no such format 1: the process ended with 1") and "KeyError" in line
