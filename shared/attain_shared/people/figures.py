"""Figures on the people of departments, for the goals that are measured by them (GOAL-4, ORG-5)."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import BUSINESS_ZONE
from attain_shared.rules.periods import Window

# a department is where it was on the last day asked about; its people are those of all below it. A rating is of the day
# that it was published on, and is held against that of the last review closed by now that was published before it: not
# of one out of turn, nor of values alone, nor of a cancelled one
_FIGURES = text("""
    WITH RECURSIVE wanted AS (
        SELECT * FROM unnest(CAST(:departments AS uuid[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
            WITH ORDINALITY AS wanted (department_id, first, last, number)
    ), tree AS (
        SELECT number, first, last, department_id FROM wanted WHERE department_id IS NOT NULL
        UNION
        SELECT tree.number, tree.first, tree.last, below.department_id FROM tree
        JOIN department_spells below ON below.company_id = :company_id AND below.parent_id = tree.department_id
             AND below.starts_on <= tree.last AND below.ends_on > tree.last
    ), employed AS (
        SELECT tree.number, tree.first, tree.last, spell.* FROM tree
        JOIN person_spells spell ON spell.company_id = :company_id AND spell.department_id = tree.department_id
        UNION ALL
        SELECT wanted.number, wanted.first, wanted.last, spell.* FROM wanted
        JOIN person_spells spell ON spell.company_id = :company_id
        WHERE wanted.department_id IS NULL
    ), spells AS (
        SELECT number, person_id, LEAST(ends_on - 1, last) - GREATEST(starts_on, first) + 1 AS days,
               ends_on <= last + 1 AND NOT EXISTS (
                   SELECT FROM person_spells after WHERE after.company_id = :company_id
                     AND after.person_id = employed.person_id AND after.starts_on = employed.ends_on
                     AND after.status = 'employed' AND after.hired_on = employed.hired_on) AS has_left
        FROM employed WHERE status = 'employed' AND starts_on <= last AND ends_on > first
    ), people AS (
        SELECT number, person_id, sum(days) AS days, count(*) FILTER (WHERE has_left) AS leaves
        FROM spells GROUP BY number, person_id
    ), risen AS (
        SELECT DISTINCT wanted.number, review.person_id
        FROM wanted
        JOIN reviews review ON review.company_id = :company_id AND review.step <> 'cancelled'
             AND review.published_at >= CAST(wanted.first AS timestamp) AT TIME ZONE CAST(:zone AS text)
             AND review.published_at < CAST(wanted.last + 1 AS timestamp) AT TIME ZONE CAST(:zone AS text)
        JOIN review_cycles round ON round.company_id = :company_id AND round.id = review.review_cycle_id
             AND round.cadence <> 'ad_hoc' AND NOT round.is_values_only
        CROSS JOIN LATERAL (
            SELECT earlier.rating FROM reviews earlier
            JOIN review_cycles its_round ON its_round.company_id = :company_id
                 AND its_round.id = earlier.review_cycle_id AND its_round.cadence <> 'ad_hoc'
                 AND NOT its_round.is_values_only
            WHERE earlier.company_id = :company_id AND earlier.person_id = review.person_id
              AND earlier.step = 'closed' AND earlier.rating IS NOT NULL
              AND earlier.published_at < review.published_at
            ORDER BY earlier.published_at DESC, earlier.id DESC LIMIT 1
        ) AS before
        WHERE review.rating > before.rating
    )
    SELECT wanted.number, COALESCE(sum(people.days), 0)::bigint AS person_days,
           COALESCE(sum(people.leaves), 0)::bigint AS leavers,
           COALESCE(array_agg(people.person_id) FILTER (
               WHERE people.days = wanted.last - wanted.first + 1), '{}') AS team,
           COALESCE(array_agg(people.person_id) FILTER (
               WHERE people.days = wanted.last - wanted.first + 1 AND (risen.person_id IS NOT NULL OR EXISTS (
                   SELECT FROM person_events event WHERE event.company_id = :company_id
                     AND event.person_id = people.person_id AND event.kind = 'promote' AND event.withdrawn_at IS NULL
                     AND event.effective_on BETWEEN wanted.first AND wanted.last))), '{}') AS grown
    FROM wanted LEFT JOIN people ON people.number = wanted.number
    LEFT JOIN risen ON risen.number = people.number AND risen.person_id = people.person_id
    GROUP BY wanted.number ORDER BY wanted.number
""")


class TeamWindow(NamedTuple):
    """A department with all below it, or everybody, over some days."""

    department_id: UUID | None
    window: Window


class TeamCount(NamedTuple):
    """What is counted of a team over its days."""

    person_days: int
    """The sum of the daily headcounts."""
    leavers: int
    team: frozenset[UUID]
    """Those who were there on every day."""
    grown: frozenset[UUID]
    """Those of them who in these days were promoted, or got a higher rating than in their last review."""


async def load_team_counts(
    session: AsyncSession, *, company_id: UUID, teams: Collection[TeamWindow]
) -> dict[TeamWindow, TeamCount]:
    """What is counted of some teams: one statement."""
    wanted = list(teams)
    rows = await session.execute(
        _FIGURES,
        {
            "company_id": company_id,
            "departments": [team.department_id for team in wanted],
            "firsts": [team.window.starts_on for team in wanted],
            "lasts": [team.window.ends_on for team in wanted],
            "zone": BUSINESS_ZONE.key,
        },
    )
    return {
        wanted[row.number - 1]: TeamCount(row.person_days, row.leavers, frozenset(row.team), frozenset(row.grown))
        for row in rows
    }


def until(window: Window, today: date) -> Window | None:
    """The days of a window that have begun; none before it."""
    return Window(window.starts_on, min(window.ends_on, today)) if window.starts_on <= today else None
