"""The statements of check-ins."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import MEASURING, View, goal_is_public, on_day
from attain_api.paging import PageQuery, paginate, paginate_columns
from attain_shared.check_ins.models import CheckIn, CheckInComment, CheckInGoal
from attain_shared.clock import business_day
from attain_shared.goals.attainment_models import Attainment
from attain_shared.goals.models import Goal
from attain_shared.people.models import Person, PersonSpell
from attain_shared.people.timeline import Status


class SeenCheckIn(NamedTuple):
    """A check-in in the caller's view, and how many comments there are on it."""

    check_in: CheckIn
    comments: int


def _is_seen(view: View) -> ColumnElement[bool]:
    """Their own; submitted notes of a 1:1 with them; submitted reports of people below, and for HR of all."""
    me = view.actor.person_id
    above = CheckIn.kind != "one_on_one"
    if "hr" not in view.actor.roles:
        above = and_(above, CheckIn.person_id.in_(view.below))
    return or_(CheckIn.person_id == me, and_(CheckIn.state == "submitted", or_(CheckIn.with_person_id == me, above)))


def _select_seen(view: View) -> Select[*tuple[Any, ...]]:
    company_id = view.actor.company_id
    of_it = (CheckInComment.company_id == company_id, CheckInComment.check_in_id == CheckIn.id)
    comments = select(func.count()).select_from(CheckInComment).where(*of_it).scalar_subquery()
    return select(CheckIn, comments.label("comments"), CheckIn.starts_on, CheckIn.created_at, CheckIn.id).where(
        CheckIn.company_id == company_id, _is_seen(view)
    )


def _seen(row: Row[*tuple[Any, ...]]) -> SeenCheckIn:
    return SeenCheckIn(row.CheckIn, row.comments)


async def find_check_in(
    session: AsyncSession, *, visible_to: Actor, check_in_id: UUID, lock: bool = False
) -> SeenCheckIn | None:
    """A check-in in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(View(visible_to)).where(CheckIn.id == check_in_id)
    if lock:
        statement = statement.with_for_update(of=CheckIn)
    row = (await session.execute(statement)).one_or_none()
    return _seen(row) if row else None


async def list_check_ins(
    session: AsyncSession, *, visible_to: Actor, query: PageQuery, filters: Mapping[str, object], goal_id: UUID | None
) -> tuple[list[SeenCheckIn], str | None]:
    """A part of the check-ins that the caller sees."""
    statement = _select_seen(View(visible_to))
    for name, value in filters.items():
        statement = statement.where(getattr(CheckIn, name) == value)
    if goal_id is not None:
        on_goal = (CheckInGoal.company_id == visible_to.company_id, CheckInGoal.goal_id == goal_id)
        statement = statement.where(CheckIn.id.in_(select(CheckInGoal.check_in_id).where(*on_goal)))
    columns = {"starts_on": CheckIn.starts_on, "created_at": CheckIn.created_at}
    rows, cursor = await paginate_columns(session, statement, query=query, columns=columns, id_column=CheckIn.id)
    return [_seen(row) for row in rows], cursor


async def list_lines(
    session: AsyncSession, *, company_id: UUID, check_in_ids: Iterable[UUID]
) -> dict[UUID, list[CheckInGoal]]:
    """What check-ins say of goals, in the writers' order."""
    ids = list(check_in_ids)
    of_them = (CheckInGoal.company_id == company_id, CheckInGoal.check_in_id.in_(ids))
    order = (CheckInGoal.check_in_id, CheckInGoal.position)
    found: dict[UUID, list[CheckInGoal]] = {check_in_id: [] for check_in_id in ids}
    for line in await session.scalars(select(CheckInGoal).where(*of_them).order_by(*order)):
        found[line.check_in_id].append(line)
    return found


async def load_goals(
    session: AsyncSession, *, visible_to: Actor, goal_ids: Iterable[UUID], of: Collection[UUID]
) -> dict[UUID, Row[Any]]:
    """Which of these goals a check-in of these people may speak of, and what each has come to.

    Theirs in the writer's sight, and those that everybody sees; none that is still its owner's draft.
    """
    view = View(visible_to)
    of_goal = (Attainment.company_id == Goal.company_id, Attainment.goal_id == Goal.id)
    statement = (
        select(Goal.id, Attainment.score, Attainment.status, Attainment.computed_at)
        .outerjoin(Attainment, and_(*of_goal))
        .where(
            Goal.company_id == visible_to.company_id,
            Goal.id.in_(list(goal_ids)),
            Goal.state.in_(MEASURING),
            or_(and_(Goal.person_id.in_(of), view.goal()), goal_is_public()),
        )
    )
    rows: list[Row[Any]] = list(await session.execute(statement))
    return {row.id: row for row in rows}


async def list_comments(
    session: AsyncSession, *, company_id: UUID, check_in_id: UUID, query: PageQuery
) -> tuple[list[CheckInComment], str | None]:
    """A part of what is said to a check-in."""
    of_it = (CheckInComment.company_id == company_id, CheckInComment.check_in_id == check_in_id)
    columns = {"created_at": CheckInComment.created_at}
    statement = select(CheckInComment).where(*of_it)
    return await paginate(session, statement, query=query, columns=columns, id_column=CheckInComment.id)


async def list_missing(
    session: AsyncSession, *, visible_to: Actor, kind: str, starts_on: date, ends_on: date, query: PageQuery
) -> tuple[list[Row[Any]], str | None]:
    """Who of those below the caller, or for HR of all who are employed, has not submitted a report of a period.

    Whoever came after it has nothing to report of it.
    """
    view, company_id = View(visible_to), visible_to.company_id
    employed = select(PersonSpell.person_id).where(
        PersonSpell.company_id == company_id,
        PersonSpell.status == Status.EMPLOYED,
        PersonSpell.hired_on <= ends_on,
        on_day(business_day()),
    )
    has_reported = exists().where(
        CheckIn.company_id == company_id,
        CheckIn.person_id == Person.id,
        CheckIn.kind == kind,
        CheckIn.starts_on == starts_on,
        CheckIn.state == "submitted",
    )
    statement = select(Person.id, Person.name).where(
        Person.company_id == company_id, Person.id.in_(employed), ~has_reported
    )
    if "hr" not in visible_to.roles:
        statement = statement.where(Person.id.in_(view.below))
    return await paginate_columns(session, statement, query=query, columns={"name": Person.name}, id_column=Person.id)
