"""A company whose staff has so many reviews, straight into the tables: what is measured is what comes after."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import asyncpg

from attain_shared.identifiers import new_id
from tests.support.reviewed import assessment

STAFF_OF_DEPARTMENT = 29
"""Beside the head."""
LEADS = 3
"""Team leads of a department: each has eight or nine people, and the head has the leads."""
CHILDREN = 6
"""Departments below one that is not at the bottom."""
HIRED_ON = date(2020, 1, 1)
TABLES = ("people", "person_spells", "departments", "goals", "attainments", "reviews", "review_assessments",
          "review_goals", "review_events", "review_cycles", "calibration_groups", "rating_changes", "action_items",
          "improvement_plans", "audit_entries")  # fmt: skip

SPREAD = """
    UPDATE reviews SET step = 'manager_assessment', due_on = $3, version = version + 1
    WHERE company_id = $1 AND review_cycle_id = $2 AND hashtext(id::text) % 2 = 0
"""
"""Half of the reviews are at the manager's, who is late."""
JUDGE = """
    WITH judged AS (
        SELECT id, round((2.5 + abs(hashtext(id::text) % 251) / 100.0)::numeric, 2) AS score,
               CASE abs(hashtext(person_id::text) % 3) WHEN 0 THEN 3.0 ELSE 2.5 END AS values_score
        FROM reviews WHERE company_id = $1 AND review_cycle_id = $2
    )
    UPDATE reviews
    SET step = 'calibration', due_on = NULL, frozen_as_of = now(), goals_score = score, performance = score,
        values_score = judged.values_score, values_failed = false, overall = score, version = version + 1,
        raters_closed_at = now(),
        suggested_rating = (
            SELECT rating FROM unnest(ARRAY[2.5, 3, 3.25, 3.5, 3.75, 4, 4.5, 5]) AS scale (rating)
            ORDER BY abs(rating - score), rating LIMIT 1
        ),
        quadrant = CASE WHEN score < 3.5 THEN 'rabbit' WHEN score >= 3.75 AND judged.values_score >= 3 THEN 'star'
                        ELSE 'bull' END
    FROM judged WHERE reviews.company_id = $1 AND reviews.id = judged.id
"""
"""All of them are judged, from 2.50 to 5.00 alike: far more ratings of 4 and more than the limits allow (REV-8)."""
WRITE = """
    INSERT INTO review_assessments (company_id, review_id, part, document, saved_by, saved_at, submitted_at)
    SELECT company_id, id, part, $3, CASE part WHEN 'self' THEN person_id ELSE manager_id END, now(), now()
    FROM reviews, unnest(ARRAY['self', 'manager']) AS part WHERE company_id = $1 AND review_cycle_id = $2
"""
FREEZE = """
    INSERT INTO review_goals (company_id, review_id, goal_id, title, weight, suggested_score, indicators, score)
    SELECT goals.company_id, reviews.id, goals.id, title, weight, attainments.score, attainments.indicators,
           attainments.score
    FROM reviews
    JOIN goals ON goals.company_id = $1 AND goals.person_id = reviews.person_id
    JOIN attainments ON attainments.company_id = $1 AND attainments.goal_id = goals.id
    WHERE reviews.company_id = $1 AND reviews.review_cycle_id = $2
"""
RECORD = """
    INSERT INTO review_events (company_id, id, review_id, action, from_step, to_step, actor_id, created_at)
    SELECT company_id, gen_random_uuid(), id, action, from_step, to_step, manager_id, now()
    FROM reviews, (VALUES ('submit', 'self_assessment', 'manager_assessment'),
                          ('submit', 'manager_assessment', 'second_level'),
                          ('approve', 'second_level', 'hr'), ('approve', 'hr', 'calibration'))
                  AS done (action, from_step, to_step)
    WHERE company_id = $1 AND review_cycle_id = $2
"""
CLOSE = """
    UPDATE reviews SET step = 'closed', closed_at = now(), rating = coalesce(rating, suggested_rating),
                       published_at = coalesce(published_at, now()), version = version + 1
    WHERE company_id = $1 AND review_cycle_id = $2
"""


class Department(NamedTuple):
    """A department and who is in it: its head, the leads, those whom they lead."""

    id: UUID
    parent_id: UUID | None
    head_id: UUID
    staff: Sequence[UUID]


@dataclass(frozen=True)
class Crowd:
    """A company of departments in three levels, all under one who belongs to none and has no manager."""

    company_id: UUID
    cycle_id: UUID
    """The period of the goals."""
    size: int
    """How many of its staff have a review; heads of departments are of the senior class (ORG-2)."""
    top_id: UUID

    @cached_property
    def departments(self) -> Sequence[Department]:
        """Those above come first."""
        everybody = [new_id() for _ in range(self.size)]
        staff = [everybody[first : first + STAFF_OF_DEPARTMENT] for first in range(0, self.size, STAFF_OF_DEPARTMENT)]
        at_top = max(1, round(len(staff) / (1 + CHILDREN + CHILDREN**2)))
        made: list[Department] = []
        for number, people in enumerate(staff):
            above = made[(number - at_top) // CHILDREN] if number >= at_top else None
            made.append(Department(new_id(), above.id if above else None, new_id(), people))
        return made

    @property
    def lead_id(self) -> UUID:
        """A team lead of a department in the middle of the list."""
        return self.departments[len(self.departments) // 2].staff[0]

    @property
    def head_id(self) -> UUID:
        """The head of the first department, with all that are below it."""
        return self.departments[0].head_id

    @property
    def member_id(self) -> UUID:
        """Somebody with a lead above them."""
        return self.departments[len(self.departments) // 2].staff[LEADS]


async def make_crowd(connection: asyncpg.Connection, crowd: Crowd) -> None:
    """Its people in their departments, with a confirmed goal and its attainment each."""
    now = datetime.now(UTC)
    lines = list(_lines(crowd))
    await connection.copy_records_to_table(
        "people",
        columns=("company_id", "id", "name", "email", "phone", "roles", "created_at", "version"),
        records=[
            (crowd.company_id, person_id, f"员工{number}", f"{person_id}@example.com", None, ["employee"], now, 1)
            for number, (person_id, _, _) in enumerate(lines)
        ],
    )
    await connection.copy_records_to_table(
        "departments",
        columns=("company_id", "id", "name", "function", "parent_id", "head_id", "duties", "created_at", "version"),
        records=[
            (crowd.company_id, one.id, f"部门{number}", "operations", one.parent_id, one.head_id, [], now, 1)
            for number, one in enumerate(crowd.departments)
        ],
    )
    await connection.copy_records_to_table(
        "person_spells",
        columns=("company_id", "person_id", "starts_on", "ends_on", "status", "department_id", "manager_id",
                 "employment_type", "hired_on"),
        records=[
            (crowd.company_id, person_id, starts_on, ends_on, status, department_id, manager_id, "employee", HIRED_ON)
            for person_id, department_id, manager_id in lines
            for starts_on, ends_on, status in ((date.min, HIRED_ON, "upcoming"), (HIRED_ON, date.max, "employed"))
        ],
    )  # fmt: skip
    await _make_goals(connection, crowd, now)
    await analyse(connection)


async def spread_reviews(connection: asyncpg.Connection, crowd: Crowd, review_cycle_id: UUID, *, due_on: date) -> None:
    """Half of the reviews go to their managers."""
    await connection.execute(SPREAD, crowd.company_id, review_cycle_id, due_on)
    await analyse(connection)


async def judge_reviews(connection: asyncpg.Connection, crowd: Crowd, review_cycle_id: UUID) -> None:
    """All of the reviews come to calibration, with what was written and frozen on the way."""
    key = (crowd.company_id, review_cycle_id)
    await connection.execute(JUDGE, *key)
    await connection.execute(WRITE, *key, json.dumps(assessment(), ensure_ascii=False))
    await connection.execute(FREEZE, *key)
    await connection.execute(RECORD, *key)
    await analyse(connection)


async def close_reviews(connection: asyncpg.Connection, crowd: Crowd, review_cycle_id: UUID) -> None:
    """All of the reviews are at their end."""
    await connection.execute(CLOSE, crowd.company_id, review_cycle_id)
    await analyse(connection)


async def analyse(connection: asyncpg.Connection) -> None:
    """What autovacuum would have done in a minute."""
    for table in TABLES:
        await connection.execute(f"VACUUM ANALYZE {table}")


def _lines(crowd: Crowd) -> Iterator[tuple[UUID, UUID | None, UUID | None]]:
    """Everybody, with their department and their manager."""
    heads = {one.id: one.head_id for one in crowd.departments}
    yield crowd.top_id, None, None
    for one in crowd.departments:
        yield one.head_id, one.id, crowd.top_id if one.parent_id is None else heads[one.parent_id]
        for place, person_id in enumerate(one.staff):
            yield person_id, one.id, one.head_id if place < LEADS else one.staff[place % LEADS]


async def _make_goals(connection: asyncpg.Connection, crowd: Crowd, now: datetime) -> None:
    chance = random.Random(1)
    owned = [(new_id(), person_id) for one in crowd.departments for person_id in one.staff]
    starts_on, ends_on = date(now.year, 7, 1), date(now.year, 9, 30)
    await connection.copy_records_to_table(
        "goals",
        columns=("company_id", "id", "cycle_id", "person_id", "title", "starts_on", "ends_on", "weight",
                 "ignore_missing", "state", "created_by", "created_at", "version"),
        records=[
            (crowd.company_id, goal_id, crowd.cycle_id, person_id, "店铺 GMV", starts_on, ends_on, Decimal(100), False,
             "confirmed", person_id, now, 1)
            for goal_id, person_id in owned
        ],
    )  # fmt: skip
    await connection.execute("SET attain.months = 'kept'")  # said by builds that may write attainments (migration 0009)
    await connection.copy_records_to_table(
        "attainments",
        columns=("company_id", "goal_id", "score", "status", "business_day", "computed_at", "indicators"),
        records=[
            (crowd.company_id, goal_id, Decimal(chance.randint(250, 500)) / 100, "on_track", ends_on, now, "[]")
            for goal_id, _ in owned
        ],
    )
