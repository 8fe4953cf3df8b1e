"""Numbers entered for manual indicators, with evidence, and accepted by the superior (GOAL-4)."""

from typing import Literal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.entries import repository
from attain_api.goals.measuring import recompute
from attain_api.goals.record import check_in_full
from attain_api.goals.rights import Rights
from attain_api.goals.service import find_goal
from attain_api.paging import PageQuery
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, Invalid, NotAllowed, NotFound
from attain_shared.goals.life_schemas import EntryCreate, EntryRead
from attain_shared.goals.models import Goal, Indicator, IndicatorEntry
from attain_shared.identifiers import new_id
from attain_shared.rules.life import State

Decision = Literal["accepted", "rejected"]

_COPIED = ("id", "goal_id", "indicator_id", "value", "evidence", "state", "entered_by", "decided_by", "decided_at",
           "reason", "created_at")  # fmt: skip


async def create_entry(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, indicator_id: UUID, data: EntryCreate
) -> EntryRead:
    """Enter a number; it counts once it is accepted.

    Raises:
        NotAllowed: numbers are entered by the goal's owner, or whoever stands in for one without an account.
        ActionNotAllowed: the goal is not confirmed.
        Conflict: the indicator is measured otherwise.
    """
    goal, rights = await find_goal(uow, actor=actor, goal_id=goal_id, lock=True)
    indicator = await _find_indicator(uow, actor=actor, goal_id=goal_id, indicator_id=indicator_id)
    if not rights.may_enter:
        raise NotAllowed("Only the owner of the goal enters its numbers.")
    _check_confirmed(goal)
    if indicator.kind != "manual":
        raise Conflict(f"an indicator of the kind {indicator.kind} takes no numbers", code="not-manual")
    if not goal.starts_on <= data.on <= goal.ends_on:
        detail = f"must lie in {goal.starts_on} to {goal.ends_on}"
        raise Invalid.field("/on", "outside-window", detail)
    if data.on > business_day():
        raise Invalid.field("/on", "in-the-future", "the day is yet to come")
    entry = IndicatorEntry(
        company_id=actor.company_id,
        id=new_id(),
        goal_id=goal.id,
        indicator_id=indicator.id,
        value=data.value,
        on_day=data.on,
        evidence=data.evidence,
        state="pending",
        entered_by=actor.principal_id,
        version=1,
    )
    uow.session.add(entry)
    await uow.session.flush()
    return _read(entry, goal=goal, rights=rights)


async def list_entries(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, indicator_id: UUID, state: str | None, query: PageQuery
) -> tuple[list[EntryRead], str | None]:
    """What was entered for an indicator, for whoever sees the goal in full."""
    goal, rights = await check_in_full(uow, actor=actor, goal_id=goal_id)
    await _find_indicator(uow, actor=actor, goal_id=goal_id, indicator_id=indicator_id)
    entries, cursor = await repository.list_entries(
        uow.session, company_id=actor.company_id, indicator_id=indicator_id, state=state, query=query
    )
    return [_read(entry, goal=goal, rights=rights) for entry in entries], cursor


async def decide(
    uow: UnitOfWork,
    *,
    actor: Actor,
    goal_id: UUID,
    indicator_id: UUID,
    entry_id: UUID,
    decision: Decision,
    reason: str | None = None,
) -> EntryRead:
    """Accept a number, which has the goal computed anew, or reject it.

    Raises:
        NotAllowed: that is for the superior; where nobody is above the owner, for the owner.
        ActionNotAllowed: it was decided before, or the goal is not confirmed any more.
    """
    goal, rights = await find_goal(uow, actor=actor, goal_id=goal_id, lock=True)
    entry = await repository.hold_entry(
        uow.session, company_id=actor.company_id, indicator_id=indicator_id, entry_id=entry_id
    )
    if entry is None or entry.goal_id != goal_id:
        raise NotFound("no such entry")
    if not rights.may_accept:
        raise NotAllowed("Numbers are accepted by the owner's superior.")
    _check_confirmed(goal)
    if entry.state != "pending":
        raise ActionNotAllowed(f"the entry is {entry.state} already")
    entry.state, entry.reason = decision, reason
    entry.decided_by, entry.decided_at = actor.principal_id, utc_now()
    entry.version += 1
    await uow.session.flush()
    if decision == "accepted":
        await recompute(uow, company_id=actor.company_id, goal_ids=[goal.id])
    return _read(entry, goal=goal, rights=rights)


async def _find_indicator(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, indicator_id: UUID) -> Indicator:
    indicator = await repository.find_indicator(
        uow.session, company_id=actor.company_id, goal_id=goal_id, indicator_id=indicator_id
    )
    if indicator is None:
        raise NotFound("no such indicator")
    return indicator


def _check_confirmed(goal: Goal) -> None:
    if goal.state != State.CONFIRMED:
        raise ActionNotAllowed(f"the goal is {goal.state}: numbers are entered for confirmed goals")


def _read(entry: IndicatorEntry, *, goal: Goal, rights: Rights) -> EntryRead:
    is_open = entry.state == "pending" and goal.state == State.CONFIRMED
    return EntryRead.model_validate(
        {name: getattr(entry, name) for name in _COPIED}
        | {"on": entry.on_day, "allowed_actions": ["accept", "reject"] if is_open and rights.may_accept else []}
    )
