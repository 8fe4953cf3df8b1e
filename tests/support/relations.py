"""A company with somebody in every relation of SEC-3, for tests of who sees what.

skip ── boss ─┬─ me ── report            top (head) ── team (nobody heads it)
              ├─ peer                    other (other_head)
              └─ silent (no account)     former was manager of me until May; mentor is mentor of me
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.departments.models import Department
from attain_shared.identifiers import new_id
from attain_shared.people.queries import replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells, stored_changes
from tests.support.companies import Company, Member, make_company, make_member

EMPLOYEES = ("me", "peer", "report", "boss", "skip", "head", "other_head", "former", "mentor")
VIEWERS = (*EMPLOYEES, "executive", "hr", "admin")
HIRED, CHANGED = date(2026, 3, 1), date(2026, 6, 1)


@dataclass
class Relations:
    """Who is there."""

    admin: Company
    members: dict[str, Member] = field(default_factory=dict)
    departments: dict[str, UUID] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Member:
        """Somebody, by what they are to `me`."""
        return self.members[name]

    def owner(self, name: str) -> dict[str, Any]:
        """The owner of goals with this name."""
        if name == "company":
            return {"type": "company"}
        if name in self.departments:
            return {"type": "department", "id": str(self.departments[name])}
        return {"type": "person", "id": str(self[name].person_id)}


async def make_relations(state: ApiState) -> Relations:
    """A fresh company with everybody in it."""
    made = Relations(await make_company(state))
    made.members["admin"] = made.admin
    for name in EMPLOYEES:
        made.members[name] = await make_member(state, made.admin)
    made.members["silent"] = await make_member(state, made.admin, accepted=False)
    for role in ("executive", "hr"):
        made.members[role] = await make_member(state, made.admin, roles=(role,))
    for name, parent, head in (("top", None, "head"), ("team", "top", None), ("other", None, "other_head")):
        made.departments[name] = await _add_department(state, made, name, parent=parent, head=head)
    for name in ("peer", "silent"):
        await place(state, made, name, department="team", manager="boss")
    await place(state, made, "me", department="team", manager="former", mentor="mentor", then={"manager": "boss"})
    await place(state, made, "report", manager="me")
    await place(state, made, "boss", department="team", manager="skip")
    return made


async def _add_department(state: ApiState, made: Relations, name: str, *, parent: str | None, head: str | None) -> UUID:
    row = Department(
        company_id=made.admin.company_id,
        id=new_id(),
        name=name,
        function="operations",
        parent_id=made.departments[parent] if parent else None,
        head_id=made[head].person_id if head else None,
        duties=[],
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(row)
    return row.id


async def place(
    state: ApiState,
    made: Relations,
    name: str,
    *,
    department: str | None = None,
    manager: str | None = None,
    mentor: str | None = None,
    then: dict[str, str] | None = None,
) -> None:
    """Say where somebody has stood since they were hired, and who became their manager in June."""
    terms: dict[str, Any] = {"employment_type": "employee"}
    if department:
        terms["department_id"] = made.departments[department]
    for column, other in (("manager_id", manager), ("mentor_id", mentor)):
        if other:
            terms[column] = made[other].person_id
    events = [Event(id=new_id(), kind=EventKind.HIRE, effective_on=HIRED, changes=stored_changes(terms))]
    if then:
        changes = stored_changes({"manager_id": made[then["manager"]].person_id})
        events.append(Event(id=new_id(), kind=EventKind.CHANGE_MANAGER, effective_on=CHANGED, changes=changes))
    async with transaction(state.sessions, state.doorbell) as uow:
        await replace_spells(
            uow.session,
            company_id=made.admin.company_id,
            person_id=made[name].person_id,
            spells=build_spells(events),
        )
