"""What is in a department and in all below it today, for conditions on the rows of a statement."""

from uuid import UUID

from sqlalchemy import Select, select

from attain_api.access.visibility import on_day
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.people.models import PersonSpell


def departments_in(department_id: UUID, *, company_id: UUID) -> Select[UUID]:
    """For `in_`: the department and all below it, closed ones too."""
    tree = (
        select(Department.id)
        .where(Department.company_id == company_id, Department.id == department_id)
        .cte("subtree", recursive=True)
    )
    below = (
        select(Department.id).join(tree, Department.parent_id == tree.c.id).where(Department.company_id == company_id)
    )
    return select(tree.union(below).c.id)


def people_in(departments: Select[UUID], *, company_id: UUID) -> Select[UUID]:
    """For `in_`: the people of these departments, or whose last one it was."""
    return select(PersonSpell.person_id).where(
        PersonSpell.company_id == company_id,
        PersonSpell.department_id.in_(departments),
        on_day(business_day()),
    )
