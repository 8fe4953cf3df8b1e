from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.corrections import Finality, Verdict, Version, judge
from tests.support.judging import judge_all

MONTH_END = date(2026, 7, 31)
NINE = datetime(2026, 7, 2, 9, tzinfo=UTC)


def row(value: int = 100, *, hours: int = 0, finality: Finality = Finality.FINAL, through: date = MONTH_END) -> Version:
    return Version(finality.rank, through, NINE + timedelta(hours=hours), Decimal(value))


PRESENT = row()
REALTIME = row(finality=Finality.REALTIME, hours=5)
TO_DATE = row(through=date(2026, 7, 10), hours=5)

TABLE = [
    ("the first of its key", None, row(), Verdict.ACCEPTED, row()),
    ("older clock", PRESENT, row(90, hours=-1), Verdict.STALE, PRESENT),
    ("older clock, same value", PRESENT, row(hours=-1), Verdict.STALE, PRESENT),
    ("newer clock, other value", PRESENT, row(90, hours=1), Verdict.SUPERSEDED, row(90, hours=1)),
    ("newer clock, same value", PRESENT, row(hours=1), Verdict.UNCHANGED, row(hours=1)),
    ("the same again", PRESENT, row(), Verdict.UNCHANGED, PRESENT),
    ("equal but for a greater value", PRESENT, row(110), Verdict.CONFLICT, row(110)),
    ("equal but for a lesser value", PRESENT, row(90), Verdict.CONFLICT, PRESENT),
    ("final over a later realtime", REALTIME, row(90), Verdict.SUPERSEDED, row(90)),
    ("final confirms realtime", REALTIME, row(), Verdict.UNCHANGED, row()),
    ("realtime after final", PRESENT, REALTIME, Verdict.STALE, PRESENT),
    ("the whole bucket over a later to-date row", TO_DATE, row(900), Verdict.SUPERSEDED, row(900)),
    ("a to-date row after the whole bucket", PRESENT, TO_DATE, Verdict.STALE, PRESENT),
    (
        "a later to-date row",
        TO_DATE,
        row(120, through=date(2026, 7, 11)),
        Verdict.SUPERSEDED,
        row(120, through=date(2026, 7, 11)),
    ),
]


@pytest.mark.parametrize(
    ("present", "received", "verdict", "stands"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE]
)
def test_a_row_is_judged_against_the_present_one_met_7(
    present: Version | None, received: Version, verdict: Verdict, stands: Version
) -> None:
    assert judge(present, received) == (verdict, stands)


def test_rows_of_one_batch_are_judged_one_after_the_other_met_7() -> None:
    rows = [row(), row(), row(120), row(130, hours=1), row(90)]
    verdicts, stands = judge_all(None, rows)
    assert verdicts == [
        Verdict.ACCEPTED,
        Verdict.UNCHANGED,
        Verdict.CONFLICT,
        Verdict.SUPERSEDED,
        Verdict.STALE,
    ]
    assert stands == row(130, hours=1)


VERSIONS = st.builds(
    row,
    st.integers(0, 3),
    hours=st.integers(0, 2),
    finality=st.sampled_from(Finality),
    through=st.sampled_from([date(2026, 7, 10), MONTH_END]),
)


@given(st.lists(VERSIONS, min_size=1, max_size=8), st.data())
def test_the_same_row_stands_whatever_order_and_repetition_they_arrive_in_met_7(
    rows: list[Version], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(rows + data.draw(st.lists(st.sampled_from(rows), max_size=4))))
    assert judge_all(None, again)[1] == judge_all(None, rows)[1] == max(rows)


@given(st.lists(VERSIONS, max_size=8))
def test_every_row_gets_one_verdict_and_only_the_first_is_accepted_ing_1(rows: list[Version]) -> None:
    verdicts, _ = judge_all(None, rows)
    assert sum(verdicts.count(verdict) for verdict in Verdict) == len(rows)
    assert [index for index, verdict in enumerate(verdicts) if verdict is Verdict.ACCEPTED] == [0][: len(rows)]
