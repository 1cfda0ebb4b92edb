"""Turns whatever a service raises into the API's exceptions, with a message for people."""

from __future__ import annotations

import logging
import traceback

import Ice
import psycopg2.errors
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

import omero
import omero._generated
from omero_server.db.transaction import Interference
from omero_server.formats.base import FormatError

__all__ = ["not_implemented", "translate"]

log = logging.getLogger(__name__)

BACK_OFF_MS = 500
POOL_BACK_OFF_MS = 5000
NUL = "NUL (0x00)"
# PostgreSQL stops, starts, or has no connection left.
AWAY = (
    psycopg2.errors.AdminShutdown,
    psycopg2.errors.CrashShutdown,
    psycopg2.errors.CannotConnectNow,
    psycopg2.errors.TooManyConnections,
)


def not_implemented(interface: str, operation: str) -> omero.InternalException:
    """What an operation answers that is not built yet."""
    name = f"{interface.rsplit('::', 1)[-1]}.{operation}"
    message = f"{name} is not implemented in this server yet. The list of what is lies in docs/conformance.md."
    return omero.InternalException(serverExceptionClass="ome.conditions.InternalException", message=message)


def translate(error: BaseException, what: str) -> Ice.Exception:
    """The exception to send for ``error``, raised in the operation ``what``."""
    if isinstance(error, Ice.Exception):
        if isinstance(error, omero.ServerError):
            complete(error)
        return error
    known = known_error(error)
    if known is None:
        log.error("%s failed", what, exc_info=error)
        known = omero.InternalException(
            message=f"{what} failed in the server: {type(error).__name__}: {error}. The server's log has the details."
        )
    known.serverStackTrace = "".join(traceback.format_exception(error))
    complete(known)
    return known


def complete(error: omero.ServerError) -> None:
    """Fill the fields that clients print."""
    if not error.serverExceptionClass:
        error.serverExceptionClass = f"ome.conditions.{type(error).__name__}"
    if not error.serverStackTrace:
        error.serverStackTrace = f"{error.serverExceptionClass}: {error.message}"


def known_error(error: BaseException) -> omero.ServerError | None:
    """The API's exception for the errors of the database and for wrong arguments."""
    if isinstance(error, DBAPIError):
        return database_error(error.orig, str(error.orig))
    if isinstance(error, StatementError | ValueError) and NUL in str(error):
        return omero.ApiUsageException(message="Texts may not contain the character NUL (U+0000).")
    if isinstance(error, Interference):
        message = f"Others kept changing the same objects: {error}. Try again."
        return omero.ConcurrencyException(message=message, backOff=BACK_OFF_MS)
    if isinstance(error, PoolTimeout):
        return omero.DatabaseBusyException(
            message="All database connections are in use. Try again soon.", backOff=POOL_BACK_OFF_MS
        )
    if isinstance(error, FormatError):
        return omero.ResourceError(message=str(error))
    if isinstance(error, MemoryError):
        return omero.ResourceError(message="The server has not enough memory for this: ask for less at once, or later.")
    if isinstance(error, NotImplementedError):
        return omero.InternalException(message=str(error) or "This is not implemented in this server yet.")
    return None


def database_error(error: BaseException | None, text: str) -> omero.ServerError | None:
    """The API's exception for an error of PostgreSQL."""
    message = text.strip().splitlines()[0] if text.strip() else "The database refused this."
    if isinstance(error, psycopg2.errors.DeadlockDetected):
        return omero.TryAgain(message="Two changes were in each other's way. Try again.", backOff=BACK_OFF_MS)
    if isinstance(error, psycopg2.errors.SerializationFailure | psycopg2.errors.LockNotAvailable):
        return omero.ConcurrencyException(message=message, backOff=BACK_OFF_MS)
    if isinstance(error, psycopg2.IntegrityError | psycopg2.DataError | psycopg2.errors.RaiseException):
        return omero.ValidationException(message=message)
    if isinstance(error, psycopg2.errors.ReadOnlySqlTransaction):
        return omero.ApiUsageException(message="This operation may only read, or the whole database is read-only.")
    if isinstance(error, psycopg2.errors.DiskFull):
        return omero.ResourceError(message=f"The disk of the database is full: {message}")
    if isinstance(error, psycopg2.OperationalError) and (error.pgcode is None or isinstance(error, AWAY)):
        log.error("the database cannot be reached: %s", message)
        return omero.DatabaseBusyException(
            message="The database cannot be reached at the moment. Try again soon.", backOff=POOL_BACK_OFF_MS
        )
    return None
