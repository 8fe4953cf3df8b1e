"""Applying a blueprint (ORG-4): whatever is not there yet is made, whatever is there is left alone."""

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

    A department is known by the place it was made for, however it has been renamed or moved since. Two calls at once
    wait for each other, so a second application, whenever it comes, changes nothing.
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
    origins = [blueprint.origin(one.code) for one in blueprint.departments]
    places = await departments.list_places(uow, actor=actor, origins=origins)
    if data.parent_id is not None:
        await departments.check_place(uow, actor=actor, parent_id=data.parent_id)
    ids: dict[str, UUID] = {}
    report: list[AppliedDepartment] = []
    for one in blueprint.departments:
        place = places.get(blueprint.origin(one.code))
        if place is not None:
            ids[one.code], name, plan = place
        else:
            name, plan = one.wording(data.language).name, one.scaled_plan(data.scale)
            if not data.dry_run:
                above = data.parent_id if one.parent is None else ids[one.parent]
                new = _to_create(one, data=data, parent_id=above)
                made = await departments.create_department(
                    uow, actor=actor, data=new, origin=blueprint.origin(one.code)
                )
                ids[one.code] = made.id
        report.append(
            AppliedDepartment(
                code=one.code,
                name=name,
                action="create" if place is None else "unchanged",
                id=ids.get(one.code),
                headcount_plan=plan,
            )
        )
    return report


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
