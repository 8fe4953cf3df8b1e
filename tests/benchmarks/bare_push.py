"""`python -m tests.benchmarks.bare_push PORT STATEMENT`: the floor of P5.

A bare FastAPI application that stores a body unseen, by the statement it is given, through asyncpg. It checks no key, opens
no body and counts nothing.
"""

import os
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import uvicorn
from fastapi import FastAPI, Request

from attain_shared.identifiers import new_id
from deploy.local.ports import HOST
from tests.benchmarks.bare import POOL_SIZE, _keep


class Insert(NamedTuple):
    """The statement that stores a push, its values, and which of them are of this push alone."""

    sql: str
    values: tuple[Any, ...]
    keys: tuple[int, ...]
    ids: tuple[int, ...]
    payloads: tuple[int, ...]


def create_app(database_url: str, insert: Insert) -> FastAPI:
    """One path."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            database_url, min_size=POOL_SIZE, max_size=POOL_SIZE, reset=_keep, server_settings={"timezone": "UTC"}
        ) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.post("/", status_code=202)
    async def store(request: Request) -> dict[str, str]:
        batch_id, values = new_id(), list(insert.values)
        own = (
            (insert.keys, request.headers["idempotency-key"]),
            (insert.ids, batch_id),
            (insert.payloads, await request.body()),
        )
        for places, value in own:
            for place in places:
                values[place] = value
        async with app.state.pool.acquire() as connection:
            await connection.execute(insert.sql, *values)
        return {"id": str(batch_id)}

    return app


def main() -> None:
    """Serve until SIGTERM, set as the API is."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    app = create_app(os.environ["ATTAIN_DATABASE_URL"], Insert(*pickle.loads(path.read_bytes())))
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
