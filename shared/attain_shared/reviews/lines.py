"""Everybody's place in the line today: who is there, in which department and post, under whom (ORG-3)."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery, and_, case, select
from sqlalchemy.orm import aliased

from attain_shared.people.models import PersonSpell


def lines(company_id: UUID, *, today: date, name: str) -> Subquery:
    """One row a person: `person_id`, `is_there`, `has_left`, `hired_on`, `department_id`, `position_id`, `manager_id`.

    `manager_id` is somebody who is there: the manager, or theirs where the manager is not. A table expression named
    twice would be read whole for each row; a subquery is looked up by its key.
    """
    person, manager, above = (aliased(PersonSpell, name=name) for name in ("person", "manager", "above"))
    manager_id = case(
        (manager.status == "employed", manager.person_id),
        (and_(above.status == "employed", above.person_id != person.person_id), above.person_id),
    )
    return (
        select(
            person.person_id,
            (person.status == "employed").label("is_there"),
            (person.status == "left").label("has_left"),
            person.hired_on,
            person.department_id,
            person.position_id,
            manager_id.label("manager_id"),
        )
        .outerjoin(manager, _today_of(manager, person.manager_id, company_id=company_id, today=today))
        .outerjoin(above, _today_of(above, manager.manager_id, company_id=company_id, today=today))
        .where(person.company_id == company_id, person.starts_on <= today, person.ends_on > today)
        .subquery(name)
    )


def _today_of(
    spell: type[PersonSpell], person_id: SQLColumnExpression[UUID | None], *, company_id: UUID, today: date
) -> ColumnElement[bool]:
    return and_(
        spell.company_id == company_id, spell.person_id == person_id, spell.starts_on <= today, spell.ends_on > today
    )
