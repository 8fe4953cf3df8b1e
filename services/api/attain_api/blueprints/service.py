"""Applying a blueprint (ORG-4): whatever is not there yet is made, whatever is there is left alone."""

from typing import NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.blueprints.catalogue import BLUEPRINTS, Blueprint, BlueprintDepartment
from attain_api.departments import service as departments
from attain_api.positions import service as positions
from attain_shared.blueprints.schemas import AppliedDepartment, AppliedPost, BlueprintApply, BlueprintReport
from attain_shared.db.session import UnitOfWork
from attain_shared.departments.schemas import DepartmentCreate
from attain_shared.errors import NotFound


async def apply_blueprint(uow: UnitOfWork, *, actor: Actor, code: str, data: BlueprintApply) -> BlueprintReport:
    """Make the departments and positions of a blueprint that are not there yet.

    A department is known by the place it was made for, however it has been renamed or moved since; one that was closed
    is made anew. Two calls at once wait for each other, so a second application, whenever it comes, changes nothing.
    """
    blueprint = BLUEPRINTS.get(code)
    if blueprint is None:
        raise NotFound("There is no such blueprint.")
    return BlueprintReport(
        dry_run=data.dry_run,
        departments=await _apply_departments(uow, actor=actor, blueprint=blueprint, data=data),
        positions=await _apply_positions(uow, actor=actor, blueprint=blueprint, data=data),
    )


async def _apply_departments(
    uow: UnitOfWork, *, actor: Actor, blueprint: Blueprint, data: BlueprintApply
) -> list[AppliedDepartment]:
    origins = {one.code: blueprint.origin(one.code, parent_id=data.parent_id) for one in blueprint.departments}
    places = await departments.list_places(uow, actor=actor, origins=origins.values(), frees_closed=not data.dry_run)
    if data.parent_id is not None:
        await departments.check_place(uow, actor=actor, parent_id=data.parent_id)
    known: dict[str | None, _Place] = {None: _Place(data.parent_id, 0)}
    report: list[AppliedDepartment] = []
    for one in blueprint.departments:
        place = places.get(origins[one.code])
        if place is not None:
            department_id, name, plan = place
            known[one.code] = _Place(department_id, 0)
        else:
            name, plan = one.wording(data.language).name, one.scaled_plan(data.scale)
            above = known[one.parent]
            known[one.code] = await _make(uow, one, actor=actor, data=data, above=above, origin=origins[one.code])
        report.append(
            AppliedDepartment(
                code=one.code,
                name=name,
                action="create" if place is None else "unchanged",
                id=None if known[one.code].levels else known[one.code].department_id,
                headcount_plan=plan,
            )
        )
    return report


class _Place(NamedTuple):
    """A department; in a dry run one that would be so many levels below it, or below the top."""

    department_id: UUID | None
    levels: int


async def _make(
    uow: UnitOfWork, one: BlueprintDepartment, *, actor: Actor, data: BlueprintApply, above: _Place, origin: str
) -> _Place:
    """Make a department; in a dry run look whether it could be made."""
    if not data.dry_run:
        new = _to_create(one, data=data, parent_id=above.department_id)
        made = await departments.create_department(uow, actor=actor, data=new, origin=origin)
        return _Place(made.id, 0)
    place = _Place(above.department_id, above.levels + 1)
    if place.department_id is not None:
        await departments.check_place(uow, actor=actor, parent_id=place.department_id, levels=place.levels)
    return place


def _to_create(department: BlueprintDepartment, *, data: BlueprintApply, parent_id: UUID | None) -> DepartmentCreate:
    words = department.wording(data.language)
    return DepartmentCreate.model_validate(
        {
            "name": words.name,
            "function": department.function,
            "parent_id": parent_id,
            "headcount_plan": department.scaled_plan(data.scale),
            "duties": words.duties,
        }
    )


async def _apply_positions(
    uow: UnitOfWork, *, actor: Actor, blueprint: Blueprint, data: BlueprintApply
) -> list[AppliedPost]:
    applied = await positions.apply_library(
        uow, actor=actor, chosen=blueprint.positions, language=data.language, dry_run=data.dry_run
    )
    by_code = {one.code: one for one in applied}
    return [
        AppliedPost(department=department.code, **by_code[post.code].model_dump())
        for department in blueprint.departments
        for post in department.positions
    ]
