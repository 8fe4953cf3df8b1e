"""The wire contract of findings."""

from datetime import date
from typing import Literal
from uuid import UUID

from attain_shared.rules.findings import FindingKind
from attain_shared.rules.periods import Grain
from attain_shared.wire import Figure, Instant, Output


class FindingRead(Output):
    """A figure of a shop that does not go with the others (MET-9); it counts all the same."""

    id: UUID
    """Its id; the same when the finding is over and comes back."""
    kind: FindingKind
    """What does not go together."""
    state: Literal["open", "resolved"]
    """`resolved` since the figures go together again."""
    shop_id: UUID
    """The shop."""
    metric: str
    """The figure's metric: of `aov_mismatch` it is gmv."""
    dimension: str
    """Empty for the whole shop."""
    grain: Grain
    """The length of its bucket."""
    bucket: date
    """The bucket's first day."""
    batch_id: UUID
    """The batch that the figure came in."""
    value: Figure
    """The figure."""
    expected: Figure
    """What it should be, or may at least be: aov × paying_buyers, paying_buyers / uv, the greatest realtime value, the
    median of the days before, the sum of the days."""
    found_at: Instant
    """When it was first found."""
    resolved_at: Instant | None
    """Since when it is over; null while it is open."""
