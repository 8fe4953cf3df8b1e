"""The blueprints that ship (ORG-4): `blueprints.json` beside this file, read once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from uuid import UUID

from attain_shared.positions.library import LIBRARY, LibraryPosition
from attain_shared.rules.rounding import half_up


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentWording:
    """A department of a blueprint in one language."""

    name: str
    duties: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A position of the library that a department has, and how many people are to hold it."""

    position: LibraryPosition
    headcount: int | None

    @property
    def code(self) -> str:
        """Its code in the library."""
        return self.position.code

    @property
    def zh(self) -> str:
        """Its name in Chinese."""
        return self.position.zh.name

    @property
    def en(self) -> str:
        """Its name in English."""
        return self.position.en.name


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueprintDepartment:
    """A department of a blueprint."""

    code: str
    parent: str | None
    function: str
    headcount_plan: int | None
    zh: DepartmentWording
    en: DepartmentWording
    positions: list[Post]

    def wording(self, language: str) -> DepartmentWording:
        """It in one language."""
        return self.zh if language == "zh" else self.en

    def scaled_plan(self, scale: Decimal) -> int | None:
        """Its headcount plan in a larger or smaller company: rounded half up, and somebody at least."""
        if self.headcount_plan is None:
            return None
        return max(1, int(half_up(self.headcount_plan * scale, 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueprintWording:
    """A blueprint in one language."""

    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A whole organisation; a department stands behind the one above it."""

    code: str
    zh: BlueprintWording
    en: BlueprintWording
    departments: list[BlueprintDepartment]

    def origin(self, department: str, *, parent_id: UUID | None) -> str:
        """How the department made of a place is found again, whatever it is called by then and wherever it is.

        Under each department that the blueprint is applied to its places are others: an agency has a team for a brand.
        """
        return f"{self.code}/{department}" if parent_id is None else f"{self.code}@{parent_id}/{department}"

    @property
    def positions(self) -> list[LibraryPosition]:
        """The positions it needs, each once."""
        posts = [post.position for department in self.departments for post in department.positions]
        return list({position.code: position for position in posts}.values())


def _read_blueprints() -> dict[str, Blueprint]:
    rows = json.loads(files(__package__).joinpath("blueprints.json").read_text("utf-8"))
    return {
        row["code"]: Blueprint(
            code=row["code"],
            zh=BlueprintWording(**row["zh"]),
            en=BlueprintWording(**row["en"]),
            departments=[
                BlueprintDepartment(
                    code=one["code"],
                    parent=one["parent"],
                    function=one["function"],
                    headcount_plan=one["headcount"],
                    zh=DepartmentWording(**one["zh"]),
                    en=DepartmentWording(**one["en"]),
                    positions=[Post(position=LIBRARY[code], headcount=n) for code, n in one["positions"].items()],
                )
                for one in row["departments"]
            ],
        )
        for row in rows
    }


BLUEPRINTS: Mapping[str, Blueprint] = _read_blueprints()
"""Every blueprint that ships, by its code."""
