"""Statements on rubrics and their versions."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate_columns
from attain_shared.goals.template_models import Rubric, RubricVersion


class KeptRubric(NamedTuple):
    """A rubric and its present rules."""

    rubric: Rubric
    present: RubricVersion

    @property
    def id(self) -> UUID:
        """The rubric's."""
        return self.rubric.id


def _select_present(company_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(Rubric, RubricVersion, Rubric.name, Rubric.created_at, Rubric.id)
        .join(
            RubricVersion,
            (RubricVersion.company_id == Rubric.company_id)
            & (RubricVersion.rubric_id == Rubric.id)
            & (RubricVersion.rules_version == Rubric.rules_version),
        )
        .where(Rubric.company_id == company_id, RubricVersion.company_id == company_id)
    )


async def find_rubric(session: AsyncSession, *, company_id: UUID, rubric_id: UUID) -> KeptRubric | None:
    """A rubric of the company with its present rules."""
    row = (await session.execute(_select_present(company_id).where(Rubric.id == rubric_id))).one_or_none()
    return KeptRubric(row.Rubric, row.RubricVersion) if row else None


async def hold_rubric(session: AsyncSession, *, company_id: UUID, rubric_id: UUID) -> None:
    """Let one change of a rubric happen at a time."""
    await session.execute(
        select(Rubric.id).where(Rubric.company_id == company_id, Rubric.id == rubric_id).with_for_update(key_share=True)
    )


async def list_rubrics(
    session: AsyncSession, *, company_id: UUID, name: str | None, query: PageQuery
) -> tuple[list[KeptRubric], str | None]:
    """A part of the company's rubrics."""
    statement = _select_present(company_id)
    if name is not None:
        statement = statement.where(Rubric.name == name)
    columns = {"name": Rubric.name, "created_at": Rubric.created_at}
    rows, cursor = await paginate_columns(session, statement, query=query, columns=columns, id_column=Rubric.id)
    return [KeptRubric(row.Rubric, row.RubricVersion) for row in rows], cursor


async def find_version(
    session: AsyncSession, *, company_id: UUID, rubric_id: UUID, rules_version: int
) -> RubricVersion | None:
    """The rules of a rubric as they were set once."""
    return await session.get(RubricVersion, (company_id, rubric_id, rules_version))
