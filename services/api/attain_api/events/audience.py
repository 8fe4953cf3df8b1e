"""Who may be told of what: for many listeners at once, and each of them exactly what they could ask for (SEC-3, REV-7).

Asking for each listener what they see would be a statement each. So the relations of `View` are looked up from the side
of what has happened; where that cannot say, the listener's own sight decides.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import READS_ALL_GOALS, READS_ALL_SHOPS
from attain_api.alerts import service as alerts
from attain_api.events import repository
from attain_api.events.repository import Above, Judged, Owned
from attain_api.reviews import service as reviews
from attain_shared.events.queries import StoredEvent
from attain_shared.events.schemas import EventKind

ALERTS = frozenset({EventKind.ALERT_RAISED, EventKind.ALERT_CLEARED})

Seen = dict[UUID, set[UUID]]
"""By the person who listens: the subjects they may be told of."""


async def find_audience(
    session: AsyncSession, *, company_id: UUID, events: Sequence[StoredEvent], listeners: Collection[Actor]
) -> Seen:
    """Which of the subjects of these events each of the listeners sees; all of one company."""
    seen: Seen = defaultdict(set)
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for event in events:
        by_kind["alert" if event.kind in ALERTS else event.kind].add(event.subject_id)
    if goal_ids := by_kind[EventKind.ATTAINMENT_CHANGED]:
        await _see_goals(session, seen, company_id=company_id, goal_ids=goal_ids, listeners=listeners)
    if review_ids := by_kind[EventKind.REVIEW_STEP_CHANGED]:
        await _see_reviews(session, seen, company_id=company_id, review_ids=review_ids, listeners=listeners)
    if alert_ids := by_kind["alert"]:
        await _see_alerts(session, seen, company_id=company_id, alert_ids=alert_ids, listeners=listeners)
    return seen


async def _see_goals(
    session: AsyncSession, seen: Seen, *, company_id: UUID, goal_ids: Collection[UUID], listeners: Collection[Actor]
) -> None:
    """Add what `View.goal` and `goal_is_public` let them see."""
    owned = await repository.find_owned(session, company_id=company_id, goal_ids=goal_ids)
    above = await _above(session, company_id=company_id, of=owned.values())
    viewers = {goal_id: _viewers(owner, above) for goal_id, owner in owned.items()}
    public = {goal_id for goal_id, owner in owned.items() if owner.is_public}
    of_nobody: set[UUID] = set()
    if any("admin" in listener.roles for listener in listeners):
        of_nobody = await repository.find_goals_of_nobody(session, company_id=company_id, goal_ids=list(owned))
    by_viewer: Seen = defaultdict(set)
    for goal_id, viewing in viewers.items():
        for person_id in viewing:
            by_viewer[person_id].add(goal_id)
    for listener in listeners:
        if listener.roles & READS_ALL_GOALS:
            seen[listener.principal_id] |= owned.keys()
            continue
        others = of_nobody if "admin" in listener.roles else set()
        seen[listener.principal_id] |= by_viewer[listener.principal_id] | public | others


def _viewers(owner: Owned, above: Above) -> set[UUID]:
    if owner.person_id is not None:
        return {owner.person_id} | above.people[owner.person_id] | above.mentors[owner.person_id]
    return above.departments[owner.department_id] if owner.department_id is not None else set()


async def _see_reviews(
    session: AsyncSession, seen: Seen, *, company_id: UUID, review_ids: Collection[UUID], listeners: Collection[Actor]
) -> None:
    """Add what each of them sees of reviews; only whoever may be concerned is asked about."""
    judged = await repository.find_judged(session, company_id=company_id, review_ids=review_ids)
    above = await _above(session, company_id=company_id, of=judged.values())
    concerned = {person_id for one in judged.values() for person_id in _concerned(one, above)}
    for listener in listeners:
        if listener.principal_id in concerned or listener.roles & {"hr", "executive"}:
            found = await reviews.list_seen(session, actor=listener, review_ids=list(judged))
            seen[listener.principal_id] |= found


def _concerned(one: Judged, above: Above) -> set[UUID]:
    named = {one.person_id, one.manager_id, one.second_level_id, *one.delegates} - {None}
    heads = above.departments[one.department_id] if one.department_id is not None else set()
    return {person_id for person_id in named if person_id is not None} | above.people[one.person_id] | heads


async def _see_alerts(
    session: AsyncSession, seen: Seen, *, company_id: UUID, alert_ids: Collection[UUID], listeners: Collection[Actor]
) -> None:
    """Add what each of them sees of alerts; only whoever may be concerned is asked about."""
    people, departments = await repository.find_alerted(session, company_id=company_id, alert_ids=alert_ids)
    above = await repository.find_above(session, company_id=company_id, people=people, departments=departments)
    concerned = people.union(*above.people.values(), *above.mentors.values(), *above.departments.values())
    for listener in listeners:
        if listener.principal_id in concerned or listener.roles & READS_ALL_SHOPS:
            found = await alerts.list_seen(session, actor=listener, alert_ids=alert_ids)
            seen[listener.principal_id] |= found


async def _above(session: AsyncSession, *, company_id: UUID, of: Iterable[Owned | Judged]) -> Above:
    owners = list(of)
    people = {one.person_id for one in owners if one.person_id is not None}
    departments = {one.department_id for one in owners if one.department_id is not None}
    return await repository.find_above(session, company_id=company_id, people=people, departments=departments)
