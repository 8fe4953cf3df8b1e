"""Rounds of reviews over HTTP, and people in a line, for tests of them."""

from datetime import date
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select

from attain_api.state import ApiState
from attain_shared.db.session import reading, transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import PersonEvent
from attain_shared.people.queries import read_event, replace_spells
from attain_shared.people.timeline import EventKind, build_spells, stored_changes
from attain_shared.reviews.following import Followed, follow_people
from attain_shared.reviews.models import Review, ReviewEvent
from attain_shared.reviews.owning import follow_owners
from tests.support.companies import Member
from tests.support.http import created, ok
from tests.support.staff import Told, add_person, hired

Json = dict[str, Any]


def moved(on: date, **changes: Any) -> Told:
    """Somebody gets another manager or another place on a day."""
    return EventKind.TRANSFER if "department_id" in changes else EventKind.CHANGE_MANAGER, on, changes


def gone(on: date) -> Told:
    """Somebody's last day."""
    return EventKind.LEAVE, on, {}


async def make_line(state: ApiState, company: Member, *names: str, **more: Any) -> dict[str, UUID]:
    """People by their names, each the manager of the next one."""
    line: dict[str, UUID] = {}
    above: UUID | None = None
    for name in names:
        above = line[name] = await add_person(state, company, hired(manager_id=above, **more), name=name)
    return line


async def make_round(api: AsyncClient, by: Member, cycle_id: str, **more: Any) -> Json:
    """A draft of everybody of the staff class in a quarter, unless told otherwise."""
    body = {"name": "2026 Q3 staff", "cadence": "quarter", "cycle_id": cycle_id, "class": "staff"} | more
    return created(await api.post("/v1/review-cycles", json=body, headers=by.headers))


async def open_round(api: AsyncClient, by: Member, review_cycle_id: str, **assessors: Any) -> Response:
    """Open it; `assessors` as pairs of ids."""
    body = {
        "assessors": [
            dict(zip(("person_id", "assessor_id"), map(str, pair), strict=True)) for pair in assessors.get("named", ())
        ]
    }
    return await api.post(f"/v1/review-cycles/{review_cycle_id}/actions/open", json=body, headers=by.headers)


async def open_new(api: AsyncClient, by: Member, cycle_id: str, *, named: Any = (), **more: Any) -> Json:
    """Make and open one."""
    made = await make_round(api, by, cycle_id, **more)
    return ok(await open_round(api, by, made["id"], named=named))


async def reviews_of(state: ApiState, company: Member, review_cycle_id: str) -> dict[UUID, Review]:
    """The rows of a round, by their people."""
    async with reading(state.sessions) as uow:
        rows = await uow.session.scalars(
            select(Review).where(
                Review.company_id == company.company_id, Review.review_cycle_id == UUID(review_cycle_id)
            )
        )
        return {row.person_id: row for row in rows}


async def events_of_review(state: ApiState, review: Review) -> list[ReviewEvent]:
    """Its record, in order."""
    async with reading(state.sessions) as uow:
        rows = await uow.session.scalars(
            select(ReviewEvent)
            .where(ReviewEvent.company_id == review.company_id, ReviewEvent.review_id == review.id)
            .order_by(ReviewEvent.id)
        )
        return list(rows)


async def follow(state: ApiState, company: Member) -> Followed:
    """What the worker does every day."""
    async with transaction(state.sessions, state.doorbell) as uow:
        followed = await follow_people(uow, company_id=company.company_id)
        await follow_owners(uow, company_id=company.company_id)
        return followed


async def happens(state: ApiState, company: Member, person_id: UUID, told: Told, *, instead: bool = False) -> None:
    """Something more happens to somebody; `instead` of what was told last."""
    kind, on, changes = told
    own = (PersonEvent.company_id == company.company_id, PersonEvent.person_id == person_id)
    async with transaction(state.sessions, state.doorbell) as uow:
        rows = list(await uow.session.scalars(select(PersonEvent).where(*own).order_by(PersonEvent.id)))
        if instead:
            await uow.session.delete(rows.pop())
        event = PersonEvent(
            company_id=company.company_id,
            id=new_id(),
            person_id=person_id,
            kind=kind,
            effective_on=on,
            changes=stored_changes(changes),
        )
        uow.session.add(event)
        await uow.session.flush()
        spells = build_spells(map(read_event, [*rows, event]))
        await replace_spells(uow.session, company_id=company.company_id, person_id=person_id, spells=spells)
