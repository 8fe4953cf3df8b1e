"""Observations cut into bodies that one push takes (ING-1), the same bytes for the same rows (ING-2)."""

import gzip
import itertools
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.client.batching import Batch, Defaults, Observation, cut
from attain_shared.client.errors import BadRow
from attain_shared.clock import business_day
from attain_shared.metrics.push import read_push, rows_of
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain
from attain_shared.wire import Input

DEFAULTS = Defaults(source="kit", shop="tmall:旗舰店", grain=Grain.DAY, observed_at="2026-07-02T09:00:00+08:00")
rows_of_any_size = st.lists(
    st.fixed_dictionaries({"metric": st.text(max_size=40), "value": st.integers()}), max_size=60
)


def observation(value: Any, **more: Any) -> Observation:
    return Observation(metric="gmv", bucket=date(2026, 7, 1), value=value, **more)


def only(rows: list[Any], defaults: Defaults = DEFAULTS) -> Batch:
    (batch,) = cut(rows, defaults)
    return batch


@given(rows_of_any_size, st.integers(1, 20), st.integers(300, 2000))
def test_every_row_is_in_one_batch_in_its_order(rows: list[Any], max_rows: int, max_bytes: int) -> None:
    batches = list(cut(rows, DEFAULTS, max_rows=max_rows, max_bytes=max_bytes))
    contents = [json.loads(batch.content) for batch in batches]
    assert [row for content in contents for row in content["observations"]] == rows
    assert [batch.sequence for batch in batches] == list(range(len(batches)))
    assert [batch.rows for batch in batches] == [len(content["observations"]) for content in contents]
    assert [batch.first_row for batch in batches] == [
        sum(earlier.rows for earlier in batches[:place]) for place in range(len(batches))
    ]
    assert all(batch.rows <= max_rows and len(batch.content) <= max_bytes for batch in batches)
    for batch, following in itertools.pairwise(batches):
        first = json.dumps(json.loads(following.content)["observations"][0], ensure_ascii=False, separators=(",", ":"))
        assert batch.rows == max_rows or len(batch.content) + 1 + len(first.encode()) > max_bytes


@given(rows_of_any_size)
def test_the_same_rows_make_the_same_bytes_and_keys(rows: list[Any]) -> None:
    first, again = (list(cut(iter(rows), DEFAULTS, max_rows=7)) for _ in range(2))
    assert [(batch.content, batch.packed(), batch.key("run")) for batch in first] == [
        (batch.content, batch.packed(), batch.key("run")) for batch in again
    ]
    assert len({batch.key("run") for batch in first}) == len(first)
    assert all(batch.key("run") != batch.key("other") for batch in first)


def test_a_key_tells_run_place_and_content() -> None:
    batch = only([observation(1)])
    assert batch.key("run") == f"run-000000-{batch.digest}"
    assert only([observation(2)]).key("run") != batch.key("run")


def test_the_packing_is_one_gzip_member_of_the_content() -> None:
    batch = only([observation(1)])
    assert gzip.decompress(batch.packed()) == batch.content


def test_what_attain_reads_is_what_was_given() -> None:
    class Model(Input):
        metric: str
        bucket: date
        value: Decimal
        through: date | None = None

    at = datetime(2026, 7, 3, 1, 2, 3, tzinfo=UTC)
    batch = only(
        [
            observation(Decimal("1E+3")),
            observation("0.10", dimension="item:1", finality=Finality.REALTIME, observed_at=at, shop="jd:1"),
            observation(12, grain=Grain.MONTH, through="2026-07-02"),
            Model(metric="uv", bucket=date(2026, 7, 2), value=Decimal(7)),
            {"metric": "uv", "bucket": "2026-07-03", "value": 1.5, "through": None},
        ]
    )
    push = read_push(batch.content, today=business_day(datetime(2026, 8, 1, tzinfo=UTC)))
    rows = list(rows_of(push))
    assert push.source == "kit"
    assert [str(row.value) for row in rows] == ["1000", "0.10", "12", "7", "1.5"]
    assert [row.shop for row in rows] == ["tmall:旗舰店", "jd:1"] + 3 * ["tmall:旗舰店"]
    assert (rows[1].observed_at, rows[1].finality, rows[1].dimension) == (at, Finality.REALTIME, "item:1")
    assert (rows[2].grain, rows[2].through) == (Grain.MONTH, date(2026, 7, 2))
    assert (rows[4].bucket, rows[4].through) == (date(2026, 7, 3), None)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (observation(Decimal("NaN")), "NaN is no value"),
        ({"metric": "gmv", "value": float("inf")}, "not JSON compliant"),
        ({"metric": object()}, "no form for object"),
        ({"metric": "\ud800"}, "surrogates"),
        ({"observed_at": datetime(2026, 7, 1)}, "needs its offset"),  # noqa: DTZ001
        (["gmv", 1], "not list"),
    ],
)
def test_a_row_that_is_none_is_named_by_its_place_in_the_input(bad: Any, why: str) -> None:
    with pytest.raises(BadRow, match=why) as caught:
        list(cut([observation(1), observation(2), bad], DEFAULTS, max_rows=2))
    assert caught.value.row == 2


def test_a_row_larger_than_a_batch_is_refused_here() -> None:
    with pytest.raises(BadRow, match="larger than the 400 bytes"):
        list(cut([{"metric": "x" * 400}], DEFAULTS, max_bytes=400))


def test_nothing_to_push_is_no_batch() -> None:
    assert list(cut([], DEFAULTS)) == []


def test_without_defaults_there_are_only_rows() -> None:
    assert json.loads(only([{"metric": "gmv"}], Defaults()).content) == {"observations": [{"metric": "gmv"}]}
