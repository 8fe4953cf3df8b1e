"""What is sealed opens with its own key in its own row, and nowhere else; signing secrets are derived."""

import pytest

from attain_shared.identifiers import new_id
from attain_shared.signatures import read_secret
from attain_shared.webhooks.sealing import DeliveryKey, SealBroken

KEY = DeliveryKey("the key of this installation, long enough")
OTHER = DeliveryKey("the key of another installation, as long")
URL = "https://hooks.example.com/token"


def test_what_is_sealed_opens_again_and_looks_different_every_time() -> None:
    owner = new_id()
    one, two = (KEY.seal(URL, owner=owner) for _ in range(2))
    assert KEY.unseal(one, owner=owner) == KEY.unseal(two, owner=owner) == URL
    assert one != two
    assert b"token" not in one


def test_another_key_another_row_and_a_changed_byte_do_not_open_it() -> None:
    owner = new_id()
    sealed = KEY.seal(URL, owner=owner)
    for key, text, whose in (
        (OTHER, sealed, owner),
        (KEY, sealed, new_id()),
        (KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), owner),
        (KEY, b"", owner),
    ):
        with pytest.raises(SealBroken) as caught:
            key.unseal(text, owner=whose)
        assert URL not in str(caught.value)


def test_each_webhook_generation_and_installation_has_a_secret_of_its_own() -> None:
    webhook = new_id()
    secrets = [
        KEY.signing_secret(webhook, generation=1),
        KEY.signing_secret(webhook, generation=2),
        KEY.signing_secret(new_id(), generation=1),
        OTHER.signing_secret(webhook, generation=1),
    ]
    assert len(set(secrets)) == 4
    assert secrets[0] == KEY.signing_secret(webhook, generation=1)
    assert {len(read_secret(secret)) for secret in secrets} == {32}
