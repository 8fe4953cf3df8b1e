"""What a 360 shows of its raters' answers: nothing that leads back to one of them (REV-11).

The raters are divided into groups, none of which is smaller than the minimum: each relation large enough, and the
other relations pooled where they are large enough together. What is in no group is in no figure. A group shows a
question's mean where at least the minimum of it answered; everything else is computed from those means. So of the
answers to a question that enter any figure at least the minimum enter all figures alike: whoever adds and subtracts
figures gets sums over whole groups and never over fewer raters, and never anything of an answer left out. What a mean
itself tells (that everybody gave the highest score) is told.

It holds within one aggregate. The difference of two, before and after an answer came in, would be that answer: whoever
shows aggregates shows one, computed when no more answers are taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from attain_shared.rules.means import mean, score_of

MINIMUM = 3
"""The fewest raters that a figure or a set of comments may stem from (REV-11)."""

OTHERS = "others"
"""The group of the relations too small to stand alone."""


class Relation(StrEnum):
    """What a rater is to the subject (REV-11)."""

    PEER = "peer"
    REPORT = "report"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Answer:
    """One rater's answer; questions may be left out."""

    id: UUID
    """Random: neither the rater nor the time can be told from it."""
    relation: Relation
    scores: Mapping[str, Decimal]
    """By question code."""
    comments: Mapping[str, str]
    """By question code; blank ones are none."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A question's mean, two decimals half up, and how many answers it is of: the minimum or more."""

    mean: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """What one group of raters says."""

    name: str
    """A relation or `others`."""
    raters: int
    score: Decimal | None
    """The mean of the questions' means; None where no question has enough answers."""
    questions: Mapping[str, Figure]
    comments: Mapping[str, tuple[str, ...]]
    """By question, each in an order of its own, so that places link nothing."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What may be shown of the answers: the groups, and all of their raters together (REV-11)."""

    groups: tuple[Group, ...]
    raters: int
    score: Decimal | None
    """The mean of the questions' means."""
    questions: Mapping[str, Figure]
    """Of the groups that show the question, each rater counting once."""


def aggregate(answers: Iterable[Answer], minimum: int = MINIMUM) -> Aggregate:
    """What may be shown of the answers, one a rater (REV-11).

    Raises ValueError for a minimum below three.
    """
    if minimum < MINIMUM:
        raise ValueError(f"fewer than {MINIMUM} raters")
    divided = _divided(answers, minimum)
    scores = {name: _enough(_by_question(members), minimum) for name, members in divided.items()}
    groups = tuple(
        Group(name, len(members), _score(scores[name]), _figures(scores[name]), _comments(members, minimum))
        for name, members in divided.items()
    )
    together: dict[str, list[Decimal]] = {}
    for group in scores.values():
        for question, given in group.items():
            together.setdefault(question, []).extend(given)
    return Aggregate(groups, sum(group.raters for group in groups), _score(together), _figures(together))


def _divided(answers: Iterable[Answer], minimum: int) -> dict[str, list[Answer]]:
    by_relation: dict[Relation, list[Answer]] = {relation: [] for relation in Relation}
    for answer in answers:
        by_relation[answer.relation].append(answer)
    shown = {str(relation): members for relation, members in by_relation.items() if len(members) >= minimum}
    pooled = [answer for members in by_relation.values() if len(members) < minimum for answer in members]
    return shown | {OTHERS: pooled} if len(pooled) >= minimum else shown


def _by_question(members: Sequence[Answer]) -> dict[str, list[Decimal]]:
    # Sorted: in the order of the answers the questions would tell what the first one left out.
    questions = sorted({question for answer in members for question in answer.scores})
    return {code: [answer.scores[code] for answer in members if code in answer.scores] for code in questions}


def _enough(scores: Mapping[str, list[Decimal]], minimum: int) -> dict[str, list[Decimal]]:
    return {question: given for question, given in scores.items() if len(given) >= minimum}


def _figures(scores: Mapping[str, list[Decimal]]) -> dict[str, Figure]:
    return {question: Figure(score_of(mean(given)), len(given)) for question, given in sorted(scores.items())}


def _score(scores: Mapping[str, list[Decimal]]) -> Decimal | None:
    return score_of(mean(mean(given) for given in scores.values())) if scores else None


def _comments(members: Sequence[Answer], minimum: int) -> dict[str, tuple[str, ...]]:
    said: dict[str, list[tuple[bytes, str]]] = {}
    for answer in members:
        for question, text in answer.comments.items():
            if text.strip():
                said.setdefault(question, []).append((_place(answer.id, question), text.strip()))
    return {
        question: tuple(text for _, text in sorted(given))
        for question, given in sorted(said.items())
        if len(given) >= minimum
    }


def _place(answer_id: UUID, question: str) -> bytes:
    return sha256(answer_id.bytes + question.encode()).digest()
