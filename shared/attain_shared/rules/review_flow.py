"""The flow of a review (REV-6): one table of who does what at which step, and what follows."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeVar

Id = TypeVar("Id")


class Step(StrEnum):
    """Where a review is in its flow, in the order of the flow (REV-6)."""

    SELF_ASSESSMENT = "self_assessment"
    MANAGER_ASSESSMENT = "manager_assessment"
    SECOND_LEVEL = "second_level"
    HR = "hr"
    CALIBRATION = "calibration"
    INTERVIEW = "interview"
    ACKNOWLEDGEMENT = "acknowledgement"
    APPEALED = "appealed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What is done with a review (REV-6, api.md)."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    SET_RATING = "set_rating"
    PUBLISH = "publish"
    INTERVIEW = "interview"
    ACKNOWLEDGE = "acknowledge"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    CHANGE = "change"
    CANCEL = "cancel"
    DELEGATE = "delegate"


class Party(StrEnum):
    """What somebody is to a review; who owns a step, and who stands in for them by a recorded delegation."""

    SUBJECT = "subject"
    MANAGER = "manager"
    """Who assesses: the manager, or the assessor that HR names for a person without one."""
    SECOND_LEVEL = "second_level"
    """The manager's manager: 1 over 1."""
    HR = "hr"
    """As `hr_parties` has it: another than the subject or the manager, if there is one."""
    HEAD = "head"
    """Of the person's department when the review was opened, or of one above it."""
    SETTLER = "settler"
    """Who locks and publishes its calibration group, as `settlers` has it."""
    DELEGATE = "delegate"
    """Whom the step that the review is at was delegated to."""


class Guard(StrEnum):
    """What else must hold."""

    ONCE = "once"
    """The review was not appealed before."""
    IN_TIME = "in_time"
    """Not later than `DAYS_TO_ANSWER` after the interview."""
    UNLOCKED = "unlocked"
    """The calibration group is not locked."""
    LOCKED = "locked"
    """The calibration group is locked."""


class Effect(StrEnum):
    """What an action does beside leading to the next step."""

    FREEZE = "freeze"
    """The figures are frozen with their as-of instant (REV-7)."""
    DECIDE = "decide"
    """The values marked unsure are decided, and what follows from them is computed (REV-3)."""
    RATE = "rate"
    """The rating changes, on record (REV-8)."""
    REVEAL = "reveal"
    """The employee sees the assessment and the rating from here on (REV-7)."""
    FOLLOW_UP = "follow_up"
    """Action items are opened (REV-9, REV-10)."""


class Row(NamedTuple):
    """One line of the table."""

    step: Step
    parties: tuple[Party, ...]
    """Who may do it."""
    action: Action
    next: Step
    needs_reason: bool = False
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()


DAYS_TO_ANSWER = 7
"""Days after the interview in which the employee acknowledges or appeals; then the review closes by itself (REV-6)."""

ENDS = frozenset({Step.CLOSED, Step.CANCELLED})
"""Where nothing is done any more."""
OPEN_STEPS = tuple(step for step in Step if step not in ENDS)
"""All the others, in the order of the flow."""

OWNERS: Mapping[Step, tuple[Party, ...]] = {
    Step.SELF_ASSESSMENT: (Party.SUBJECT,),
    Step.MANAGER_ASSESSMENT: (Party.MANAGER,),
    Step.SECOND_LEVEL: (Party.SECOND_LEVEL,),
    Step.HR: (Party.HR,),
    Step.CALIBRATION: (Party.HR, Party.HEAD),
    Step.INTERVIEW: (Party.MANAGER,),
    Step.ACKNOWLEDGEMENT: (Party.SUBJECT,),
    Step.APPEALED: (Party.HR,),
}
"""Who owns each step (REV-6)."""

DELEGABLE = tuple(step for step in OWNERS if step not in {Step.CALIBRATION, Step.ACKNOWLEDGEMENT})
"""The steps that HR may delegate: a calibration has several owners, and nobody acknowledges in another's place."""

CHECKING = frozenset({Step.SECOND_LEVEL, Step.HR, Step.APPEALED})
"""The steps that look at what was assessed: never of whoever assessed it, by delegation neither (REV-6)."""

_S, _A, _P = Step, Action, Party


def _acting(step: Step) -> tuple[Party, ...]:
    """The owners of a step, and whoever stands in for them."""
    return (*OWNERS[step], _P.DELEGATE) if step in DELEGABLE else OWNERS[step]


def _row(step: Step, action: Action, following: Step, *, reason: bool = False, **more: tuple[StrEnum, ...]) -> Row:
    return Row(step, _acting(step), action, following, needs_reason=reason, **more)  # type: ignore[arg-type]


TABLE: tuple[Row, ...] = (
    _row(_S.SELF_ASSESSMENT, _A.SUBMIT, _S.MANAGER_ASSESSMENT),
    _row(_S.MANAGER_ASSESSMENT, _A.SUBMIT, _S.SECOND_LEVEL, effects=(Effect.FREEZE,)),
    _row(_S.MANAGER_ASSESSMENT, _A.RETURN, _S.SELF_ASSESSMENT, reason=True),
    _row(_S.SECOND_LEVEL, _A.APPROVE, _S.HR, effects=(Effect.DECIDE,)),
    _row(_S.SECOND_LEVEL, _A.RETURN, _S.MANAGER_ASSESSMENT, reason=True),
    _row(_S.HR, _A.APPROVE, _S.CALIBRATION, effects=(Effect.DECIDE,)),
    _row(_S.HR, _A.RETURN, _S.MANAGER_ASSESSMENT, reason=True),
    _row(_S.CALIBRATION, _A.SET_RATING, _S.CALIBRATION, guards=(Guard.UNLOCKED,), effects=(Effect.RATE,)),
    Row(
        _S.CALIBRATION,
        (_P.SETTLER,),
        _A.PUBLISH,
        _S.INTERVIEW,
        guards=(Guard.LOCKED,),
        effects=(Effect.RATE, Effect.REVEAL, Effect.FOLLOW_UP),
    ),
    _row(_S.INTERVIEW, _A.INTERVIEW, _S.ACKNOWLEDGEMENT, effects=(Effect.FOLLOW_UP,)),
    _row(_S.ACKNOWLEDGEMENT, _A.ACKNOWLEDGE, _S.CLOSED),
    _row(_S.ACKNOWLEDGEMENT, _A.APPEAL, _S.APPEALED, reason=True, guards=(Guard.ONCE, Guard.IN_TIME)),
    _row(_S.APPEALED, _A.UPHOLD, _S.CLOSED, reason=True),
    _row(_S.APPEALED, _A.CHANGE, _S.CLOSED, reason=True, effects=(Effect.RATE, Effect.FOLLOW_UP)),
    *(Row(step, (_P.HR,), _A.DELEGATE, step, needs_reason=True) for step in DELEGABLE),
    *(Row(step, (_P.HR,), _A.CANCEL, _S.CANCELLED, needs_reason=True) for step in OPEN_STEPS),
)
"""REV-6: each step's owner, what they do, and where it leads. A row's guards are judged by `allowed`."""


def row_of(step: Step, action: Action) -> Row | None:
    """The line for an action at a step, if there is one."""
    return next((row for row in TABLE if row.step is step and row.action is action), None)


def next_step(row: Row, *, has_second_level: bool) -> Step:
    """Where an action leads: past the second level where there is none, or it is who assessed (REV-6)."""
    return Step.HR if row.next is Step.SECOND_LEVEL and not has_second_level else row.next


def allowed(step: Step, parties: Collection[Party], holding: Collection[Guard]) -> tuple[Action, ...]:
    """What somebody may do with a review now, in the order of `Action` (REV-6).

    `parties` is what they are to it, `holding` the guards that hold. The subject is nothing else to their own review:
    nobody acts on it past the self-assessment and the acknowledgement.
    """
    own = own_parties(parties)
    found = {row.action for row in TABLE if row.step is step and _may(row, own) and set(row.guards) <= set(holding)}
    return tuple(action for action in Action if action in found)


def ever_allowed(parties: Collection[Party]) -> frozenset[Action]:
    """What some step would allow somebody (api.md: 409, where all others get 403)."""
    return frozenset(row.action for row in TABLE if _may(row, own_parties(parties)))


def own_parties(parties: Collection[Party]) -> frozenset[Party]:
    """What counts of what somebody is: of the subject only that (REV-6)."""
    return frozenset({Party.SUBJECT}) if Party.SUBJECT in parties else frozenset(parties)


def _may(row: Row, parties: frozenset[Party]) -> bool:
    return not parties.isdisjoint(row.parties)


def hr_parties(
    *, subject: Id, assessors: Collection[Id], hr: Collection[Id], executives: Collection[Id]
) -> frozenset[Id]:
    """Who is HR to a review (REV-6): another than the subject and whoever assesses or assessed it, if there is one.

    Else an HR who is one of these; where the subject is the only HR, an executive.
    """
    others, above, own = set(hr) - {subject}, set(executives) - {subject}, set(assessors)
    return frozenset(others - own or others or above - own or above)


def settlers(*, inside: Collection[Id], hr: Collection[Id], executives: Collection[Id]) -> frozenset[Id]:
    """Who locks and publishes a calibration group (REV-6, REV-8): the HR who are not in it; else executives; else HR.

    `inside` is whose reviews are in the group.
    """
    return frozenset(set(hr) - set(inside) or set(executives) - set(inside) or set(hr))
