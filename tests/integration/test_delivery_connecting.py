"""Whom the worker connects to, decided by the address when it connects (SSRF, DNS rebinding), and TLS by name."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from attain_worker.delivery.connecting import resolve
from attain_worker.delivery.sending import Sender
from deploy.local.ports import HOST
from tests.support.receiving import answer, receiver
from tests.support.sent import MESSAGE, accept, send, target


class Names:
    """A name server that says what it is told to, one answer after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


WITHIN = [
    ["127.0.0.1"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["100.100.100.200"],
    ["0.0.0.0"],
    ["::1"],
    ["fd00::1"],
    ["fe80::1%2"],
    ["::ffff:127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    # one of several is enough
    ["8.8.8.8", "127.0.0.1"],
    ["2606:4700::1111", "::1"],
]


async def test_a_public_name_that_leads_to_an_address_within_is_refused_when_connecting() -> None:
    told = [await send("https://hooks.example.com/", networks=(), resolve=Names(addresses)) for addresses in WITHIN]
    assert [(sent.ok, sent.status, sent.error) for sent in told] == [(False, None, "address-refused")] * len(WITHIN)
    print(f"\nSSRF: {len(told)} of {len(WITHIN)} public names that lead within refused when connecting")


async def test_a_name_that_nobody_answers_for_is_asked_for_once_at_a_time() -> None:
    """Whoever waits for it would take a thread each, of all webhooks."""
    asked, silent = 0, asyncio.Event()

    async def ask(_host: str, _port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        await silent.wait()
        return ["127.0.0.1"]

    async with Sender(resolve=ask, connect_seconds=0.1) as sender:
        to = target("https://hooks.example.com/")
        told = await asyncio.gather(*(sender.send(to, MESSAGE) for _ in range(8)))
        told.append(await sender.send(to, MESSAGE))
        assert ({sent.error for sent in told}, asked) == ({"timeout"}, 1)
        silent.set()
        assert (await sender.send(to, MESSAGE)).error == "address-refused"


async def test_spellings_that_only_the_system_understands_are_refused_when_connecting() -> None:
    """Were one to get past the check of the URL, the address that the system makes of it is refused."""
    assert await resolve("0x7f.1", 443) == [HOST]
    sent = await send("https://hooks.example.com/", networks=(), resolve=lambda _, port: resolve("0x7f.1", port))
    assert sent.error == "address-refused"


@pytest.mark.parametrize("host", ["a" * 64 + ".example.com", "name.invalid"])
async def test_what_cannot_be_a_name_is_unknown(host: str) -> None:
    with pytest.raises(OSError, match=r"no name|not known|resolution"):
        await resolve(host, 443)


async def test_a_name_is_looked_up_once_for_a_connection_and_checked_for_each() -> None:
    """DNS rebinding: harmless when asked first, leading within ever after."""
    names = Names([HOST], ["10.0.0.1"])
    allowed = (ip_network(f"{HOST}/32"),)
    async with (
        receiver(lambda _: answer(204, Connection="close")) as server,
        Sender(networks=allowed, resolve=names) as sender,
    ):
        rebound = target(f"http://rebound.example.com:{server.port}/")
        first = await sender.send(rebound, MESSAGE)
        assert (first.ok, names.asked, server.connections) == (True, 1, 1)
        second = await sender.send(rebound, MESSAGE)
    assert (second.error, names.asked, server.connections) == ("address-refused", 2, 1)


async def test_what_only_the_house_may_have_is_not_sent_to_the_world() -> None:
    """`http` and other ports are for the operator's networks, whatever a name there turns out to be."""
    sent = await send("http://receiver.example.com:8080/", resolve=Names(["8.8.8.8"]))
    assert sent.error == "address-refused"


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://hooks.example.com/", "https://localhost/"])
async def test_a_url_that_the_settings_allow_no_more_is_asked_for_nothing(url: str) -> None:
    names = Names(["8.8.8.8"])
    assert (await send(url, networks=(), resolve=names)).error == "address-refused"
    assert names.asked == 0


async def test_a_name_that_nobody_knows_is_a_failure() -> None:
    async def nobody(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert (await send("https://hooks.example.com/", resolve=nobody)).error == "name-unresolved"


async def test_a_name_server_that_does_not_answer_is_given_up() -> None:
    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        raise AssertionError("nobody waits for this")

    sent = await send("https://hooks.example.com/", resolve=never, connect_seconds=0.2)
    assert (sent.error, sent.milliseconds < 5000) == ("timeout", True)


async def test_the_next_address_of_a_name_is_tried() -> None:
    async with receiver(accept) as server:
        sent = await send(f"http://receiver:{server.port}/", resolve=Names(["127.0.0.9", HOST]))
    assert sent.ok


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Who certifies names here, trusted by whatever is made from now on."""
    made = trustme.CA()
    file = tmp_path / "authority.pem"
    made.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return made


def _certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_a_certificate_is_of_the_name_and_not_of_the_address(authority: trustme.CA) -> None:
    asked: list[str | None] = []
    context = _certified(authority, "hooks.example.com")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with receiver(accept, context) as server:
        sent = await send(f"https://hooks.example.com:{server.port}/", resolve=Names([HOST]))
        other = await send(f"https://other.example.com:{server.port}/", resolve=Names([HOST]))
        bare = await send(server.url)
    assert sent.ok
    assert asked[:2] == ["hooks.example.com", "other.example.com"]
    assert (other.error, bare.error) == ("tls-failed", "tls-failed")
    assert len(server.received) == 1


async def test_a_certificate_of_nobody_knows_whom_is_refused(authority: trustme.CA) -> None:
    async with receiver(accept, _certified(trustme.CA(), "hooks.example.com")) as server:
        sent = await send(f"https://hooks.example.com:{server.port}/", resolve=Names([HOST]))
    assert (sent.ok, sent.error, server.received) == (False, "tls-failed", [])
