"""The worker's own classes on the test's database: what a worker process would do, in this one."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.metrics.queries import every_row
from attain_worker.attainment.service import Recompute
from attain_worker.checks.service import Checks
from attain_worker.curves.service import Curves
from attain_worker.curves.wanted import WantedCurves
from attain_worker.ingestion.service import Ingestion


def new_ingestion(state: ApiState, *, claim_rows: int = 20_000) -> Ingestion:
    """An ingestion that remembers nothing, like that of a worker just started."""
    return Ingestion(state.sessions, state.doorbell, claim_rows=claim_rows, alone_first=0)


def new_recompute(state: ApiState, *, claim_goals: int = 200, wanted_curves: WantedCurves | None = None) -> Recompute:
    """A recompute with sessions of its own; the curves it lacks are wanted by nobody unless told otherwise."""
    wanted = wanted_curves or WantedCurves()
    return Recompute(state.sessions, state.doorbell, claim_goals=claim_goals, wanted_curves=wanted)


def new_curves(state: ApiState, wanted: WantedCurves | None = None) -> Curves:
    """Curves with sessions of their own."""
    return Curves(state.sessions, state.doorbell, wanted=wanted or WantedCurves())


def new_checks(state: ApiState) -> Checks:
    """Cross-checks with sessions of their own."""
    return Checks(state.sessions, state.doorbell, settle=timedelta(0))


async def take_in(state: ApiState, company_id: UUID, *, claim_rows: int = 20_000) -> None:
    """Take in every batch that is due, and recompute nothing."""
    ingestion = new_ingestion(state, claim_rows=claim_rows)
    while await ingestion.take_in(company_id):
        pass


async def recompute(state: ApiState, company_id: UUID, wanted_curves: WantedCurves | None = None) -> None:
    """Recompute every marked goal."""
    recompute = new_recompute(state, wanted_curves=wanted_curves)
    while await recompute.recompute(company_id):
        pass


async def work_off(state: ApiState, company_id: UUID) -> None:
    """Bring everything up to date, as a worker does."""
    await take_in(state, company_id)
    await recompute(state, company_id)


async def cross_check(state: ApiState, company_id: UUID) -> None:
    """Cross-check every marked month."""
    checks = new_checks(state)
    while await checks.check(company_id):
        pass


async def count_rows(state: ApiState, table: str, company_id: UUID) -> int:
    """How many rows a company has in a table."""
    statement = text(f"SELECT count(*) FROM {table} WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        return int(await uow.session.scalar(statement, {"company_id": company_id}) or 0)


async def count_received(state: ApiState, company_id: UUID) -> int:
    """How many rows a company has received, whether they stand or not."""
    statement = text(f"SELECT count(*) FROM {every_row()} o WHERE o.company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        return int(await uow.session.scalar(statement, {"company_id": company_id}) or 0)
