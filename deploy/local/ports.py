"""Ports of the loopback interface."""

import secrets
import socket
from contextlib import closing, suppress

from deploy.local.process import StartError

HOST = "127.0.0.1"
"""The only address that anything of the local stack listens on."""


_NOBODYS = range(20_000, 32_000)
"""Below what the system gives to outgoing connections: nobody takes one of these while its server is started again."""


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    while True:
        port = secrets.choice(_NOBODYS)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def check_port(port: int, *, advice: str) -> None:
    """Raise a clear error if the port cannot be listened on."""
    if not 0 < port < 65536:
        raise StartError(f"{port} is not a port. {advice}")
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections still closing do not count
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise StartError(f"cannot listen on {HOST}:{port}: {exc.strerror}. {advice}") from exc


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True
