"""UUIDv7 identifiers: made before the insert, sorted by time, and a bound for every instant."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def new_id() -> UUID:
    """A new identifier; later ones sort after earlier ones of the same process."""
    return _uuid7()


def first_id_at(instant: datetime) -> UUID:
    """The smallest identifier that an instant (to the millisecond) can have: a bound for ranges."""
    milliseconds = int(instant.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def just_before(identifier: UUID) -> UUID:
    """The greatest identifier below this one."""
    return UUID(int=identifier.int - 1)
