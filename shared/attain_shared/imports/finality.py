"""How final a figure of a report is (MET-2, MET-7)."""

from datetime import date, timedelta
from typing import NamedTuple

from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, bucket_end


class Standing(NamedTuple):
    """How final a figure is, and the last day that it speaks for; None: it speaks for its whole bucket."""

    finality: Finality
    through: date | None


def standing(grain: Grain, bucket: date, *, observed_on: date, said: Finality) -> Standing:
    """That of a figure of a report made on a business day; `said` is what is said of the report.

    Whatever is said, a bucket that was not over on that day is `realtime`. A running week, month or quarter speaks for
    the days up to the day before, as the platform adds up whole days; on its first day, for what there is of that one.
    """
    if bucket_end(bucket, grain) < observed_on:
        return Standing(said, None)
    through = None if grain is Grain.DAY else max(bucket, observed_on - timedelta(days=1))
    return Standing(Finality.REALTIME, through)
