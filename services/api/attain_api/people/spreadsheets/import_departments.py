"""Which department the cell of a spreadsheet means, and which have to be made (ORG-1): pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from attain_api.departments.service import MAX_LEVELS
from attain_api.people.spreadsheets.bulk import KnownDepartment
from attain_shared.errors import FieldError
from attain_shared.identifiers import new_id

SEPARATOR = "/"
WIDE_SEPARATOR = "／"
"""Stands in a path for the separator in a name."""
MAX_NAME = 200


class NewDepartment(NamedTuple):
    """A department to be made; its parent comes before it."""

    path: str
    department: KnownDepartment


Path = tuple[str, ...]


def path_of(text: str) -> Path:
    """The names in a path, from the top."""
    return tuple(part.strip() for part in text.split(SEPARATOR))


class DepartmentFinder:
    """Finds departments by path or unique name; makes those that are missing, if it may."""

    def __init__(self, departments: Iterable[KnownDepartment], *, may_create: bool) -> None:
        self.made: list[NewDepartment] = []
        self._may_create = may_create
        self._below: defaultdict[tuple[UUID | None, str], list[KnownDepartment]] = defaultdict(list)
        self._named: defaultdict[str, list[KnownDepartment]] = defaultdict(list)
        for department in departments:
            self._add(department)

    def find_all(self, texts: Iterable[str], functions: dict[Path, str]) -> dict[str, KnownDepartment | FieldError]:
        """What each cell means; `functions` says what new departments are for.

        Longer paths first: a bare name may then mean what a path has made, in whatever order the lines stand.
        """
        ordered = sorted(set(texts), key=lambda text: (-len(path_of(text)), text))
        return {text: self._find(text, functions) for text in ordered}

    def _find(self, text: str, functions: dict[Path, str]) -> KnownDepartment | FieldError:
        path = path_of(text)
        if not all(0 < len(name) <= MAX_NAME for name in path):
            return FieldError("department", "invalid-path", "A path is names with / between them.")
        if len(path) > MAX_LEVELS:
            return FieldError("department", "too-deep", f"A tree has at most {MAX_LEVELS} levels.")
        literal = self._named[path[0].replace(WIDE_SEPARATOR, SEPARATOR)] if len(path) == 1 else self._named[text]
        found = literal if len(path) == 1 else self._walk(path) or literal
        if len(found) == 1:
            return found[0]
        if found:
            return FieldError("department", "ambiguous", "Several departments are called so; write the whole path.")
        if not self._may_create:
            return FieldError("department", "unknown-department", "There is no such department, or it is closed.")
        return self._make(path, functions)

    def _walk(self, path: Path) -> list[KnownDepartment]:
        found: list[KnownDepartment] = []
        above: list[UUID | None] = [None]
        for name in path:
            plain = name.replace(WIDE_SEPARATOR, SEPARATOR)
            found = [one for parent_id in above for one in self._below.get((parent_id, plain), ())]
            above = [one.id for one in found]
        return found

    def _make(self, path: Path, functions: dict[Path, str]) -> KnownDepartment | FieldError:
        above: KnownDepartment | None = None
        for level in range(1, len(path) + 1):
            found = self._walk(path[:level])
            if len(found) > 1:
                return FieldError("department", "ambiguous", "Several departments are called so; write the whole path.")
            above = found[0] if found else self._create(path[:level], above, functions)
        assert above is not None
        return above

    def _create(self, path: Path, above: KnownDepartment | None, functions: dict[Path, str]) -> KnownDepartment:
        function = functions.get(path) or (above.function if above else "management")
        name = path[-1].replace(WIDE_SEPARATOR, SEPARATOR)
        department = KnownDepartment(new_id(), name, function, above.id if above else None, None)
        self.made.append(NewDepartment(SEPARATOR.join(path), department))
        self._add(department)
        return department

    def _add(self, department: KnownDepartment) -> None:
        self._below[department.parent_id, department.name].append(department)
        self._named[department.name].append(department)
