"""Drawing the curves that figures are paced by, when nothing else is to do (GOAL-7)."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.calendar.queries import load_calendar
from attain_shared.clock import business_day
from attain_shared.db.failures import is_passing
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.goals.curves import Paced, load_shares, try_hold_curves
from attain_shared.goals.inputs import load_formulas
from attain_shared.goals.queries import load_goals, mark_goals
from attain_shared.rules.backtest import Choice, choose
from attain_shared.rules.curves import Daily
from attain_shared.rules.events import Calendar
from attain_shared.work.queries import want_work
from attain_worker.curves import repository
from attain_worker.curves.wanted import WantedCurves, is_lacking, paced_in
from attain_worker.report import report

log = structlog.get_logger(__name__)

GOALS_AT_A_TIME = 200
"""Goals of one step; many go by the same curve."""
CURVES_AT_A_TIME = 16
"""Curves of one step: under half a second of arithmetic."""

Lacking = dict[UUID, dict[UUID, Paced]]
"""By goal, in the order they were asked about, what it lacks of curves, by their ids."""


class Drawn(NamedTuple):
    """What a step of drawing came to."""

    curves: int
    settled: Sequence[UUID]
    """The goals that need not be looked at again."""
    marked: Sequence[UUID]
    """Those of them that were marked, having got a curve."""


def always() -> bool:
    """Nobody waits."""
    return True


class Curves:
    """Draws the curves that goals were evaluated without. Safe to run any number of times.

    What is lacking is found in the database, for goals remembered in `wanted`: a step that dies has written nothing, and
    the goals it was about are found again when they are next evaluated.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, *, wanted: WantedCurves) -> None:
        """`wanted` is filled by the recompute."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._wanted = wanted

    @property
    def companies(self) -> Sequence[UUID]:
        """The companies that lack curves."""
        return self._wanted.companies

    async def draw(self, company_id: UUID, *, may_go_on: Callable[[], bool] = always) -> bool:
        """Draw some curves of a company and mark the goals that go by them; whether any goal was marked.

        At least one where any is lacking; no further one once `may_go_on` says that somebody waits.
        """
        goal_ids = self._wanted.first(company_id, GOALS_AT_A_TIME)
        if not goal_ids:
            return False
        try:
            async with transaction(self._sessions, self._doorbell) as uow:
                if not await try_hold_curves(uow.session, company_id=company_id):
                    return False
                drawn = await _draw(uow, company_id=company_id, goal_ids=goal_ids, may_go_on=may_go_on)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("curves cannot be drawn", goals=len(goal_ids))
            report().add(failed=1)
            drawn = Drawn(0, settled=goal_ids, marked=[])
        report().add(curves=drawn.curves, marked=len(drawn.marked))
        self._wanted.drop(company_id, drawn.settled)
        return bool(drawn.marked)


async def _draw(uow: UnitOfWork, *, company_id: UUID, goal_ids: Sequence[UUID], may_go_on: Callable[[], bool]) -> Drawn:
    today = business_day()
    lacking = await _find_lacking(uow.session, company_id=company_id, goal_ids=goal_ids, today=today)
    wanted = {curve_id: paced for of_goal in lacking.values() for curve_id, paced in of_goal.items()}
    figures = dict(islice(wanted.items(), CURVES_AT_A_TIME))
    choices = await _choose_each(uow.session, company_id=company_id, figures=figures, may_go_on=may_go_on)
    drawn = {curve_id: _columns(choice) for curve_id, choice in choices.items() if choice is not None}
    if drawn:
        await repository.store_curves(uow.session, company_id=company_id, curves=drawn, today=today)
    settled = [goal_id for goal_id in goal_ids if lacking.get(goal_id, {}).keys() <= choices.keys()]
    # a goal all of whose curves are there by now was evaluated before another step drew them
    marked = [one for one in settled if one in lacking and (not lacking[one] or lacking[one].keys() & drawn.keys())]
    if marked:
        await mark_goals(uow.session, company_id=company_id, marks=[(goal_id, None) for goal_id in marked])
        await want_work(uow.session, company_id=company_id)
    return Drawn(len(drawn), settled, marked)


async def _find_lacking(session: AsyncSession, *, company_id: UUID, goal_ids: Sequence[UUID], today: date) -> Lacking:
    """What goals lack now; those that have nothing paced are left out."""
    goals = await load_goals(session, company_id=company_id, goal_ids=goal_ids)
    formulas = await load_formulas(session, company_id=company_id, goals=goals)
    paced: dict[UUID, list[Paced]] = defaultdict(list)
    for goal_id, figure in paced_in(goals, formulas, today):
        paced[goal_id].append(figure)
    by_id = {one.curve_id: one for figures in paced.values() for one in figures}
    shares = await load_shares(session, company_id=company_id, curve_ids=by_id, today=today)
    lacking = {curve_id for curve_id in by_id if is_lacking(shares.get(curve_id), today)}
    return {
        goal_id: {one.curve_id: one for one in paced[goal_id] if one.curve_id in lacking}
        for goal_id in goal_ids
        if goal_id in paced
    }


async def _choose_each(
    session: AsyncSession, *, company_id: UUID, figures: Mapping[UUID, Paced], may_go_on: Callable[[], bool]
) -> Mapping[UUID, Choice | None]:
    """The choice of each curve, as far as one may go on; none of a curve that cannot be drawn: it holds up no other."""
    choices: dict[UUID, Choice | None] = {}
    if not figures:
        return choices
    calendar = await load_calendar(session, company_id=company_id)
    values = await repository.load_days(session, company_id=company_id, figures=list(figures.values()))
    for curve_id, figure in figures.items():
        if choices and not may_go_on():
            break
        try:
            # in a thread, so that the round gets its turn within milliseconds
            choices[curve_id] = await asyncio.to_thread(_choose, figure, values.get(curve_id, {}), calendar)
        except Exception:
            log.exception("a curve cannot be drawn", curve_id=str(curve_id))
            report().add(failed=1)
            choices[curve_id] = None
    return choices


def _choose(figure: Paced, values: Daily, calendar: Calendar) -> Choice:
    return choose(figure.question.window, values, calendar, given=figure.given)


def _columns(choice: Choice) -> dict[str, Any]:
    """A curve as it is stored."""
    window = choice.curve.window
    return {
        "starts_on": window.starts_on,
        "ends_on": window.ends_on,
        "method": choice.curve.method.value,
        "error": choice.error,
        "errors": {
            test.method.value: {
                "error": str(test.error),
                "linear_error": str(test.linear_error),
                "windows": test.windows,
            }
            for test in choice.tests
        },
        "shares": list(choice.curve.shares),
    }
