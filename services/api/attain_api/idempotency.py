"""`Idempotency-Key`: a creating request that is sent again gets its first answer again."""

import contextlib
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access import repository
from attain_api.access.actor import Actor
from attain_api.conditional import version_tag
from attain_api.deps import CurrentActor, State
from attain_shared.clock import utc_now
from attain_shared.db.durability import wait_for_replication
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import BadRequest, Conflict

T = TypeVar("T")
KEPT = timedelta(hours=24)
SECRET_FIELDS = frozenset({"api_key", "signing_secret", "token", "access_token", "refresh_token"})
"""Shown in the first answer, null in a replay, and never stored."""


def checked_key(header: str) -> str:
    """An idempotency key as clients may choose it."""
    if not (1 <= len(header) <= 255 and header.isascii() and header.isprintable()):
        raise BadRequest("Idempotency-Key takes 1 to 255 printable ASCII characters.", code="idempotency-key-invalid")
    return header


def body_hash(body: bytes, *, secret_key: str) -> bytes:
    """A hash that does not mind the order of fields or white space.

    Keyed, because a body may hold a password, and a plain fast hash of it would be an invitation to guess.
    """
    with contextlib.suppress(ValueError, RecursionError):  # no JSON: refused later, where the body is validated
        content = json.loads(body, parse_float=str)
        body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(secret_key.encode(), body, "sha256")


@dataclass(frozen=True, slots=True)
class CreationRequest:
    """One creating request: who creates what, and under which key."""

    actor: Actor
    key: str | None
    route: str
    body_hash: bytes

    async def answer(
        self,
        uow: UnitOfWork,
        create: Callable[[], Awaitable[T]],
        read: type[BaseModel] | Callable[[T], BaseModel],
        *,
        location: str | None,
        etag: Callable[[T], str] | None = None,
        status: int = 201,
    ) -> Response:
        """Create, or answer what the first request with this key was answered.

        `location` is a path with `{id}` in it, if there is one to read the new resource at. `read` is the contract's model, or what makes one of
        what was created. Without `etag`, a `version` of what was created makes the tag.
        The key is stored in the transaction of the write, so a request that failed leaves none.
        """
        if self.key is not None:
            replay = await self._replay(uow.session, self.key)
            if replay is not None:
                await wait_for_replication(uow.session)
                return replay
        made = await create()
        shown = _show(read, made)
        headers: dict[str, str] = {}
        if location is not None:
            headers["Location"] = location.format(id=getattr(made, "id"))  # noqa: B009  # T is any created thing
        if etag is not None:
            headers["ETag"] = etag(made)
        elif hasattr(made, "version"):
            headers["ETag"] = version_tag(made.version)
        if self.key is not None:
            answer = shown.model_dump(mode="json")
            await self._store(uow.session, self.key, status=status, headers=headers, answer=answer)
        return _response(shown.model_dump_json().encode(), headers, status)

    async def _replay(self, session: AsyncSession, key: str) -> Response | None:
        if not await repository.try_lock(session, number=self._lock(key)):
            raise Conflict("The first request with this key is still running.", code="request-in-progress")
        stored = await repository.find_answer(
            session,
            company_id=self.actor.company_id,
            principal_id=self.actor.principal_id,
            route=self.route,
            key=key,
            since=utc_now() - KEPT,
        )
        if stored is None:
            return None
        if stored.body_hash != self.body_hash:
            raise Conflict("This key was used with another body.", code="idempotency-key-reused")
        return _response(json.dumps(stored.answer, ensure_ascii=False).encode(), stored.headers, stored.status)

    async def _store(
        self, session: AsyncSession, key: str, *, status: int, headers: dict[str, str], answer: dict[str, Any]
    ) -> None:
        await repository.store_answer(
            session,
            company_id=self.actor.company_id,
            principal_id=self.actor.principal_id,
            route=self.route,
            key=key,
            body_hash=self.body_hash,
            status=status,
            headers=headers,
            answer={name: None if name in SECRET_FIELDS else value for name, value in answer.items()},
        )

    def _lock(self, key: str) -> int:
        named = f"{self.actor.company_id}{self.actor.principal_id}{self.route}\n{key}"
        return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], signed=True)


def _show(read: type[BaseModel] | Callable[[T], BaseModel], made: T) -> BaseModel:
    if isinstance(read, type):
        model: type[BaseModel] = read
        return model.model_validate(made)
    return read(made)


def _response(body: bytes, headers: Mapping[str, str], status: int) -> Response:
    return Response(body, status_code=status, media_type="application/json", headers=headers)


async def _creation(
    request: Request,
    actor: CurrentActor,
    state: State,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Kept for 24 hours: the same key and body get the first answer."),
    ] = None,
) -> CreationRequest:
    return CreationRequest(
        actor=actor,
        key=None if key is None else checked_key(key),
        route=f"{request.method} {request.url.path}",
        body_hash=b""
        if key is None
        else body_hash(await request.body(), secret_key=state.settings.secret_key.get_secret_value()),
    )


Creation = Annotated[CreationRequest, Depends(_creation)]
