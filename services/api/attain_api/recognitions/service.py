"""Praise from anybody to colleagues, and awards by HR and executives: for the whole company to see (CULT-2).

Its author corrects and withdraws it; HR removes what should not stand, with a reason that the trail keeps.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.company_values.service import get_value
from attain_api.conditional import apply_changes, check_if_match, content_tag
from attain_api.cycles.service import get_cycle
from attain_api.paging import PageQuery
from attain_api.people.service import employed_since
from attain_api.recognitions import repository
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid, NotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.recognitions.models import Recognition, RecognitionPerson
from attain_shared.recognitions.schemas import (
    RecognitionAction,
    RecognitionCreate,
    RecognitionRead,
    RecognitionRemoval,
    RecognitionUpdate,
)
from attain_shared.reviews.follow_up_schemas import FeedbackCase

AWARDS = frozenset({"hr", "executive"})
"""The roles that give awards."""


class ShownRecognition(NamedTuple):
    """A recognition as the caller sees it."""

    id: UUID
    read: RecognitionRead

    @property
    def tag(self) -> str:
        """The strong ETag."""
        return content_tag(self.read)


class _Held(NamedTuple):
    recognition: Recognition
    to: list[RecognitionPerson]


async def give_recognition(uow: UnitOfWork, *, actor: Actor, data: RecognitionCreate) -> ShownRecognition:
    """Praise colleagues, or give them an award.

    Raises:
        NotAllowed: an award by somebody who is neither HR nor an executive.
        Invalid: it is not to others who are employed, the day is to come, or a field does not fit its kind.
    """
    if data.kind == "award" and actor.roles.isdisjoint(AWARDS):
        raise NotAllowed("Awards are given by HR and executives.", code="award-not-allowed")
    await _check(uow, actor=actor, data=data)
    recognition = Recognition(
        company_id=actor.company_id,
        id=new_id(),
        author_id=actor.principal_id,
        on_day=data.on,
        **data.case.model_dump(),
        **data.model_dump(include={"kind", "name", "value_id", "cycle_id"}),
    )
    uow.session.add(recognition)
    await uow.session.flush()
    own = {"company_id": actor.company_id, "recognition_id": recognition.id}
    to = [RecognitionPerson(**own, person_id=person_id) for person_id in sorted(data.person_ids)]
    uow.session.add_all(to)
    await uow.session.flush()
    return _show(recognition, to, actor=actor)


async def get_recognition(uow: UnitOfWork, *, actor: Actor, recognition_id: UUID) -> ShownRecognition:
    """A recognition of the caller's company."""
    return _show(*await _find(uow, actor=actor, recognition_id=recognition_id), actor=actor)


async def list_recognitions(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], person_id: UUID | None
) -> tuple[list[RecognitionRead], str | None]:
    """A part of the company's, or of those to a person."""
    rows, cursor = await repository.list_recognitions(
        uow.session, company_id=actor.company_id, query=query, filters=filters, person_id=person_id
    )
    to = await _recognised(uow, actor=actor, recognition_ids=[row.id for row in rows])
    return [_show(row, to[row.id], actor=actor).read for row in rows], cursor


async def update_recognition(
    uow: UnitOfWork, *, actor: Actor, recognition_id: UUID, data: RecognitionUpdate, if_match: str | None
) -> ShownRecognition:
    """Correct what is given, by its author."""
    held = await _hold(uow, actor=actor, recognition_id=recognition_id, action="change", if_match=if_match)
    changes = data.model_dump(exclude_unset=True)
    changes |= changes.pop("case", {})
    if "name" in changes and held.recognition.kind != "award":
        raise Invalid.field("/name", "only-of-award", "of an award, and of nothing else")
    if isinstance(data.value_id, UUID):
        await _check_value(uow, actor=actor, value_id=data.value_id)
    apply_changes(held.recognition, changes)
    await uow.session.flush()
    return _show(*held, actor=actor)


async def withdraw_recognition(uow: UnitOfWork, *, actor: Actor, recognition_id: UUID, if_match: str | None) -> None:
    """Take it back, by its author."""
    await _delete(
        uow, await _hold(uow, actor=actor, recognition_id=recognition_id, action="withdraw", if_match=if_match)
    )


async def remove_recognition(
    uow: UnitOfWork, *, actor: Actor, recognition_id: UUID, data: RecognitionRemoval, if_match: str | None
) -> None:
    """Take somebody else's away, by HR, with a reason that the trail keeps."""
    held = await _hold(uow, actor=actor, recognition_id=recognition_id, action="remove", if_match=if_match)
    uow.record(resource_type="recognition", resource_id=recognition_id, changes={"reason": (None, data.reason)})
    await _delete(uow, held)


async def _check(uow: UnitOfWork, *, actor: Actor, data: RecognitionCreate) -> None:
    is_award = data.kind == "award"
    errors = []
    if is_award and data.name is None:
        errors.append(FieldError("/name", "missing", "an award has a name"))
    errors += [
        FieldError(f"/{name}", "only-of-award", "of an award, and of nothing else")
        for name, value in (("name", data.name), ("cycle_id", data.cycle_id))
        if value is not None and not is_award
    ]
    if data.on > business_day():
        errors.append(FieldError("/on", "in-the-future", "not after today"))
    employed = await employed_since(uow, company_id=actor.company_id, person_ids=data.person_ids)
    for place, person_id in enumerate(data.person_ids):
        pointer = f"/person_ids/{place}"
        if person_id == actor.principal_id:
            errors.append(FieldError(pointer, "own-recognition", "recognition is to others"))
        elif person_id not in employed:
            errors.append(FieldError(pointer, "unknown-person", "nobody who is employed"))
        elif person_id in data.person_ids[:place]:
            errors.append(FieldError(pointer, "duplicate", "each once"))
    if errors:
        raise Invalid("The recognition does not fit.", errors=errors)
    if data.value_id is not None:
        await _check_value(uow, actor=actor, value_id=data.value_id)
    if data.cycle_id is not None:
        await _check_cycle(uow, actor=actor, cycle_id=data.cycle_id)


async def _check_value(uow: UnitOfWork, *, actor: Actor, value_id: UUID) -> None:
    try:
        await get_value(uow, actor=actor, value_id=value_id)
    except NotFound as error:
        raise Invalid.field("/value_id", "no-such-value", "no value of the company's") from error


async def _check_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID) -> None:
    try:
        await get_cycle(uow, actor=actor, cycle_id=cycle_id)
    except NotFound as error:
        raise Invalid.field("/cycle_id", "unknown-cycle", "no such cycle") from error


async def _find(uow: UnitOfWork, *, actor: Actor, recognition_id: UUID, lock: bool = False) -> _Held:
    recognition = await repository.find_recognition(
        uow.session, company_id=actor.company_id, recognition_id=recognition_id, lock=lock
    )
    if recognition is None:
        raise NotFound("no such recognition")
    to = await _recognised(uow, actor=actor, recognition_ids=[recognition_id])
    return _Held(recognition, to[recognition_id])


async def _recognised(
    uow: UnitOfWork, *, actor: Actor, recognition_ids: Iterable[UUID]
) -> dict[UUID, list[RecognitionPerson]]:
    return await repository.list_recognised(uow.session, company_id=actor.company_id, recognition_ids=recognition_ids)


async def _hold(
    uow: UnitOfWork, *, actor: Actor, recognition_id: UUID, action: RecognitionAction, if_match: str | None
) -> _Held:
    """A recognition that the caller may do this with, locked, in the version that they mean."""
    held = await _find(uow, actor=actor, recognition_id=recognition_id, lock=True)
    if action not in _allowed(held.recognition, actor=actor):
        raise NotAllowed("Its author changes and withdraws it, HR removes it.", code="not-the-author")
    check_if_match(if_match, _show(*held, actor=actor).tag)
    return held


async def _delete(uow: UnitOfWork, held: _Held) -> None:
    for one in held.to:
        await uow.session.delete(one)
    await uow.session.flush()
    await uow.session.delete(held.recognition)
    await uow.session.flush()


def _allowed(recognition: Recognition, *, actor: Actor) -> list[RecognitionAction]:
    if recognition.author_id == actor.principal_id:
        return ["change", "withdraw"]
    return ["remove"] if "hr" in actor.roles else []


def _show(recognition: Recognition, to: Iterable[RecognitionPerson], *, actor: Actor) -> ShownRecognition:
    stored = {name: getattr(recognition, name) for name in RecognitionRead.model_fields if hasattr(recognition, name)}
    case = FeedbackCase(behaviour=recognition.behaviour, consequence=recognition.consequence)
    read = RecognitionRead.model_validate(
        stored
        | {
            "person_ids": [one.person_id for one in to],
            "case": case,
            "on": recognition.on_day,
            "allowed_actions": _allowed(recognition, actor=actor),
        }
    )
    return ShownRecognition(recognition.id, read)
