"""What a 360 shows, and that nobody can reckon back from it (REV-11)."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.raters import MINIMUM, OTHERS, Aggregate, Answer, Figure, Relation, aggregate
from attain_shared.rules.rubric import SCALE

D = Decimal
PEER, REPORT, PARTNER = Relation
QUESTIONS = ("help", "skill", "word")
Relations = tuple[int, int, int]


def answer(number: int, relation: Relation, comment: str = "", **scores: str) -> Answer:
    comments = {"help": comment} if comment else {}
    return Answer(UUID(int=number), relation, {code: D(score) for code, score in scores.items()}, comments)


def crowd(peers: int, reports: int, partners: int) -> list[Answer]:
    relations = [PEER] * peers + [REPORT] * reports + [PARTNER] * partners
    return [answer(number, relation, f"from {number}", help="4") for number, relation in enumerate(relations)]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0, 0, 0), {}),
        ((2, 0, 0), {}),
        ((1, 1, 0), {}),
        ((3, 0, 0), {"peer": 3}),
        ((3, 1, 0), {"peer": 3}),
        ((3, 1, 1), {"peer": 3}),
        ((3, 2, 1), {"peer": 3, OTHERS: 3}),
        ((2, 2, 5), {"partner": 5, OTHERS: 4}),
        ((2, 5, 0), {"report": 5}),
        ((1, 1, 1), {OTHERS: 3}),
        ((3, 4, 5), {"peer": 3, "report": 4, "partner": 5}),
    ],
)
def test_small_relations_are_pooled_or_left_out_rev_11(counts: Relations, expected: dict[str, int]) -> None:
    found = aggregate(crowd(*counts))
    assert {group.name: group.raters for group in found.groups} == expected
    assert found.raters == sum(expected.values())
    assert found.questions == ({"help": Figure(D("4.00"), found.raters)} if expected else {})
    assert found.score == (D("4.00") if expected else None)


def test_an_aggregate_has_means_of_groups_and_of_all_that_are_shown_rev_11() -> None:
    peers = [answer(1, PEER, help="4", skill="3"), answer(2, PEER, help="4", skill="3"), answer(3, PEER, help="5")]
    reports = [answer(number, REPORT, help="3", skill=score) for number, score in ((4, "3"), (5, "3.5"), (6, "3.5"))]
    found = aggregate([*peers, *reports, answer(7, PARTNER, help="2.5", skill="2.5")])
    one, other = found.groups
    assert one.questions == {"help": Figure(D("4.33"), 3)}, "two answers to a question are not shown"
    assert one.score == D("4.33")
    assert other.questions == {"help": Figure(D("3.00"), 3), "skill": Figure(D("3.33"), 3)}
    assert other.score == D("3.17")
    assert found.questions == {"help": Figure(D("3.67"), 6), "skill": Figure(D("3.33"), 3)}
    assert (found.score, found.raters) == (D("3.50"), 6)


def test_a_group_without_an_answered_question_has_no_score_rev_11() -> None:
    found = aggregate([answer(number, PEER) for number in range(3)])
    assert [(group.raters, group.score, group.questions) for group in found.groups] == [(3, None, {})]
    assert (found.score, found.questions) == (None, {})


def test_a_company_may_ask_for_more_raters_but_not_for_fewer_rev_11() -> None:
    assert [group.name for group in aggregate(crowd(5, 4, 0), minimum=5).groups] == ["peer"]
    with pytest.raises(ValueError, match="fewer than 3"):
        aggregate(crowd(5, 4, 0), minimum=2)


def test_comments_are_shown_where_three_of_a_shown_group_wrote_some_rev_11() -> None:
    answers = [answer(number, PEER, text) for number, text in enumerate(["good", " fine ", "   ", "well"])]
    answers += [answer(number, REPORT, text) for number, text in enumerate(["one", "two", ""], start=4)]
    answers += [answer(number, PARTNER, "alone") for number in (7, 8)]
    peers, reports = aggregate(answers).groups
    assert set(peers.comments) == {"help"}
    assert sorted(peers.comments["help"]) == ["fine", "good", "well"]
    assert reports.comments == {}


def test_places_link_no_comments_of_two_questions_rev_11() -> None:
    """Over twenty sets of three raters the order of one question says nothing of that of another: all six occur."""
    seen = set()
    for first in range(0, 60, 3):
        trio = [
            Answer(UUID(int=first + rater), PEER, {}, {code: str(rater) for code in QUESTIONS}) for rater in range(3)
        ]
        comments = aggregate(trio).groups[0].comments
        seen.add(tuple(comments["help"].index(text) for text in comments["skill"]))
    assert len(seen) == 6


@st.composite
def answer_sets(draw: st.DrawFn) -> list[Answer]:
    """Up to five answers of each relation, each question answered or not, commented or not."""
    relations = [relation for relation in Relation for _ in range(draw(st.integers(0, 5)))]
    return [
        Answer(
            UUID(int=draw(st.integers(0, 2**32)) * 16 + number),
            relation,
            draw(st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(SCALE))),
            draw(st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(("", " ", f"from {number}")))),
        )
        for number, relation in enumerate(relations)
    ]


def figures_of(found: Aggregate) -> dict[tuple[str, str], Decimal]:
    """Every figure by where it stands, the scores over the questions included."""
    figures = {("", code): figure.mean for code, figure in found.questions.items()}
    figures |= {(group.name, code): one.mean for group in found.groups for code, one in group.questions.items()}
    figures |= {(group.name, "score"): group.score for group in found.groups if group.score is not None}
    return figures if found.score is None else figures | {("", "score"): found.score}


DIVISIBLE = D(2**6 * 3**4 * 5**3 * 7**2 * 11 * 13)
"""By every count of raters times every count of questions, so that rounding hides no figure's part in it."""


def parts_in_figures(answers: list[Answer], minimum: int) -> dict[tuple[UUID, str], Mapping[tuple[str, str], Decimal]]:
    """With which coefficient each score enters each figure: what an attacker's equations consist of."""
    found: dict[tuple[UUID, str], Mapping[tuple[str, str], Decimal]] = {}
    for rater, code in [(one.id, code) for one in answers for code in one.scores]:
        probe = [
            Answer(
                one.id,
                one.relation,
                {each: DIVISIBLE if (one.id, each) == (rater, code) else D(0) for each in one.scores},
                {},
            )
            for one in answers
        ]
        figures = figures_of(aggregate(probe, minimum))
        found[rater, code] = {place: figure for place, figure in figures.items() if figure}
    return found


def check_that_nobody_is_isolated(answers: list[Answer], minimum: int) -> None:
    """At least the minimum of the answers to a question enter every figure alike, or none of them enters any.

    So do they in every sum and difference of figures, whatever they are multiplied with: what is known of one score
    from all the figures is known of the minimum's sum only.
    """
    parts = parts_in_figures(answers, minimum)
    for (rater, code), own in parts.items():
        alike = [other for (other, question), theirs in parts.items() if question == code and theirs == own]
        assert not own or len(alike) >= minimum, (rater, code)


@given(answer_sets(), st.integers(MINIMUM, 4))
def test_no_sum_or_difference_of_figures_isolates_fewer_than_the_minimum_rev_11(
    answers: list[Answer], minimum: int
) -> None:
    check_that_nobody_is_isolated(answers, minimum)


@pytest.mark.parametrize("counts", list(product(range(5), repeat=3)))
def test_nobody_is_isolated_whoever_leaves_a_question_out_rev_11(counts: Relations) -> None:
    relations = [relation for relation, count in zip(Relation, counts, strict=True) for _ in range(count)]
    for silent in range(len(relations) + 1):
        answers = [
            answer(number, relation, help="3", **({} if number < silent else {"skill": "3"}))
            for number, relation in enumerate(relations)
        ]
        check_that_nobody_is_isolated(answers, MINIMUM)


@given(answer_sets(), st.integers(MINIMUM, 4))
def test_every_figure_and_comment_stems_from_the_minimum_or_more_rev_11(answers: list[Answer], minimum: int) -> None:
    found = aggregate(answers, minimum)
    assert all(group.raters >= minimum for group in found.groups)
    assert found.raters == sum(group.raters for group in found.groups)
    for group in found.groups:
        assert all(figure.count >= minimum for figure in group.questions.values())
        assert all(len(texts) >= minimum for texts in group.comments.values())
    for code, figure in found.questions.items():
        shown = [group.questions[code].count for group in found.groups if code in group.questions]
        assert figure.count == sum(shown), "all together are the shown groups and nobody else"
        assert all(figure.count - count == 0 or figure.count - count >= minimum for count in shown)


@given(answer_sets(), st.data())
def test_the_order_of_the_answers_shows_nowhere_rev_11(answers: list[Answer], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(answers))
    assert repr(aggregate(shuffled)) == repr(aggregate(answers))


@given(answer_sets(), st.data())
def test_an_answer_left_out_changes_nothing_rev_11(answers: list[Answer], data: st.DataObject) -> None:
    """Neither its scores nor its words nor that it came at all."""
    found = aggregate(answers)
    names = {group.name for group in found.groups}
    left_out = [one for one in answers if one.relation not in names and OTHERS not in names]
    if left_out:
        gone = data.draw(st.sampled_from(left_out))
        assert aggregate([one for one in answers if one is not gone]) == found


@given(answer_sets(), st.data())
def test_two_raters_of_a_relation_may_swap_their_scores_unnoticed_rev_11(
    answers: list[Answer], data: st.DataObject
) -> None:
    pairs = [
        (one, other)
        for one in answers
        for other in answers
        if one.id != other.id and one.relation is other.relation and set(one.scores) == set(other.scores)
    ]
    if pairs:
        one, other = data.draw(st.sampled_from(pairs))
        swapped = {one.id: other.scores, other.id: one.scores}
        after = [Answer(a.id, a.relation, swapped.get(a.id, a.scores), a.comments) for a in answers]
        assert aggregate(after) == aggregate(answers)
