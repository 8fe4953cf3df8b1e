"""The statements of recompute: marks read, attainments written, marks taken away at the generation that was read."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.events.schemas import EventKind
from attain_shared.goals.evaluation import Evaluation
from attain_shared.goals.figures import indicator_figures, rubric_key
from attain_shared.identifiers import new_id


class Mark(NamedTuple):
    """A goal to recompute, the generation of its mark, and since when it is marked."""

    goal_id: UUID
    generation: int
    marked_at: datetime


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:what || ' ' || :company_id, 0))")

_READ_MARKS = text("""
    SELECT goal_id, generation, marked_at FROM goal_marks
    WHERE company_id = :company_id AND (first_batch_id IS NOT NULL AND :pushed OR first_batch_id IS NULL AND :others)
    ORDER BY first_batch_id IS NULL, first_batch_id = '00000000-0000-0000-0000-000000000000', generation LIMIT :goals
""")

_TRACES = text("""
    SELECT DISTINCT traceparent FROM goal_marks mark
    JOIN metric_batches batch ON batch.company_id = :company_id AND batch.id = mark.first_batch_id
    WHERE mark.company_id = :company_id AND mark.goal_id = ANY(:goal_ids) AND traceparent IS NOT NULL
    ORDER BY traceparent LIMIT :most
""")
MOST_TRACES = 200

_TAKE_MARKS = text("""
    WITH held AS MATERIALIZED (
        SELECT mark.goal_id, mark.generation FROM goal_marks mark
        JOIN unnest(CAST(:goal_ids AS uuid[]), CAST(:generations AS bigint[])) AS read (goal_id, generation)
             ON mark.goal_id = read.goal_id AND mark.generation = read.generation
        WHERE mark.company_id = :company_id ORDER BY mark.goal_id FOR UPDATE OF mark
    )
    DELETE FROM goal_marks mark USING held
    WHERE mark.company_id = :company_id AND mark.goal_id = held.goal_id AND mark.generation = held.generation
    RETURNING mark.goal_id
""")

# what stood at the end of an earlier day is kept as that day's, where it is not as the day kept before it;
# whoever listens is told of what was measured, not of what moves with the calendar alone
_STORE = text("""
    WITH kept AS (
        INSERT INTO attainment_days (company_id, goal_id, business_day, score, score_low, score_high, score_forecast,
                                     status, attainments)
        SELECT :company_id, old.goal_id, old.business_day, old.score, old.score_low, old.score_high, old.score_forecast,
               old.status, reached.attainments
        FROM unnest(CAST(:goal_ids AS uuid[])) AS stored (goal_id)
        JOIN attainments old ON old.company_id = :company_id AND old.goal_id = stored.goal_id
             AND old.business_day < :today
        CROSS JOIN LATERAL (
            SELECT COALESCE(array_agg(CAST(one ->> 'attainment' AS numeric) ORDER BY place), '{}') AS attainments
            FROM jsonb_array_elements(old.indicators) WITH ORDINALITY AS each (one, place)
        ) AS reached
        LEFT JOIN LATERAL (
            SELECT * FROM attainment_days day
            WHERE day.company_id = :company_id AND day.goal_id = old.goal_id AND day.business_day < old.business_day
            ORDER BY day.business_day DESC LIMIT 1
        ) AS before ON true
        WHERE before.goal_id IS NULL
           OR (before.score, before.score_low, before.score_high, before.score_forecast, before.status,
               before.attainments)
              IS DISTINCT FROM (old.score, old.score_low, old.score_high, old.score_forecast, old.status,
                                reached.attainments)
        ORDER BY old.goal_id
        ON CONFLICT (company_id, goal_id, business_day) DO UPDATE
        SET score = excluded.score, score_low = excluded.score_low, score_high = excluded.score_high,
            score_forecast = excluded.score_forecast, status = excluded.status, attainments = excluded.attainments
    ), told AS (
        INSERT INTO events (company_id, id, kind, subject_id, data, happened_at)
        SELECT :company_id, row.event_id, :kind, row.goal_id, jsonb_build_object('goal_id', row.goal_id), :now
        FROM unnest(CAST(:event_ids AS uuid[]), CAST(:goal_ids AS uuid[]), CAST(:scores AS numeric[]),
                    CAST(:lows AS numeric[]), CAST(:highs AS numeric[]), CAST(:statuses AS text[]),
                    CAST(:indicators AS jsonb[]))
             AS row (event_id, goal_id, score, score_low, score_high, status, indicators)
        LEFT JOIN attainments old ON old.company_id = :company_id AND old.goal_id = row.goal_id
        WHERE old.goal_id IS NULL
           OR (row.score, row.score_low, row.score_high, row.status)
              IS DISTINCT FROM (old.score, old.score_low, old.score_high, old.status)
           OR (SELECT array_agg(one - ARRAY['pace', 'coverage'] ORDER BY place)
               FROM jsonb_array_elements(row.indicators) WITH ORDINALITY AS each (one, place))
              IS DISTINCT FROM
              (SELECT array_agg(one - ARRAY['pace', 'coverage'] ORDER BY place)
               FROM jsonb_array_elements(old.indicators) WITH ORDINALITY AS each (one, place))
    )
    INSERT INTO attainments (company_id, goal_id, score, score_low, score_high, score_forecast, rule, status,
                             business_day, computed_at, rubric_id, rubric_version, indicators)
    SELECT :company_id, row.goal_id, row.score, row.score_low, row.score_high, row.score_forecast, row.rule, row.status,
           :today, :now, row.rubric_id, row.rubric_version, row.indicators
    FROM unnest(CAST(:goal_ids AS uuid[]), CAST(:scores AS numeric[]), CAST(:lows AS numeric[]),
                CAST(:highs AS numeric[]), CAST(:forecasts AS numeric[]), CAST(:rules AS text[]),
                CAST(:statuses AS text[]), CAST(:rubric_ids AS uuid[]), CAST(:rubric_versions AS integer[]),
                CAST(:indicators AS jsonb[]))
         AS row (goal_id, score, score_low, score_high, score_forecast, rule, status, rubric_id, rubric_version,
                 indicators)
    ON CONFLICT (company_id, goal_id) DO UPDATE
    SET score = excluded.score, score_low = excluded.score_low, score_high = excluded.score_high,
        score_forecast = excluded.score_forecast, rule = excluded.rule, status = excluded.status,
        business_day = excluded.business_day, computed_at = excluded.computed_at, rubric_id = excluded.rubric_id,
        rubric_version = excluded.rubric_version, indicators = excluded.indicators
""")

_OF_OTHER_DAY = text("""
    SELECT goal.id FROM goals goal
    JOIN attainments attainment ON attainment.company_id = goal.company_id AND attainment.goal_id = goal.id
    WHERE goal.company_id = :company_id AND goal.state <> 'cancelled'
      AND (attainment.business_day <> :today AND goal.starts_on <= :today AND goal.ends_on >= attainment.business_day
           OR NOT attainment.indicators -> 0 ? 'kind')
""")


async def try_lock_company(session: AsyncSession, *, company_id: UUID, at_leisure: bool = False) -> bool:
    """Let one worker at a time recompute a company, and one at leisure: two would do the same marks."""
    what = "recompute at leisure" if at_leisure else "recompute"
    return bool(await session.scalar(_TRY_LOCK, {"what": what, "company_id": str(company_id)}))


async def read_marks(
    session: AsyncSession, *, company_id: UUID, goals: int, pushed: bool = True, others: bool = True
) -> list[Mark]:
    """The oldest marks, those by pushes first, or of one kind alone; unlocked: ingestion goes on marking meanwhile."""
    rows = await session.execute(
        _READ_MARKS, {"company_id": company_id, "goals": goals, "pushed": pushed, "others": others}
    )
    return [Mark(*row) for row in rows]


async def list_traces(session: AsyncSession, *, company_id: UUID, marks: Sequence[Mark]) -> list[str]:
    """The traces of the pushes that goals were marked by first."""
    goal_ids = [mark.goal_id for mark in marks]
    found = await session.scalars(_TRACES, {"company_id": company_id, "goal_ids": goal_ids, "most": MOST_TRACES})
    return list(found)


async def take_marks(session: AsyncSession, *, company_id: UUID, marks: Sequence[Mark]) -> set[UUID]:
    """Take away the marks that still stand at the generation read; the goals whose result may be written."""
    ordered = sorted(marks)
    taken = await session.scalars(
        _TAKE_MARKS,
        {
            "company_id": company_id,
            "goal_ids": [mark.goal_id for mark in ordered],
            "generations": [mark.generation for mark in ordered],
        },
    )
    return set(taken)


async def store_attainments(
    session: AsyncSession, *, company_id: UUID, evaluations: Sequence[Evaluation], today: date, now: datetime
) -> None:
    """Write what goals have come to, sorted by goal; what stood at the end of an earlier day becomes history.

    Whoever listens is told of those that show other figures now.
    """
    ordered = sorted(evaluations, key=lambda evaluation: evaluation.goal.id)
    rubrics = [rubric_key(one.goal) for one in ordered]
    await session.execute(
        _STORE,
        {
            "company_id": company_id,
            "today": today,
            "now": now,
            "kind": EventKind.ATTAINMENT_CHANGED.value,
            "event_ids": [new_id() for _ in ordered],
            "goal_ids": [one.goal.id for one in ordered],
            "scores": [one.scored.score for one in ordered],
            "lows": [one.scored.score_low for one in ordered],
            "highs": [one.scored.score_high for one in ordered],
            "forecasts": [one.forecast for one in ordered],
            "rules": [one.scored.rule for one in ordered],
            "statuses": [one.status.value for one in ordered],
            "rubric_ids": [rubric.id for rubric in rubrics],
            "rubric_versions": [rubric.version for rubric in rubrics],
            "indicators": [json.dumps([indicator_figures(each) for each in one.indicators]) for one in ordered],
        },
    )


async def list_goals_of_other_day(session: AsyncSession, *, company_id: UUID, today: date) -> list[UUID]:
    """Goals whose attainment was computed on another business day, while their window ran, or by a build before 0009."""
    return list(await session.scalars(_OF_OTHER_DAY, {"company_id": company_id, "today": today}))
