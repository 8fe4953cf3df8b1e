"""Taking reviews out: a round as a spreadsheet, one review as a page to print; both as the caller sees them (REV-7)."""

import asyncio
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.messages import Language
from attain_api.paging import PageQuery
from attain_api.review_cycles.service import find_round
from attain_api.review_exports import repository
from attain_api.review_exports.page import PrintedReview, write_page
from attain_api.review_exports.workbook import Cell, cells_of
from attain_api.reviews import service as reviews
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.schemas import ReviewSummary
from attain_shared.rules.review_flow import Step

PART = 2_000
"""Reviews read at once."""
_PUBLISHED = frozenset({Step.INTERVIEW, Step.ACKNOWLEDGEMENT, Step.APPEALED, Step.CLOSED})
"""From here on the export shows the caller their own review, too."""


async def read_lines(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, language: Language) -> list[list[Cell]]:
    """A line for each review of a round that the caller sees, with what they may see of it.

    Raises:
        NotFound: there is no such round in the caller's view.
    """
    await find_round(uow, actor=actor, review_cycle_id=review_cycle_id)
    lines: list[list[Cell]] = []
    cursor: str | None = None
    while True:
        query = PageQuery.model_construct(limit=PART, cursor=cursor, sort="created_at")
        found, cursor = await reviews.list_reviews(
            uow, actor=actor, query=query, filters={"review_cycle_id": review_cycle_id}
        )
        shown = [one for one in found if one.person_id != actor.person_id or one.step in _PUBLISHED]
        names = await repository.load_names(
            uow.session,
            company_id=actor.company_id,
            people={person for one in shown for person in (one.person_id, one.manager_id, one.second_level_id)},
            departments={one.department_id for one in shown},
        )
        lines += await asyncio.to_thread(_lines, shown, names, language)
        if cursor is None:
            return lines


def record_export(uow: UnitOfWork, *, review_cycle_id: UUID, count: int) -> None:
    """Say in the audit trail who has taken how many reviews out (SEC-5)."""
    uow.record(
        resource_type="review_cycle",
        resource_id=review_cycle_id,
        action="export",
        changes={"format": (None, "xlsx"), "count": (None, count)},
    )


async def print_review(uow: UnitOfWork, *, actor: Actor, review_id: UUID, language: Language) -> bytes:
    """A review as a page to print: what the caller sees of it, and no more.

    Raises:
        NotFound: there is none, or it is outside the caller's view.
    """
    seen = await reviews.find_review(uow, actor=actor, review_id=review_id)
    body = (await reviews.show(uow, seen)).body
    parts = (body.self_assessment, body.manager_assessment, body.second_level_assessment, body.hr_assessment)
    writers = {part.saved_by for part in parts if part is not None}
    held_by = {body.interview.held_by} if body.interview is not None else set()
    names = await repository.load_names(
        uow.session,
        company_id=actor.company_id,
        people={body.person_id, body.manager_id, body.second_level_id} | writers | held_by,
        departments={body.department_id},
    )
    values = seen.cycle.company_values or []
    return write_page(
        PrintedReview(
            review=body,
            cycle=seen.cycle.name,
            values={value["code"]: value["name_zh" if language == "zh-CN" else "name_en"] for value in values},
            names=names,
            language=language,
        )
    )


def _lines(found: list[ReviewSummary], names: repository.Names, language: Language) -> list[list[Cell]]:
    return [cells_of(one, names=names, language=language) for one in found]
