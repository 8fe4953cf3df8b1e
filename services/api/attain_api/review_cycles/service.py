"""Rounds of reviews: made, opened, closed (REV-1)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.company_values.service import assessed_values
from attain_api.conditional import apply_changes, check_if_match, content_tag
from attain_api.paging import PageQuery
from attain_api.review_cycles import repository
from attain_api.review_cycles.checking import DUE_STEPS, check_round
from attain_api.reviews.service import seen_by
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, Invalid, NotFound
from attain_shared.identifiers import new_id
from attain_shared.reviews.cycle_schemas import (
    NamedAssessor,
    ReviewCycleCreate,
    ReviewCycleOpen,
    ReviewCycleOpened,
    ReviewCycleRead,
    ReviewCycleUpdate,
)
from attain_shared.reviews.following import follow_people
from attain_shared.reviews.models import ReviewCycle
from attain_shared.reviews.opening import MOST_NAMED, Opened, hold_round, open_reviews
from attain_shared.reviews.settings import ReviewSettings

SEES_ALL = frozenset({"hr", "admin"})
"""Who makes rounds, and sees all of them."""
ACTIONS = {"draft": ("change", "open"), "open": ("open", "close"), "closed": ()}
"""What is done with a round, by its state."""
_OWN = (
    "id", "name", "cadence", "cycle_id", "review_class", "department_ids", "hired_by", "is_values_only", "due", "state",
    "company_values", "opened_at", "closed_at", "created_at",
)  # fmt: skip
_PLANNED = ("name", "cadence", "cycle_id", "review_class", "department_ids", "hired_by", "person_ids")
_SETTINGS = frozenset(ReviewSettings.model_fields)


class NobodyToReview(Conflict):
    """A round is about people."""

    code, title = "nobody-to-review", "Nobody to review"


class ReviewsOpen(Conflict):
    """A round is closed once its reviews are."""

    code, title = "reviews-open", "Reviews still open"


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round as the caller sees it, and the tag of that."""

    body: ReviewCycleRead

    @property
    def id(self) -> UUID:
        """The round."""
        return self.body.id

    @property
    def tag(self) -> str:
        """The ETag of it."""
        return content_tag(self.body)


def show_round(cycle: ReviewCycle, actor: Actor) -> ShownRound:
    """A round as the caller sees it: who else is reviewed out of turn is for HR and administrators."""
    sees_all = not SEES_ALL.isdisjoint(actor.roles)
    shown: dict[str, Any] = {name: getattr(cycle, name) for name in _OWN}
    shown |= {"person_ids": cycle.person_ids if sees_all else None}
    # stored keys come back in another order, and the tag is that of the body
    shown |= {"due": {step: cycle.due[step] for step in DUE_STEPS if step in cycle.due}}
    shown |= {"allowed_actions": ACTIONS[cycle.state] if sees_all else ()}
    return ShownRound(ReviewCycleRead.model_validate(shown | cycle.settings))


async def create_round(uow: UnitOfWork, *, actor: Actor, data: ReviewCycleCreate) -> ShownRound:
    """A new round, a draft."""
    fields = _fields_of(data, before=None)
    await check_round(uow.session, company_id=actor.company_id, fields=fields)
    cycle = ReviewCycle(
        company_id=actor.company_id,
        id=new_id(),
        is_values_only=_is_values_only(fields),
        state="draft",
        created_by=actor.principal_id,
        version=1,
        **fields,
    )
    uow.session.add(cycle)
    await uow.session.flush()
    return show_round(cycle, actor)


async def find_round(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID) -> ReviewCycle:
    """A round in the caller's view: for HR and administrators any, for others one with a review that they see.

    Raises:
        NotFound: there is none, or it is outside the view.
    """
    found = await repository.find_round(
        uow.session, company_id=actor.company_id, seen=_seen(actor), review_cycle_id=review_cycle_id
    )
    if found is None:
        raise NotFound("There is no such round of reviews.")
    return found


async def get_round(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID) -> ShownRound:
    """One round."""
    return show_round(await find_round(uow, actor=actor, review_cycle_id=review_cycle_id), actor)


async def list_rounds(
    uow: UnitOfWork, *, actor: Actor, filters: dict[str, object], query: PageQuery
) -> tuple[list[ReviewCycleRead], str | None]:
    """A part of the rounds in the caller's view."""
    statement = repository.select_rounds(company_id=actor.company_id, seen=_seen(actor))
    for name, value in filters.items():
        statement = statement.where(getattr(ReviewCycle, name) == value)
    rounds, cursor = await repository.list_rounds(uow.session, statement=statement, query=query)
    return [show_round(one, actor).body for one in rounds], cursor


async def update_round(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, data: ReviewCycleUpdate, if_match: str | None
) -> ShownRound:
    """Change what is given of a draft."""
    cycle = await _hold(uow, actor=actor, review_cycle_id=review_cycle_id, action="change", if_match=if_match)
    fields = _fields_of(data, before=cycle)
    await check_round(uow.session, company_id=actor.company_id, fields=fields)
    apply_changes(cycle, fields | {"is_values_only": _is_values_only(fields)})
    await uow.session.flush()
    return show_round(cycle, actor)


async def open_round(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, data: ReviewCycleOpen, if_match: str | None
) -> tuple[ShownRound, ReviewCycleOpened]:
    """Open a review for everybody the round is about; again, for who came since, and let the others follow their people.

    Raises:
        NobodyToReview: the first opening would open none.
    """
    cycle = await _hold(uow, actor=actor, review_cycle_id=review_cycle_id, action="open", if_match=if_match)
    assessors = _assessors(data.assessors)
    is_first = cycle.state == "draft"
    if not is_first:
        await follow_people(uow, company_id=actor.company_id, review_cycle_id=cycle.id)
    opened = await open_reviews(uow, cycle=cycle, assessors=assessors, actor_id=actor.principal_id)
    if is_first:
        await _open_first(uow, cycle=cycle, opened=opened)
    shown = show_round(cycle, actor)
    counts: dict[str, Any] = {"created": opened.created, "existing": opened.existing}
    counts |= {"without_assessor": opened.without_assessor[:MOST_NAMED]}
    counts |= {"without_assessor_count": len(opened.without_assessor)}
    return shown, ReviewCycleOpened.model_validate(dict(shown.body) | counts)


async def _open_first(uow: UnitOfWork, *, cycle: ReviewCycle, opened: Opened) -> None:
    if not opened.created:
        alone = [str(person_id) for person_id in opened.without_assessor[:MOST_NAMED]]
        detail = "Nobody whom the round is about would get a review."
        raise NobodyToReview(detail, existing=opened.existing, without_assessor=alone)
    values = await assessed_values(uow, company_id=cycle.company_id)
    apply_changes(cycle, {"state": "open", "opened_at": utc_now(), "company_values": values})
    await uow.session.flush()


async def close_round(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, if_match: str | None) -> ShownRound:
    """Close a round for good, once all its reviews are closed or cancelled.

    Raises:
        ReviewsOpen: some are not; `steps` says how many are at which.
    """
    cycle = await _hold(uow, actor=actor, review_cycle_id=review_cycle_id, action="close", if_match=if_match)
    steps = await repository.count_open_reviews(
        uow.session, company_id=actor.company_id, review_cycle_id=review_cycle_id
    )
    if steps:
        raise ReviewsOpen(f"{sum(steps.values())} reviews are still open.", steps=steps)
    apply_changes(cycle, {"state": "closed", "closed_at": utc_now()})
    await uow.session.flush()
    return show_round(cycle, actor)


async def _hold(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, action: str, if_match: str | None
) -> ReviewCycle:
    cycle = await hold_round(uow.session, company_id=actor.company_id, review_cycle_id=review_cycle_id)
    if cycle is None:
        raise NotFound("There is no such round of reviews.")
    check_if_match(if_match, show_round(cycle, actor).tag)
    if action not in ACTIONS[cycle.state]:
        raise ActionNotAllowed(f"a {cycle.state} round does not allow to {action} it")
    return cycle


def _seen(actor: Actor) -> Any:  # noqa: ANN401  # a condition on reviews, or none
    return None if not SEES_ALL.isdisjoint(actor.roles) else seen_by(actor)


def _fields_of(data: ReviewCycleCreate | ReviewCycleUpdate, *, before: ReviewCycle | None) -> dict[str, Any]:
    """The columns of a round as it is to be."""
    is_partial = before is not None
    fields: dict[str, Any] = {name: getattr(before, name) for name in (*_PLANNED, "due")} if before else {}
    fields |= data.model_dump(include=set(_PLANNED), exclude_unset=is_partial)
    told = data.model_dump(mode="json", include={*_SETTINGS, "due"}, exclude_unset=is_partial)
    if "due" in told:
        due = told.pop("due") or {}
        fields["due"] = {step: day for step, day in due.items() if day is not None}
    return fields | {"settings": (before.settings if before else {}) | told}


def _is_values_only(fields: dict[str, Any]) -> bool:
    """The senior class is reviewed half-yearly and yearly, its values quarterly like everybody's (REV-1)."""
    return bool(fields["cadence"] == "quarter" and fields["review_class"] == "senior")


def _assessors(named: list[NamedAssessor]) -> dict[UUID, UUID]:
    assessors: dict[UUID, UUID] = {}
    for place, one in enumerate(named):
        if one.person_id in assessors:
            raise Invalid.field(f"/assessors/{place}/person_id", "duplicate", "named twice")
        assessors[one.person_id] = one.assessor_id
    return assessors
