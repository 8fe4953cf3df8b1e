"""A server that a signal makes unready first, and ends later: so a balancer can send elsewhere before it is gone."""

import asyncio
import math
import socket
import time
from types import FrameType

import structlog
import uvicorn

from attain_api.connections import end_overdue
from attain_api.state import ApiState

log = structlog.get_logger(__name__)

LAST_WORDS_SECONDS = 1.0
"""How long those who have just connected may take to send their request once nobody else can connect."""


class DrainingServer(uvicorn.Server):
    """On the first signal it goes on serving for `linger_seconds`, then ends as uvicorn does; a second one hurries it."""

    def __init__(self, config: uvicorn.Config, state: ApiState) -> None:
        """Whoever asks the state is told of the drain at once."""
        super().__init__(config)
        self._state = state
        self._linger_until = math.inf

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Raise flags and no more: this may interrupt anything, a line being logged too."""
        if self._state.draining or not self.started:
            super().handle_exit(sig, frame)
        self._state.draining = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop serving; and every tenth time, who has kept us waiting for too long."""
        if counter % 10 == 0:
            end_overdue(self.server_state.connections, self._state)
        if self._state.draining and self._linger_until == math.inf:
            seconds = self._state.settings.linger_seconds
            log.info("draining", linger_seconds=seconds)
            self._linger_until = time.monotonic() + seconds
        self.should_exit |= time.monotonic() >= self._linger_until
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop to listen; hear out who is connected, if we linger at all; then finish what is in hand."""
        for server in self.servers:
            server.close()
        deadline = time.monotonic() + (LAST_WORDS_SECONDS if self._state.settings.linger_seconds else 0)
        while self.server_state.connections and time.monotonic() < deadline:  # noqa: ASYNC110 - uvicorn tells of none
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)
