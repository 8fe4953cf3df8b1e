"""The two readings of time: an instant in UTC, and the business day in Asia/Shanghai (MET-1)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
"""Business days are dates in this zone, whatever zone servers and clients run in."""


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def business_day(at: datetime | None = None) -> date:
    """The business day of an instant; today's without one."""
    return (at or utc_now()).astimezone(BUSINESS_ZONE).date()
