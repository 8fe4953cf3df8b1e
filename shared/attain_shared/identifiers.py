"""UUIDv7 identifiers: made before the insert, sorted by time, and a bound for every instant."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7

CLOCKS_DIFFER = timedelta(days=2)
"""How far ahead of one process's clock an identifier of another may be."""


def new_id() -> UUID:
    """A new identifier; later ones sort after earlier ones of the same process."""
    return _uuid7()


def first_id_at(instant: datetime) -> UUID:
    """The smallest identifier that an instant (to the millisecond) can have: a bound for ranges."""
    milliseconds = int(instant.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def instant_of(identifier: UUID) -> datetime:
    """When an identifier was made, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def just_before(identifier: UUID) -> UUID:
    """The greatest identifier below this one."""
    return UUID(int=identifier.int - 1)


def id_ahead(span: timedelta) -> UUID:
    """Above every identifier made until then, by the clock that identifiers are made with."""
    return UUID(int=new_id().int + (int(span.total_seconds() * 1000) << 80))
