"""The life of a goal (GOAL-3): who may do what with it in which state, for staff and where goals are split from above."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a goal is in its life (GOAL-3)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What is done with a goal (GOAL-3)."""

    CHANGE = "change"
    SUBMIT = "submit"
    RETURN = "return"
    ADJUST = "adjust"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    CLOSE = "close"


class Relation(StrEnum):
    """What somebody is to a goal (GOAL-3, SEC-3)."""

    WRITER = "writer"
    """Wrote it, and still may write goals of this owner."""
    OWNER = "owner"
    """The person; a department's head; for the company an executive."""
    SUPERIOR = "superior"
    """Above the owner: a manager at any depth, the head of a department above, an executive."""
    STAND_IN = "stand_in"
    """The superior or an administrator, where the owner has no account (GOAL-3)."""


class Life(StrEnum):
    """Which of the two lives of GOAL-3 a goal leads."""

    STAFF = "staff"
    """The employee writes and submits, the manager adjusts or returns, the employee confirms."""
    SPLIT = "split"
    """Split from above: the superior writes and submits, the owner confirms."""
    ALONE = "alone"
    """Nobody is above the owner, who writes, submits and confirms: the company's, and whoever leads it."""


_WRITER, _OWNER, _SUPERIOR, _STAND_IN = (frozenset({one}) for one in Relation)
_NOBODY: frozenset[Relation] = frozenset()

NEXT: Mapping[Action, State] = {
    Action.SUBMIT: State.SUBMITTED,
    Action.RETURN: State.RETURNED,
    Action.ADJUST: State.SUBMITTED,
    Action.CONFIRM: State.CONFIRMED,
    Action.CANCEL: State.CANCELLED,
    Action.CLOSE: State.CLOSED,
}
"""The state that an action leads to; a change leads to none (GOAL-3)."""

NEEDS_REASON = frozenset({Action.RETURN, Action.CANCEL})
"""What is never done without saying why (GOAL-3)."""

ENDINGS = frozenset({Action.CANCEL, Action.CLOSE})
"""What leads a goal to its end: possible in a closed cycle, too."""

_SUBMITTERS: Mapping[Life, frozenset[Relation]] = {
    Life.STAFF: _OWNER | _STAND_IN,
    Life.SPLIT: _SUPERIOR | _STAND_IN,
    Life.ALONE: _OWNER | _STAND_IN,
}
_ABOVE: Mapping[Life, frozenset[Relation]] = {
    Life.STAFF: _SUPERIOR,
    Life.SPLIT: _SUPERIOR,
    Life.ALONE: _OWNER | _STAND_IN,
}
"""Whoever stands in creates, submits and confirms (SEC-3): what is the superior's remains theirs."""


def allowed(
    state: State, life: Life, relations: frozenset[Relation], *, is_agreed: bool, head_submits: bool = False
) -> tuple[Action, ...]:
    """What somebody with these relations may do with a goal now, in the order of `Action` (GOAL-3).

    `is_agreed` says whether the superior agreed to what was submitted, by submitting it or by adjusting. `head_submits`
    is for a department's goals, which its head writes too (SEC-3).
    """
    may = _holders(state, life, is_agreed=is_agreed, head_submits=head_submits)
    return tuple(action for action in Action if relations & may.get(action, _NOBODY))


def ever_allowed(life: Life, relations: frozenset[Relation], *, head_submits: bool = False) -> frozenset[Action]:
    """What some state would allow somebody with these relations (api.md: 409, where all others get 403)."""
    return frozenset(
        action
        for state in State
        for action in allowed(state, life, relations, is_agreed=True, head_submits=head_submits)
    )


def may_write(life: Life, relations: frozenset[Relation], *, head_submits: bool = False) -> bool:
    """Whether somebody writes new goals of this owner: who submits them, and who splits theirs to below (SEC-3)."""
    return bool(relations & (_submitters(life, head_submits=head_submits) | _SUPERIOR))


def agrees_by_submitting(life: Life, relations: frozenset[Relation]) -> bool:
    """Whether nobody else has to agree to what somebody submits (GOAL-3)."""
    return life is Life.ALONE or bool(relations & (_SUPERIOR | _STAND_IN))


def stands_in(
    action: Action,
    state: State,
    life: Life,
    relations: frozenset[Relation],
    *,
    is_agreed: bool,
    head_submits: bool = False,
) -> bool:
    """Whether somebody may do this only in the place of an owner without an account, which is put on record (GOAL-3)."""
    in_their_own_right = allowed(state, life, relations - _STAND_IN, is_agreed=is_agreed, head_submits=head_submits)
    return bool(relations & _STAND_IN) and action not in in_their_own_right


def may_enter(relations: frozenset[Relation]) -> bool:
    """Whether somebody enters the numbers of manual indicators: the owner, or whoever stands in (GOAL-4)."""
    return bool(relations & (_OWNER | _STAND_IN))


def may_accept(life: Life, relations: frozenset[Relation]) -> bool:
    """Whether somebody accepts what was entered: the superior, and where there is none the owner (GOAL-4)."""
    return bool(relations & ((_OWNER | _STAND_IN) if life is Life.ALONE else _SUPERIOR))


def _submitters(life: Life, *, head_submits: bool) -> frozenset[Relation]:
    return _SUBMITTERS[life] | _OWNER if head_submits else _SUBMITTERS[life]


def _holders(state: State, life: Life, *, is_agreed: bool, head_submits: bool) -> Mapping[Action, frozenset[Relation]]:
    """Who may do what in a state (GOAL-3)."""
    above, submitters = _ABOVE[life], _submitters(life, head_submits=head_submits)
    if state in {State.DRAFT, State.RETURNED}:
        # the superior of an employee splits to below (SEC-3), and leaves alone what the employee has not submitted
        return {
            Action.CHANGE: submitters | _WRITER,
            Action.SUBMIT: submitters,
            Action.CANCEL: submitters | _WRITER,
        }
    if state is State.SUBMITTED:
        return {
            Action.CHANGE: above,
            # who is to confirm what was split to them may send it back, too
            Action.RETURN: above | _OWNER if life is Life.SPLIT else above,
            Action.ADJUST: above,
            Action.CONFIRM: _OWNER | _STAND_IN if is_agreed else _NOBODY,
            Action.CANCEL: above,
        }
    if state is State.CONFIRMED:
        return {Action.CHANGE: above, Action.CANCEL: above, Action.CLOSE: above}
    return {}
