"""What the cross-checks of pushed figures have found (MET-9)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.findings import repository
from attain_api.findings.repository import Wanted
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotFound
from attain_shared.metrics.finding_schemas import FindingRead
from attain_shared.metrics.models import MetricFinding
from attain_shared.rules.findings import FindingKind
from attain_shared.rules.periods import Grain


async def get_finding(uow: UnitOfWork, *, actor: Actor, finding_id: UUID) -> FindingRead:
    """A finding on a shop that the caller sees."""
    finding = await repository.find_finding(uow.session, visible_to=actor, finding_id=finding_id)
    if finding is None:
        raise NotFound("There is no such finding.")
    return read_finding(finding)


async def list_findings(
    uow: UnitOfWork, *, actor: Actor, wanted: Wanted, query: PageQuery
) -> tuple[list[FindingRead], str | None]:
    """A part of the findings on the shops that the caller sees."""
    found, cursor = await repository.list_findings(uow.session, visible_to=actor, wanted=wanted, query=query)
    return [read_finding(finding) for finding in found], cursor


def read_finding(finding: MetricFinding) -> FindingRead:
    """A finding as clients get it."""
    return FindingRead(
        id=finding.id,
        kind=FindingKind(finding.kind),
        state="open" if finding.resolved_at is None else "resolved",
        shop_id=finding.shop_id,
        metric=finding.metric,
        dimension=finding.dimension,
        grain=Grain(finding.grain),
        bucket=finding.bucket,
        batch_id=finding.batch_id,
        value=finding.value,
        expected=finding.expected,
        found_at=finding.found_at,
        resolved_at=finding.resolved_at,
    )
