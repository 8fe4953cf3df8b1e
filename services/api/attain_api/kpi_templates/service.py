"""KPI templates (GOAL-9): what goals of a position or a function start from."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.kpi_templates import drafting, repository
from attain_api.paging import PageQuery
from attain_shared.db.failures import is_reference
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, Invalid, NotFound
from attain_shared.goals.schemas import RubricBody, Standards
from attain_shared.goals.template_models import KpiTemplate
from attain_shared.goals.template_schemas import KpiTemplateCreate, KpiTemplateRead, KpiTemplateUpdate
from attain_shared.goals.templates import SHIPPED
from attain_shared.identifiers import new_id
from attain_shared.metrics.declarations import load_metrics

_MADE = frozenset({"indicators"})


class TemplateTaken(Conflict):
    """The company has a template of this name already."""

    code, title = "template-taken", "KPI template already there"


class TemplateInUse(Conflict):
    """Goals were made of it."""

    code, title = "template-in-use", "The KPI template is in use"


def read_template(template: KpiTemplate) -> KpiTemplateRead:
    """A template as the contract shows it."""
    given = {name: getattr(template, name) for name in KpiTemplateRead.model_fields if name not in _MADE}
    return KpiTemplateRead.model_validate(given | {"indicators": drafting.read_indicators(template.indicators)})


async def ship(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Give a new company its own copies of the templates that ship."""
    uow.session.add_all(shipped.copy_for(company_id) for shipped in SHIPPED.values())
    await uow.session.flush()


async def ship_to_all(uow: UnitOfWork) -> None:
    """The same for the companies of before there were templates: for those without any, so it may be run again."""
    for company_id in await repository.list_companies_without(uow.session):
        await ship(uow, company_id=company_id)


async def create_template(uow: UnitOfWork, *, actor: Actor, data: KpiTemplateCreate) -> KpiTemplate:
    """A new template."""
    fields = await _stored(uow, actor=actor, data=data, before=None)
    template = KpiTemplate(company_id=actor.company_id, id=new_id(), **fields)
    uow.session.add(template)
    await _flush(uow)
    return template


async def get_template(uow: UnitOfWork, *, actor: Actor, template_id: UUID, for_update: bool = False) -> KpiTemplate:
    """A template of the caller's company."""
    template = await repository.find_template(
        uow.session, company_id=actor.company_id, template_id=template_id, for_update=for_update
    )
    if template is None:
        raise NotFound("There is no such KPI template.")
    return template


async def list_templates(
    uow: UnitOfWork, *, actor: Actor, filters: Mapping[str, object], query: PageQuery
) -> tuple[list[KpiTemplateRead], str | None]:
    """A part of the company's templates."""
    rows, cursor = await repository.list_templates(
        uow.session, company_id=actor.company_id, filters=filters, query=query
    )
    return [read_template(row) for row in rows], cursor


async def update_template(
    uow: UnitOfWork, *, actor: Actor, template_id: UUID, data: KpiTemplateUpdate, if_match: str | None
) -> KpiTemplate:
    """Change what is given; goals made of it stay as they are."""
    template = await get_template(uow, actor=actor, template_id=template_id, for_update=True)
    check_if_match(if_match, version_tag(template.version))
    apply_changes(template, await _stored(uow, actor=actor, data=data, before=template))
    await _flush(uow)
    return template


async def delete_template(uow: UnitOfWork, *, actor: Actor, template_id: UUID, if_match: str | None) -> None:
    """Drop a template that no goal came of."""
    template = await get_template(uow, actor=actor, template_id=template_id, for_update=True)
    check_if_match(if_match, version_tag(template.version))
    await uow.session.delete(template)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if is_reference(error):
            raise TemplateInUse("Goals were made of it.") from error
        raise


async def _stored(
    uow: UnitOfWork, *, actor: Actor, data: KpiTemplateCreate | KpiTemplateUpdate, before: KpiTemplate | None
) -> dict[str, Any]:
    """What is given as it is kept: what a new template leaves out has its default, of an old one it stays."""
    fields = data.model_dump(exclude_unset=before is not None)
    faults = drafting.rubric_faults(data, before=before)
    indicators = data.indicators if isinstance(data.indicators, list) else []
    metrics = await load_metrics(uow.session, company_id=actor.company_id) if indicators else {}
    faults.extend(drafting.indicator_faults(indicators, metrics))
    if faults:
        raise Invalid("the KPI template cannot be taken; see errors", errors=faults)
    if indicators:
        fields["indicators"] = drafting.stored_indicators(indicators, metrics)
    if isinstance(data.rubric, RubricBody):
        fields["rubric"] = data.rubric.model_dump(mode="json")
    if isinstance(data.standards, Standards):
        fields["standards"] = data.standards.model_dump()
    return fields


_UNKNOWN = {
    "fk_kpi_templates_company_id_position_id_positions": ("/position_id", "unknown-position"),
    "fk_kpi_templates_company_id_rubric_id_rubrics": ("/rubric_id", "unknown-rubric"),
}


async def _flush(uow: UnitOfWork) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        told = str(error.orig)
        if "uq_kpi_templates_company_id_name" in told:
            raise TemplateTaken("There is a KPI template of this name already.") from error
        for constraint, (pointer, code) in _UNKNOWN.items():
            if constraint in told:
                raise Invalid.field(pointer, code, f"There is no such {code.removeprefix('unknown-')}.") from error
        raise
