"""What a request tells of the device it comes from."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

MAX_DEVICE = 200
MAX_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class Client:
    """The device and the address of whoever calls."""

    device: str | None
    """What it says it is."""
    address: str | None
    """Behind a trusted proxy the one that the proxy names (ATTAIN_TRUSTED_PROXIES)."""


async def _client(request: Request) -> Client:
    device = "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())
    address = request.client.host[:MAX_ADDRESS] if request.client else None
    return Client(device[:MAX_DEVICE] or None, address or None)


CurrentClient = Annotated[Client, Depends(_client)]
