"""What the rules of a company find: each with a few statements for all of its kind, whatever there is to look at (CULT-5)."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.alerts.queries import Trouble
from attain_shared.alerts.rule_schemas import (
    CONDITION,
    GoalOffTrackCondition,
    MetricDropCondition,
    TurnoverCondition,
)
from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.clock import business_day
from attain_shared.metrics.declarations import load_metrics
from attain_shared.people.figures import TeamWindow, load_team_counts
from attain_shared.rules.alerting import Judgement, figures_by_day, judge_drop, judge_goal, judge_turnover
from attain_shared.rules.algebra import Metric, part_codes
from attain_shared.rules.headcount import Counted, turnover
from attain_shared.rules.periods import Window
from attain_shared.rules.verdicts import IndicatorStatus
from attain_shared.wire import plain_decimal
from attain_worker.alerts import rule_repository
from attain_worker.alerts.rule_repository import LATEST_WITHIN, GoalStanding, Place, ShopDays, StoredRule, Subject

Read = TypeVar("Read", MetricDropCondition, GoalOffTrackCondition, TurnoverCondition)
Details = dict[str, str | None]


@dataclass(slots=True)
class Findings:
    """What is trouble, and what is neither trouble nor fine; all else is fine."""

    troubles: dict[Subject, Trouble] = field(default_factory=dict)
    between: set[Subject] = field(default_factory=set)

    def add(
        self, rule: StoredRule, subject: Subject, judgement: Judgement, details: Details, owner_id: UUID | None = None
    ) -> None:
        """Note what was found; `owner_id` sees to it where the rule names nobody."""
        if judgement is Judgement.BETWEEN:
            self.between.add(subject)
        elif judgement is Judgement.TROUBLE:
            self.troubles[subject] = Trouble(
                kind=AlertKind(rule.kind),
                severity=Severity(rule.severity),
                owner_id=rule.owner_id or owner_id,
                details=details,
                **subject._asdict(),
            )


async def judge_rules(
    session: AsyncSession, *, company_id: UUID, rules: Sequence[StoredRule], told: Collection[Subject], now: datetime
) -> Findings:
    """What the rules find; `told` is what stands already."""
    findings, today = Findings(), business_day(now)
    if drops := list(_of_kind(rules, MetricDropCondition)):
        await _judge_drops(session, findings, drops, company_id=company_id, now=now)
    goals, turnovers = list(_of_kind(rules, GoalOffTrackCondition)), list(_of_kind(rules, TurnoverCondition))
    if goals or turnovers:
        tree = await rule_repository.load_departments(session, company_id=company_id)
        if goals:
            told_goals = {one.goal_id for one in told if one.goal_id is not None}
            standing = await rule_repository.list_goals(session, company_id=company_id, told=told_goals, today=today)
            _judge_goals(findings, goals, standing, tree)
        if turnovers:
            await _judge_turnovers(session, findings, turnovers, tree, company_id=company_id, today=today)
    return findings


def _of_kind(rules: Sequence[StoredRule], kind: type[Read]) -> Iterator[tuple[StoredRule, Read]]:
    for rule in rules:
        condition = CONDITION.validate_python(rule.condition)
        if isinstance(condition, kind):
            yield rule, condition


async def _judge_drops(
    session: AsyncSession,
    findings: Findings,
    rules: Sequence[tuple[StoredRule, MetricDropCondition]],
    *,
    company_id: UUID,
    now: datetime,
) -> None:
    catalogue = await load_metrics(session, company_id=company_id)
    wanted: dict[str, int] = {}
    for _, condition in rules:
        for code in (condition.metric, *part_codes(catalogue[condition.metric])):
            wanted[code] = max(condition.days, wanted.get(code, 0))
    shops = await rule_repository.load_days(session, company_id=company_id, metrics=wanted, now=now)
    for shop_id, shop in shops.items():
        await asyncio.sleep(0)  # pushes are taken in by the same loop
        for rule, condition in rules:
            if condition.shop_ids is None or shop_id in condition.shop_ids:
                judgement, details = _judge_shop(condition, catalogue[condition.metric], shop)
                findings.add(rule, Subject(rule.id, shop_id=shop_id), judgement, details)


def _judge_shop(condition: MetricDropCondition, metric: Metric, shop: ShopDays) -> tuple[Judgement, Details]:
    """The latest complete day that has a figure; without one of the last days nothing is known."""
    codes = (metric.code, *part_codes(metric))
    figures = figures_by_day(metric, {code: shop.by_metric[code] for code in codes})
    day = max(figures, default=date.min)
    if day < shop.today - timedelta(days=LATEST_WITHIN):
        return Judgement.BETWEEN, {}
    earliest = day - timedelta(days=condition.days)
    before = [value for on, value in figures.items() if earliest <= on < day]
    drop = judge_drop(figures[day], before=before, by=condition.by, days=condition.days)
    if drop is None:
        return Judgement.BETWEEN, {}
    return drop.judgement, {
        "metric": metric.code,
        "day": day.isoformat(),
        "value": plain_decimal(figures[day]),
        "median": plain_decimal(drop.median),
        "drop": plain_decimal(drop.share),
    }


def _judge_goals(
    findings: Findings,
    rules: Sequence[tuple[StoredRule, GoalOffTrackCondition]],
    standing: Sequence[GoalStanding],
    tree: Mapping[UUID, Place],
) -> None:
    for rule, condition in rules:
        scope = None if condition.department_ids is None else set(condition.department_ids)
        for goal in standing:
            if scope is not None and scope.isdisjoint(_line(goal.department_id, tree)):
                continue
            judgement = judge_goal(IndicatorStatus(goal.status))
            details: Details = {"status": goal.status, "business_day": goal.business_day.isoformat()}
            owner_id = goal.manager_id if goal.person_id is not None else _head(goal.department_id, tree)
            findings.add(rule, Subject(rule.id, goal_id=goal.goal_id), judgement, details, owner_id)


async def _judge_turnovers(
    session: AsyncSession,
    findings: Findings,
    rules: Sequence[tuple[StoredRule, TurnoverCondition]],
    tree: Mapping[UUID, Place],
    *,
    company_id: UUID,
    today: date,
) -> None:
    teams: list[tuple[StoredRule, TurnoverCondition, TeamWindow]] = []
    for rule, condition in rules:
        window = Window(today - timedelta(days=condition.days - 1), today)
        named = [None] if condition.department_ids is None else [one for one in condition.department_ids if one in tree]
        teams += [(rule, condition, TeamWindow(department_id, window)) for department_id in named]
    counts = await load_team_counts(session, company_id=company_id, teams={team for _, _, team in teams})
    for rule, condition, team in teams:
        counted = Counted(
            days=team.window.days,
            headcount=0,
            plan=None,
            person_days=counts[team].person_days,
            leavers=counts[team].leavers,
            managers=0,
            reports=0,
        )
        rate = turnover(counted)
        details: Details = {
            "turnover": None if rate is None else plain_decimal(rate),
            "limit": plain_decimal(condition.above),
            "starts_on": team.window.starts_on.isoformat(),
            "ends_on": team.window.ends_on.isoformat(),
        }
        subject = Subject(rule.id, department_id=team.department_id)
        judgement = judge_turnover(rate, above=condition.above)
        findings.add(rule, subject, judgement, details, _head(team.department_id, tree))


def _line(department_id: UUID | None, tree: Mapping[UUID, Place]) -> Iterator[UUID]:
    """A department and those above it."""
    while department_id is not None and department_id in tree:
        yield department_id
        department_id = tree[department_id].parent_id


def _head(department_id: UUID | None, tree: Mapping[UUID, Place]) -> UUID | None:
    return tree[department_id].head_id if department_id is not None and department_id in tree else None
