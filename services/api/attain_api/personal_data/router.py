"""`/v1/people/{id}/personal-data` and `/v1/people/{id}/erase`."""

from uuid import UUID

from fastapi import APIRouter

from attain_api.conditional import ChangeTag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.personal_data import erasing, service
from attain_api.problems import problems
from attain_shared.errors import Conflict
from attain_shared.people.personal_data import PersonalData
from attain_shared.people.schemas import PersonRead

router = APIRouter(prefix="/v1/people", tags=["People"])


@router.get(
    "/{person_id}/personal-data",
    summary="Export what is held on a person",
    dependencies=[allow("admin", "hr", "executive", "employee")],
)
async def export_personal_data(*, uow: Uow, actor: CurrentActor, person_id: UUID) -> PersonalData:
    """Everything the company holds on a person, for HR and the person; the export is recorded.

    Of the audit trail HR gets what it reads of it anyway. The account's own data (`account`, `identities`) are shown
    to nobody but its owner.
    """
    return await service.export_data(uow, actor=actor, person_id=person_id)


@router.post(
    "/{person_id}/erase",
    summary="Erase a person's data",
    dependencies=[allow("admin", "hr")],
    responses=problems(Conflict),
)
async def erase_person(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, person_id: UUID, if_match: IfMatch = None
) -> PersonRead:
    """After leaving: name and contacts are replaced, notes and reasons removed, figures kept. It cannot be undone.

    `409 not-left-yet` before; a second time changes nothing. Who operates the installation is erased only by an
    operator.
    """
    person = await erasing.erase_person(uow, actor=actor, person_id=person_id, if_match=if_match)
    tag.set(person.tag)
    return person.body
