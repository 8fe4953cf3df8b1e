"""`/v1/metric-batches`: pushing metrics and following what becomes of them."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from attain_api.batches import service
from attain_api.batches.body import PushedBody, UnsupportedEncoding, read_body
from attain_api.batches.documents import PUSH_REQUEST, PUSH_RESPONSES
from attain_api.batches.limits import limited
from attain_api.batches.signing import signature_check
from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, RolePolicy, State, Uow, allow
from attain_api.idempotency import checked_key
from attain_api.paging import PageQuery, read_cursor, write_cursor
from attain_api.problems import problems
from attain_shared.errors import BadRequest, Conflict, Invalid, TooLarge
from attain_shared.metrics.schemas import BatchRead, BatchReceipt, BatchRowRead
from attain_shared.rules.corrections import Verdict
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/metric-batches", tags=["Metric batches"])


class BatchQuery(PageQuery):
    """Which batches, and in which order."""

    sort: Literal["stored_at", "-stored_at"] = "-stored_at"
    """`stored_at`, or `-stored_at` for the newest first."""
    state: Literal["stored", "done", "failed"] | None = None
    """Only those in this state."""
    connector_id: UUID | None = None
    """Only those of this connector."""


class BatchRowQuery(PageQuery):
    """Which rows of a batch."""

    sort: Literal["index"] = "index"
    """In the order they were pushed."""
    verdict: Verdict | None = Field(default=None)
    """Only those with this verdict."""


@router.post(
    "",
    status_code=202,
    summary="Push a batch of observations",
    responses=problems(BadRequest, Conflict, TooLarge, Invalid, UnsupportedEncoding) | PUSH_RESPONSES,
    openapi_extra=PUSH_REQUEST,
)
async def post_metric_batch(
    *,
    body: Annotated[PushedBody, Depends(read_body)],
    request: Request,
    state: State,
    uow: Uow,
    actor: CurrentActor,
    _allowed: Annotated[None, Depends(RolePolicy(frozenset({"connector", "admin"})))],
    response: Response,
) -> BatchReceipt:
    """202 means: stored durably. The same key with the same body gets the same receipt, however often.

    A body may be signed as Standard Webhooks defines it, and must be where the connector requires it: the headers
    `webhook-id` (the Idempotency-Key), `webhook-timestamp` and `webhook-signature`, over the unpacked JSON.
    """
    idempotency_key = request.headers.get("idempotency-key")
    if idempotency_key is None:
        raise BadRequest("a push needs an Idempotency-Key header", code="idempotency-key-missing")
    key, secret_key = checked_key(idempotency_key), state.settings.secret_key.get_secret_value()
    body.pass_through(signature_check(request.headers, actor=actor, key=key, secret_key=secret_key))
    async with limited(state, uow, actor=actor, key=key, response=response) as admit:
        receipt = await service.store_push(uow, actor=actor, key=key, body=body, admit=admit)
    response.headers["Location"] = f"/v1/metric-batches/{receipt.id}"
    return BatchReceipt(id=receipt.id, state="stored", received=receipt.received, stored_at=receipt.stored_at)


@router.get("", summary="List batches", dependencies=[allow("connector", "admin", "executive")])
async def list_metric_batches(
    *, uow: Uow, actor: CurrentActor, query: Annotated[BatchQuery, Query()]
) -> Page[BatchRead]:
    """Batches, the newest first; a connector sees its own."""
    batches, cursor = await service.list_batches(
        uow, actor=actor, query=query, state=query.state, connector_id=query.connector_id
    )
    return Page[BatchRead](items=[service.read_batch(batch, actor=actor) for batch in batches], next_cursor=cursor)


@router.get("/{batch_id}", summary="One batch", dependencies=[allow("connector", "admin", "executive")])
async def get_metric_batch(*, uow: Uow, actor: CurrentActor, batch_id: UUID, tag: Tag) -> BatchRead:
    """The state of a batch, and once it is done how many rows got which verdict."""
    batch = await service.get_batch(uow, actor=actor, batch_id=batch_id)
    tag.show(service.batch_tag(batch))
    return service.read_batch(batch, actor=actor)


@router.get("/{batch_id}/rows", summary="The rows of a batch", dependencies=[allow("connector", "admin", "executive")])
async def list_metric_batch_rows(
    *, uow: Uow, actor: CurrentActor, batch_id: UUID, query: Annotated[BatchRowQuery, Query()]
) -> Page[BatchRowRead]:
    """The rows in the order they were pushed, each with its verdict."""
    rows = await service.list_rows(
        uow,
        actor=actor,
        batch_id=batch_id,
        verdict=query.verdict,
        after=read_cursor(query.cursor, sort="index", kind=int)[0] if query.cursor else -1,
        limit=query.limit + 1,
    )
    shown = rows[: query.limit]
    cursor = write_cursor("index", shown[-1].index, batch_id) if len(rows) > query.limit else None
    return Page[BatchRowRead](items=shown, next_cursor=cursor)


@router.post(
    "/{batch_id}/actions/replay",
    summary="Process a batch again",
    dependencies=[allow(*service.REPLAYERS)],
    responses=problems(Conflict),
)
async def replay_metric_batch(
    *, uow: Uow, actor: CurrentActor, batch_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> BatchRead:
    """A failed batch is processed whole; of a done one only the rejected rows are judged again."""
    batch = await service.replay_batch(uow, actor=actor, batch_id=batch_id, if_match=if_match)
    tag.set(service.batch_tag(batch))
    return service.read_batch(batch, actor=actor)
