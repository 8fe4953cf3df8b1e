"""What events there are: names that clients and receivers of webhooks know them by."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from attain_shared.wire import Instant, Output

EVENTS_KEPT = timedelta(days=7)
"""How long somebody who listens may be away and be told of all that they missed."""


class EventKind(StrEnum):
    """What has happened."""

    ATTAINMENT_CHANGED = "attainment.changed"
    """A goal's attainment shows other figures; that pace moves with the calendar is no event. Data: `goal_id`."""
    REVIEW_STEP_CHANGED = "review.step_changed"
    """A review is at another step. Data: `review_id`, `review_cycle_id`, `step`."""
    ALERT_RAISED = "alert.raised"
    """Attain has noticed trouble. Data: `alert_id`, `kind`."""
    ALERT_CLEARED = "alert.cleared"
    """The trouble is over. Data: `alert_id`, `kind`."""


class EventRead(Output):
    """Something that has happened; what has become of it is asked for, with the rights of whoever asks."""

    id: UUID
    """Its id: the same however often and by whatever way it is told."""
    kind: EventKind
    """What has happened."""
    subject_id: UUID
    """The goal, the review, the alert."""
    happened_at: Instant
    """When."""
    data: dict[str, str]
    """Ids and codes: of a goal `goal_id`; of a review `review_id`, `review_cycle_id`, `step`; of an alert `alert_id`, `kind`."""
