"""Where Attain sends to, by the URL alone: a long table of what does not get through (SSRF)."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from attain_shared.settings import SharedSettings
from attain_shared.webhooks.addresses import AddressRefused, check_url, is_public, is_reachable

HOUSE = (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))

REFUSED = {
    # not the public web
    "http://hooks.example.com/a": "scheme",
    "ftp://hooks.example.com/a": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://hooks.example.com/": "scheme",
    "//hooks.example.com/a": "scheme",
    "hooks.example.com/a": "scheme",
    "": "scheme",
    "javascript:alert(1)": "scheme",
    "https://hooks.example.com:80/": "port",
    "https://hooks.example.com:22/": "port",
    "https://hooks.example.com:8443/": "port",
    "https://hooks.example.com:0/": "port",
    "https://hooks.example.com:65536/": "port",
    "https://user:password@hooks.example.com/": "credentials",
    "https://user@hooks.example.com/": "credentials",
    "https://hooks.example.com@10.0.0.1/": "credentials",
    "https://hooks.example.com\\@10.0.0.1/": "credentials",
    # no URL, or none that two readers read alike
    "https://hooks.example.com/\r\nX-Evil: 1": "malformed",
    "https://hooks.example.com/\x00": "malformed",
    " https://hooks.example.com/": "malformed",
    "https://hooks.example.com/" + "a" * 2048: "malformed",
    "https://[::1": "malformed",
    "https://hooks.example.com:port/": "malformed",
    "https://１２７.0.0.1/": "malformed",
    "https://ⓛocalhost/": "malformed",
    "https:///path": "host",
    "https://ho st.example.com/": "host",
    "https://hooks..example.com/": "host",
    "https://exa%6dple.com/": "host",
    # names of this machine and this network
    "https://localhost/": "host",
    "https://LOCALHOST/": "host",
    "https://localhost./": "host",
    "https://api.localhost/": "host",
    "https://redis/": "host",
    "https://postgres.local/": "host",
    "https://metadata.google.internal/": "host",
    # addresses of IPv4 that are not public
    "https://0.0.0.0/": "address",
    "https://10.0.0.1/": "address",
    "https://100.64.0.1/": "address",
    "https://100.100.100.200/": "address",
    "https://127.0.0.1/": "address",
    "https://127.255.255.254/": "address",
    "https://168.63.129.16/": "address",
    "https://169.254.169.254/latest/meta-data/": "address",
    "https://172.16.0.1/": "address",
    "https://172.31.255.255/": "address",
    "https://192.0.0.192/": "address",
    "https://192.0.2.1/": "address",
    "https://192.88.99.1/": "address",
    "https://192.168.1.1/": "address",
    "https://198.18.0.1/": "address",
    "https://198.51.100.1/": "address",
    "https://203.0.113.1/": "address",
    "https://224.0.0.1/": "address",
    "https://240.0.0.1/": "address",
    "https://255.255.255.255/": "address",
    # IPv4 in other spellings, public or not
    "https://2130706433/": "address",
    "https://134744072/": "address",
    "https://0x7f000001/": "address",
    "https://0x7f.0.0.1/": "address",
    "https://0x7f.1/": "address",
    "https://127.1/": "address",
    "https://127.0.0.0x1/": "address",
    "https://8.8.8.0x8/": "address",
    "https://1.2.3.4.5/": "address",
    "https://127。0。0。1/": "address",
    "https://0177.0.0.1/": "malformed",
    "https://0177.1/": "address",
    # addresses of IPv6
    "https://[::]/": "address",
    "https://[::1]/": "address",
    "https://[0:0:0:0:0:0:0:1]/": "address",
    "https://[fe80::1]/": "address",
    "https://[fe80::1%25eth0]/": "address",
    "https://[2606:4700::1111%25eth0]/": "address",
    "https://[fec0::1]/": "address",
    "https://[fc00::1]/": "address",
    "https://[fd00:ec2::254]/": "address",
    "https://[ff02::1]/": "address",
    "https://[100::1]/": "address",
    "https://[2001:db8::1]/": "address",
    "https://[3fff::1]/": "address",
    "https://[5f00::1]/": "address",
    # IPv4 within IPv6
    "https://[::ffff:127.0.0.1]/": "address",
    "https://[::ffff:8.8.8.8]/": "address",
    "https://[::127.0.0.1]/": "address",
    "https://[::ffff:0:127.0.0.1]/": "address",
    "https://[64:ff9b::10.0.0.1]/": "address",
    "https://[64:ff9b:1::10.0.0.1]/": "address",
    "https://[2002:7f00:1::]/": "address",
    "https://[2002:808:808::]/": "address",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/": "address",
}


def test_what_is_not_on_the_public_web_is_refused() -> None:
    refused: dict[str, str] = {}
    for url in REFUSED:
        with pytest.raises(AddressRefused) as caught:
            check_url(url, channel="webhook")
        refused[url] = caught.value.reason
    assert refused == REFUSED
    print(f"\nSSRF: {len(refused)} of {len(REFUSED)} URLs refused as they were given")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/attain?token=x",
        "https://hooks.example.com:443/",
        "https://HOOKS.example.com./",
        "https://例え.jp/钩子",
        "https://8.8.8.8/",
        "https://172.32.0.1/",
        "https://[2606:4700:4700::1111]/",
        "https://1and1.example.com/",
    ],
)
def test_what_is_on_the_public_web_is_allowed(url: str) -> None:
    assert not check_url(url, channel="webhook").inside


@pytest.mark.parametrize(
    ("channel", "host"),
    [
        ("dingtalk", "oapi.dingtalk.com"),
        ("feishu", "open.feishu.cn"),
        ("feishu", "open.larksuite.com"),
        ("wecom", "qyapi.weixin.qq.com"),
    ],
)
def test_a_robot_lives_at_its_vendors(channel: str, host: str) -> None:
    assert not check_url(f"https://{host}/robot/send?access_token=x", channel=channel).inside
    for other in ("https://hooks.example.com/", f"https://{host}.example.com/", f"https://evil-{host}/"):
        with pytest.raises(AddressRefused) as caught:
            check_url(other, channel=channel)
        assert caught.value.reason == "vendor"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.20.3.4:8080/hook",
        "https://10.20.3.4/",
        "http://[fd00:20::1]:8080/",
        "http://receiver:8080/",
        "https://hooks.example.com:8443/",
    ],
)
def test_what_is_not_public_may_lie_in_a_network_that_the_operator_allows(url: str) -> None:
    assert check_url(url, channel="webhook", networks=HOUSE).inside
    assert check_url(url, channel="dingtalk", networks=HOUSE).inside


@pytest.mark.parametrize(
    "url",
    ["http://10.21.0.1/", "http://127.0.0.1/", "http://8.8.8.8/", "http://[::ffff:10.20.0.1]/", "http://10.5140/"],
)
def test_other_networks_stay_closed(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, channel="webhook", networks=HOUSE)


def test_credentials_and_other_schemes_are_refused_in_the_house_too() -> None:
    for url in ("http://user:password@10.20.0.1/", "ftp://10.20.0.1/"):
        with pytest.raises(AddressRefused):
            check_url(url, channel="webhook", networks=HOUSE)


def test_what_is_reached_inside_only_is_not_reached_at_a_public_address() -> None:
    public, house, other = (ip_address(text) for text in ("8.8.8.8", "10.20.0.1", "10.21.0.1"))
    assert [is_reachable(one, inside=False, networks=HOUSE) for one in (public, house, other)] == [True, True, False]
    assert [is_reachable(one, inside=True, networks=HOUSE) for one in (public, house, other)] == [False, True, False]
    assert not is_reachable(house, inside=False, networks=())


def test_no_address_is_public_that_python_knows_to_be_otherwise() -> None:
    # the first address of each block of 65,536, and of IPv6 of each 16 bits
    suspects = [ip_address(number << 16 | 1) for number in range(1 << 16)]
    suspects += [ip_address(number << 112 | 1) for number in range(1 << 16)]
    assert [one for one in suspects if is_public(one) and not one.is_global] == []
    assert sum(map(is_public, suspects)) > 50_000


def test_a_refusal_does_not_repeat_the_url() -> None:
    for url in ("https://token-in-the-host", "https://10.0.0.1/token", "https://[::1/token", "nonsense token"):
        with pytest.raises(AddressRefused) as caught:
            check_url(url, channel="webhook")
        assert "token" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "networks"),
    [("", []), ("10.20.0.0/16, fd00:20::/32 ", ["10.20.0.0/16", "fd00:20::/32"]), ("10.0.0.7", ["10.0.0.7/32"])],
)
def test_the_operator_lists_networks_with_commas_between(
    text: str, networks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTAIN_DELIVERY_NETWORKS", text)
    given: dict[str, Any] = {"database_url": "postgresql://h/d", "redis_url": "redis://h/0"}
    assert [str(network) for network in SharedSettings(**given).delivery_networks] == networks


def test_what_is_no_network_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTAIN_DELIVERY_NETWORKS", "10.20.0.0/16,the house")
    with pytest.raises(ValueError, match="delivery_networks"):
        SharedSettings(database_url="postgresql://h/d", redis_url="redis://h/0")
