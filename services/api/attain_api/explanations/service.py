"""Attainments opened up: what they were read from, and what they would be (GOAL-8)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.visibility import MEASURING
from attain_api.explanations import opening, repository
from attain_api.explanations.changing import explain_change
from attain_api.explanations.opening import Sight
from attain_api.explanations.tracing import Known, asked_of, know, periods_of
from attain_api.findings.service import read_finding
from attain_api.goals.hiding import NO_SCORE, hide
from attain_api.goals.record import check_in_full
from attain_api.messages import Language
from attain_api.paging import read_cursor, write_cursor
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid, NotFound
from attain_shared.goals.evaluation import evaluate
from attain_shared.goals.explain_schemas import GoalExplanation, SourceRow
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.queries import load_goals
from attain_shared.metrics.finding_schemas import FindingRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be opened, and how far."""

    as_of: datetime | None
    """As known when; None: now."""
    since: datetime | None
    """Also why it changed since this instant."""
    limit: int
    """The most of each list."""
    language: Language


class Opened(NamedTuple):
    """A goal that the caller sees in full, and what is known of it."""

    goal: Goal
    indicators: Sequence[Indicator]
    known: Known
    visible: Collection[UUID]
    """The shops whose values the caller sees: a mentor reads goals, and no shops (SEC-3)."""


async def explain_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, wanted: Wanted) -> GoalExplanation:
    """A goal's attainment with everything that it was made of, as it stands or as known at an instant (MET-7).

    Raises:
        NotFound: the goal is not in the caller's view.
        NotAllowed: they see its public part alone (SEC-3).
        Invalid: there is nothing between the instants.
    """
    until = wanted.as_of or utc_now()
    if wanted.since is not None and wanted.since >= until:
        raise Invalid.field("/query/since", "since-not-before", "`since` must lie before `as_of`, or before now")
    goal, indicators, known, visible = await _open(uow, actor=actor, goal_id=goal_id, as_of=wanted.as_of)
    hidden = _hidden(goal, indicators, visible)
    then = None
    if wanted.since is not None and not hidden:
        then = await know(uow.session, goal=goal, indicators=indicators, as_of=wanted.since)
    sight = Sight(visible=visible, limit=wanted.limit, language=wanted.language)
    people = await _load_people_made(uow, goal=goal, indicators=indicators, as_of=wanted.as_of)
    evaluation = evaluate(goal, indicators, known.inputs)
    rows = [opening.rows_of(goal, one, known, visible) for one in indicators]
    opened = [
        opening.open_indicator(goal, one, read, known=known, people=people, sight=sight)
        for one, read in zip(evaluation.indicators, rows, strict=True)
    ]
    batches = sorted({row.batch_id for read in rows for row in read}, reverse=True)
    name = await repository.find_rubric_name(uow.session, company_id=actor.company_id, rubric_id=goal.rubric_id)
    explanation = GoalExplanation(
        goal_id=goal.id,
        as_of=until,
        score=evaluation.scored.score,
        score_low=evaluation.scored.score_low,
        score_high=evaluation.scored.score_high,
        rule=evaluation.scored.rule,
        rubric=opening.open_rubric(goal, evaluation.scored.rule, name=name),
        status=evaluation.status.value,
        indicators=opened,
        batches=batches[: wanted.limit],
        batches_total=len(batches),
        findings=await _list_findings(
            uow, goal=goal, indicators=indicators, known=known, visible=visible, wanted=wanted
        ),
        change=then
        and explain_change(goal, indicators, then=then, now=known, until=until, visible=visible, limit=wanted.limit),
    )
    return _hide(explanation, hidden) if hidden else explanation


def _hidden(goal: Goal, indicators: Sequence[Indicator], visible: Collection[UUID]) -> Collection[UUID]:
    """The indicators that a draft shows no figures of: those over shops out of the caller's sight (SEC-3)."""
    if goal.state in MEASURING:
        return ()
    return {one.id for one in indicators if not set(visible).issuperset(one.shop_ids)}


def _hide(explanation: GoalExplanation, hidden: Collection[UUID]) -> GoalExplanation:
    """Without what would open a shop: figures, and the score with the rule that it matched."""
    indicators = [
        one.model_copy(update={"periods": [], "rows": [], "rows_total": 0}) if one.indicator_id in hidden else one
        for one in hide(explanation.indicators, hidden)
    ]
    rules = [rule.model_copy(update={"matched": False}) for rule in explanation.rubric.rules]
    rubric = explanation.rubric.model_copy(update={"rules": rules})
    return explanation.model_copy(update={**NO_SCORE, "rubric": rubric, "indicators": indicators})


async def list_rows(
    uow: UnitOfWork,
    *,
    actor: Actor,
    goal_id: UUID,
    indicator_id: UUID,
    as_of: datetime | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[SourceRow], str | None]:
    """A part of the rows that an indicator's figures were read from, in the order in which explanations begin with them."""
    after = read_cursor(cursor, sort=_ROWS, kind=str)[0] if cursor is not None else ""
    goal, indicators, known, visible = await _open(uow, actor=actor, goal_id=goal_id, as_of=as_of)
    indicator = next((one for one in indicators if one.id == indicator_id), None)
    if indicator is None:
        raise NotFound("the goal has no such indicator")
    rows = opening.rows_of(goal, indicator, known, visible)
    rest = [row for row in rows if opening.order_of(row) > after]
    if len(rest) <= limit:
        return rest, None
    return rest[:limit], write_cursor(_ROWS, opening.order_of(rest[limit - 1]), goal_id)


_ROWS = "rows"


async def _open(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, as_of: datetime | None) -> Opened:
    await check_in_full(uow, actor=actor, goal_id=goal_id)
    ((goal, indicators),) = await load_goals(uow.session, company_id=actor.company_id, goal_ids=[goal_id])
    known = await know(uow.session, goal=goal, indicators=indicators, as_of=as_of)
    shops = {shop_id for one in indicators for shop_id in one.shop_ids}
    visible = await repository.find_visible_shops(uow.session, visible_to=actor, shop_ids=shops)
    return Opened(goal, indicators, known, visible)


async def _load_people_made(
    uow: UnitOfWork, *, goal: Goal, indicators: Sequence[Indicator], as_of: datetime | None
) -> opening.PeopleMade:
    """What people entered and did, where indicators are made of that."""
    manual = [one.id for one in indicators if one.kind == "manual"]
    entries = await repository.list_accepted(uow.session, company_id=goal.company_id, indicator_ids=manual, as_of=as_of)
    counts_steps = any(one.kind == "milestones" for one in indicators)
    steps = (
        await repository.list_steps(uow.session, company_id=goal.company_id, goal_id=goal.id, as_of=as_of)
        if counts_steps
        else []
    )
    return opening.PeopleMade(entries, steps)


async def _list_findings(
    uow: UnitOfWork,
    *,
    goal: Goal,
    indicators: Sequence[Indicator],
    known: Known,
    visible: Collection[UUID],
    wanted: Wanted,
) -> list[FindingRead]:
    asked = asked_of(period for one in indicators for period in periods_of(goal, one, known.inputs))
    found = await repository.list_findings(
        uow.session,
        company_id=goal.company_id,
        asked=[one for one in asked if one.series.shop_id in visible],
        as_of=wanted.as_of,
        limit=wanted.limit,
    )
    return [_as_known(read_finding(one), wanted.as_of) for one in found]


def _as_known(finding: FindingRead, as_of: datetime | None) -> FindingRead:
    """A finding as it stood at an instant: what was resolved since was open."""
    if as_of is None or finding.resolved_at is None or finding.resolved_at <= as_of:
        return finding
    return finding.model_copy(update={"state": "open", "resolved_at": None})
