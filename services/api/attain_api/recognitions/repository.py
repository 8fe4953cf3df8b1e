"""The statements of recognition."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.recognitions.models import Recognition, RecognitionPerson


async def find_recognition(
    session: AsyncSession, *, company_id: UUID, recognition_id: UUID, lock: bool = False
) -> Recognition | None:
    """A recognition; held until the transaction ends where it is to be changed."""
    statement = select(Recognition).where(Recognition.company_id == company_id, Recognition.id == recognition_id)
    found: Recognition | None = await session.scalar(statement.with_for_update() if lock else statement)
    return found


async def list_recognitions(
    session: AsyncSession, *, company_id: UUID, query: PageQuery, filters: Mapping[str, object], person_id: UUID | None
) -> tuple[list[Recognition], str | None]:
    """A part of the company's, or of those to a person."""
    statement = select(Recognition).where(Recognition.company_id == company_id)
    for name, value in filters.items():
        statement = statement.where(getattr(Recognition, name) == value)
    if person_id is not None:
        to_person = (RecognitionPerson.company_id == company_id, RecognitionPerson.person_id == person_id)
        statement = statement.where(Recognition.id.in_(select(RecognitionPerson.recognition_id).where(*to_person)))
    columns = {"on": Recognition.on_day, "created_at": Recognition.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Recognition.id)


async def list_recognised(
    session: AsyncSession, *, company_id: UUID, recognition_ids: Iterable[UUID]
) -> dict[UUID, list[RecognitionPerson]]:
    """Whom recognitions are to."""
    ids = list(recognition_ids)
    statement = (
        select(RecognitionPerson)
        .where(RecognitionPerson.company_id == company_id, RecognitionPerson.recognition_id.in_(ids))
        .order_by(RecognitionPerson.recognition_id, RecognitionPerson.person_id)
    )
    found: dict[UUID, list[RecognitionPerson]] = {recognition_id: [] for recognition_id in ids}
    for one in await session.scalars(statement):
        found[one.recognition_id].append(one)
    return found
