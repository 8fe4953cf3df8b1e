"""The year and its decisions: proposed by rule or by hand, approved by another, and recorded (REV-12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal as Number
from functools import partial
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, content_tag
from attain_api.decisions import repository
from attain_api.decisions.rights import DecisionAction, SeenDecision
from attain_api.paging import PageQuery
from attain_api.reviews import service as reviews
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.reviews.decision_schemas import (
    DecisionCreate,
    DecisionRead,
    DecisionsProposed,
    DecisionUpdate,
    Factor,
    YearRead,
)
from attain_shared.reviews.follow_up_models import Decision
from attain_shared.reviews.models import Review
from attain_shared.reviews.year import YearFigures, load_year, load_years
from attain_shared.rules.quadrants import Quadrant
from attain_shared.rules.review_flow import Step
from attain_shared.rules.year import DecisionKind, proposed_decisions
from attain_shared.wire import plain_decimal

_FACTOR: TypeAdapter[Number] = TypeAdapter(Factor)


class NotYearly(Conflict):
    """Decisions follow from a year's result."""

    code, title = "not-yearly", "Not a yearly round"


class DecisionTaken(Conflict):
    """The review has a decision of this kind."""

    code, title = "decision-taken", "Decision already there"


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A decision as the caller sees it, and the tag of this sight of it."""

    id: UUID
    body: DecisionRead
    tag: str


async def get_year(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> YearRead:
    """What a review of a year rests on: seen by whoever sees that review, as far as they see those (SEC-3).

    Its subject has seen every closed review; of the year's own judgement they find null until the interview (REV-7).

    Raises:
        NotFound: there is none in the caller's view, or it is not of a yearly round.
    """
    seen = await reviews.find_review(uow, actor=actor, review_id=review_id)
    review = seen.review
    if seen.cycle.cadence != "year":
        raise NotFound("only the review of a year rests on others")
    person_id, only = review.person_id, reviews.seen_by(actor)
    year = await load_year(uow.session, company_id=actor.company_id, person_id=person_id, cycle=seen.cycle, only=only)
    performance, basis = None, None
    if seen.rights.sees_judgement and review.performance is not None:
        has_goals = await repository.has_goals(uow.session, company_id=actor.company_id, review_id=review_id)
        performance, basis = review.performance, "yearly_goals" if has_goals else "mean_of_reviews"
    own = {"review_id": review_id, "person_id": review.person_id}
    made = {name: getattr(year, name) for name in ("reviews", "quarters", "values_mean", "trend")}
    return YearRead.model_validate(own | made | {"performance": performance, "performance_basis": basis})


async def propose_decisions(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, factors: Mapping[Number, Number]
) -> DecisionsProposed:
    """Propose what follows by rule from each closed review of a yearly round; what there is stays as it is.

    Whoever gives a factor of their own proposes what comes of it: another approves that.

    Raises:
        NotFound: there is no such round.
        NotYearly: it is of another cadence.
    """
    session, company_id = uow.session, actor.company_id
    cycle = await repository.find_round(session, company_id=company_id, review_cycle_id=review_cycle_id)
    if cycle is None:
        raise NotFound("There is no such round.")
    if cycle.cadence != "year":
        raise NotYearly("Decisions follow from the results of a yearly round.")
    results = await repository.list_results(session, company_id=company_id, review_cycle_id=review_cycle_id)
    people = [result.person_id for result in results]
    years = await load_years(session, company_id=company_id, person_ids=people, cycle=cycle)
    rows = [
        {"company_id": company_id, "review_id": result.id, "person_id": result.person_id, "state": "proposed"}
        | proposal
        for result in results
        for proposal in _proposals(result, years[result.person_id], factors, by=actor.principal_id)
    ]
    made = await repository.add_proposals(session, rows=rows) if rows else []
    for decision in made:
        _record(uow, decision)
    return DecisionsProposed(reviews=len(results), proposed=len(made), existing=len(rows) - len(made))


def _proposals(
    result: Any,  # noqa: ANN401  # of `list_results`
    year: YearFigures,
    factors: Mapping[Number, Number],
    *,
    by: UUID,
) -> Iterator[dict[str, Any]]:
    quadrant = Quadrant(result.quadrant) if result.quadrant is not None else None
    propose = partial(
        proposed_decisions, result.rating, values_failed=bool(result.values_failed), trend=year.trend, quadrant=quadrant
    )
    by_rule = {Number(one.value) for one in propose() if one.value is not None}
    for proposal in propose(factors=factors):
        # what the factor was by rule stays legible once the value is changed by hand
        rule = proposal.rule if proposal.value is None else f"{proposal.rule} = {proposal.value}"
        is_by_rule = proposal.value is None or Number(proposal.value) in by_rule
        proposed_by = None if is_by_rule else by
        yield {"kind": proposal.kind.value, "value": proposal.value, "rule": rule, "proposed_by": proposed_by}


def _record(uow: UnitOfWork, decision: Decision) -> None:
    """What a bulk statement wrote (SEC-5)."""
    written = ("review_id", "person_id", "kind", "value", "rule", "state", "proposed_by")
    changes = {name: (None, getattr(decision, name)) for name in written}
    uow.record(resource_type="decision", resource_id=decision.id, changes=changes)


async def create_decision(uow: UnitOfWork, *, actor: Actor, data: DecisionCreate) -> ShownDecision:
    """A decision proposed by hand, to be approved by another.

    Raises:
        NotAllowed: on one's own review.
        Invalid: there is no such review, or no closed one of a yearly round; or the value is not one of its kind.
        DecisionTaken: the review has one of this kind.
    """
    review = await _find_result(uow, actor=actor, review_id=data.review_id)
    decision = Decision(
        company_id=actor.company_id,
        id=new_id(),
        review_id=review.id,
        person_id=review.person_id,
        kind=data.kind.value,
        value=_checked_value(data.kind, data.value),
        state="proposed",
        proposed_by=actor.principal_id,
        reason=data.reason,
    )
    uow.session.add(decision)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_decisions_company_id_review_id_kind" in str(error.orig):
            raise DecisionTaken("The review has a decision of this kind already.") from error
        raise
    return await get_decision(uow, actor=actor, decision_id=decision.id)


async def _find_result(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> Review:
    """The closed review of a year, of somebody else; once closed it changes no more."""
    try:
        seen = await reviews.find_review(uow, actor=actor, review_id=review_id)
    except NotFound as error:
        raise Invalid.field("/review_id", "unknown-review", "There is no such review.") from error
    if seen.rights.is_subject:
        raise NotAllowed("Nobody decides on their own year.")
    if seen.cycle.cadence != "year" or seen.review.step != Step.CLOSED:
        raise Invalid.field("/review_id", "no-yearly-result", "It is not the closed review of a yearly round.")
    return seen.review


def _checked_value(kind: DecisionKind, value: str | None) -> str | None:
    """A value as it is kept: a factor as a plain decimal.

    Raises:
        Invalid: a bonus factor is not one.
    """
    if kind is not DecisionKind.BONUS_FACTOR:
        return value
    try:
        return plain_decimal(_FACTOR.validate_python(value))
    except ValidationError as error:
        wanted = "A bonus factor is a decimal from 0 to 5 with at most two decimals."
        raise Invalid.field("/value", "not-a-factor", wanted) from error


async def get_decision(uow: UnitOfWork, *, actor: Actor, decision_id: UUID) -> ShownDecision:
    """One decision.

    Raises:
        NotFound: there is none in the caller's view.
    """
    return _show(await _find(uow, actor=actor, decision_id=decision_id))


async def list_decisions(
    uow: UnitOfWork,
    *,
    actor: Actor,
    query: PageQuery,
    review_cycle_id: UUID | None,
    filters: Mapping[str, object],
) -> tuple[list[DecisionRead], str | None]:
    """A part of the decisions that the caller sees."""
    seen, cursor = await repository.list_decisions(
        uow.session, visible_to=actor, query=query, review_cycle_id=review_cycle_id, filters=filters
    )
    return [_show(one).body for one in seen], cursor


async def update_decision(
    uow: UnitOfWork, *, actor: Actor, decision_id: UUID, data: DecisionUpdate, if_match: str | None
) -> ShownDecision:
    """Put another value forward, by hand: whoever does is the one who proposes it, and what was rejected is open again."""
    seen = await _hold(uow, actor=actor, decision_id=decision_id, action="change", if_match=if_match)
    decision = seen.decision
    changes: dict[str, object] = {
        "value": _checked_value(DecisionKind(decision.kind), data.value),
        "reason": data.reason,
        "proposed_by": actor.principal_id,
        "state": "proposed",
        "decided_by": None,
        "decided_at": None,
        "answer": None,
    }
    apply_changes(decision, changes)
    await uow.session.flush()
    return _show(seen)


async def decide(
    uow: UnitOfWork,
    *,
    actor: Actor,
    decision_id: UUID,
    action: Literal["approve", "reject"],
    reason: str | None,
    if_match: str | None,
) -> ShownDecision:
    """Approve or reject a proposal: by an executive above the person, or by HR other than who proposed it."""
    seen = await _hold(uow, actor=actor, decision_id=decision_id, action=action, if_match=if_match)
    changes: dict[str, object] = {
        "state": "approved" if action == "approve" else "rejected",
        "decided_by": actor.principal_id,
        "decided_at": utc_now(),
        "answer": reason,
    }
    apply_changes(seen.decision, changes)
    await uow.session.flush()
    return _show(seen)


async def _hold(
    uow: UnitOfWork, *, actor: Actor, decision_id: UUID, action: DecisionAction, if_match: str | None
) -> SeenDecision:
    """A decision locked for what the caller may do with it now, in the version that they mean.

    Raises:
        NotFound: it is outside the caller's view.
        NotAllowed: no state would allow it to this caller.
        Stale: If-Match names another version.
        ActionNotAllowed: another state would allow it.
    """
    seen = await _find(uow, actor=actor, decision_id=decision_id, lock=True)
    seen.check_ever(action)
    check_if_match(if_match, _show(seen).tag)
    seen.check_now(action)
    return seen


async def _find(uow: UnitOfWork, *, actor: Actor, decision_id: UUID, lock: bool = False) -> SeenDecision:
    seen = await repository.find_decision(uow.session, visible_to=actor, decision_id=decision_id, lock=lock)
    if seen is None:
        raise NotFound("There is no such decision.")
    return seen


def _show(seen: SeenDecision) -> ShownDecision:
    decision = seen.decision
    own = {name: getattr(decision, name) for name in DecisionRead.model_fields if name != "allowed_actions"}
    body = DecisionRead.model_validate(own | {"allowed_actions": seen.allowed_actions})
    return ShownDecision(decision.id, body, content_tag(body))
