"""Which database errors go away by themselves."""

from asyncpg import InterfaceError as DriverError
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_PASSING = (
    "08",  # connection exceptions
    "40",  # serialization failures and deadlocks
    "53",  # out of disk, memory or connections
    "55P03",  # a lock was not to be had in time
    "57P",  # the server is shutting down, starting, or ended the session
)
"""SQLSTATE classes and codes after which the same work may succeed."""

_TOO_LONG = frozenset({"57014", "25P03"})
"""The statement was cancelled, or the session sat idle in its transaction for too long."""

_UNKNOWN_NAMES = frozenset({"42P01", "42703"})


def is_passing(error: BaseException) -> bool:
    """Whether trying again later is the right answer: the database was away, busy or full, not wrong."""
    if took_too_long(error):
        return False
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or state.startswith(_PASSING) or _is_closed(error)
    if isinstance(error, PostgresError):  # a COPY goes past SQLAlchemy
        return str(error.sqlstate or "").startswith(_PASSING)
    return isinstance(error, PoolTimeout | DriverError | OSError | TimeoutError)


def _is_closed(error: DBAPIError) -> bool:
    """Whether the driver could not ask as the connection is gone; it also complains of statements that are wrong."""
    return isinstance(error, InterfaceError) and "clos" in str(error.orig)


def took_too_long(error: BaseException) -> bool:
    """Whether the server gave the statement up: a client may try again, a batch that does it every time is poison."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(error, DBAPIError | PostgresError) and getattr(said, "sqlstate", None) in _TOO_LONG


def names_nothing(error: BaseException) -> bool:
    """Whether a statement named a table or a column that the database has not: its schema is older than the build."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(error, DBAPIError | PostgresError) and getattr(said, "sqlstate", None) in _UNKNOWN_NAMES


def is_reference(error: BaseException) -> bool:
    """Whether a row could not go because others refer to it."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "23503"
