"""Departments as they were: what every change leaves behind for "as of" reads."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.people.timeline import FOREVER

_STATE = ("name", "function", "parent_id", "head_id", "headcount_plan", "duties")
"""What may differ from day to day."""


async def write_spells(session: AsyncSession, departments: Sequence[Department], *, starts_on: date) -> None:
    """Let departments of one company be from a day on what their rows say; a day's later change replaces its earlier one.

    Spells are derived from audited rows, so they are written past the audit.
    """
    if not departments:
        return
    await _end_spells(session, departments, on=starts_on)
    rows = [
        {"company_id": one.company_id, "department_id": one.id, "starts_on": starts_on, "ends_on": FOREVER}
        | {name: getattr(one, name) for name in _STATE}
        for one in departments
    ]
    statement = insert(DepartmentSpell)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["company_id", "department_id", "starts_on"],
            set_={name: statement.excluded[name] for name in (*_STATE, "ends_on")},
        ),
        rows,
    )


async def end_spells(session: AsyncSession, department: Department, *, on: date) -> None:
    """Let a department be no more from this day on."""
    await _end_spells(session, [department], on=on)
    await session.execute(
        delete(DepartmentSpell).where(
            DepartmentSpell.company_id == department.company_id,
            DepartmentSpell.department_id == department.id,
            DepartmentSpell.starts_on >= on,
        )
    )


async def _end_spells(session: AsyncSession, departments: Sequence[Department], *, on: date) -> None:
    ids: list[UUID] = [one.id for one in departments]
    await session.execute(
        update(DepartmentSpell)
        .where(
            DepartmentSpell.company_id == departments[0].company_id,
            DepartmentSpell.department_id.in_(ids),
            DepartmentSpell.starts_on < on,
            DepartmentSpell.ends_on > on,
        )
        .values(ends_on=on)
        .execution_options(synchronize_session=False)
    )
