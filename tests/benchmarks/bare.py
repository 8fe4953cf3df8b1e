"""`python -m tests.benchmarks.bare PORT STATEMENTS`: the floor of P10 and P11.

A bare FastAPI application that runs the statements it is given, by asyncpg, and answers the rows of the last as JSON. It
checks no token, masks nothing and makes no tag.
"""

import json
import os
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import uvicorn
from fastapi import FastAPI, Response

from deploy.local.ports import HOST

POOL_SIZE = 10
"""As the API's."""


class Statement(NamedTuple):
    """SQL as it goes to the server, and its values."""

    sql: str
    values: tuple[Any, ...]


Cases = list[list[Statement]]


async def _keep(_connection: asyncpg.Connection) -> None:
    """No round trip to reset a connection: the API makes none either."""


def create_app(database_url: str, cases: Cases) -> FastAPI:
    """One path for each case, by its number."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = {"timezone": "UTC"}
        async with asyncpg.create_pool(
            database_url, min_size=POOL_SIZE, max_size=POOL_SIZE, reset=_keep, server_settings=settings
        ) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.get("/{number}")
    async def run(number: int) -> Response:
        rows: list[asyncpg.Record] = []
        async with app.state.pool.acquire() as connection:
            for statement in cases[number]:
                rows = await connection.fetch(statement.sql, *statement.values)
        content = json.dumps([dict(row) for row in rows], default=str, ensure_ascii=False, separators=(",", ":"))
        return Response(content, media_type="application/json")

    return app


def main() -> None:
    """Serve until SIGTERM, set as the API is."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    app = create_app(os.environ["ATTAIN_DATABASE_URL"], pickle.loads(path.read_bytes()))
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_config=None,
    )


if __name__ == "__main__":
    main()
