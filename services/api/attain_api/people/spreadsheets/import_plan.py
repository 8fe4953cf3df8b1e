"""What an import comes to in a company: who is new, who is there already, and what does not fit (ORG-3). Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.people.settling import check_roles
from attain_api.people.spreadsheets.bulk import KnownDepartment, KnownPerson, KnownPosition
from attain_api.people.spreadsheets.import_departments import DepartmentFinder, NewDepartment, path_of
from attain_api.people.spreadsheets.import_rows import Row, Upload
from attain_shared.errors import FieldError, NotAllowed
from attain_shared.identifiers import new_id
from attain_shared.people.import_schemas import ImportRow

COMPARED = tuple(name for name in ImportRow.model_fields if name not in {"email", "department_function"})
STORED_AS = {
    "department": "department_id",
    "position": "position_id",
    "manager_email": "manager_id",
    "mentor_email": "mentor_id",
}
_UNKNOWN_PERSON = "There is no such person, or they have left."


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What the company has."""

    today: date
    actor: Actor
    """Who imports."""
    create_departments: bool
    departments: list[KnownDepartment]
    positions: list[KnownPosition]
    people: Mapping[str, KnownPerson]
    """Those whose e-mail is in the file, by e-mail."""


class NewPerson(NamedTuple):
    """Somebody to be made."""

    id: UUID
    data: ImportRow
    department_id: UUID | None
    position_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do; nothing, where any row has a fault."""

    departments: list[NewDepartment] = field(default_factory=list)
    people: dict[int, NewPerson] = field(default_factory=dict)
    """By the number of the row."""
    unchanged: dict[int, UUID] = field(default_factory=dict)
    """Likewise."""
    ids: dict[str, UUID] = field(default_factory=dict)
    """Everybody whom the file names, by e-mail."""


def make_plan(upload: Upload, known: Knowledge) -> Plan:
    """Fit the rows into the company; what does not fit is noted on the rows."""
    return _Planner(upload, known).plan()


class _Planner:
    def __init__(self, upload: Upload, known: Knowledge) -> None:
        self._upload, self._known = upload, known
        self._rows = {row.data.email: row for row in upload.rows if row.data is not None}
        self._positions: defaultdict[str, list[KnownPosition]] = defaultdict(list)
        for position in known.positions:
            self._positions[position.name].append(position)

    def plan(self) -> Plan:
        # who has left may have been where nobody is any more
        past = DepartmentFinder(self._known.departments, may_create=False).find_all(self._texts(has_left=True), {})
        past = {text: found for text, found in past.items() if not isinstance(found, FieldError)}
        finder = DepartmentFinder(
            filter(self._is_open, self._known.departments), may_create=self._known.create_departments
        )
        texts = self._texts(has_left=False) | self._texts(has_left=True) - past.keys()
        places = finder.find_all(texts, self._functions())
        plan = Plan(departments=finder.made)
        for row in self._upload.rows:
            if row.data is not None:
                self._place(plan, row, row.data, places | past if self._has_left(row.data) else places)
        self._refuse_cycles()
        plan.ids.update({email: person.id for email, person in self._known.people.items()})
        plan.ids.update({person.data.email: person.id for person in plan.people.values()})
        return plan

    def _is_open(self, one: KnownDepartment | KnownPosition) -> bool:
        return one.closed_on is None or one.closed_on > self._known.today

    def _has_left(self, data: ImportRow) -> bool:
        return data.left_on is not None and data.left_on < self._known.today

    def _texts(self, *, has_left: bool) -> set[str]:
        """The departments of those who have left, or of those who have not."""
        return {
            row.data.department
            for row in self._rows.values()
            if row.data and row.data.department and self._has_left(row.data) == has_left
        }

    def _functions(self) -> dict[tuple[str, ...], str]:
        functions: dict[tuple[str, ...], str] = {}
        for row in self._rows.values():
            data = row.data
            if data is None or not data.department or not data.department_function:
                continue
            if functions.setdefault(path_of(data.department), data.department_function) != data.department_function:
                said = "Another line says something else of the same department."
                self._upload.blame(row, FieldError("department_function", "contradiction", said))
        return functions

    def _place(self, plan: Plan, row: Row, data: ImportRow, places: Mapping[str, KnownDepartment | FieldError]) -> None:
        faults: list[FieldError] = []
        department = places[data.department] if data.department else None
        if isinstance(department, FieldError):
            faults.append(department)
            department = None
        position = self._find_position(data, department)
        if isinstance(position, FieldError):
            faults.append(position)
            position = None
        faults += self._strangers(data)
        known = self._known.people.get(data.email)
        if known is not None:
            if not faults:
                faults += self._differences(data, known, department, position)
            plan.unchanged[row.number] = known.id
        else:
            faults += self._roles_refused(data)
            plan.people[row.number] = NewPerson(new_id(), data, department and department.id, position and position.id)
        self._upload.blame(row, *faults)

    def _roles_refused(self, data: ImportRow) -> Iterator[FieldError]:
        try:
            check_roles(self._known.actor, before=(), after=data.roles)
        except NotAllowed as error:
            yield FieldError("roles", error.code, error.detail)

    def _find_position(self, data: ImportRow, department: KnownDepartment | None) -> KnownPosition | FieldError | None:
        if data.position is None:
            return None
        found = [one for one in self._positions[data.position] if self._is_open(one) or self._has_left(data)]
        if department is not None:
            found = [one for one in found if one.function == department.function] or found
        if len(found) == 1:
            return found[0]
        if found:
            said = "Several functions have such a position, and not that of the department."
            return FieldError("position", "ambiguous", said)
        return FieldError("position", "unknown-position", "There is no such position, or it is closed.")

    def _strangers(self, data: ImportRow) -> Iterator[FieldError]:
        for name in ("manager_email", "mentor_email"):
            email = getattr(data, name)
            if email is not None and not self._can_be_named(email, by=data):
                yield FieldError(name, "unknown-person", _UNKNOWN_PERSON)

    def _can_be_named(self, email: str, *, by: ImportRow) -> bool:
        known, row = self._known.people.get(email), self._rows.get(email)
        if known is None and (row is None or row.data is None):
            return False
        if self._has_left(by):
            return True
        return known.status != "left" if known is not None else not (row and row.data and self._has_left(row.data))

    def _differences(
        self,
        data: ImportRow,
        known: KnownPerson,
        department: KnownDepartment | None,
        position: KnownPosition | None,
    ) -> Iterator[FieldError]:
        """What the file says otherwise; a column that is not there says nothing."""
        said = {name: getattr(data, name) for name in COMPARED}
        said |= {"department": department and department.id, "position": position and position.id}
        said |= {name: self._known_id(said[name]) for name in ("manager_email", "mentor_email")}
        for name in COMPARED:
            is_so = sorted(known.roles) if name == "roles" else getattr(known, STORED_AS.get(name, name))
            if name in self._upload.used and said[name] != is_so:
                text = "Somebody with this e-mail is there already, with another value; change it on the person's page."
                yield FieldError(name, "exists", text)

    def _known_id(self, email: str | None) -> UUID | str | None:
        """Somebody who is yet to be made is nobody's manager so far."""
        known = self._known.people.get(email) if email else None
        return known.id if known is not None else email

    def _refuse_cycles(self) -> None:
        """Only among new people: nobody who is there already reports to one of them."""
        above = {
            email: row.data.manager_email
            for email, row in self._rows.items()
            if row.data and row.data.manager_email and email not in self._known.people
        }
        for circle in circles(above):
            numbers = ", ".join(str(number) for number in sorted(self._rows[email].number for email in circle))
            for email in circle:
                said = f"Lines {numbers} report to each other in a circle."
                self._upload.blame(self._rows[email], FieldError("manager_email", "manager-cycle", said))


def circles(above: Mapping[str, str]) -> Iterator[list[str]]:
    """The circles of a line in which everybody has at most one above them."""
    seen: set[str] = set()
    for start in above:
        path: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in seen:
            seen.add(at)
            path[at] = len(path)
            at = above.get(at)
        if at in path and at is not None:
            circle = list(path)[path[at] :]
            if len(circle) > 1:
                yield circle
