"""Standard Webhooks (ING-7): the official verifier accepts ours, and ours refuses what it must."""

import base64
import hmac
import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from attain_shared.signatures import SignatureInvalid, read_secret, sign, verify, write_secret

SECRET = write_secret(b"0123456789abcdef0123456789abcdef")
OTHER = write_secret(b"fedcba9876543210fedcba9876543210")
BODY = '{"observations":[{"metric":"gmv","value":"12.30","shop":"tmall:某某旗舰店"}]}'.encode()
NOW = 1_795_000_000


def signed(secret: str = SECRET, *, body: bytes = BODY, timestamp: int = NOW) -> dict[str, str]:
    return sign(secret, body, message_id="run-000001-00ff", timestamp=timestamp)


def fault_of(headers: dict[str, str], *, body: bytes = BODY, now: float = NOW, allowed: Any = (SECRET,)) -> str:
    with pytest.raises(SignatureInvalid) as caught:
        verify(allowed, headers, body, now)
    return caught.value.fault


def test_the_official_verifier_accepts_ours() -> None:
    for size in (1, 24, 32, 64):
        secret = write_secret(secrets.token_bytes(size))
        headers = signed(secret, timestamp=int(time.time()))
        assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY + b" ", headers)


def test_ours_accepts_what_the_official_library_signs() -> None:
    shown = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, UTC), BODY.decode())
    verify([SECRET], {"webhook-id": "msg_1", "webhook-timestamp": str(NOW), "webhook-signature": shown}, BODY, now=NOW)


def test_a_vector_of_the_specification() -> None:
    """Of the official libraries' own tests."""
    headers = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("seconds", [-300, -1, 0, 0.9, 300])
def test_within_five_minutes_either_way_it_holds(seconds: float) -> None:
    verify([SECRET], signed(), BODY, now=NOW + seconds)


@pytest.mark.parametrize("seconds", [-10_000, -301, 301, 10_000])
def test_outside_of_them_it_does_not(seconds: int) -> None:
    assert fault_of(signed(), now=NOW + seconds) == "timestamp-outside-tolerance"


def test_whatever_is_changed_breaks_it() -> None:
    assert fault_of(signed(), body=BODY + b" ") == "no-signature-matches"
    assert fault_of(signed() | {"webhook-id": "another"}) == "no-signature-matches"
    assert fault_of(signed() | {"webhook-timestamp": str(NOW + 1)}) == "no-signature-matches"
    assert fault_of(signed(OTHER)) == "no-signature-matches"
    assert fault_of(signed(), allowed=()) == "no-signature-matches"


@pytest.mark.parametrize("text", ["v1,", "v1", "v2," + "A" * 44, "v1a,xyz", "v1,签名", "  ,", "v1,\x00"])
def test_a_signature_of_no_known_form_matches_nothing(text: str) -> None:
    assert fault_of(signed() | {"webhook-signature": text}) == "no-signature-matches"


@pytest.mark.parametrize("text", ["1e9", "-5", "٣٣", " 17", "1_000", "9" * 5000, "NaN"])
def test_a_timestamp_is_digits(text: str) -> None:
    assert fault_of(signed() | {"webhook-timestamp": text}) == "timestamp-malformed"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_all_three_headers_are_due(name: str) -> None:
    headers = signed()
    assert fault_of(headers | {name: ""}) == "header-missing"
    del headers[name]
    assert fault_of(headers) == "header-missing"


def test_in_a_rotation_there_may_be_several_secrets_and_several_signatures() -> None:
    verify([OTHER, SECRET], signed(), BODY, now=NOW)
    both = f"v1a,ignored {signed(OTHER)['webhook-signature']} {signed()['webhook-signature']}"
    verify([SECRET], signed() | {"webhook-signature": both}, BODY, now=NOW)


def test_names_of_headers_have_no_case() -> None:
    verify([SECRET], {name.title(): value for name, value in signed().items()}, BODY, now=NOW)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.extend([one, other])
        return real(one, other)

    monkeypatch.setattr("attain_shared.signatures.hmac.compare_digest", compare)
    verify([SECRET], signed(), BODY, now=NOW)
    assert compared == [signed()["webhook-signature"].removeprefix("v1,").encode()] * 2


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_***", "whsec_abc", "密钥", "whsec_密钥"])
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="a signing secret is written") as caught:
        read_secret(text)
    assert str(caught.value) == "a signing secret is written whsec_ and base64"


def test_a_secret_reads_back() -> None:
    key = secrets.token_bytes(32)
    assert read_secret(write_secret(key)) == read_secret(base64.b64encode(key).decode()) == key
