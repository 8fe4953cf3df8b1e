"""Whose a goal is: the company's, a department's or a person's."""

from typing import NamedTuple
from uuid import UUID

from attain_shared.goals.schemas import CompanyOwner, Owner, OwnerRead


class OwnerKey(NamedTuple):
    """An owner as columns: with neither a department nor a person it is the company."""

    department_id: UUID | None = None
    person_id: UUID | None = None


def owner_key(owner: Owner) -> OwnerKey:
    """An owner as clients name it."""
    if isinstance(owner, CompanyOwner):
        return OwnerKey()
    return OwnerKey(department_id=owner.id) if owner.type == "department" else OwnerKey(person_id=owner.id)


def read_owner(owner: OwnerKey) -> OwnerRead:
    """An owner as clients see it."""
    if owner.person_id is not None:
        return OwnerRead(type="person", id=owner.person_id)
    return OwnerRead(type="department" if owner.department_id else "company", id=owner.department_id)
