"""Files changed at random, of each format: an error that says what and why, or an image; never a crash, hang or flood.

`OMERO_TEST_MUTANTS` is the number of mutants of each format: 200 for a thorough run, which takes a while.
"""

from __future__ import annotations

import os

import pytest

from tests.support.hostile import findings
from tests.support.mutants import families

MUTANTS = int(os.environ.get("OMERO_TEST_MUTANTS", "4"))
THOROUGH = 20


def test_mutants_of_each_format() -> None:
    """All formats in one process at a time: most of the time would else be the start of Python."""
    if MUTANTS <= THOROUGH:
        assert findings((family, number) for family in families() for number in range(MUTANTS)) == []


@pytest.mark.parametrize("family", families() if MUTANTS > THOROUGH else [])
@pytest.mark.timeout(600)
def test_many_mutants_of_one_format(family: str) -> None:
    assert findings((family, number) for number in range(MUTANTS)) == []


def test_a_mutant_that_ends_the_process_is_named_and_the_others_are_looked_at() -> None:
    [line] = findings([("bmp", 0), ("no such format", 1), ("bmp", 2)])
    assert line.startswith("no such format 1: the process ended with 1") and "KeyError" in line
