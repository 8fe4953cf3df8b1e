"""A look into a database from tests that are not asynchronous, while real processes work on it."""

import asyncio
from types import TracebackType
from typing import Any, Self

import asyncpg
from sqlalchemy.engine import make_url


class Database:
    """One connection, with its own event loop; a context manager."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: asyncpg.Connection | None = None

    def rows(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """All rows of a statement; a connection that was lost is made anew."""
        return self._runner.run(self._fetch(statement, values))

    def value(self, statement: str, *values: object) -> Any:
        """The one value of a statement."""
        return self.rows(statement, *values)[0][0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.terminate()
        self._runner.close()

    async def _fetch(self, statement: str, values: tuple[object, ...]) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
        return await self._connection.fetch(statement, *values)
