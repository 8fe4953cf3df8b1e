"""The owners of a shop over time: sets that follow each other without a gap (GOAL-12). Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from attain_shared.errors import FieldError
from attain_shared.people.timeline import ALWAYS, FOREVER
from attain_shared.shops.models import ShopOwner
from attain_shared.shops.schemas import OwnerShare, ShopOwnerRead, ShopOwnersRead

WHOLE = Decimal(1)
"""What the shares of a day add up to."""

_UNKNOWN = {
    "person": "There is no such person, or they have left.",
    "department": "There is no such department, or it is closed.",
}


@dataclass(frozen=True, slots=True)
class OwnerSet:
    """Who owns a shop from a day until the day before another."""

    starts_on: date
    ends_on: date
    owners: tuple[ShopOwnerRead, ...]

    def read(self, shop_id: UUID) -> ShopOwnersRead:
        """The set as clients see it: both days inclusive, null for the ends of time."""
        return ShopOwnersRead(
            shop_id=shop_id,
            starts_on=None if self.starts_on == ALWAYS else self.starts_on,
            ends_on=None if self.ends_on == FOREVER else self.ends_on - timedelta(days=1),
            owners=list(self.owners),
        )


def owner_sets(rows: Iterable[tuple[ShopOwner, str | None]]) -> list[OwnerSet]:
    """The sets of all days, from -infinity to infinity; on days without rows nobody owns the shop."""
    sets = [OwnerSet(ALWAYS, FOREVER, ())]
    ordered = sorted(rows, key=lambda row: row[0].starts_on)
    for starts_on, group in groupby(ordered, key=lambda row: row[0].starts_on):
        members = list(group)
        ends_on = members[0][0].ends_on
        sets[-1:] = [
            replace(sets[-1], ends_on=starts_on),
            OwnerSet(starts_on, ends_on, tuple(_read_owner(owner, name) for owner, name in members)),
            OwnerSet(ends_on, FOREVER, ()),
        ]
    return [one for one in sets if one.starts_on < one.ends_on]


def set_on(sets: Iterable[OwnerSet], day: date) -> OwnerSet:
    """The set of a day."""
    return next(one for one in sets if one.starts_on <= day < one.ends_on)


def share_faults(owners: list[OwnerShare], known: set[tuple[str, UUID]]) -> Iterator[FieldError]:
    """What is wrong with a set: an owner unknown, gone or named twice, or shares that do not make 1."""
    seen: set[tuple[str, UUID]] = set()
    for place, owner in enumerate(owners):
        key = (owner.type, owner.id)
        if key not in known:
            yield FieldError(f"/owners/{place}/id", "unknown-owner", _UNKNOWN[owner.type])
        elif key in seen:
            yield FieldError(f"/owners/{place}/id", "duplicate", "named twice")
        seen.add(key)
    reached = sum((owner.share for owner in owners), Decimal(0))
    if owners and reached != WHOLE:
        yield FieldError("/owners", "shares-do-not-add-up", f"the shares make {reached}, not {WHOLE}")


def _read_owner(owner: ShopOwner, name: str | None) -> ShopOwnerRead:
    return ShopOwnerRead(
        type="person" if owner.person_id else "department",
        id=owner.person_id or owner.department_id,
        name=name,
        share=owner.share.normalize(),
    )
