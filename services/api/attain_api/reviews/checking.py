"""What is wrong with an assessment (REV-2a, REV-3), and what it lacks to be submitted: pure, by what it is of."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from attain_shared.errors import FieldError
from attain_shared.reviews.assessment_schemas import Assessment, GoalScore, ValueScore
from attain_shared.reviews.judging import value_score
from attain_shared.rules.values import lacking_case


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part of a review is to say."""

    values: Sequence[str]
    """The codes of the round's values."""
    from_quarters: bool
    """Whether the values come from the year's quarters instead (REV-12)."""
    computed: Mapping[UUID, Decimal | None] | None
    """By goal, the computed score; None where values alone are assessed (REV-1)."""
    takes_competency: bool
    """Whether competency is judged here: by the manager, where the round gives it a share (REV-2a)."""


def errors_in(written: Assessment, asked: Asked) -> list[FieldError]:
    """What is wrong whenever it is saved."""
    return [*_goal_errors(written.goals, asked), *_value_errors(written.values, asked), *_competency(written, asked)]


def errors_on_submitting(written: Assessment, asked: Asked) -> list[FieldError]:
    """What is wrong by now, as figures may have moved since it was saved, and what is missing."""
    moved = [
        FieldError(one.pointer, "figures-moved", "the computed score is another since: say why yours differs")
        if one.code == "missing" and one.pointer.endswith("/reason")
        else one
        for one in errors_in(written, asked)
    ]
    given = {value.code for value in written.values}
    due = [] if asked.from_quarters else asked.values
    missing = [
        FieldError(f"/values/{code}", "missing-value", f"{code} is not assessed yet")
        for code in due
        if code not in given
    ]
    if asked.takes_competency and written.competency is None:
        missing.append(FieldError("/competency", "missing", "competency has a share in this round"))
    return moved + missing


def decision_errors(values: Sequence[ValueScore], unsure: Collection[str]) -> list[FieldError]:
    """What is wrong with what was decided of the values marked unsure, and only those (REV-3)."""
    strangers = [
        FieldError(f"/values/{index}/code", "not-unsure", "the manager is not unsure of this value")
        for index, value in enumerate(values)
        if value.code not in unsure
    ]
    return [*strangers, *_duplicates("values", "code", [one.code for one in values]), *_levels_and_cases(values)]


def _goal_errors(goals: Sequence[GoalScore], asked: Asked) -> list[FieldError]:
    if asked.computed is None:
        return [FieldError("/goals", "values-only", "this round assesses values alone")] if goals else []
    found = _duplicates("goals", "goal_id", [one.goal_id for one in goals])
    for index, one in enumerate(goals):
        if one.goal_id not in asked.computed:
            found.append(FieldError(f"/goals/{index}/goal_id", "unknown-goal", "not a confirmed goal of this review"))
        elif one.score is not None and one.score != asked.computed[one.goal_id] and one.reason is None:
            found.append(FieldError(f"/goals/{index}/reason", "missing", "the score is not the computed one: say why"))
    return found


def _value_errors(values: Sequence[ValueScore], asked: Asked) -> list[FieldError]:
    if asked.from_quarters:
        return [FieldError("/values", "values-from-quarters", "the year's are those of its quarters")] if values else []
    unknown = [
        FieldError(f"/values/{index}/code", "unknown-value", "not a value of this round")
        for index, value in enumerate(values)
        if value.code not in asked.values
    ]
    return [*unknown, *_duplicates("values", "code", [one.code for one in values]), *_levels_and_cases(values)]


def _levels_and_cases(values: Sequence[ValueScore]) -> Iterable[FieldError]:
    for index, value in enumerate(values):
        score = value_score(value)
        if score is None:
            if not value.unsure:
                yield FieldError(f"/values/{index}/levels", "missing", "give its five levels, or mark it unsure")
            continue
        lacking = lacking_case(score, {case.kind for case in value.cases})
        if lacking is not None:
            detail = f"a value of {score.normalize():f} needs a {lacking} case"
            yield FieldError(f"/values/{index}/cases", "missing-case", detail)


def _competency(written: Assessment, asked: Asked) -> list[FieldError]:
    if written.competency is None or asked.takes_competency:
        return []
    return [FieldError("/competency", "no-competency", "judged by the manager alone, where the round gives it a share")]


def _duplicates(name: str, key: str, given: Sequence[object]) -> list[FieldError]:
    first = {one: index for index, one in reversed(list(enumerate(given)))}
    return [
        FieldError(f"/{name}/{index}/{key}", "duplicate", "given before")
        for index, one in enumerate(given)
        if Counter(given)[one] > 1 and index != first[one]
    ]
