"""`/v1/blueprints`."""

from fastapi import APIRouter

from attain_api.blueprints import service
from attain_api.blueprints.catalogue import BLUEPRINTS
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.paging import page_of
from attain_api.positions.service import PositionTaken
from attain_api.problems import problems
from attain_shared.blueprints.schemas import BlueprintApply, BlueprintRead, BlueprintReport
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/blueprints", tags=["Blueprints"])

READ = ("admin", "hr", "executive")
WRITE = ("admin", "hr")


@router.get("", summary="List the blueprints", dependencies=[allow(*READ)])
async def list_blueprints() -> Page[BlueprintRead]:
    """The organisations that ship, with departments, positions, headcounts and duties in Chinese and in English."""
    return Page[BlueprintRead].model_validate(page_of(list(BLUEPRINTS.values()), None))


@router.post(
    "/{code}/apply", summary="Apply a blueprint", dependencies=[allow(*WRITE)], responses=problems(PositionTaken)
)
async def apply_blueprint(*, uow: Uow, actor: CurrentActor, code: str, body: BlueprintApply) -> BlueprintReport:
    """Makes what is not there yet, and never touches what is: it may be sent again, and a second time changes nothing."""
    return await service.apply_blueprint(uow, actor=actor, code=code, data=body)
