"""Connections to none but those whom Attain may talk to, decided by the address itself (SSRF)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address

import httpcore

from attain_shared.webhooks.addresses import AddressRefused, Network, is_reachable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# threads of their own: names that nobody answers for keep them for a while, and the loop has four for everybody
_LOOK_UPS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="look-up")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that a name has now; of an address, itself.

    Raises:
        OSError: it has none, or nobody can say.
    """
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(_LOOK_UPS, look_up)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "no name") from None
    return list(dict.fromkeys(str(place[4][0]) for place in found))


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up once, checks every address that it has, and connects to what it has checked.

    Nothing looks the name up again, so it cannot lead elsewhere meanwhile (DNS rebinding). A name of which one address
    is refused is refused whole. Certificates are checked against the name all the same: that is not decided here.
    """

    def __init__(self, networks: Sequence[Network], *, inside: bool, resolve: Resolve = resolve) -> None:
        self._networks, self._inside, self._resolve = networks, inside, resolve
        self._tcp = httpcore.AnyIOBackend()
        self._look_ups: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect within the time to one of the host's addresses, of which all are allowed.

        Raises:
            AddressRefused: one of them is not.
            OSError: it has none.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port, local_address, socket_options)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None

    async def _connect(
        self,
        host: str,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._look_up(host, port)
        if not all(self._may_reach(address) for address in addresses):
            raise AddressRefused("address")
        failure = httpcore.ConnectError()
        for address in addresses:
            try:
                return await self._tcp.connect_tcp(
                    address, port, local_address=local_address, socket_options=socket_options
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        """One at a time for a name: one that nobody answers for keeps one thread, however often it is asked for."""
        place = host, port
        if (asked := self._look_ups.get(place)) is None:
            asked = self._look_ups[place] = asyncio.ensure_future(self._resolve(host, port))
            asked.add_done_callback(lambda done: (self._look_ups.pop(place), done.cancelled() or done.exception()))
        return await asyncio.shield(asked)

    def _may_reach(self, address: str) -> bool:
        return is_reachable(ip_address(address), inside=self._inside, networks=self._networks)
