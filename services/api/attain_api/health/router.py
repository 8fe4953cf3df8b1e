"""`/livez`, `/readyz`, `/metrics`."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from attain_api.deps import State, allow, public
from attain_api.health import service
from attain_api.health.service import Readiness
from attain_shared.wire import Output

router = APIRouter(tags=["Health"])


class Alive(Output):
    """A sign of life."""

    status: str
    """Always `ok`."""


@router.get("/livez", summary="Is the process alive", dependencies=[public])
async def get_livez() -> Alive:
    """Without any input or output: only a process that hangs does not answer."""
    return Alive(status="ok")


@router.get(
    "/readyz",
    summary="Can the process serve",
    dependencies=[public],
    responses={
        503: {"model": Readiness, "description": "The database is away, its schema too old, or the process draining"}
    },
)
async def get_readyz(*, state: State, response: Response) -> Readiness:
    """Each dependency with its state; 503 only when nothing can be served."""
    readiness = await service.check_readiness(state)
    if readiness.status == "unavailable":
        response.status_code = 503
    response.headers["Cache-Control"] = "no-store"
    return readiness


@router.get("/metrics", summary="Prometheus metrics", dependencies=[allow("ops")], response_class=Response)
async def get_metrics(*, state: State) -> Response:
    """Of this process."""
    return Response(generate_latest(state.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
