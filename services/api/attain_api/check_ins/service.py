"""Check-ins as their readers find them, and what is said to them (CULT-1).

A draft is its writer's alone. Submitted, a report is read by those above the writer and by HR, a 1:1 by the two who held
it; it is never changed any more, as those who read it act on it.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.check_ins import repository
from attain_api.check_ins.reading import GRAINS, ShownCheckIn, check_period, show
from attain_api.check_ins.repository import SeenCheckIn
from attain_api.paging import PageQuery
from attain_shared.check_ins.models import CheckIn, CheckInComment, CheckInGoal
from attain_shared.check_ins.schemas import (
    CheckInCommentCreate,
    CheckInCommentRead,
    CheckInRead,
    MissingCheckInRead,
)
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.rules.periods import bucket_end, bucket_start


async def get_check_in(uow: UnitOfWork, *, actor: Actor, check_in_id: UUID) -> ShownCheckIn:
    """A check-in in the caller's view."""
    seen = await find_check_in(uow, actor=actor, check_in_id=check_in_id)
    return show(seen, await lines_of(uow, seen.check_in), actor=actor)


async def list_check_ins(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], goal_id: UUID | None
) -> tuple[list[CheckInRead], str | None]:
    """A part of the check-ins that the caller sees."""
    seen, cursor = await repository.list_check_ins(
        uow.session, visible_to=actor, query=query, filters=filters, goal_id=goal_id
    )
    ids = [one.check_in.id for one in seen]
    lines = await repository.list_lines(uow.session, company_id=actor.company_id, check_in_ids=ids)
    return [show(one, lines[one.check_in.id], actor=actor).read for one in seen], cursor


async def find_check_in(uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, lock: bool = False) -> SeenCheckIn:
    """A check-in in the caller's view, held where it is to be changed.

    Raises:
        NotFound: there is none, or it is outside the view.
    """
    seen = await repository.find_check_in(uow.session, visible_to=actor, check_in_id=check_in_id, lock=lock)
    if seen is None:
        raise NotFound("no such check-in")
    return seen


async def lines_of(uow: UnitOfWork, check_in: CheckIn) -> list[CheckInGoal]:
    """What it says of goals."""
    found = await repository.list_lines(uow.session, company_id=check_in.company_id, check_in_ids=[check_in.id])
    return found[check_in.id]


async def comment_on_check_in(
    uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, data: CheckInCommentCreate
) -> CheckInComment:
    """Say something to a submitted check-in: whoever reads it, and its writer."""
    seen = await find_check_in(uow, actor=actor, check_in_id=check_in_id)
    if seen.check_in.state == "draft":
        raise ActionNotAllowed("A draft has no readers yet: submit it first.", code="check-in-is-draft")
    comment = CheckInComment(
        company_id=actor.company_id,
        id=new_id(),
        check_in_id=check_in_id,
        author_id=actor.principal_id,
        text=data.text,
    )
    uow.session.add(comment)
    await uow.session.flush()
    return comment


async def list_comments(
    uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, query: PageQuery
) -> tuple[list[CheckInCommentRead], str | None]:
    """A part of what is said to a check-in in the caller's view."""
    await find_check_in(uow, actor=actor, check_in_id=check_in_id)
    rows, cursor = await repository.list_comments(
        uow.session, company_id=actor.company_id, check_in_id=check_in_id, query=query
    )
    return [CheckInCommentRead.model_validate(row) for row in rows], cursor


async def list_missing(
    uow: UnitOfWork, *, actor: Actor, kind: str, starts_on: date | None, query: PageQuery
) -> tuple[list[MissingCheckInRead], str | None]:
    """Who has not reported of a period: of the people below the caller, for HR of everybody."""
    if starts_on is None:
        starts_on = bucket_start(business_day(), GRAINS[kind])
    check_period(kind, starts_on)
    rows, cursor = await repository.list_missing(
        uow.session,
        visible_to=actor,
        kind=kind,
        starts_on=starts_on,
        ends_on=bucket_end(starts_on, GRAINS[kind]),
        query=query,
    )
    return [MissingCheckInRead.model_validate(row) for row in rows], cursor
