"""What events there are: names that clients and receivers of webhooks know them by."""

from enum import StrEnum


class EventKind(StrEnum):
    """What has happened."""

    ATTAINMENT_CHANGED = "attainment.changed"
    """A goal's attainment shows something else. Data: `goal_id`, `cycle_id`."""
    REVIEW_STEP_CHANGED = "review.step_changed"
    """A review is at another step. Data: `review_id`, `review_cycle_id`, `step`."""
    ALERT_RAISED = "alert.raised"
    """Attain has noticed trouble. Data: `alert_id`, `kind`."""
    ALERT_CLEARED = "alert.cleared"
    """The trouble is over. Data: `alert_id`, `kind`."""
