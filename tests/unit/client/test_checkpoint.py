"""A run that was interrupted goes on where it was, and only with what it began with (ING-2)."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from attain_shared.client import CheckpointMismatch, Defaults, Progress, Refused, push
from attain_shared.rules.periods import Grain
from tests.support.inbox import Answer, problem, serving
from tests.support.runs import DEFAULTS, connect, rows


class Died(Exception):
    """The run is over in the middle."""


def dying_after(count: int) -> Iterator[dict[str, Any]]:
    yield from rows(count)
    raise Died


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("died_after", [0, 1, 10, 19, 25])
def test_a_run_goes_on_where_it_died(tmp_path: Path, concurrency: int, died_after: int) -> None:
    checkpoint = tmp_path / "push.json"
    with serving(Answer(503), Answer(drop=True, stores=True)) as inbox, connect(inbox) as connection:
        options: dict[str, Any] = {"checkpoint": checkpoint, "concurrency": concurrency, "max_rows": 3}
        with pytest.raises(Died):
            push(connection, dying_after(died_after), DEFAULTS, **options)
        known = checkpoint.read_text().splitlines()[1:]
        # one that was stored though its receipt was lost is sent again, and counts once
        assert len(known) <= len(inbox.stored) <= len(known) + 1
        outcome = push(connection, rows(25), DEFAULTS, **options)
        assert (outcome.progress.skipped_batches, outcome.progress.batches) == (len(known), 9 - len(known))
        assert outcome.progress.skipped_rows + outcome.progress.rows == 25
        assert (len(inbox.stored), inbox.rows, len(outcome.batch_ids)) == (9, rows(25), 9)
        assert not list(tmp_path.iterdir())


def test_with_a_gap_in_what_was_acknowledged_only_the_gap_is_sent(tmp_path: Path) -> None:
    checkpoint = tmp_path / "push.json"
    refusal = problem(422, "invalid")
    with serving() as inbox, connect(inbox) as connection:
        inbox.answers = [refusal]
        with pytest.raises(Refused):
            push(connection, rows(8), DEFAULTS, checkpoint=checkpoint, concurrency=4, max_rows=2)
        stored = len(inbox.stored)
        outcome = push(connection, rows(8), DEFAULTS, checkpoint=checkpoint, concurrency=4, max_rows=2)
        assert outcome.progress.batches == 4 - stored
        assert inbox.rows == rows(8)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ([{"metric": "uv"}, *rows(20)[1:]], {}),
        (rows(1), {}),
        (rows(20), {"max_rows": 4}),
        (rows(20), {"defaults": Defaults(source="other")}),
        (rows(20), {"run_id": "another"}),
    ],
)
def test_another_input_is_refused_and_nothing_is_sent(tmp_path: Path, given: Any, options: dict[str, Any]) -> None:
    checkpoint = tmp_path / "push.json"
    so_far: dict[str, Any] = {"defaults": DEFAULTS, "max_rows": 3}
    with serving() as inbox, connect(inbox) as connection:
        with pytest.raises(Died):
            push(connection, dying_after(7), checkpoint=checkpoint, run_id="run", **so_far)
        before, sent = checkpoint.read_bytes(), len(inbox.seen)
        with pytest.raises(CheckpointMismatch):
            push(connection, given, checkpoint=checkpoint, **so_far | options)
        assert (checkpoint.read_bytes(), len(inbox.seen)) == (before, sent)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}\n",
        "nonsense\n",
        '{"version": 2, "run_id": "x", "url": "%s", "defaults": {}}\n',
        '{"version": 1, "run_id": "x", "url": "%s", "defaults": {}}\nnonsense\n',
        '{"version": 1, "run_id": "x", "url": "%s", "acknowledged": {}}\n',
    ],
)
def test_what_is_no_checkpoint_is_left_alone(tmp_path: Path, content: str) -> None:
    checkpoint = tmp_path / "push.json"
    with serving() as inbox, connect(inbox) as connection:
        checkpoint.write_text(content.replace("%s", inbox.url))
        with pytest.raises(CheckpointMismatch):
            push(connection, rows(1), DEFAULTS, checkpoint=checkpoint)
        assert not inbox.seen


def test_another_server_is_not_the_checkpoints(tmp_path: Path) -> None:
    checkpoint = tmp_path / "push.json"
    with serving() as one, serving() as other, connect(one) as first, connect(other) as second:
        with pytest.raises(Died):
            push(first, dying_after(7), DEFAULTS, checkpoint=checkpoint, max_rows=3)
        with pytest.raises(CheckpointMismatch):
            push(second, rows(7), DEFAULTS, checkpoint=checkpoint, max_rows=3)


@pytest.mark.parametrize("first", ["2026-07-02T09:00:00+08:00", datetime(2026, 7, 2, 1, tzinfo=UTC)])
def test_a_run_that_takes_the_time_of_each_try_goes_on_with_that_of_the_first(tmp_path: Path, first: Any) -> None:
    """The guide's own example: `observed_at` is the time it is."""
    checkpoint = tmp_path / "push.json"
    with serving() as inbox, connect(inbox) as connection:
        now = Defaults(grain=Grain.DAY, observed_at=first)
        with pytest.raises(Died):
            push(connection, dying_after(7), now, checkpoint=checkpoint, max_rows=3)
        later = Defaults(grain="day", observed_at=datetime(2026, 7, 3, 1, tzinfo=UTC))
        outcome = push(connection, rows(7), later, checkpoint=checkpoint, max_rows=3)
        assert (outcome.progress.skipped_batches, inbox.rows) == (2, rows(7))
        clocks = {datetime.fromisoformat(json.loads(one)["observed_at"]) for one in inbox.stored.values()}
        assert clocks == {datetime(2026, 7, 2, 1, tzinfo=UTC)}


def test_a_clock_that_only_one_try_gives_is_another_input(tmp_path: Path) -> None:
    checkpoint = tmp_path / "push.json"
    with serving() as inbox, connect(inbox) as connection:
        with pytest.raises(Died):
            push(connection, dying_after(3), Defaults(), checkpoint=checkpoint, max_rows=3)
        with pytest.raises(CheckpointMismatch, match="other defaults"):
            push(connection, rows(3), DEFAULTS, checkpoint=checkpoint, max_rows=3)


@pytest.mark.parametrize("cut_off", [1, 20, 60])
def test_a_checkpoint_whose_last_line_was_cut_off_stands_up_to_there(tmp_path: Path, cut_off: int) -> None:
    checkpoint = tmp_path / "push.json"
    with serving() as inbox, connect(inbox) as connection:
        options: dict[str, Any] = {"checkpoint": checkpoint, "max_rows": 2}
        with pytest.raises(Died):
            push(connection, dying_after(7), DEFAULTS, **options)
        whole = checkpoint.read_bytes()
        checkpoint.write_bytes(whole[:-cut_off])
        with pytest.raises(Died):
            push(connection, dying_after(7), DEFAULTS, **options)
        assert checkpoint.read_bytes() == whole
        outcome = push(connection, rows(7), DEFAULTS, **options)
        assert (outcome.progress.skipped_batches, len(inbox.stored), inbox.rows) == (3, 4, rows(7))


def test_a_checkpoint_grows_by_one_line_a_batch(tmp_path: Path) -> None:
    """However long a run is, a batch costs the same: what stands there is not written again."""
    checkpoint = tmp_path / "push.json"
    file: set[int] = set()
    contents: list[bytes] = []

    def note(_: Progress) -> None:
        file.add(checkpoint.stat().st_ino)
        contents.append(checkpoint.read_bytes())

    with serving() as inbox, connect(inbox) as connection:
        push(connection, rows(5), DEFAULTS, checkpoint=checkpoint, max_rows=1, on_progress=note)
    assert len(file) == 1
    assert [content.count(b"\n") for content in contents] == [2, 3, 4, 5, 6, 6]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(contents))
