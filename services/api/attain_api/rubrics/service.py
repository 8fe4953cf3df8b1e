"""A company's rubrics (评分标准): each change of the rules is a version, which goals that took it keep (GOAL-6)."""

from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.paging import PageQuery
from attain_api.rubrics import repository
from attain_api.rubrics.repository import KeptRubric
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid, NotFound
from attain_shared.goals.evaluation import rubric_of
from attain_shared.goals.rubric_schemas import RubricCreate, RubricRead, RubricUpdate, RubricVersionRead
from attain_shared.goals.template_models import Rubric, RubricVersion
from attain_shared.identifiers import new_id
from attain_shared.rules.rubric import problems


class RubricTaken(Conflict):
    """The company has a rubric of this name already."""

    code, title = "rubric-taken", "Rubric already there"


def read_rubric(kept: KeptRubric) -> RubricRead:
    """A rubric as the contract shows it."""
    rubric, present = kept
    own = {name: getattr(rubric, name) for name in ("id", "name", "rules_version", "created_at")}
    return RubricRead.model_validate(own | present.rubric)


def read_version(version: RubricVersion) -> RubricVersionRead:
    """Rules as they were set once, as the contract shows them."""
    own = {name: getattr(version, name) for name in ("rubric_id", "rules_version", "created_at")}
    return RubricVersionRead.model_validate(own | version.rubric)


async def create_rubric(uow: UnitOfWork, *, actor: Actor, data: RubricCreate) -> KeptRubric:
    """A new rubric, of version 1."""
    rules = data.model_dump(mode="json", include={"rules", "otherwise"})
    _refuse_faulty(rules)
    rubric = Rubric(company_id=actor.company_id, id=new_id(), name=data.name, rules_version=1)
    uow.session.add(rubric)
    await _flush(uow, name=data.name)
    return KeptRubric(rubric, await _add_version(uow, actor=actor, rubric=rubric, rules=rules))


async def get_rubric(uow: UnitOfWork, *, actor: Actor, rubric_id: UUID) -> KeptRubric:
    """A rubric of the caller's company with its present rules."""
    kept = await repository.find_rubric(uow.session, company_id=actor.company_id, rubric_id=rubric_id)
    if kept is None:
        raise NotFound("There is no such rubric.")
    return kept


async def get_version(uow: UnitOfWork, *, actor: Actor, rubric_id: UUID, rules_version: int) -> RubricVersion:
    """The rules of a rubric as they were set once: they never change."""
    found = await repository.find_version(
        uow.session, company_id=actor.company_id, rubric_id=rubric_id, rules_version=rules_version
    )
    if found is None:
        raise NotFound("There is no such version of a rubric.")
    return found


async def list_rubrics(
    uow: UnitOfWork, *, actor: Actor, name: str | None, query: PageQuery
) -> tuple[list[RubricRead], str | None]:
    """A part of the company's rubrics."""
    kept, cursor = await repository.list_rubrics(uow.session, company_id=actor.company_id, name=name, query=query)
    return [read_rubric(one) for one in kept], cursor


async def update_rubric(
    uow: UnitOfWork, *, actor: Actor, rubric_id: UUID, data: RubricUpdate, if_match: str | None
) -> KeptRubric:
    """Change what is given; rules that differ are a new version, another name is not."""
    await repository.hold_rubric(uow.session, company_id=actor.company_id, rubric_id=rubric_id)
    rubric, present = await get_rubric(uow, actor=actor, rubric_id=rubric_id)
    check_if_match(if_match, version_tag(rubric.version))
    changes: dict[str, Any] = data.model_dump(mode="json", exclude_unset=True)
    name = changes.pop("name", rubric.name)
    rules = present.rubric | changes
    _refuse_faulty(rules)
    is_new_version = rubric_of(rules) != rubric_of(present.rubric)
    apply_changes(rubric, {"name": name, "rules_version": rubric.rules_version + is_new_version})
    await _flush(uow, name=name)
    if is_new_version:
        present = await _add_version(uow, actor=actor, rubric=rubric, rules=rules)
    return KeptRubric(rubric, present)


async def _add_version(uow: UnitOfWork, *, actor: Actor, rubric: Rubric, rules: dict[str, Any]) -> RubricVersion:
    version = RubricVersion(
        company_id=actor.company_id,
        rubric_id=rubric.id,
        rules_version=rubric.rules_version,
        rubric=rules,
        created_by=actor.principal_id,
    )
    uow.session.add(version)
    await uow.session.flush()
    return version


def _refuse_faulty(rules: dict[str, Any]) -> None:
    errors = [FieldError(path, "invalid-rubric", reason) for path, reason in problems(rubric_of(rules))]
    if errors:
        raise Invalid("the rubric cannot be taken; see errors", errors=errors)


async def _flush(uow: UnitOfWork, *, name: str) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_rubrics_company_id_name" in str(error.orig):
            raise RubricTaken(f"There is a rubric {name} already.") from error
        raise
