"""Saying who owns a shop from which day on, with which share (GOAL-12, MET-1)."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match, version_tag
from attain_api.paging import PageQuery, read_cursor, write_cursor
from attain_api.shops import repository
from attain_api.shops.ownership import owner_sets, set_on, share_faults
from attain_api.shops.service import get_shop
from attain_shared.db.session import UnitOfWork
from attain_shared.doorbell import Bell
from attain_shared.errors import Invalid
from attain_shared.goals.queries import mark_goals_owned
from attain_shared.people.timeline import ALWAYS, FOREVER
from attain_shared.shops.models import Shop, ShopOwner
from attain_shared.shops.schemas import ShopOwnersRead, ShopOwnersUpdate

_DIGEST = re.compile(r'-[0-9a-f]+"')


@dataclass(frozen=True, slots=True)
class ShownOwners:
    """The owners of a shop on a day, and the tag of this sight of them."""

    body: ShopOwnersRead
    tag: str


async def get_owners(uow: UnitOfWork, *, actor: Actor, shop_id: UUID, on: date) -> ShownOwners:
    """Who owns a shop on a day."""
    return await _show(uow, await get_shop(uow, actor=actor, shop_id=shop_id), actor=actor, on=on)


async def list_owner_sets(
    uow: UnitOfWork, *, actor: Actor, shop_id: UUID, query: PageQuery
) -> tuple[list[ShopOwnersRead], str | None]:
    """A part of who has owned a shop, owns it and will, from its first owner on."""
    shop = await get_shop(uow, actor=actor, shop_id=shop_id)
    rows = await repository.list_owners(uow.session, visible_to=actor, shop_id=shop.id)
    sets = [one for one in owner_sets(rows) if one.starts_on != ALWAYS]
    newest_first = query.sort.startswith("-")
    if newest_first:
        sets.reverse()
    if query.cursor is not None:
        last, _ = read_cursor(query.cursor, sort=query.sort, kind=date)
        sets = [one for one in sets if (one.starts_on < last if newest_first else one.starts_on > last)]
    shown = sets[: query.limit]
    cursor = write_cursor(query.sort, shown[-1].starts_on, shop.id) if len(sets) > query.limit else None
    return [one.read(shop.id) for one in shown], cursor


async def set_owners(
    uow: UnitOfWork, *, actor: Actor, shop_id: UUID, data: ShopOwnersUpdate, if_match: str | None
) -> ShownOwners:
    """Replace the owners from a day on; the shop's row is held, so one change at a time sees all others."""
    shop = await get_shop(uow, actor=actor, shop_id=shop_id, for_update=True)
    # what a reader sees moves with the calendar and with names; what is overwritten only with the version
    check_if_match(if_match and _DIGEST.sub('"', if_match), version_tag(shop.version))
    rows = await repository.list_owners(uow.session, visible_to=actor, shop_id=shop.id)
    replaced = [row for row, _ in rows if row.ends_on > data.starts_on]
    if not _says_so_already(replaced, data):
        known = await repository.list_known_owners(
            uow.session, company_id=actor.company_id, ids=[owner.id for owner in data.owners]
        )
        faults = list(share_faults(data.owners, known))
        if faults:
            raise Invalid("The owners are not valid; see `errors`.", errors=faults)
        await _replace(uow, shop=shop, replaced=replaced, data=data)
    return await _show(uow, shop, actor=actor, on=data.starts_on)


async def _replace(uow: UnitOfWork, *, shop: Shop, replaced: Sequence[ShopOwner], data: ShopOwnersUpdate) -> None:
    for row in replaced:
        if row.starts_on < data.starts_on:
            row.ends_on = data.starts_on
        else:
            await uow.session.delete(row)
    uow.session.add_all(
        ShopOwner(
            company_id=shop.company_id,
            shop_id=shop.id,
            person_id=owner.id if owner.type == "person" else None,
            department_id=owner.id if owner.type == "department" else None,
            share=owner.share,
            starts_on=data.starts_on,
            ends_on=FOREVER,
        )
        for owner in data.owners
    )
    shop.version += 1
    await uow.session.flush()
    await mark_goals_owned(uow.session, company_id=shop.company_id, shop_id=shop.id)
    uow.bells.add(Bell.MARKS)


def _says_so_already(replaced: Sequence[ShopOwner], data: ShopOwnersUpdate) -> bool:
    """Whether the set in force on that day is this one, and no other is to follow it."""
    if any(row.starts_on > data.starts_on or row.ends_on != FOREVER for row in replaced):
        return False
    stored = [
        ("person" if row.person_id else "department", row.person_id or row.department_id, row.share) for row in replaced
    ]
    return sorted(stored, key=str) == sorted(((owner.type, owner.id, owner.share) for owner in data.owners), key=str)


async def _show(uow: UnitOfWork, shop: Shop, *, actor: Actor, on: date) -> ShownOwners:
    rows = await repository.list_owners(uow.session, visible_to=actor, shop_id=shop.id)
    body = set_on(owner_sets(rows), on).read(shop.id)
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    return ShownOwners(body, version_tag(shop.version, suffix=digest[:16]))
