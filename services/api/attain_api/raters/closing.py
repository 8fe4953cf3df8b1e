"""The end of a 360: what was answered becomes one figure for all time, and the answers are gone (REV-11)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attain_api.raters import repository
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.models import Review
from attain_shared.rules.raters import Aggregate, Answer, Figure, Relation, aggregate
from attain_shared.wire import plain_decimal


async def close_raters(uow: UnitOfWork, review: Review) -> None:
    """Take no more answers to a held review, and keep what they come to; closed ones stay as they are.

    It is computed this once: the difference of two results, before and after an answer, would be that answer. Nobody
    has a use for single answers afterwards, so none is kept.
    """
    if review.raters_closed_at is not None:
        return
    answers = await repository.take_answers(uow.session, company_id=review.company_id, review_id=review.id)
    found = aggregate(Answer(row.id, Relation(row.relation), _scores(row.scores), row.comments) for row in answers)
    review.raters_closed_at = utc_now()
    review.raters_result = _stored(found)
    review.version += 1


def _stored(found: Aggregate) -> dict[str, Any]:
    groups = [
        {
            "name": group.name,
            "raters": group.raters,
            "score": _text(group.score),
            "questions": _figures(group.questions),
            "comments": {question: list(texts) for question, texts in group.comments.items()},
        }
        for group in found.groups
    ]
    together = {"raters": found.raters, "score": _text(found.score), "questions": _figures(found.questions)}
    return together | {"groups": groups}


def _scores(stored: Mapping[str, str]) -> dict[str, Decimal]:
    return {question: Decimal(score) for question, score in stored.items()}


def _figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {question: {"mean": plain_decimal(one.mean), "count": one.count} for question, one in figures.items()}


def _text(score: Decimal | None) -> str | None:
    return None if score is None else plain_decimal(score)
