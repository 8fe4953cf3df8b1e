"""Where Attain may send to: an administrator names the address, and must not reach this network with it (SSRF).

Nothing here asks the network: `check_url` sees the URL as it is given, `is_reachable` each address that its name has
when a connection is made.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Reason = Literal["malformed", "scheme", "credentials", "port", "host", "vendor", "address"]

VENDOR_HOSTS: Mapping[str, frozenset[str]] = {
    "dingtalk": frozenset({"oapi.dingtalk.com"}),
    "feishu": frozenset({"open.feishu.cn", "open.larksuite.com"}),
    "wecom": frozenset({"qyapi.weixin.qq.com"}),
}
"""Where the robots of a channel live."""

HTTPS_PORT = 443
MAX_LENGTH = 2048

# IANA's special-purpose addresses, whatever a version of Python thinks of them
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own service for its machines, at an address that looks public
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
# all else of IPv6 is local, reserved, or an IPv4 address in another guise: mapped, compatible, NAT64
_PUBLIC_IPV6 = ip_network("2000::/3")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)

_EXPLANATIONS: Mapping[Reason, str] = {
    "malformed": "this is no URL",
    "scheme": "the URL must begin with https://",
    "credentials": "the URL must hold no user name and no password",
    "port": "the port must be 443",
    "host": "the host must be a full public name",
    "vendor": "this is not where the channel's robots live",
    "address": "the address is not a public one",
}


class AddressRefused(ValueError):
    """Attain does not send there; `reason` says why, and nothing repeats the URL."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_EXPLANATIONS[reason])
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that Attain may send to."""

    url: httpx.URL = field(repr=False)
    inside: bool
    """It is one only because the operator allows networks besides the public one: it is reached in these alone."""


def is_public(address: Address) -> bool:
    """Whether an address is of the public internet, in the form in which it is used there."""
    if isinstance(address, IPv6Address) and address not in _PUBLIC_IPV6:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def is_reachable(address: Address, *, inside: bool, networks: Sequence[Network]) -> bool:
    """Whether a connection may be made to this address: see `Endpoint.inside`."""
    return any(address in network for network in networks) or (not inside and is_public(address))


def check_url(url: str, *, channel: str, networks: Sequence[Network] = ()) -> Endpoint:
    """Where this URL leads, by what it says; its name is looked up only when a connection is made.

    Args:
        url: as it was given.
        channel: a robot's, whose host is its vendor's; any other sends to whom it likes.
        networks: allowed besides the public one. What is not for the public internet may lie there: `http`, another
            port, a short name, a robot's vendor in the house.

    Raises:
        AddressRefused: with the reason.
    """
    parsed = _parse(url)
    host = parsed.raw_host.decode("ascii").lower().rstrip(".")
    literal = _read_literal(host)
    if literal is None and not _is_name(host):
        raise AddressRefused("host")
    fault = next(_find_faults(parsed, host, literal, channel), None)
    if fault is None:
        return Endpoint(parsed, inside=False)
    if networks and (literal is None or is_reachable(literal, inside=True, networks=networks)):
        return Endpoint(parsed, inside=True)
    raise AddressRefused(fault)


def _parse(url: str) -> httpx.URL:
    if len(url) > MAX_LENGTH or url != url.strip():
        raise AddressRefused("malformed")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):  # its text shows the URL
        raise AddressRefused("malformed") from None
    if parsed.scheme not in {"http", "https"}:
        raise AddressRefused("scheme")
    if parsed.userinfo:
        raise AddressRefused("credentials")
    return parsed


def _find_faults(url: httpx.URL, host: str, literal: Address | None, channel: str) -> Iterator[Reason]:
    """Why it is nothing that the public internet is asked for."""
    if url.scheme != "https":
        yield "scheme"
    if literal is None and ("." not in host or host.endswith((".localhost", ".local", ".internal"))):
        yield "host"
    if literal is not None and not is_public(literal):
        yield "address"
    if url.port not in {None, HTTPS_PORT}:
        yield "port"
    if channel in VENDOR_HOSTS and host not in VENDOR_HOSTS[channel]:
        yield "vendor"


def _read_literal(host: str) -> Address | None:
    """The address that a host is, if it is none by name.

    Raises:
        AddressRefused: an address in a spelling of its own: octal, hexadecimal, of fewer numbers, with a zone.
    """
    if ":" not in host and not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    if "%" in host:
        raise AddressRefused("address")
    try:
        return ip_address(host)
    except ValueError:
        raise AddressRefused("address") from None


def _is_name(host: str) -> bool:
    return 0 < len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))
