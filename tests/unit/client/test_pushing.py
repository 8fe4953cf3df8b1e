"""A run over a real socket: retries, the checkpoint, and that nothing is lost or doubled (ING-2, reliability.md 1, 35)."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from attain_shared.client import (
    Connection,
    Credentials,
    GaveUp,
    Progress,
    PushFailed,
    Refused,
    RetryPolicy,
    RowFault,
    Trouble,
    push,
)
from attain_shared.client.batching import Batch
from attain_shared.signatures import verify, write_secret
from tests.support.inbox import Answer, problem, serving
from tests.support.runs import DEFAULTS, connect, rows

SECRET = write_secret(b"s" * 32)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_answer_is_tried_again_with_the_same_key_and_body(status: int) -> None:
    troubles: list[Trouble] = []
    with serving(Answer(status), Answer(status)) as inbox, connect(inbox, on_trouble=troubles.append) as connection:
        outcome = push(connection, rows(3), DEFAULTS, run_id="run")
        assert len(inbox.seen) == 3
        assert len({(one.key, one.raw) for one in inbox.seen}) == 1
        assert [trouble.reason for trouble in troubles] == [f"answered {status}"] * 2
        assert (outcome.progress.rows, len(outcome.batch_ids), inbox.rows) == (3, 1, rows(3))


def test_a_lost_connection_and_a_lost_receipt_are_tried_again_and_count_once() -> None:
    answers = [Answer(drop=True), Answer(drop=True, stores=True), Answer(seconds=0.5, stores=True, drop=True)]
    with serving(*answers) as inbox, connect(inbox) as connection:
        connection._http.timeout = httpx.Timeout(0.2)
        push(connection, rows(3), DEFAULTS)
        assert len(inbox.seen) == 4
        assert (len(inbox.stored), inbox.rows) == (1, rows(3))


@pytest.mark.parametrize("status", [400, 401, 403, 409, 413, 415, 422])
def test_a_refusal_is_told_at_once(status: int) -> None:
    with serving(problem(status, "some-code", request_id="r1")) as inbox, connect(inbox) as connection:
        with pytest.raises(Refused, match="because of some-code") as caught:
            push(connection, rows(1), DEFAULTS)
        assert (caught.value.status, caught.value.code, caught.value.request_id) == (status, "some-code", "r1")
        assert len(inbox.seen) == 1


def test_a_first_try_still_under_way_is_waited_for() -> None:
    with serving(problem(409, "request-in-progress")) as inbox, connect(inbox) as connection:
        push(connection, rows(1), DEFAULTS)
        assert len(inbox.seen) == 2


def test_retry_after_is_honoured_as_seconds_and_as_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    with (
        serving(
            Answer(429, {"Retry-After": "1"}), Answer(503, {"Retry-After": date}), Answer(503, {"Retry-After": "?"})
        ) as inbox,
        connect(inbox) as connection,
    ):
        push(connection, rows(1), DEFAULTS)
        gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(inbox.seen)]
    assert 1 <= gaps[0] < 1.3
    assert gaps[2] < 0.3


def test_waits_are_drawn_below_a_bound_that_doubles_up_to_the_cap() -> None:
    policy = RetryPolicy(first=1, cap=10)
    bounds = [policy.wait_before(retry, retry_after=0, draw=max) for retry in range(6)]
    assert bounds == [1, 2, 4, 8, 10, 10]
    assert policy.wait_before(10_000, retry_after=3, draw=min) == 3


def test_it_gives_up_in_the_end_and_before_a_wait_that_would_be_too_long() -> None:
    with serving(*[Answer(503)] * 10_000) as inbox:
        with (
            connect(inbox, retries=RetryPolicy(first=0.01, cap=0.02, give_up_after=0.2)) as connection,
            pytest.raises(GaveUp, match="answered 503; gave up after"),
        ):
            push(connection, rows(1), DEFAULTS)
        assert len(inbox.seen) > 3
    with serving(Answer(503, {"Retry-After": "3600"})) as inbox, connect(inbox) as connection:
        started = time.monotonic()
        with pytest.raises(GaveUp):
            push(connection, rows(1), DEFAULTS)
        assert time.monotonic() - started < 1


def test_no_server_at_all_is_tried_until_giving_up() -> None:
    with serving() as inbox:
        url = inbox.url
    credentials = Credentials(url=url, api_key="att_key")
    with (
        Connection(credentials, retries=RetryPolicy(first=0.01, give_up_after=0.1)) as connection,
        pytest.raises(GaveUp, match="ConnectError"),
    ):
        push(connection, rows(1), DEFAULTS)


def test_faults_are_told_by_the_rows_of_the_whole_input() -> None:
    errors = [
        {"pointer": "/observations/1/value", "code": "invalid-number", "detail": "must be a number"},
        {"pointer": "/observed_at", "code": "missing", "detail": "is required"},
    ]
    with serving() as inbox, connect(inbox) as connection:
        inbox.answers.append(problem(422, "invalid", errors=errors))
        with pytest.raises(Refused) as caught:
            connection.push(_batch(first_row=40), key="k")
    assert caught.value.faults == (
        RowFault(41, "/value", "invalid-number", "must be a number"),
        RowFault(None, "/observed_at", "missing", "is required"),
    )
    assert str(caught.value.faults[0]) == "row 42/value: must be a number (invalid-number)"


def _batch(*, first_row: int) -> Batch:
    return Batch(3, first_row, 2, b'{"observations":[{},{}]}')


def test_a_reused_key_is_told_clearly() -> None:
    with serving() as inbox, connect(inbox) as connection:
        inbox.stored[_batch(first_row=0).key("run")] = b"other"
        with pytest.raises(Refused, match="give another run id"):
            connection.push(_batch(first_row=0), key=_batch(first_row=0).key("run"))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {}, b"<html>Sign in to the network</html>"),
        Answer(202, {}, b"<html>"),
        Answer(202, {}, b'{"id": "1"}'),
        Answer(302, {"Location": "http://127.0.0.1:1/"}),
        Answer(404, {}, b"not here"),
    ],
)
def test_what_is_not_attains_answer_acknowledges_nothing(answer: Answer, tmp_path: Path) -> None:
    with serving(answer) as inbox, connect(inbox) as connection:
        with pytest.raises(PushFailed, match="not as Attain does"):
            push(connection, rows(1), DEFAULTS, checkpoint=tmp_path / "c")
        assert push(connection, rows(1), DEFAULTS, checkpoint=tmp_path / "c").progress.batches == 1


def test_a_receipt_of_another_number_of_rows_acknowledges_nothing() -> None:
    receipt = b'{"id":"01a2007e-9da3-7206-b206-c4a79ecdb918","state":"stored","received":9,"stored_at":"2026-07-01T00:00:00Z"}'
    with (
        serving(Answer(202, {}, receipt)) as inbox,
        connect(inbox) as connection,
        pytest.raises(PushFailed, match="sent 1 rows"),
    ):
        push(connection, rows(1), DEFAULTS)


def test_each_try_is_signed_with_its_own_time_over_the_unpacked_body(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(1_795_000_000, 600)
    monkeypatch.setattr("attain_shared.client.connection.time", SimpleNamespace(time=lambda: next(clock)))
    with serving(Answer(503)) as inbox, connect(inbox, secret=SECRET) as connection:
        push(connection, rows(2), DEFAULTS)
        for place, one in enumerate(inbox.seen):
            assert one.headers["webhook-id"] == one.key
            verify([SECRET], dict(one.headers.items()), one.content, now=1_795_000_000 + 600 * place)


def test_an_unsigned_push_has_no_signature() -> None:
    with serving() as inbox, connect(inbox) as connection:
        push(connection, rows(1), DEFAULTS)
        assert not [name for name in inbox.seen[0].headers if name.lower().startswith("webhook")]


def test_without_a_checkpoint_the_same_run_id_sends_the_same_keys() -> None:
    with serving() as inbox, connect(inbox) as connection:
        first = push(connection, rows(5), DEFAULTS, run_id="nightly 2026-07-01", max_rows=2)
        again = push(connection, rows(5), DEFAULTS, run_id="nightly 2026-07-01", max_rows=2)
        assert (first.batch_ids, len(inbox.stored)) == (again.batch_ids, 3)
        push(connection, rows(5), DEFAULTS, max_rows=2)
        assert len(inbox.stored) == 6


@pytest.mark.parametrize(
    "options",
    [{"max_rows": 0}, {"max_rows": 10_001}, {"max_bytes": 0}, {"max_bytes": 8 * 2**20 + 1}, {"concurrency": 0}],
)
def test_a_number_out_of_its_range_is_refused_before_anything_is_done(tmp_path: Path, options: Any) -> None:
    with serving() as inbox, connect(inbox) as connection:
        with pytest.raises(ValueError, match=r"a batch takes 1 to|one batch at least"):
            push(connection, rows(1), DEFAULTS, checkpoint=tmp_path / "push.json", **options)
        assert not inbox.seen
        assert not list(tmp_path.iterdir())


def test_an_answer_that_cannot_be_unpacked_is_tried_again() -> None:
    with (
        serving(Answer(202, {"Content-Encoding": "gzip"}, b"no gzip at all")) as inbox,
        connect(inbox) as connection,
    ):
        assert push(connection, rows(1), DEFAULTS).progress.rows == 1
        assert len(inbox.seen) == 2


def test_a_run_that_fails_stops_no_other_run_of_its_connection() -> None:
    with (
        serving(Answer(503, {"Retry-After": "1"}), problem(422, "invalid")) as inbox,
        connect(inbox) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        waits = pool.submit(push, connection, rows(1), DEFAULTS, run_id="goes on")
        while not inbox.seen:
            time.sleep(0.001)
        time.sleep(0.02)
        with pytest.raises(Refused):
            push(connection, rows(1), DEFAULTS, run_id="fails")
        assert waits.result(timeout=10).progress.rows == 1


@pytest.mark.parametrize("run_id", ["", "x" * 201, "订单", "a\nb"])
def test_a_run_id_that_no_header_takes_is_refused(run_id: str) -> None:
    with serving() as inbox, connect(inbox) as connection, pytest.raises(ValueError, match="a run id takes"):
        push(connection, rows(1), DEFAULTS, run_id=run_id)


def test_so_many_batches_are_under_way_at_once_and_no_more() -> None:
    reading: list[Progress] = []
    with serving(*[Answer(503, seconds=0.2)] * 4) as inbox, connect(inbox) as connection:
        push(connection, rows(12), DEFAULTS, concurrency=4, max_rows=1, on_progress=reading.append)
        first = [one.at for one in inbox.seen[:5]]
        assert first[3] - first[0] < 0.15 < first[4] - first[0]
        assert len({one.key for one in inbox.seen[:4]}) == 4
    assert [progress.rows for progress in reading[:12]] == list(range(1, 13))


def test_a_run_that_fails_does_not_go_on_trying_what_else_was_under_way() -> None:
    with serving(problem(422, "invalid"), *[Answer(503, seconds=0.05)] * 100) as inbox:
        policy = RetryPolicy(first=60, cap=60, give_up_after=600)
        with connect(inbox, retries=policy) as connection, ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(push, connection, rows(4), DEFAULTS, concurrency=4, max_rows=1)
            assert isinstance(under_way.exception(timeout=5), Refused)


def test_input_is_read_as_it_is_sent() -> None:
    """Memory stays flat however long the input is."""
    read = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal read
        for row in rows(100):
            read += 1
            yield row

    seen: list[int] = []
    with serving() as inbox, connect(inbox) as connection:
        push(connection, counted(), DEFAULTS, max_rows=5, on_progress=lambda _: seen.append(read))
    assert seen[0] <= 16


def test_no_secret_is_shown() -> None:
    credentials = Credentials(url="http://127.0.0.1:1", api_key="att_very_secret", signing_secret=SECRET)
    assert "very_secret" not in repr(credentials)
    assert SECRET not in repr(credentials)
    with pytest.raises(ValueError, match="holds what no key does"):
        Credentials(url="http://127.0.0.1:1", api_key="att_very\nsecret")
    with Connection(Credentials(url="no url", api_key="k")) as connection, pytest.raises(PushFailed, match="check URL"):
        push(connection, rows(1), DEFAULTS)
    with pytest.raises(ValueError, match="whsec_ and base64"):
        Credentials(url="http://127.0.0.1:1", api_key="k", signing_secret="whsec_!!")


def test_credentials_come_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ATTAIN_URL", "ATTAIN_API_KEY", "ATTAIN_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="ATTAIN_API_KEY"):
        Credentials.from_environment(url="http://attain")
    monkeypatch.setenv("ATTAIN_URL", "http://attain/")
    monkeypatch.setenv("ATTAIN_API_KEY", " att_1\n")
    monkeypatch.setenv("ATTAIN_SIGNING_SECRET", "")
    assert Credentials.from_environment() == Credentials(url="http://attain", api_key="att_1")
    given = Credentials.from_environment(api_key="att_2", signing_secret=SECRET)
    assert (given.api_key, given.signing_secret) == ("att_2", SECRET)


def test_a_connection_tries_again_after_a_run_that_failed() -> None:
    with serving(problem(422, "invalid")) as inbox, connect(inbox) as connection:
        with pytest.raises(Refused):
            push(connection, rows(1), DEFAULTS)
        inbox.answers.append(Answer(503))
        assert push(connection, rows(1), DEFAULTS).progress.rows == 1
