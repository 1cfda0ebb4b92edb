"""Queries that clients were seen to send. The collection is kept beside the checkout; without it there is no test."""

from __future__ import annotations

from pathlib import Path

from tests.support.corpus import failures
from tests.support.database import fresh_database

CORPUS = Path(__file__).parents[3] / "shared" / "spec" / "hql_corpus.jsonl"
# The rest are wrong: misspelt aliases, classes that never were.
FLOOR = 0.96

if CORPUS.exists():

    def test_nearly_all_queries_of_clients_run() -> None:
        with fresh_database() as database, database.engine.connect() as connection:
            total, messages = failures(connection, CORPUS)
        assert len(messages) <= total * (1 - FLOOR), "\n".join(messages)
