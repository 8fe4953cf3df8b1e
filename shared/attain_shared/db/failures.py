"""Which database errors go away by themselves."""

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_PASSING = (
    "08",  # connection exceptions
    "40",  # serialization failures and deadlocks
    "53",  # out of disk, memory or connections
    "55P03",  # a lock was not to be had in time
    "57P",  # the server is shutting down, starting, or ended the session
    "25P03",  # the session sat idle in its transaction for too long
)
"""SQLSTATE classes and codes after which the same work may succeed."""


def is_passing(error: BaseException) -> bool:
    """Whether trying again later is the right answer: the database was away, busy or full, not wrong."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        return error.connection_invalidated or (state or "").startswith(_PASSING) or isinstance(error, InterfaceError)
    return isinstance(error, PoolTimeout | OSError | TimeoutError)
