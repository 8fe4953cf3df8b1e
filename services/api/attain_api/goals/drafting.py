"""Checking a goal before it is stored: every fault with its pointer (GOAL-1, GOAL-2, GOAL-6)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from attain_api.goals.draft import Draft, Known
from attain_api.goals.indicators import ROLL_UP_REFUSED, indicator_faults
from attain_api.goals.owners import OwnerKey
from attain_shared.errors import FieldError, Invalid
from attain_shared.goals.models import Cycle, Goal, Indicator, Milestone
from attain_shared.goals.schemas import RubricBody
from attain_shared.rules.life import State
from attain_shared.rules.periods import Window
from attain_shared.rules.rubric import Rubric, Rule, problems

BANDS = ("below", "meets", "above")
"""What written standards tell apart (GOAL-1)."""


def refuse(faults: Iterable[FieldError]) -> None:
    """Refuse the input if anything is wrong with it; a forbidden roll-up gives the problem its code."""
    if errors := list(faults):
        code = ROLL_UP_REFUSED if any(fault.code == ROLL_UP_REFUSED for fault in errors) else None
        raise Invalid("the goal cannot be taken; see errors", errors=errors, code=code)


def window_faults(starts_on: date, ends_on: date, cycle: Cycle) -> Iterator[FieldError]:
    """A goal's window lies inside its cycle (GOAL-1)."""
    if not cycle.starts_on <= starts_on <= cycle.ends_on:
        yield FieldError("/starts_on", "outside-cycle", f"must lie in {cycle.starts_on} to {cycle.ends_on}")
    elif not starts_on <= ends_on <= cycle.ends_on:
        yield FieldError("/ends_on", "outside-cycle", f"must lie in {starts_on} to {cycle.ends_on}")


def parent_faults(parent: Goal | None, *, window: Window, owner: OwnerKey) -> Iterator[FieldError]:
    """A parent is of the same or an enclosing period, and of the same or a higher level (GOAL-2)."""
    if parent is None:
        yield FieldError("/parent_id", "unknown-goal", "no such goal")
    elif parent.state == State.CANCELLED:
        yield FieldError("/parent_id", "parent-cancelled", "the parent is cancelled")
    elif not Window(parent.starts_on, parent.ends_on).encloses(window):
        detail = f"the parent runs only from {parent.starts_on} to {parent.ends_on}"
        yield FieldError("/parent_id", "window-not-enclosed", detail)
    elif _level(OwnerKey(parent.department_id, parent.person_id)) > _level(owner):
        yield FieldError("/parent_id", "wrong-level", "goals cascade from company to department to person")


def _level(owner: OwnerKey) -> int:
    return 2 if owner.person_id else 1 if owner.department_id else 0


def draft_faults(draft: Draft, known: Known) -> Iterator[FieldError]:
    """What is wrong with what a goal consists of and names."""
    for index, person_id in enumerate(draft.collaborators):
        if person_id not in known.people:
            yield FieldError(f"/collaborators/{index}", "unknown-person", "no such person")
        elif person_id in draft.collaborators[:index]:
            yield FieldError(f"/collaborators/{index}", "duplicate", "named twice")
    for index, milestone in enumerate(draft.milestones):
        if milestone.due_on not in draft.window:
            detail = f"must lie in {draft.window.starts_on} to {draft.window.ends_on}"
            yield FieldError(f"/milestones/{index}/due_on", "outside-window", detail)
        if milestone.owner_id is not None and milestone.owner_id not in known.people:
            yield FieldError(f"/milestones/{index}/owner_id", "unknown-person", "no such person")
    yield from indicator_faults(draft, known)
    yield from _rubric_faults(draft, known)


def _rubric_faults(draft: Draft, known: Known) -> Iterator[FieldError]:
    """A rubric is taken only in the form that makes it monotone (GOAL-6); a company's was when it was made."""
    if draft.rubric_id is not None and draft.rubric is not None:
        yield FieldError("/rubric_id", "not-both", "either a rubric of the goal's own or one of the company's")
    elif draft.rubric_id is not None and known.rubric is None:
        yield FieldError("/rubric_id", "unknown-rubric", "no such rubric")
    elif draft.rubric is not None:
        rules = tuple(Rule(rule.test, rule.op, rule.threshold, rule.score) for rule in draft.rubric.rules)
        for path, reason in problems(Rubric(rules, draft.rubric.otherwise)):
            yield FieldError(f"/rubric{path}", "invalid-rubric", reason)


def submit_faults(goal: Goal, indicators: Sequence[Indicator], milestones: Sequence[Milestone]) -> Iterator[FieldError]:
    """What a goal lacks to be agreed on (GOAL-1): standards for what is entered by hand, milestones to be counted."""
    kinds = {indicator.kind for indicator in indicators}
    if "manual" in kinds:
        written = goal.standards or {}
        for band in BANDS:
            if not (written.get(band) or "").strip():
                detail = "what is entered by hand needs a written standard for each band"
                yield FieldError(f"/standards/{band}", "missing", detail)
    if "milestones" in kinds and not milestones:
        yield FieldError("/milestones", "missing", "there are none to be counted")


def stored_rubric(body: RubricBody | None) -> dict[str, object] | None:
    """A rubric as it is kept: decimals as text."""
    return body.model_dump(mode="json") if body is not None else None
