"""Evaluating thousands of goals: one part in a thread, while the next one's facts are loaded (P8)."""

import asyncio
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.evaluation import Evaluation, evaluate_each, evaluate_lacking
from attain_shared.goals.inputs import load_inputs
from attain_shared.goals.sources import Measured
from attain_worker.curves.wanted import goals_lacking

PART = 2_000
"""Goals of a part: the more, the more of them share a series; the fewer, the less memory."""


async def evaluate_in_parts(
    session: AsyncSession, *, company_id: UUID, goals: Measured, today: date
) -> tuple[Mapping[UUID, Evaluation], set[UUID]]:
    """What goals have come to, by goal; and the goals that lack a curve.

    In a thread, so that a company of many goals holds up nothing else that this process does.
    """
    parts = [goals[start : start + PART] for start in range(0, len(goals), PART)]
    evaluations: dict[UUID, Evaluation] = {}
    without_curve: set[UUID] = set()
    inputs = await load_inputs(session, company_id=company_id, goals=parts[0], today=today) if parts else None
    for place, part in enumerate(parts):
        assert inputs is not None  # as there is a part
        evaluating = asyncio.create_task(asyncio.to_thread(evaluate_each, part, inputs, evaluations))
        following = None
        try:
            if place + 1 < len(parts):
                following = await load_inputs(session, company_id=company_id, goals=parts[place + 1], today=today)
        finally:
            lacking = await evaluating
        await evaluate_lacking(session, company_id=company_id, goals=lacking, inputs=inputs, evaluations=evaluations)
        without_curve |= goals_lacking(inputs)
        inputs = following
    return evaluations, without_curve
