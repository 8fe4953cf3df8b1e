"""Which database errors a client may answer by trying again."""

import pytest
from asyncpg import QueryCanceledError, UniqueViolationError
from sqlalchemy.exc import DBAPIError

from attain_shared.db.failures import is_passing, took_too_long


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_cancelled_statement_took_too_long_whoever_ran_it(wrapped: bool) -> None:
    """A COPY goes past SQLAlchemy, so its errors come as the driver's own."""

    def raised(error: Exception) -> Exception:
        return DBAPIError("COPY", {}, error) if wrapped else error

    cancelled, taken = raised(QueryCanceledError("too slow")), raised(UniqueViolationError("taken"))
    assert (took_too_long(cancelled), is_passing(cancelled)) == (True, False)
    assert not took_too_long(taken)
