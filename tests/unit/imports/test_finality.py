"""How final the figures of a report are (MET-2, MET-7)."""

from datetime import date

import pytest

from attain_shared.imports.finality import Standing, standing
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain

REALTIME, FINAL = Finality.REALTIME, Finality.FINAL


@pytest.mark.parametrize(
    ("grain", "bucket", "observed_on", "expected"),
    [
        (Grain.DAY, date(2026, 7, 14), date(2026, 7, 15), Standing(FINAL, None)),
        (Grain.DAY, date(2026, 7, 15), date(2026, 7, 15), Standing(REALTIME, None)),
        (Grain.DAY, date(2026, 7, 16), date(2026, 7, 15), Standing(REALTIME, None)),
        (Grain.WEEK, date(2026, 7, 6), date(2026, 7, 13), Standing(FINAL, None)),
        (Grain.WEEK, date(2026, 7, 6), date(2026, 7, 12), Standing(REALTIME, date(2026, 7, 11))),
        (Grain.WEEK, date(2026, 7, 6), date(2026, 7, 6), Standing(REALTIME, date(2026, 7, 6))),
        (Grain.WEEK, date(2026, 7, 6), date(2026, 7, 5), Standing(REALTIME, date(2026, 7, 6))),
        (Grain.MONTH, date(2026, 7, 1), date(2026, 8, 1), Standing(FINAL, None)),
        (Grain.MONTH, date(2026, 7, 1), date(2026, 7, 31), Standing(REALTIME, date(2026, 7, 30))),
        (Grain.QUARTER, date(2026, 7, 1), date(2026, 8, 20), Standing(REALTIME, date(2026, 8, 19))),
    ],
)
def test_what_was_not_over_is_not_final(grain: Grain, bucket: date, observed_on: date, expected: Standing) -> None:
    assert standing(grain, bucket, observed_on=observed_on, said=FINAL) == expected


def test_what_was_over_is_what_it_is_said_to_be() -> None:
    over = standing(Grain.DAY, date(2026, 7, 14), observed_on=date(2026, 7, 15), said=REALTIME)
    assert over == Standing(REALTIME, None)
