"""Connecting to whichever of several database servers takes writes: behind a failover no proxy is needed."""

from typing import Any

import asyncpg
from asyncpg.exceptions import CannotConnectNowError, TargetServerAttributeNotMatched
from sqlalchemy.engine import make_url


def connect_args_for(url: str, *, timeout: float) -> dict[str, Any]:
    """What SQLAlchemy's `connect_args` must say so that connecting to this URL takes `timeout` seconds at most."""
    named = make_url(url).query.get("host")
    return {"timeout": timeout} | ({"async_creator_fn": Hosts().connect} if isinstance(named, tuple) else {})


class Hosts:
    """The servers of one URL, the one that took the last connection first."""

    def __init__(self) -> None:
        self._last: tuple[str, int] | None = None

    async def connect(self, *, host: list[str], port: list[int], timeout: float, **rest: Any) -> asyncpg.Connection:  # noqa: ANN401, ASYNC109 - as asyncpg has it
        """Connect to the first server that has the wanted `target_session_attrs`, within `timeout` seconds.

        Each gets its share of them. asyncpg alone would give all to the first, and so one that is gone without a word,
        as a host without power is, would hide the others.

        Raises:
            ConnectionError: none of them does, as while no standby is promoted yet.
        """
        places = sorted(zip(host, port, strict=True), key=lambda place: place != self._last)
        reason: Exception | None = None
        for place in places:
            try:
                connection = await asyncpg.connect(host=place[0], port=place[1], timeout=timeout / len(places), **rest)
            except (OSError, CannotConnectNowError, TargetServerAttributeNotMatched) as error:
                reason = error
            else:
                self._last = place
                return connection
        raise ConnectionError(
            f"none of {len(places)} database servers can be used: {type(reason).__name__}"
        ) from reason
