"""Transactions that others get in the way of, and are therefore run again.

PostgreSQL breaks off one of two transactions that wait for each other, and a plan made from rows that somebody else
has changed since must be made anew. Neither is the client's fault: as nothing of the transaction has left the
process, it is simply run once more.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg2.errors
from sqlalchemy.exc import DBAPIError

from omero_server.db.engine import Database
from omero_server.db.transaction import Author, Interference, Transaction

__all__ = ["passes", "transact"]

log = logging.getLogger(__name__)

Result = TypeVar("Result")

ATTEMPTS = 15
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.25


def transact(database: Database, author: Author, work: Callable[[Transaction], Result]) -> Result:
    """What ``work`` returns, once its writing transaction is committed.

    When others were in the way it is rolled back and ``work`` is called again, with a new transaction, after a pause
    that grows; ``Transaction.attempt`` counts. So ``work`` may do nothing outside of the database but through the
    transaction's ``after_commit`` and ``on_rollback``. After 15 attempts the error is raised.
    """
    attempt = 0
    while True:
        try:
            with Transaction(database, author, True, attempt) as transaction:
                return work(transaction)
        except (DBAPIError, Interference) as error:
            attempt += 1
            if attempt == ATTEMPTS or not passes(error):
                raise
            log.debug("attempt %d of a transaction failed: %s", attempt, error)
        # At random, so that those who met do not meet again.
        time.sleep(random.uniform(0.5, 1.0) * min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))


def passes(error: BaseException) -> bool:
    """Whether the same may succeed a moment later."""
    if isinstance(error, DBAPIError):
        return isinstance(error.orig, psycopg2.errors.DeadlockDetected | psycopg2.errors.SerializationFailure)
    return isinstance(error, Interference)
