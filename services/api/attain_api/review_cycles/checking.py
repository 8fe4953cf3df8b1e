"""What a round of reviews must be before it is opened (REV-1, REV-5)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.review_cycles import repository
from attain_shared.errors import FieldError, Invalid
from attain_shared.reviews.cycle_schemas import DueDates
from attain_shared.reviews.settings import ReviewSettings, settings_of
from attain_shared.rules.overall import bad_points

CADENCES = {"staff": ("quarter", "year"), "senior": ("quarter", "half_year", "year")}
"""How often each class is reviewed (REV-1); in a quarter only the values of the senior one."""
DUE_STEPS = tuple(DueDates.model_fields)
"""The steps that a round gives a day, in the order of the flow."""


async def check_round(session: AsyncSession, *, company_id: UUID, fields: Mapping[str, Any]) -> None:
    """Refuse a round that cannot be; `fields` are the columns of its row.

    Raises:
        Invalid: with a pointer to everything that is wrong.
    """
    errors = [
        *_of_whom(fields),
        *_of_settings(settings_of(fields["settings"])),
        *_of_due(fields["due"]),
        *await _of_references(session, company_id=company_id, fields=fields),
    ]
    if errors:
        raise Invalid("The round of reviews cannot be as given; see `errors`.", errors=errors[:100])


def _of_whom(fields: Mapping[str, Any]) -> Iterator[FieldError]:
    cadence, review_class = fields["cadence"], fields["review_class"]
    if cadence == "ad_hoc":
        if fields["person_ids"] is None and fields["department_ids"] is None:
            yield FieldError("/person_ids", "missing", "an ad-hoc round names people or departments")
        return
    if fields["person_ids"] is not None:
        yield FieldError("/person_ids", "only-ad-hoc", "only an ad-hoc round names people")
    if review_class is None:
        yield FieldError("/class", "missing", "say whose reviews these are")
    elif cadence not in CADENCES[review_class]:
        yield FieldError("/class", "not-in-cadence", f"{review_class} is not reviewed each {cadence}")


def _of_settings(settings: ReviewSettings) -> Iterator[FieldError]:
    if settings.performance_weight + settings.values_weight != 1:
        yield FieldError("/values_weight", "weights-not-one", "both weights add up to 1")
    if settings.team_share + settings.competency_share >= 1:
        yield FieldError("/competency_share", "no-share-left", "the goals keep a share")
    for pointer, reason in bad_points(settings.points):
        yield FieldError(f"/values_mapping{_named(pointer)}", "bad-mapping", reason)
    if settings.quadrants.star_performance < settings.quadrants.rabbit:
        yield FieldError("/quadrants/star_performance", "threshold-order", "a star performs no less than a bull")
    shares = settings.distribution
    if shares.top > shares.upper:
        yield FieldError("/distribution/upper", "threshold-order", "whoever has 4 has 3.75 too")
    if shares.upper + shares.lower > 1:
        yield FieldError("/distribution/lower", "no-share-left", "both shares are of one group")


def _named(pointer: str) -> str:
    """Of a point as a pair, its place among the points as clients send them."""
    place, _, part = pointer.rpartition("/")
    return f"{place}/{('values', 'score')[int(part)]}" if place else pointer


def _of_due(due: Mapping[str, str]) -> Iterator[FieldError]:
    given = [(step, date.fromisoformat(due[step])) for step in DUE_STEPS if step in due]
    for (_, before), (step, day) in pairwise(given):
        if day < before:
            yield FieldError(f"/due/{step}", "due-order", "a step is due no earlier than the one before it")


async def _of_references(session: AsyncSession, *, company_id: UUID, fields: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    kind = await repository.find_kind(session, company_id=company_id, cycle_id=fields["cycle_id"])
    if kind is None:
        errors.append(FieldError("/cycle_id", "unknown-cycle", "there is no such cycle"))
    elif fields["cadence"] not in {"ad_hoc", kind}:
        errors.append(FieldError("/cycle_id", "other-length", f"the cycle is a {kind}"))
    for name, code, known in (
        ("department_ids", "unknown-department", repository.known_departments),
        ("person_ids", "unknown-person", repository.known_people),
    ):
        ids = fields[name]
        if ids is not None:
            found = await known(session, company_id=company_id, ids=ids)
            errors += _of_ids(f"/{name}", ids, code=code, found=found)
    return errors


def _of_ids(pointer: str, ids: Sequence[UUID], *, code: str, found: set[UUID]) -> Iterator[FieldError]:
    for place, one in enumerate(ids):
        if one not in found:
            yield FieldError(f"{pointer}/{place}", code, "there is none of this id")
        elif one in ids[:place]:
            yield FieldError(f"{pointer}/{place}", "duplicate", "named twice")
