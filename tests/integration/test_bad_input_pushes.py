"""Pushes that are refused whole: a problem that names the field, nothing stored, never a 500 (ING-1, ING-3)."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import business_day
from tests.support.http import ok, pointers, problem
from tests.support.pushes import PUSHES, Pusher, body, make_pusher, push_raw, read_batch, with_value
from tests.support.worker import count_rows, take_in

MIB = 1 << 20


async def push(api: AsyncClient, pusher: Pusher, *rows: Any, **more: Any) -> Response:
    return await push_raw(api, pusher, json.dumps(body(rows, **more)))


async def nothing_stored(state: ApiState, pusher: Pusher) -> bool:
    tables = ("metric_batches", "batch_keys", "company_work")
    return [await count_rows(state, table, pusher.company_id) for table in tables] == [0, 0, 0]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"observations": [}',
        '{"observations": [{"value": NaN}]}',
        '{"observations": [{"value": Infinity}]}',
        '{"observations": [{"value": -Infinity}]}',
        '{"observations": [{"value": 01}]}',
        '{"observations": 1, "grain": "day",}',
        '{"source": "\\ud800", "observations": [{}]}',
        '{"source": "\ud800", "observations": [{}]}',
        b'{"source": "\xff", "observations": [{}]}',
        "[" * 100_000,
        '{"observations": [' + '{"value": [' * 50_000,
        "\ufeff{}",
        "{} {}",
    ],
    ids=lambda content: repr(content[:40]),
)
async def test_what_is_not_json_is_a_bad_request(api: AsyncClient, state: ApiState, content: str | bytes) -> None:
    """ING-3: JSON that does not parse is 400."""
    pusher = await make_pusher(state)
    problem(await push_raw(api, pusher, content), status=400, code="malformed-json")
    assert await nothing_stored(state, pusher)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[]", ("", "invalid-type")),
        ("null", ("", "invalid-type")),
        ("{}", ("/observations", "missing")),
        ('{"observations": []}', ("/observations", "invalid-value")),
        ('{"observations": {}}', ("/observations", "invalid-type")),
        ('{"observations": [1]}', ("/observations/0", "invalid-type")),
        ('{"observations": [null]}', ("/observations/0", "invalid-type")),
        ('{"observations": [{}], "lane": "fast"}', ("/lane", "invalid-value")),
        ('{"observations": [{}], "company_id": "x"}', ("/company_id", "unknown-field")),
        ('{"observations": [{}], "a/b~c": 1}', ("/a~1b~0c", "unknown-field")),
        ('{"observations": [{"id": 1}]}', ("/observations/0/id", "unknown-field")),
        ('{"observations": [{}], "grain": "year"}', ("/grain", "invalid-value")),
    ],
)
async def test_a_body_of_another_shape_is_refused_by_pointer(
    api: AsyncClient, state: ApiState, content: str, expected: tuple[str, str]
) -> None:
    """ING-3; unknown fields are refused, so that none is assigned by the way."""
    pusher = await make_pusher(state)
    assert expected in pointers(await push_raw(api, pusher, content))
    assert await nothing_stored(state, pusher)


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ({"metric": 1}, "metric", "invalid-type"),
        ({"metric": ""}, "metric", "invalid-value"),
        ({"metric": "g\x00mv"}, "metric", "invalid-text"),
        ({"metric": "m" * 81}, "metric", "invalid-value"),
        ({"shop": None}, "shop", "invalid-type"),
        ({"shop": "tmall"}, "shop", "invalid-shop"),
        ({"shop": ":shop"}, "shop", "invalid-shop"),
        ({"shop": "tmall:"}, "shop", "invalid-shop"),
        ({"shop": "tmall:a\x00b"}, "shop", "invalid-text"),
        ({"bucket": 20260701}, "bucket", "invalid-type"),
        ({"bucket": "2026-02-30"}, "bucket", "invalid-value"),
        ({"bucket": "2026-07-01T00:00:00"}, "bucket", "invalid-value"),
        ({"grain": "hour"}, "grain", "invalid-value"),
        ({"grain": None}, "grain", "invalid-type"),
        ({"finality": "maybe"}, "finality", "invalid-value"),
        ({"observed_at": "2026-07-01"}, "observed_at", "invalid-value"),
        ({"observed_at": "2026-07-01T09:00:00"}, "observed_at", "invalid-value"),
        ({"observed_at": 1}, "observed_at", "invalid-type"),
        ({"observed_at": "1999-12-31T00:00:00Z"}, "observed_at", "out-of-range"),
        ({"dimension": None}, "dimension", "invalid-type"),
        ({"dimension": "colour:red"}, "dimension", "invalid-dimension"),
        ({"dimension": "terminal:watch"}, "dimension", "invalid-dimension"),
        ({"dimension": "item:"}, "dimension", "invalid-dimension"),
        ({"dimension": "item:a\x00"}, "dimension", "invalid-dimension"),
        ({"dimension": "item:\n1"}, "dimension", "invalid-dimension"),
        ({"through": "2026-07-02"}, "through", "outside-bucket"),
        ({"through": "2026-06-30"}, "through", "outside-bucket"),
        ({"verdict": "accepted"}, "verdict", "unknown-field"),
    ],
    ids=str,
)
async def test_a_bad_field_is_named(
    api: AsyncClient, state: ApiState, row: dict[str, Any], field: str, code: str
) -> None:
    """ING-3, MET-2."""
    pusher = await make_pusher(state)
    response = await push(api, pusher, pusher.row(bucket="2026-07-02"), pusher.row() | row)
    assert pointers(response) == [(f"/observations/1/{field}", code)]
    assert await nothing_stored(state, pusher)


@pytest.mark.parametrize(
    "token",
    [
        '"NaN"', '"Infinity"', '"-Infinity"', '"-"', '""', '" "', '" 1"', '"1 "', '"1,234.56"', '"3.60%"', '"+1"',
        '"1e3"', '"0x10"', '"１２"', '"1\\n"', '".5"', '"5."', "null", "true", "[]", "{}",
        "1e-999999999999", "1e999999999999",
    ],
)  # fmt: skip
async def test_a_value_that_is_no_number_is_refused(api: AsyncClient, state: ApiState, token: str) -> None:
    """MET-8: null, blank and "-" are no values, never zero."""
    pusher = await make_pusher(state)
    response = await push_raw(api, pusher, with_value(pusher, token))
    assert pointers(response) == [("/observations/0/value", "invalid-number")]
    assert await nothing_stored(state, pusher)


@pytest.mark.parametrize(
    "token",
    ["123456789012345678901", '"0.123456789012345678901"', '"12345678901.1234567890"', "1e20", "1e999", "1e-999"],
)
async def test_more_than_20_digits_are_too_many(api: AsyncClient, state: ApiState, token: str) -> None:
    pusher = await make_pusher(state)
    response = await push_raw(api, pusher, with_value(pusher, token))
    assert pointers(response) == [("/observations/0/value", "too-many-digits")]
    assert await nothing_stored(state, pusher)


@pytest.mark.parametrize("token", ["99999999999999999999", '"-1234567890.1234567890"', "1e19", "1.5e-3", "-0", '"007"'])
async def test_20_digits_are_not_too_many(api: AsyncClient, state: ApiState, token: str) -> None:
    pusher = await make_pusher(state)
    response = await push_raw(api, pusher, with_value(pusher, token))
    assert response.status_code == 202, response.text


@pytest.mark.parametrize(
    ("grain", "bucket"),
    [("week", "2026-07-01"), ("week", "2026-07-05"), ("month", "2026-07-02"), ("quarter", "2026-08-01")],
)
async def test_a_bucket_is_the_first_day_of_its_grain(
    api: AsyncClient, state: ApiState, grain: str, bucket: str
) -> None:
    """MET-2."""
    pusher = await make_pusher(state)
    response = await push(api, pusher, pusher.row(grain=grain, bucket=bucket))
    assert pointers(response) == [("/observations/0/bucket", "not-first-day")]
    assert await nothing_stored(state, pusher)


async def test_a_bucket_lies_after_2000_and_at_most_two_days_ahead(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    today = business_day()
    for day in ("1999-12-31", "0001-01-01", "9999-12-31", str(today + timedelta(days=3))):
        response = await push(api, pusher, pusher.row(bucket=day))
        assert pointers(response) == [("/observations/0/bucket", "out-of-range")], day
    assert await nothing_stored(state, pusher)
    for day in ("2000-01-01", str(today + timedelta(days=2))):
        assert (await push(api, pusher, pusher.row(bucket=day))).status_code == 202


async def test_a_clock_may_run_two_days_ahead_and_no_further(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    ahead = f"{business_day() + timedelta(days=3)}T00:00:00+08:00"
    response = await push(api, pusher, pusher.row(observed_at=ahead))
    assert pointers(response) == [("/observations/0/observed_at", "out-of-range")]


async def test_what_a_row_lacks_is_missing(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    response = await push_raw(api, pusher, '{"observations": [{}]}')
    fields = ("shop", "metric", "grain", "bucket", "value", "observed_at")
    assert pointers(response) == [(f"/observations/0/{field}", "missing") for field in fields]


async def test_a_bad_default_is_named_once(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    rows = [{key: value for key, value in pusher.row().items() if key != "bucket"} for _ in range(3)]
    response = await push(api, pusher, *rows, bucket="2026-07-02", grain="month")
    assert pointers(response) == [("/bucket", "not-first-day")]


async def test_every_bad_row_has_its_pointer(api: AsyncClient, state: ApiState) -> None:
    """ING-3: also where the types of some rows and the values of others are wrong."""
    pusher = await make_pusher(state)
    good, bad, worse = pusher.row(), pusher.row(value="-"), pusher.row() | {"metric": 1}
    response = await push(api, pusher, *(good if number % 3 else bad for number in range(150)))
    assert [pointer for pointer, _ in pointers(response)] == [f"/observations/{n}/value" for n in range(0, 150, 3)]
    response = await push(api, pusher, *(good if number % 3 else worse for number in range(150)))
    assert [pointer for pointer, _ in pointers(response)] == [f"/observations/{n}/metric" for n in range(0, 150, 3)]
    response = await push(api, pusher, good, bad, worse)
    assert pointers(response) == [
        ("/observations/1/value", "invalid-number"),
        ("/observations/2/metric", "invalid-type"),
    ]
    assert await nothing_stored(state, pusher)


async def test_10_001_rows_are_too_many(api: AsyncClient, state: ApiState) -> None:
    """ING-1."""
    pusher = await make_pusher(state)
    for value in ("1", "-"):
        response = await push(api, pusher, *[pusher.row(value=value)] * 10_001)
        content = problem(response, status=413, code="too-large")
        assert [wrong["pointer"] for wrong in content["errors"]] == ["/observations"]
    assert await nothing_stored(state, pusher)
    assert (await push(api, pusher, *[pusher.row()] * 10_000)).status_code == 202


@pytest.mark.parametrize("packed", [False, True])
async def test_more_than_8_mib_are_too_large_also_when_gzip_hides_them(
    api: AsyncClient, state: ApiState, packed: bool
) -> None:
    """ING-1; 100 MiB of blanks are a gzip bomb of 100 KiB."""
    pusher = await make_pusher(state)
    content = json.dumps(body([pusher.row()])).encode()
    size = (100 if packed else 8) * MIB
    response = await push_raw(api, pusher, content + b" " * size, packed=packed)
    problem(response, status=413, code="too-large")
    assert await nothing_stored(state, pusher)
    padded = content + b" " * (8 * MIB - len(content))
    assert (await push_raw(api, pusher, padded, packed=packed)).status_code == 202


async def test_gzip_that_is_cut_or_none_is_a_bad_request(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    packed = gzip.compress(json.dumps(body([pusher.row()])).encode())
    headers = pusher.headers("k") | {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    empty_members = gzip.compress(b"") * 1000
    for content in (
        b"", packed[:-9], packed[:12], b"{}", packed + b"rest", packed[:-8] + b"\0" * 8, packed + packed, empty_members
    ):  # fmt: skip
        response = await api.post(PUSHES, content=content, headers=headers)
        problem(response, status=400, code="malformed-gzip")
    response = await api.post(PUSHES, content=packed, headers=headers | {"Content-Encoding": "br"})
    problem(response, status=415, code="unsupported-encoding")
    assert await nothing_stored(state, pusher)
    assert (await api.post(PUSHES, content=packed, headers=headers)).status_code == 202


async def test_every_one_of_300_bad_rows_has_its_pointer(api: AsyncClient, state: ApiState) -> None:
    """ING-3."""
    pusher = await make_pusher(state)
    response = await push(api, pusher, *[pusher.row(value="-")] * 300)
    assert [pointer for pointer, _ in pointers(response)] == [f"/observations/{n}/value" for n in range(300)]


async def test_of_a_key_named_twice_the_last_one_counts(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    content = json.dumps(body([pusher.row()]))
    twice = content.replace('"value": "100"', '"value": "-", "value": "100"')
    assert (await push_raw(api, pusher, twice)).status_code == 202
    twice = content.replace('"value": "100"', '"value": "100", "value": "-"')
    assert pointers(await push_raw(api, pusher, twice)) == [("/observations/0/value", "invalid-number")]


async def test_a_count_below_none_is_rejected(api: AsyncClient, state: ApiState) -> None:
    """MET-3: nobody visits less than never; profit may well be negative."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row("uv", value="-5"), pusher.row("gross_profit", value="-5"))
    await take_in(state, pusher.company_id)
    read = await read_batch(api, pusher, batch)
    assert (read["verdicts"]["accepted"], read["verdicts"]["rejected"]) == (1, 1)
    rows = ok(await api.get(f"{PUSHES}/{batch}/rows?verdict=rejected", headers=pusher.connector.headers))["items"]
    assert [(row["pointer"], row["code"]) for row in rows] == [("/observations/0/value", "negative-count")]
