"""What operations look at, written straight into the tables: batches that wait, marks, alerts, workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.work.models import WorkerHeartbeat
from tests.support.companies import Member

_LISTED = text("INSERT INTO company_work (company_id, wanted_at) VALUES (:company_id, now()) ON CONFLICT DO NOTHING")
_BATCH = text("""
    INSERT INTO metric_batches (company_id, id, lane, slot, received, payload, state, attempts, due_at, stored_at, replayed_at)
    SELECT :company_id, id, :lane, 0, 1, :payload, :state, 0, now(), CAST(:at AS timestamptz), CAST(:replayed_at AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[])) AS id
""")
_CHECK = text("""
    INSERT INTO shop_checks (company_id, shop_id, month, generation, marked_at)
    VALUES (:company_id, :shop_id, '2026-10-01', 1, now())
""")
_MARK = text("""
    INSERT INTO goal_marks (company_id, goal_id, generation, marked_at)
    SELECT :company_id, goal.id, nextval('mark_generation'), CAST(:at AS timestamptz) FROM goals AS goal
    WHERE goal.company_id = :company_id
""")
_ALERT = text("""
    INSERT INTO alerts (company_id, id, kind, connector_id, shop_id, details, raised_at, version)
    VALUES (:company_id, :id, 'silent_connector', :connector_id, :shop_id, '{}', now(), 1)
""")


_COUNTED = "metric_batches, goal_marks, shop_checks, alerts, company_work, worker_heartbeats, installation_samples"


async def empty(state: ApiState) -> None:
    """Leave nothing of what is counted, in any company."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(text(f"TRUNCATE {_COUNTED} CASCADE"))


@dataclass(frozen=True)
class Planted:
    """Puts things into one company."""

    state: ApiState
    company: Member

    async def batches(
        self,
        count: int = 1,
        *,
        lane: str = "live",
        batch_state: str = "stored",
        seconds_ago: float = 0,
        replayed: float | None = None,
        payload: bytes = b"",
    ) -> None:
        """Batches that were stored so long ago, and sent round again so long ago."""
        ids = [new_id() for _ in range(count)]
        await self._write(
            _BATCH,
            ids=ids,
            lane=lane,
            state=batch_state,
            payload=payload,
            at=_ago(seconds_ago),
            replayed_at=None if replayed is None else _ago(replayed),
        )

    async def check(self) -> None:
        """A shop and month to be looked through."""
        await self._write(_CHECK, shop_id=new_id())

    async def marks(self, *, seconds_ago: float) -> None:
        """All goals of the company are to be computed anew."""
        await self._write(_MARK, at=_ago(seconds_ago))

    async def silence(self, *, connector_id: UUID, shop_id: UUID) -> None:
        """A connector has brought nothing for a shop."""
        await self._write(_ALERT, id=new_id(), connector_id=connector_id, shop_id=shop_id)

    async def _write(self, statement: object, **given: object) -> None:
        of = {"company_id": self.company.company_id}
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            await uow.session.execute(_LISTED, of)
            await uow.session.execute(statement, given | of)  # type: ignore[call-overload]


async def make_worker(state: ApiState, *, seconds_ago: float = 0, **more: object) -> UUID:
    """A worker that was seen so long ago."""
    worker = WorkerHeartbeat(worker_id=new_id(), host="host", beat_at=_ago(seconds_ago), **more)
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(worker)
    return worker.worker_id


def _ago(seconds: float) -> datetime:
    return utc_now() - timedelta(seconds=seconds)
