"""A wire between a client and a server that can be cut, or go dead without a word (F6)."""

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deploy.local.ports import HOST

CHUNK = 64 * 1024
RESET = struct.pack("ii", 1, 0)
"""What makes a socket end with RST when it is closed."""


@dataclass
class Wire:
    """Passes bytes on between its own port and a server's."""

    target: tuple[str, int]
    port: int = 0
    cut_after: int | None = None
    """So many more bytes from clients, and the connection they came by is reset."""
    cuts: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _dead: set[socket.socket] = field(default_factory=set)

    def lead_to(self, port: int) -> None:
        """Another server of this host from here on; who is connected is cut off."""
        self.target = (HOST, port)
        self.cut_all()

    def go_dead(self) -> None:
        """Nothing is passed on any more between those connected now, and nothing is closed."""
        self._dead |= self._open

    def cut_all(self) -> None:
        """Reset every connection."""
        for one in list(self._open):
            _reset(one)

    def carry(self, client: socket.socket) -> None:
        """Pass on what comes from either side, until one of them ends."""
        # a socket that `cut_all` has closed meanwhile has no number any more
        with (
            contextlib.suppress(OSError, ValueError),
            client,
            socket.create_connection(self.target, timeout=5) as server,
        ):
            self._open |= {client, server}
            try:
                self._carry(client, server)
            finally:
                self._open -= {client, server}

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        while True:
            ready, _, _ = select.select([client, server], [], [], 0.5)
            if client in self._dead:
                threading.Event().wait(0.1)
                continue
            for side in ready:
                data = side.recv(CHUNK)
                if not data:
                    return
                if side is client and self._is_cut(len(data)):
                    other[side].sendall(data[: len(data) // 2])
                    _reset(client)
                    _reset(server)
                    return
                other[side].sendall(data)

    def _is_cut(self, passing: int) -> bool:
        if self.cut_after is None:
            return False
        self.cut_after -= passing
        if self.cut_after > 0:
            return False
        self.cut_after = None
        self.cuts += 1
        return True


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        one.close()


@contextmanager
def wire_to(host: str, port: int) -> Iterator[Wire]:
    """A wire to a server."""
    with socket.create_server((HOST, 0)) as listening:
        wire = Wire((host, port), listening.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=wire.carry, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield wire
        wire.cut_all()
