"""`/v1/people`."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.people import history, service
from attain_api.people.filters import PersonQuery
from attain_api.people.spreadsheets import exporting, importing
from attain_api.people.spreadsheets.download import EVERYBODY, EXPORTED, Download, read_export
from attain_api.people.spreadsheets.upload import IMPORTERS, REQUEST_BODY, ImportRequest, read_import
from attain_api.problems import problems
from attain_api.standby import LaggingRoute
from attain_shared.errors import BadRequest, Conflict, TooLarge
from attain_shared.people.import_schemas import ImportReport
from attain_shared.people.schemas import (
    ChangeManagerBody,
    ConfirmBody,
    CorrectBody,
    Dated,
    LeaveBody,
    PersonCreate,
    PersonEventRead,
    PersonRead,
    PersonUpdate,
    PromoteBody,
    RehireBody,
    TransferBody,
    WithdrawBody,
)
from attain_shared.people.timeline import EventKind
from attain_shared.wire import Day, Page

router = APIRouter(prefix="/v1/people", tags=["People"], route_class=LaggingRoute)

READ = allow("admin", "hr", "executive", "employee")
WRITE = allow("admin", "hr")
CONFLICT = problems(Conflict)


@dataclass(frozen=True, slots=True)
class PersonChange:
    """One dated event for one person, as its routes take it."""

    uow: Uow
    actor: CurrentActor
    tag: ChangeTag
    person_id: UUID
    if_match: IfMatch

    async def record(self, kind: EventKind, body: Dated) -> PersonRead:
        """Record the event; the person as they are today, with their new tag."""
        person = await service.act_on_person(
            self.uow, actor=self.actor, person_id=self.person_id, kind=kind, body=body, if_match=self.if_match
        )
        self.tag.set(person.tag)
        return person.body


async def _person_change(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, person_id: UUID, if_match: IfMatch = None
) -> PersonChange:
    return PersonChange(uow, actor, tag, person_id, if_match)


Change = Annotated[PersonChange, Depends(_person_change)]


class HistoryQuery(PageQuery):
    """How to list what happened to a person."""

    sort: Literal["effective_on", "-effective_on"] = "-effective_on"
    """The latest first, unless asked otherwise."""


@router.post("", status_code=201, response_model=PersonRead, summary="Create a person", dependencies=[WRITE])
async def create_person(*, uow: Uow, creation: Creation, body: PersonCreate) -> Response:
    """A person of the caller's company; `409 email-taken` where somebody has the e-mail."""
    return await creation.answer(
        uow,
        lambda: service.create_person(uow, actor=creation.actor, data=body),
        lambda person: person.body,
        location="/v1/people/{id}",
        etag=lambda person: person.tag,
    )


@router.get("", summary="List people", dependencies=[READ])
async def list_people(*, uow: Uow, actor: CurrentActor, query: Annotated[PersonQuery, Query()]) -> Page[PersonRead]:
    """The people of the company, each as far as the caller may see: for most the directory of those employed."""
    items, next_cursor = await service.list_people(uow, actor=actor, wanted=query.wanted(), query=query)
    return Page[PersonRead].model_construct(items=items, next_cursor=next_cursor)


@router.post(
    "/export",
    response_class=Response,
    responses=EXPORTED,
    summary="Export people to a spreadsheet",
)
async def export_people(
    *,
    download: Annotated[Download, Depends(read_export)],
    uow: Uow,
    _allowed: Annotated[None, Depends(EVERYBODY)],
) -> Response:
    """The people that the list shows, as far as the caller may see them; recorded in the audit trail."""
    exporting.record_export(uow, wanted=download.wanted, file=download.file)
    return download.response()


@router.post(
    "/import",
    response_model=ImportReport,
    summary="Import people from a spreadsheet",
    responses=problems(BadRequest, Conflict, TooLarge),
    openapi_extra={"requestBody": REQUEST_BODY},
)
async def import_people(
    *,
    wanted: Annotated[ImportRequest, Depends(read_import)],
    uow: Uow,
    actor: CurrentActor,
    _allowed: Annotated[None, Depends(IMPORTERS)],
) -> Response:
    """CSV, XLSX or XLS with headers in Chinese or English; all people of the file are stored, or nobody.

    A line is recognised by its e-mail: the same file again changes nothing, and needs no Idempotency-Key. Without
    `dry_run` any wrong row is a `422` with pointers like `/rows/7/manager_email`.
    """
    report = await importing.import_people(
        uow,
        actor=actor,
        upload=wanted.upload,
        dry_run=wanted.dry_run,
        create_departments=wanted.create_departments,
    )
    # thousands of rows are written once, and not validated and copied again on their way out
    return Response(report.model_dump_json(), media_type="application/json")


@router.get("/{person_id}", summary="Get a person", dependencies=[READ])
async def get_person(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: Tag,
    person_id: UUID,
    on: Annotated[Day | None, Query(description="As of this day; today without one.")] = None,
) -> PersonRead:
    """One person, today or as of another day."""
    person = await service.get_person(uow, actor=actor, person_id=person_id, on=on)
    tag.show(person.tag)
    return person.body


@router.patch("/{person_id}", summary="Change a person", dependencies=[WRITE], responses=CONFLICT)
async def update_person(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, person_id: UUID, body: PersonUpdate, if_match: IfMatch = None
) -> PersonRead:
    """Roles hold from the person's next request on; `409 manager-cycle` where the line would close a circle."""
    person = await service.update_person(uow, actor=actor, person_id=person_id, data=body, if_match=if_match)
    tag.set(person.tag)
    return person.body


@router.post("/{person_id}/transfer", summary="Transfer a person", dependencies=[WRITE], responses=CONFLICT)
async def transfer_person(*, change: Change, body: TransferBody) -> PersonRead:
    """Another department, position or manager from a day on."""
    return await change.record(EventKind.TRANSFER, body)


@router.post("/{person_id}/promote", summary="Promote a person", dependencies=[WRITE], responses=CONFLICT)
async def promote_person(*, change: Change, body: PromoteBody) -> PersonRead:
    """A higher position from a day on."""
    return await change.record(EventKind.PROMOTE, body)


@router.post("/{person_id}/change-manager", summary="Change the manager", dependencies=[WRITE], responses=CONFLICT)
async def change_manager(*, change: Change, body: ChangeManagerBody) -> PersonRead:
    """Another manager from a day on; `409 manager-cycle` where the line would close a circle on any day."""
    return await change.record(EventKind.CHANGE_MANAGER, body)


@router.post("/{person_id}/confirm", summary="Confirm a person", dependencies=[WRITE], responses=CONFLICT)
async def confirm_person(*, change: Change, body: ConfirmBody) -> PersonRead:
    """The probation is passed (转正)."""
    return await change.record(EventKind.CONFIRM, body)


@router.post("/{person_id}/leave", summary="Record a leave", dependencies=[WRITE], responses=CONFLICT)
async def leave_person(*, change: Change, body: LeaveBody) -> PersonRead:
    """The last day at work; the account is closed the day after."""
    return await change.record(EventKind.LEAVE, body)


@router.post("/{person_id}/rehire", summary="Rehire a person", dependencies=[WRITE], responses=CONFLICT)
async def rehire_person(*, change: Change, body: RehireBody) -> PersonRead:
    """Somebody who left comes back."""
    return await change.record(EventKind.REHIRE, body)


@router.get("/{person_id}/history", summary="What happened to a person", dependencies=[READ])
async def list_person_history(
    *, uow: Uow, actor: CurrentActor, person_id: UUID, query: Annotated[HistoryQuery, Query()]
) -> Page[PersonEventRead]:
    """Every dated event, also those to come and those withdrawn; for those who may see the record."""
    items, next_cursor = await history.list_history(uow, actor=actor, person_id=person_id, query=query)
    return Page[PersonEventRead](items=items, next_cursor=next_cursor)


@router.post(
    "/{person_id}/history/{event_id}/actions/correct",
    summary="Correct an event",
    dependencies=[WRITE],
    responses=CONFLICT,
)
async def correct_person_event(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    person_id: UUID,
    event_id: UUID,
    body: CorrectBody,
    if_match: IfMatch = None,
) -> PersonEventRead:
    """The wrong event is withdrawn and the right one recorded in its place; both stay in the history.

    `If-Match` and `ETag` are the person's.
    """
    event, etag = await service.mend_event(
        uow, actor=actor, person_id=person_id, event_id=event_id, body=body, if_match=if_match
    )
    tag.set(etag)
    return event


@router.post(
    "/{person_id}/history/{event_id}/actions/withdraw",
    summary="Withdraw an event",
    dependencies=[WRITE],
    responses=CONFLICT,
)
async def withdraw_person_event(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    person_id: UUID,
    event_id: UUID,
    body: WithdrawBody,
    if_match: IfMatch = None,
) -> PersonEventRead:
    """As if it had not been recorded, but for the record. `If-Match` and `ETag` are the person's."""
    event, etag = await service.mend_event(
        uow, actor=actor, person_id=person_id, event_id=event_id, body=body, if_match=if_match
    )
    tag.set(etag)
    return event
