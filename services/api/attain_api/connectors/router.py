"""`/v1/connectors`."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.connectors import service
from attain_api.deps import CurrentActor, IfMatch, State, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.access.schemas import (
    ConnectorCreate,
    ConnectorCreated,
    ConnectorRead,
    ConnectorRotated,
    ConnectorUpdate,
    RotateBody,
)
from attain_shared.errors import Conflict
from attain_shared.wire import Name, Page

router = APIRouter(prefix="/v1/connectors", tags=["Connectors"])

READ = ("admin", "executive")
WRITE = ("admin",)


class ConnectorQuery(PageQuery):
    """How to list connectors."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""


@router.post(
    "",
    status_code=201,
    response_model=ConnectorCreated,
    summary="Create a connector",
    dependencies=[allow(*WRITE)],
)
async def create_connector(*, uow: Uow, state: State, creation: Creation, body: ConnectorCreate) -> Response:
    """Its key and signing secret are shown in this answer only, and not in a replay."""
    return await creation.answer(
        uow,
        lambda: service.create_connector(uow, actor=creation.actor, data=body),
        partial(service.read_created, secret_key=state.settings.secret_key.get_secret_value()),
        location="/v1/connectors/{id}",
    )


@router.get("", summary="List connectors", dependencies=[allow(*READ)])
async def list_connectors(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ConnectorQuery, Query()]
) -> Page[ConnectorRead]:
    """The company's connectors, without keys."""
    found = await service.list_connectors(uow, actor=actor, name=query.name, query=query)
    return Page[ConnectorRead].model_validate(page_of(*found))


@router.get("/{connector_id}", summary="Get a connector", dependencies=[allow(*READ)])
async def get_connector(*, uow: Uow, actor: CurrentActor, tag: Tag, connector_id: UUID) -> ConnectorRead:
    """One connector, without its keys."""
    connector = await service.get_connector(uow, actor=actor, connector_id=connector_id)
    tag.show(version_tag(connector.version))
    return ConnectorRead.model_validate(connector)


@router.patch("/{connector_id}", summary="Change a connector", dependencies=[allow(*WRITE)])
async def update_connector(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    connector_id: UUID,
    body: ConnectorUpdate,
    if_match: IfMatch = None,
) -> ConnectorRead:
    """Its name, shops, scopes or end; they hold from its next request on."""
    connector = await service.update_connector(
        uow, actor=actor, connector_id=connector_id, data=body, if_match=if_match
    )
    tag.set(version_tag(connector.version))
    return ConnectorRead.model_validate(connector)


@router.post(
    "/{connector_id}/actions/rotate",
    summary="Give a connector a new key",
    dependencies=[allow(*WRITE)],
    responses=problems(Conflict),
)
async def rotate_connector_key(
    *,
    uow: Uow,
    state: State,
    actor: CurrentActor,
    tag: ChangeTag,
    connector_id: UUID,
    body: RotateBody,
    if_match: IfMatch = None,
) -> ConnectorRotated:
    """The keys so far go on working for the overlap, each with its own signing secret."""
    made = await service.rotate_key(
        uow, actor=actor, connector_id=connector_id, overlap_hours=body.overlap_hours, if_match=if_match
    )
    tag.set(version_tag(made.version))
    return service.read_rotated(made, secret_key=state.settings.secret_key.get_secret_value())


@router.post(
    "/{connector_id}/actions/revoke",
    summary="End a connector's keys",
    dependencies=[allow(*WRITE)],
    responses=problems(Conflict),
)
async def revoke_connector(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, connector_id: UUID, if_match: IfMatch = None
) -> ConnectorRead:
    """At once and for good."""
    connector = await service.revoke_connector(uow, actor=actor, connector_id=connector_id, if_match=if_match)
    tag.set(version_tag(connector.version))
    return ConnectorRead.model_validate(connector)
