"""`/v1/audit-entries`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from attain_api.audit import service
from attain_api.deps import CurrentActor, LaggingUow, allow
from attain_api.paging import PageQuery, page_of
from attain_api.standby import LaggingRoute
from attain_shared.audit.schemas import AuditEntryRead
from attain_shared.wire import Code, Instant, Page

router = APIRouter(prefix="/v1/audit-entries", tags=["Audit"], route_class=LaggingRoute)


class AuditQuery(PageQuery):
    """How to list the audit trail."""

    sort: Literal["sequence", "-sequence"] = "-sequence"
    resource_type: Code | None = Field(default=None)
    """Only entries of this kind of resource."""
    resource_id: UUID | None = Field(default=None)
    """Only entries of this resource."""
    actor_id: UUID | None = Field(default=None)
    """Only what this person or connector did."""
    action: Code | None = Field(default=None)
    """Only this operation."""
    from_: Instant | None = Field(default=None, alias="from")
    """Only entries of this instant and later."""
    to: Instant | None = Field(default=None)
    """Only entries before this instant."""


@router.get("", summary="List the audit trail", dependencies=[allow("admin", "hr", "executive")])
async def list_audit_entries(
    *, uow: LaggingUow, actor: CurrentActor, query: Annotated[AuditQuery, Query()]
) -> Page[AuditEntryRead]:
    """Who changed what, newest first (SEC-5).

    HR sees the entries of people and of reviews, but none about the reader's own; administrators and executives all
    but the contents of reviews, executives without contacts (`masked`).
    """
    wanted = service.Wanted(
        resource_type=query.resource_type,
        resource_id=query.resource_id,
        actor_id=query.actor_id,
        action=query.action,
        since=query.from_,
        until=query.to,
    )
    found = await service.list_entries(uow, actor=actor, wanted=wanted, query=query)
    return Page[AuditEntryRead].model_validate(page_of(*found))
