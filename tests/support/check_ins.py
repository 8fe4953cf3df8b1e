"""Check-ins and recognition, written straight into the tables."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attain_shared.check_ins.models import CheckIn, CheckInComment, CheckInGoal
from attain_shared.clock import business_day, utc_now
from attain_shared.db.base import Base
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.models import Goal
from attain_shared.identifiers import new_id
from attain_shared.recognitions.models import Recognition, RecognitionPerson
from attain_shared.rules.periods import Grain, bucket_start

A_WEEK_AGO = bucket_start(business_day() - timedelta(days=7), Grain.WEEK)
DAY = date(2026, 11, 2)


def check_in_of(company_id: UUID, person_id: UUID, **more: Any) -> CheckIn:
    """The report of the week before this one, submitted, unless told otherwise."""
    fields: dict[str, Any] = {"kind": "weekly", "starts_on": A_WEEK_AGO, "summary": "主图改版上线"}
    fields |= {"state": "submitted", "submitted_at": utc_now()}
    return CheckIn(company_id=company_id, id=new_id(), person_id=person_id, **(fields | more))


def recognition_by(company_id: UUID, author_id: UUID, **more: Any) -> Recognition:
    """Praise of something of today, unless told otherwise."""
    fields: dict[str, Any] = {"kind": "praise", "behaviour": "主动跟进补发", "consequence": "无一差评"}
    fields |= {"on_day": business_day()}
    return Recognition(company_id=company_id, id=new_id(), author_id=author_id, **(fields | more))


def line_of(check_in: CheckIn, goal_id: UUID, **more: Any) -> CheckInGoal:
    """What a check-in says of a goal: all is well, unless told otherwise."""
    fields: dict[str, Any] = {"position": 0, "confidence": "on_track"}
    return CheckInGoal(company_id=check_in.company_id, check_in_id=check_in.id, goal_id=goal_id, **(fields | more))


def comment_on(check_in: CheckIn, author_id: UUID, text: str) -> CheckInComment:
    """Something said to a check-in."""
    return CheckInComment(
        company_id=check_in.company_id, id=new_id(), check_in_id=check_in.id, author_id=author_id, text=text
    )


def person_of(recognition: Recognition, person_id: UUID) -> RecognitionPerson:
    """Somebody whom a recognition is to."""
    return RecognitionPerson(company_id=recognition.company_id, recognition_id=recognition.id, person_id=person_id)


async def add_culture(uow: UnitOfWork, *, company_id: UUID, ids: Mapping[str, str]) -> dict[str, str]:
    """Of 林晓: a report with a goal and a comment, a draft, and notes of a 1:1; and praise of her by 吴桐."""
    subject, manager, peer = (UUID(ids[name]) for name in ("subject", "manager", "peer"))
    report = check_in_of(company_id, subject, private_note="want a rise")
    month = bucket_start(business_day(), Grain.MONTH)
    draft = check_in_of(company_id, subject, kind="monthly", starts_on=month, state="draft", submitted_at=None)
    talk = {"kind": "one_on_one", "starts_on": A_WEEK_AGO, "with_person_id": manager}
    notes = check_in_of(company_id, subject, **talk)
    praise = recognition_by(company_id, peer)
    uow.session.add_all([report, draft, notes, praise])
    await uow.session.flush()
    line = line_of(report, UUID(ids["standing_of_subject"]))
    uow.session.add_all([line, comment_on(report, manager, "摄影已协调"), person_of(praise, subject)])
    made = {"check_in": report.id, "draft_check_in": draft.id, "one_on_one": notes.id, "recognition": praise.id}
    return {name: str(one) for name, one in made.items()}


def culture_of(*, goal: Goal, name: str, boss_id: UUID) -> list[Base]:
    """What the owner of a goal wrote and was told, and what others wrote of them: all name them (SEC-6)."""
    assert goal.person_id is not None
    company_id, person_id = goal.company_id, goal.person_id
    texts = {part: f"{name}: {part}" for part in ("summary", "plans", "blockers", "private_note")}
    report = check_in_of(company_id, person_id, **texts)
    talk = {"kind": "one_on_one", "starts_on": DAY, "with_person_id": person_id}
    notes = check_in_of(company_id, boss_id, **talk, **texts)
    case = {"behaviour": f"{name}跟进", "consequence": f"{name}无差评"}
    award = recognition_by(company_id, boss_id, kind="award", name=f"{name}奖", **case)
    praise = recognition_by(company_id, person_id, **case)
    then = {"score": Decimal("3.5"), "status": "on_track", "computed_at": utc_now()}
    return [
        report,
        notes,
        line_of(report, goal.id, comment=f"{name}有把握", **then),
        comment_on(report, boss_id, f"{name}辛苦了"),
        comment_on(notes, person_id, f"{name}同意"),
        award,
        praise,
        person_of(award, person_id),
        person_of(praise, boss_id),
    ]
