"""Everything that goals are evaluated from, loaded for many at once: as many statements for one goal as for all (GOAL-4)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.curves import ExpectedShare, Paced, load_shares
from attain_shared.goals.facts import Facts, Question, load_facts
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.sources import MEASURED, Measured, earlier_window, units_of, window_of
from attain_shared.metrics.declarations import load_entries, load_versions, metrics_of
from attain_shared.people.figures import TeamCount, TeamWindow, load_team_counts, until
from attain_shared.rules.algebra import Aggregate, Metric
from attain_shared.rules.attribution import Holding
from attain_shared.rules.periods import Window
from attain_shared.rules.verdicts import has_pace

_ENTRIES = text("""
    SELECT DISTINCT ON (indicator_id) indicator_id, value FROM indicator_entries
    WHERE company_id = :company_id AND indicator_id = ANY(CAST(:ids AS uuid[])) AND state = 'accepted'
      AND (CAST(:as_of AS timestamptz) IS NULL OR decided_at <= :as_of)
    ORDER BY indicator_id, on_day DESC, decided_at DESC, id DESC
""")

_MILESTONES = text("""
    SELECT goal_id, count(*) AS total, count(*) FILTER (
        WHERE done_on IS NOT NULL AND (CAST(:as_of AS timestamptz) IS NULL OR done_at <= :as_of)) AS done
    FROM milestones WHERE company_id = :company_id AND goal_id = ANY(CAST(:ids AS uuid[])) GROUP BY goal_id
""")

_HOLDINGS = text("""
    SELECT department_id, person_id, shop_id, starts_on, ends_on - 1 AS last_on, share FROM shop_owners
    WHERE company_id = :company_id AND shop_id = ANY(CAST(:shops AS uuid[]))
      AND (department_id = ANY(CAST(:owners AS uuid[])) OR person_id = ANY(CAST(:owners AS uuid[])))
    ORDER BY shop_id, starts_on
""")


@dataclass(frozen=True, slots=True)
class Formulas:
    """What indicators are measured by: the catalogue, and earlier versions that some of them keep (MET-4)."""

    catalogue: Mapping[str, Metric]
    kept: Mapping[tuple[str, int | None], Metric] = field(default_factory=dict)
    """By code and version."""

    def of(self, indicator: Indicator) -> Metric:
        """The declaration that an indicator of a metric is measured by."""
        code = indicator.metric or ""
        return self.kept.get((code, indicator.metric_version)) or self.catalogue[code]


class Steps(NamedTuple):
    """How many of a goal's milestones are done."""

    total: int
    done: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """What has been loaded of goals; nothing in it is by goal, so that what many are measured by is there once."""

    today: date
    formulas: Formulas
    facts: Facts
    shares: Mapping[UUID, ExpectedShare]
    """By curve."""
    holdings: Mapping[tuple[UUID | None, UUID], Sequence[Holding]]
    """By owner and shop."""
    teams: Mapping[TeamWindow, TeamCount]
    entries: Mapping[UUID, Decimal]
    """The value accepted last, by indicator."""
    milestones: Mapping[UUID, Steps]
    paced: Mapping[UUID, Collection[UUID]] = field(default_factory=dict)
    """By curve, whether there is one yet or not, the goals that are paced by it."""

    def is_in_part(self, goal: Goal, indicator: Indicator, question: Question) -> bool:
        """Whether only some days or a share of what a figure is about count, as its owner held no more (GOAL-12)."""
        return is_owned(goal, indicator) and not _is_whole(goal, question, self.holdings)


def question_of(goal: Goal, indicator: Indicator, metric: Metric, window: Window | None = None) -> Question:
    """The figure that an indicator of a metric is about, over its goal's window or another."""
    aggregate = Aggregate(indicator.aggregate or metric.default_aggregate)
    return Question(metric, window or window_of(goal), tuple(units_of(indicator)), aggregate)


def earlier_question(goal: Goal, indicator: Indicator, question: Question) -> Question | None:
    """The figure that growth is against (GOAL-4)."""
    before = earlier_window(goal, indicator)
    return None if before is None else question._replace(window=before)


def is_paced(goal: Goal, indicator: Indicator, question: Question, today: date) -> bool:
    """Whether there is a pace to speak of: of what adds up, in a window with a complete day and one to come (GOAL-7)."""
    is_running = goal.starts_on < today <= goal.ends_on
    return is_running and has_pace(question.metric, question.aggregate) and indicator.target is not None


def so_far(question: Question, today: date) -> Question:
    """The figure of the complete days: today's partial day is left out (GOAL-7)."""
    return question._replace(window=Window(question.window.starts_on, today - timedelta(days=1)))


def is_owned(goal: Goal, indicator: Indicator) -> bool:
    """Whether only the owner's days and share count (GOAL-12); the company owns every shop wholly."""
    return indicator.attribution == "owned" and (goal.person_id or goal.department_id) is not None


def _is_whole(goal: Goal, question: Question, holdings: Mapping[tuple[UUID | None, UUID], Sequence[Holding]]) -> bool:
    """Whether the goal's owner alone held all that a figure is about, on every day: as most do (GOAL-12)."""
    owner, window = goal.person_id or goal.department_id, question.window
    return all(
        any(
            one.share == 1 and one.starts_on <= window.starts_on and window.ends_on <= one.ends_on
            for one in holdings.get((owner, unit.shop_id), ())
        )
        for unit in question.units
    )


def paced_of(indicator: Indicator, question: Question) -> Paced:
    """What is to be expected by when of an indicator's figure."""
    return Paced(question, None if indicator.daily_curve is None else tuple(indicator.daily_curve))


def team_of(goal: Goal, indicator: Indicator, today: date) -> TeamWindow | None:
    """The people that a figure is about, on the days that have begun; none before the window."""
    window, department_id = until(window_of(goal), today), indicator.department_id or goal.department_id
    return None if window is None else TeamWindow(department_id, window)


def each_of(goals: Measured, *kinds: str) -> Iterator[tuple[Goal, Indicator]]:
    """The indicators of some kinds, with their goals."""
    return ((goal, one) for goal, indicators in goals for one in indicators if one.kind in kinds)


async def load_inputs(
    session: AsyncSession,
    *,
    company_id: UUID,
    goals: Measured,
    today: date,
    as_of: datetime | None = None,
    with_facts: bool = True,
) -> Inputs:
    """What goals are evaluated from, as it stands or as it was known at an instant (MET-7).

    Figures on people, and who owned a shop, are always as they are known now. Without facts the caller has them.
    """
    formulas = await load_formulas(session, company_id=company_id, goals=goals, as_of=as_of)
    owned = [(goal, indicator) for goal, indicator in each_of(goals, *MEASURED) if is_owned(goal, indicator)]
    holdings = await _load_holdings(session, company_id=company_id, owned=owned) if owned else {}
    asked = _ask(goals, formulas, holdings, today)
    facts = Facts(formulas.catalogue)
    if with_facts:
        facts = await load_facts(
            session,
            company_id=company_id,
            catalogue=formulas.catalogue,
            questions=asked.questions,
            by_rows=asked.by_rows,
            as_of=as_of,
        )
    teams = {team for goal, each in each_of(goals, "people") if (team := team_of(goal, each, today)) is not None}
    return Inputs(
        today=today,
        formulas=formulas,
        facts=facts,
        shares=await load_shares(session, company_id=company_id, curve_ids=asked.paced, today=today),
        holdings=holdings,
        teams=await load_team_counts(session, company_id=company_id, teams=teams) if teams else {},
        entries=await _load_entries(session, company_id=company_id, goals=goals, as_of=as_of),
        milestones=await _load_milestones(session, company_id=company_id, goals=goals, as_of=as_of),
        paced=asked.paced,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be read for goals: by months where they tell it, or by rows; and the goals by curve."""

    questions: dict[Question, None] = field(default_factory=dict)
    by_rows: dict[Question, None] = field(default_factory=dict)
    paced: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))


def _ask(
    goals: Measured,
    formulas: Formulas,
    holdings: Mapping[tuple[UUID | None, UUID], Sequence[Holding]],
    today: date,
) -> _Asked:
    asked = _Asked()
    for goal, indicator in each_of(goals, *MEASURED):
        question, owned = question_of(goal, indicator, formulas.of(indicator)), is_owned(goal, indicator)
        for one in (question, earlier_question(goal, indicator, question)):
            if one is not None:
                in_part = owned and not _is_whole(goal, one, holdings)
                (asked.by_rows if in_part else asked.questions)[one] = None
        if is_paced(goal, indicator, question, today) and question in asked.questions:
            asked.questions[so_far(question, today)] = None
            if not owned:
                asked.paced[paced_of(indicator, question).curve_id].add(goal.id)
    return asked


async def load_formulas(
    session: AsyncSession, *, company_id: UUID, goals: Measured, as_of: datetime | None = None
) -> Formulas:
    """What goals are measured by, now or as at an instant (MET-7): one statement, and one for versions of before."""
    entries = await load_entries(session, company_id=company_id, as_of=as_of)
    measured = {(one.metric, one.metric_version) for _, one in each_of(goals, *MEASURED)}
    before = [
        (code, version)
        for code, version in measured
        if code is not None and version is not None and version < (entries[code].version or 0)
    ]
    kept = await load_versions(session, company_id=company_id, versions=before) if before else {}
    return Formulas(metrics_of(entries), kept)


async def _load_holdings(
    session: AsyncSession, *, company_id: UUID, owned: Iterable[tuple[Goal, Indicator]]
) -> Mapping[tuple[UUID | None, UUID], Sequence[Holding]]:
    pairs = list(owned)
    rows = await session.execute(
        _HOLDINGS,
        {
            "company_id": company_id,
            "shops": sorted({shop_id for _, indicator in pairs for shop_id in indicator.shop_ids}),
            "owners": sorted({owner for goal, _ in pairs if (owner := goal.person_id or goal.department_id)}),
        },
    )
    found: dict[tuple[UUID | None, UUID], list[Holding]] = defaultdict(list)
    for row in rows:
        holding = Holding(row.starts_on, row.last_on, row.share)
        found[row.person_id or row.department_id, row.shop_id].append(holding)
    return found


async def _load_entries(
    session: AsyncSession, *, company_id: UUID, goals: Measured, as_of: datetime | None
) -> Mapping[UUID, Decimal]:
    ids = sorted(one.id for _, one in each_of(goals, "manual"))
    if not ids:
        return {}
    rows = await session.execute(_ENTRIES, {"company_id": company_id, "ids": ids, "as_of": as_of})
    return {row.indicator_id: row.value for row in rows}


async def _load_milestones(
    session: AsyncSession, *, company_id: UUID, goals: Measured, as_of: datetime | None
) -> Mapping[UUID, Steps]:
    ids = sorted({goal.id for goal, _ in each_of(goals, "milestones")})
    if not ids:
        return {}
    rows = await session.execute(_MILESTONES, {"company_id": company_id, "ids": ids, "as_of": as_of})
    return {row.goal_id: Steps(row.total, row.done) for row in rows}
