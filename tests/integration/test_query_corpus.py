"""Queries that clients were seen to send. The collection is kept beside the checkout; without it there is no test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.corpus import failures
from tests.support.database import fresh_database

SHARED = Path(os.environ.get("OMERO_TEST_SHARED") or Path(__file__).parents[3] / "shared")
CORPUS = SHARED / "spec" / "hql_corpus.jsonl"


@pytest.mark.skipif(not CORPUS.exists(), reason="no collection of queries (spec/hql_corpus.jsonl) beside the checkout")
def test_all_queries_of_clients_run(capsys: pytest.CaptureFixture[str]) -> None:
    with fresh_database() as database, database.engine.connect() as connection:
        total, messages = failures(connection, CORPUS)
    with capsys.disabled():
        print(f"\n{total - len(messages)} of {total} queries of clients run")
    assert total
    assert not messages, "\n".join(messages)
