"""Check-ins as they are written and submitted: one for each period, its goals with what they had come to (CULT-1)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.check_ins import repository
from attain_api.check_ins.reading import ShownCheckIn, check_period, show
from attain_api.check_ins.repository import SeenCheckIn
from attain_api.check_ins.service import find_check_in, lines_of
from attain_api.conditional import apply_changes, check_if_match
from attain_api.people.service import employed_since
from attain_shared.check_ins.models import CheckIn, CheckInGoal
from attain_shared.check_ins.schemas import CheckInCreate, CheckInGoalWrite, CheckInUpdate
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotAllowed
from attain_shared.identifiers import new_id


class CheckInTaken(Conflict):
    """There is one of this kind, by this person and of this period, already."""

    code, title = "check-in-taken", "Check-in already there"


async def create_check_in(uow: UnitOfWork, *, actor: Actor, data: CheckInCreate) -> ShownCheckIn:
    """Begin a check-in, as a draft.

    Raises:
        Invalid: the day begins no such period or is to come, or the other or a goal does not fit.
        CheckInTaken: the writer has one of this period.
    """
    check_period(data.kind, data.starts_on)
    await _check_other(uow, actor=actor, data=data)
    check_in = CheckIn(
        company_id=actor.company_id,
        id=new_id(),
        person_id=actor.principal_id,
        state="draft",
        **data.model_dump(exclude={"goals"}),
    )
    uow.session.add(check_in)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_check_ins_once" in str(error.orig):
            raise CheckInTaken("You have a check-in of this period already.") from error
        raise
    lines = await _write_lines(uow, actor=actor, check_in=check_in, goals=data.goals)
    return show(SeenCheckIn(check_in, comments=0), lines, actor=actor)


async def update_check_in(
    uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, data: CheckInUpdate, if_match: str | None
) -> ShownCheckIn:
    """Change a draft.

    Raises:
        NotAllowed: it is somebody else's.
        ActionNotAllowed: it is submitted.
    """
    seen, lines = await _hold_draft(uow, actor=actor, check_in_id=check_in_id, if_match=if_match)
    changes = data.model_dump(exclude_unset=True)
    changes.pop("goals", None)
    if isinstance(data.goals, list):
        for line in lines:
            await uow.session.delete(line)
        await uow.session.flush()
        lines = await _write_lines(uow, actor=actor, check_in=seen.check_in, goals=data.goals)
    apply_changes(seen.check_in, changes)
    await uow.session.flush()
    return show(seen, lines, actor=actor)


async def delete_check_in(uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, if_match: str | None) -> None:
    """Throw a draft away."""
    seen, lines = await _hold_draft(uow, actor=actor, check_in_id=check_in_id, if_match=if_match)
    for line in lines:
        await uow.session.delete(line)
    await uow.session.flush()
    await uow.session.delete(seen.check_in)
    await uow.session.flush()


async def submit_check_in(uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, if_match: str | None) -> ShownCheckIn:
    """Let others read it, with what its goals have come to."""
    seen, lines = await _hold_draft(uow, actor=actor, check_in_id=check_in_id, if_match=if_match)
    goal_ids = [line.goal_id for line in lines]
    attained = await _check_goals(uow, actor=actor, check_in=seen.check_in, goal_ids=goal_ids)
    for line in lines:
        then = attained[line.goal_id]
        line.score, line.status, line.computed_at = then.score, then.status, then.computed_at
    apply_changes(seen.check_in, {"state": "submitted", "submitted_at": utc_now()})
    await uow.session.flush()
    return show(seen, lines, actor=actor)


async def _hold_draft(
    uow: UnitOfWork, *, actor: Actor, check_in_id: UUID, if_match: str | None
) -> tuple[SeenCheckIn, list[CheckInGoal]]:
    """The caller's own draft, locked, in the version that they mean."""
    seen = await find_check_in(uow, actor=actor, check_in_id=check_in_id, lock=True)
    if seen.check_in.person_id != actor.principal_id:
        raise NotAllowed("You may not change somebody else's check-in.")
    lines = await lines_of(uow, seen.check_in)
    check_if_match(if_match, show(seen, lines, actor=actor).tag)
    if seen.check_in.state != "draft":
        raise ActionNotAllowed("A check-in that is submitted stays as it is.", code="check-in-submitted")
    return seen, lines


async def _check_other(uow: UnitOfWork, *, actor: Actor, data: CheckInCreate) -> None:
    other = data.with_person_id
    if (data.kind == "one_on_one") != (other is not None):
        raise Invalid.field("/with_person_id", "one-on-one", "given for a 1:1, and for nothing else")
    if other is None:
        return
    if other == actor.principal_id:
        raise Invalid.field("/with_person_id", "own-one-on-one", "a 1:1 is with somebody else")
    if other not in await employed_since(uow, company_id=actor.company_id, person_ids=[other]):
        raise Invalid.field("/with_person_id", "unknown-person", "nobody who is employed")


async def _check_goals(
    uow: UnitOfWork, *, actor: Actor, check_in: CheckIn, goal_ids: Sequence[UUID]
) -> Mapping[UUID, Row[Any]]:
    """What the goals have come to, once it is sure that the check-in may speak of each.

    Raises:
        Invalid: it may not, or one is named twice.
    """
    if not goal_ids:
        return {}
    people = {check_in.person_id} | ({check_in.with_person_id} if check_in.with_person_id else set())
    found = await repository.load_goals(uow.session, visible_to=actor, goal_ids=goal_ids, of=people)
    errors = []
    for place, goal_id in enumerate(goal_ids):
        if goal_id not in found:
            errors.append(FieldError(f"/goals/{place}/goal_id", "unknown-goal", "no goal that this can be about"))
        elif goal_id in goal_ids[:place]:
            errors.append(FieldError(f"/goals/{place}/goal_id", "duplicate", "each goal once"))
    if errors:
        raise Invalid("A goal does not fit.", errors=errors)
    return found


async def _write_lines(
    uow: UnitOfWork, *, actor: Actor, check_in: CheckIn, goals: Sequence[CheckInGoalWrite]
) -> list[CheckInGoal]:
    await _check_goals(uow, actor=actor, check_in=check_in, goal_ids=[one.goal_id for one in goals])
    of_it = {"company_id": check_in.company_id, "check_in_id": check_in.id}
    lines = [CheckInGoal(**of_it, position=place, **one.model_dump()) for place, one in enumerate(goals)]
    uow.session.add_all(lines)
    await uow.session.flush()
    return lines
