"""Connectors and their keys (ING-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.tokens import API_KEY_PREFIX, new_opaque, signing_secret
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.connectors import repository
from attain_api.paging import PageQuery
from attain_api.shops import service as shops
from attain_shared.access.models import ApiKey, Connector
from attain_shared.access.schemas import (
    ConnectorCreate,
    ConnectorCreated,
    ConnectorRead,
    ConnectorRotated,
    ConnectorUpdate,
)
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, FieldError, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class KeyedConnector:
    """A connector and its newest key, which nobody can read again."""

    connector: Connector
    key_id: UUID
    api_key: str

    @property
    def id(self) -> UUID:
        """The connector's."""
        return self.connector.id

    @property
    def version(self) -> int:
        """The connector's."""
        return self.connector.version


def read_created(made: KeyedConnector, *, secret_key: str) -> ConnectorCreated:
    """The answer that shows the key and its signing secret."""
    seen = ConnectorRead.model_validate(made.connector).model_dump(exclude={"revoked_at"})
    return ConnectorCreated(**seen, api_key=made.api_key, signing_secret=signing_secret(made.key_id, key=secret_key))


def read_rotated(made: KeyedConnector, *, secret_key: str) -> ConnectorRotated:
    """The answer that shows the next key and its signing secret."""
    return ConnectorRotated(
        **ConnectorRead.model_validate(made.connector).model_dump(),
        api_key=made.api_key,
        signing_secret=signing_secret(made.key_id, key=secret_key),
    )


async def create_connector(uow: UnitOfWork, *, actor: Actor, data: ConnectorCreate) -> KeyedConnector:
    """A new connector with its first key."""
    await _check(uow, actor=actor, shop_ids=data.shop_ids, expires_at=data.expires_at)
    connector = Connector(company_id=actor.company_id, **data.model_dump())
    uow.session.add(connector)
    await uow.session.flush()
    return await _add_key(uow, connector=connector)


async def get_connector(uow: UnitOfWork, *, actor: Actor, connector_id: UUID, for_update: bool = False) -> Connector:
    """A connector of the caller's company."""
    connector = await repository.find_connector(
        uow.session, company_id=actor.company_id, connector_id=connector_id, for_update=for_update
    )
    if connector is None:
        raise NotFound("There is no such connector.")
    return connector


async def update_connector(
    uow: UnitOfWork, *, actor: Actor, connector_id: UUID, data: ConnectorUpdate, if_match: str | None
) -> Connector:
    """Change what is given."""
    connector = await get_connector(uow, actor=actor, connector_id=connector_id, for_update=True)
    check_if_match(if_match, version_tag(connector.version))
    changes = data.model_dump(exclude_unset=True)
    await _check(uow, actor=actor, shop_ids=changes.get("shop_ids", ()), expires_at=changes.get("expires_at"))
    apply_changes(connector, changes)
    await uow.session.flush()
    return connector


async def rotate_key(
    uow: UnitOfWork, *, actor: Actor, connector_id: UUID, overlap_hours: int, if_match: str | None
) -> KeyedConnector:
    """A new key; those so far work for some hours more."""
    connector = await _live_connector(uow, actor=actor, connector_id=connector_id, if_match=if_match)
    end = utc_now() + timedelta(hours=overlap_hours)
    for key in await repository.list_keys(uow.session, company_id=actor.company_id, connector_id=connector_id):
        key.expires_at = end if key.expires_at is None else min(key.expires_at, end)
    connector.version += 1
    return await _add_key(uow, connector=connector)


async def revoke_connector(uow: UnitOfWork, *, actor: Actor, connector_id: UUID, if_match: str | None) -> Connector:
    """End all keys at once, for good."""
    connector = await _live_connector(uow, actor=actor, connector_id=connector_id, if_match=if_match)
    apply_changes(connector, {"revoked_at": utc_now()})
    await uow.session.flush()
    return connector


async def list_connectors(
    uow: UnitOfWork, *, actor: Actor, name: str | None, query: PageQuery
) -> tuple[list[Connector], str | None]:
    """A part of the company's connectors."""
    return await repository.list_connectors(uow.session, company_id=actor.company_id, name=name, query=query)


async def _live_connector(uow: UnitOfWork, *, actor: Actor, connector_id: UUID, if_match: str | None) -> Connector:
    connector = await get_connector(uow, actor=actor, connector_id=connector_id, for_update=True)
    check_if_match(if_match, version_tag(connector.version))
    if connector.revoked_at is not None:
        raise ActionNotAllowed("The connector has been revoked.")
    return connector


async def _add_key(uow: UnitOfWork, *, connector: Connector) -> KeyedConnector:
    fresh = new_opaque()
    uow.session.add(
        ApiKey(
            id=fresh.id,
            company_id=connector.company_id,
            connector_id=connector.id,
            secret_hash=fresh.secret_hash,
        )
    )
    await uow.session.flush()
    return KeyedConnector(connector, fresh.id, API_KEY_PREFIX + fresh.text)


async def _check(uow: UnitOfWork, *, actor: Actor, shop_ids: Sequence[UUID], expires_at: datetime | None) -> None:
    errors: list[FieldError] = []
    if shop_ids:
        errors.extend(
            FieldError(f"/shop_ids/{place}", "unknown-shop", "There is no such shop.")
            for place in await shops.find_unknown(uow, actor=actor, shop_ids=shop_ids)
        )
    if expires_at is not None and expires_at <= utc_now():
        errors.append(FieldError("/expires_at", "not-in-the-future", "This instant is over."))
    if errors:
        raise Invalid("The connector is not valid; see `errors`.", errors=errors)
