"""Leaderboards (龙虎榜, CULT-2): who has reached the most in a cycle, among those that the caller sees."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.cycles.service import get_cycle
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.leaderboards import repository
from attain_api.leaderboards.repository import Rows
from attain_api.paging import PageQuery, read_cursor, write_cursor
from attain_api.scorecards.service import measured_performance
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid
from attain_shared.goals.leaderboard_schemas import LeaderboardEntry, LeaderboardRead
from attain_shared.metrics.declarations import load_entries
from attain_shared.rules.ranking import ranked

_FIGURES = {
    name: None for name in LeaderboardEntry.model_fields if name.startswith(("performance", "attainment", "actual"))
}


async def get_leaderboard(
    uow: UnitOfWork,
    *,
    actor: Actor,
    cycle_id: UUID,
    metric: str | None,
    department_id: UUID | None,
    query: PageQuery,
) -> LeaderboardRead:
    """People by their performance, or with a metric by the attainment of it: a share, as targets differ.

    Whoever has several indicators of a metric stands by the best of them. A board is ranked as a whole each time; the
    cursor is a place on it.
    """
    await get_cycle(uow, actor=actor, cycle_id=cycle_id)
    if metric is None:
        rows = await repository.list_scores(
            uow.session, visible_to=actor, cycle_id=cycle_id, department_id=department_id
        )
        entries = _by_performance(rows)
    else:
        if metric not in await load_entries(uow.session, company_id=actor.company_id):
            raise Invalid.field("/query/metric", "unknown-metric", f"no metric {metric} in the catalogue")
        rows = await repository.list_figures(
            uow.session, visible_to=actor, cycle_id=cycle_id, department_id=department_id, metric=metric
        )
        entries = _by_attainment(rows)
    items, cursor = _part(_ranked(entries), query)
    return LeaderboardRead(
        cycle_id=cycle_id, metric=metric, department_id=department_id, items=items, next_cursor=cursor
    )


def _by_performance(rows: Rows) -> Iterable[LeaderboardEntry]:
    for (person_id, name), goals in groupby(rows, key=lambda row: (row.person_id, row.name)):
        figure = measured_performance(goals)
        yield _entry(
            person_id, name, performance=figure.value, performance_low=figure.low, performance_high=figure.high
        )


def _by_attainment(rows: Rows) -> Iterable[LeaderboardEntry]:
    for (person_id, name), indicators in groupby(rows, key=lambda row: (row.person_id, row.name)):
        best = max((row.figures or {} for row in indicators), key=_least)
        names = ("attainment", "attainment_low", "attainment_high", "actual")
        yield _entry(person_id, name, **{one: best.get(one) for one in names})


def _least(figures: Mapping[str, Any]) -> Decimal:
    """The attainment, or the least that it can be; no data is below everything."""
    least = figures.get("attainment") or figures.get("attainment_low")
    return Decimal(-1) if least is None else Decimal(least)


def _entry(person_id: UUID, name: str, **figures: Decimal | str | None) -> LeaderboardEntry:
    owner = read_owner(OwnerKey(person_id=person_id))
    return LeaderboardEntry.model_validate({"rank": None, "owner": owner, "name": name} | _FIGURES | figures)


def _ranked(entries: Iterable[LeaderboardEntry]) -> list[LeaderboardEntry]:
    places = ranked((entry, entry.attainment if entry.performance is None else entry.performance) for entry in entries)
    return [place.key.model_copy(update={"rank": place.rank}) for place in places]


def _part(board: list[LeaderboardEntry], query: PageQuery) -> tuple[list[LeaderboardEntry], str | None]:
    first = 0 if query.cursor is None else max(read_cursor(query.cursor, sort=query.sort, kind=int)[0], 0)
    part = board[first : first + query.limit]
    if first + query.limit >= len(board):
        return part, None
    last = part[-1].owner.id
    return part, write_cursor(query.sort, first + query.limit, last) if last is not None else None
