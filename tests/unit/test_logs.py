"""What never reaches a log (libraries write what they were given)."""

import pytest

from attain_shared.logs import REDACTED, redact

TOKEN = f"{'0199a7d3c1f27c63' * 2}_Zm9v-YmFyYmF6_cXV4cXV1eGNvcmdlZ3JhdWx0Z2Fyc"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("cannot connect to postgresql+asyncpg://attain:pa@ss%2Fword@db:5432/attain", "pa@ss"),
        ("redis://:hush@queue:6379/0 is away", "hush"),
        ("Authorization: Bearer abc.def-ghi refused", "abc.def-ghi"),
        ("the form username=x&password=correct+horse&scope=", "correct"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl is not good", "c2lnbmF0dXJl"),
        (f"KeyError: 'att_{TOKEN}'", "cXV4"),
        (f"no such token: {TOKEN}", "cXV4"),
        ("signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9"),
        ("nobody is lin.wei+hr@mail.example.com here", "lin.wei"),
        ("duplicate key\nDETAIL:  Key (name)=(林\n卫) exists.\n[SQL: INSERT INTO people]", "卫"),
        ("duplicate key\nDETAIL:  Failing row contains (林卫, 9000).", "9000"),
    ],
)
def test_a_secret_within_a_text_is_blanked_and_the_rest_stays(text: str, secret: str) -> None:
    said = redact(None, "error", {"event": "failed", "exception": f"before {text} after"})["exception"]
    assert secret not in said
    assert REDACTED in said
    assert said.startswith("before ")


def test_what_is_named_as_a_secret_is_never_written() -> None:
    event = {"event": "x", "Authorization": "Bearer a", "new_password": 1, "ATTAIN_DATABASE_URL": "b", "api_key": b"c"}
    assert redact(None, "info", event) == {
        "event": "x",
        "Authorization": REDACTED,
        "new_password": REDACTED,
        "ATTAIN_DATABASE_URL": REDACTED,
        "api_key": REDACTED,
    }


def test_the_statement_and_the_hint_of_a_database_error_stay() -> None:
    text = 'violates "people_pkey"\nDETAIL:  Key (id)=(7) exists.\nHINT:  look\n[SQL: SELECT 1]'
    assert redact(None, "error", {"event": text})["event"] == text.replace(" Key (id)=(7) exists.", REDACTED)


def test_a_line_of_a_request_is_left_as_it_is() -> None:
    line = {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/v1/people/{person_id}",
        "status": 200,
        "milliseconds": 3.5,
        "statements": 2,
        "request_id": "0199a7d3c1f27c63b1d7e8e1a4c5f001",
    }
    assert redact(None, "info", dict(line)) == line


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    for text in ("a" * 200_000, "a@" * 100_000, "a.b@c-" * 40_000, "://" * 60_000, "eyJ" * 60_000, "DETAIL: " * 20_000):
        redact(None, "error", {"event": text})
