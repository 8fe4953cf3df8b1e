"""The statements of delegations."""

from uuid import UUID

from sqlalchemy import literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.visibility import employed_with
from attain_shared.reviews.models import ReviewDelegation


async def list_roles_held(session: AsyncSession, *, company_id: UUID) -> dict[str, list[UUID]]:
    """Who is HR and who is an executive today."""
    held: dict[str, list[UUID]] = {"hr": [], "executive": []}
    people = [(role, employed_with(role, company_id).subquery()) for role in held]
    found = union_all(*(select(literal(role).label("role"), one.c.id) for role, one in people))
    for row in await session.execute(found):
        held[row.role].append(row.id)
    return held


async def find_delegation(
    session: AsyncSession, *, company_id: UUID, review_id: UUID, step: str
) -> ReviewDelegation | None:
    """Who does a step of a review in its owner's place; the review is held by whoever asks."""
    found: ReviewDelegation | None = await session.scalar(
        select(ReviewDelegation).where(
            ReviewDelegation.company_id == company_id,
            ReviewDelegation.review_id == review_id,
            ReviewDelegation.step == step,
        )
    )
    return found
