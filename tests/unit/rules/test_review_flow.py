"""The flow of a review (REV-6), against a table written from the specification and not from the code."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.review_flow import (
    CHECKING,
    DELEGABLE,
    ENDS,
    OPEN_STEPS,
    OWNERS,
    TABLE,
    Action,
    Effect,
    Guard,
    Party,
    Step,
    allowed,
    ever_allowed,
    hr_parties,
    next_step,
    own_parties,
    row_of,
    settlers,
)

SPECIFIED = """
    self_assessment     submit       subject delegate      manager_assessment
    self_assessment     delegate     hr                    self_assessment
    self_assessment     cancel       hr                    cancelled
    manager_assessment  submit       manager delegate      second_level
    manager_assessment  return       manager delegate      self_assessment
    manager_assessment  delegate     hr                    manager_assessment
    manager_assessment  cancel       hr                    cancelled
    second_level        approve      second_level delegate hr
    second_level        return       second_level delegate manager_assessment
    second_level        delegate     hr                    second_level
    second_level        cancel       hr                    cancelled
    hr                  approve      hr delegate           calibration
    hr                  return       hr delegate           manager_assessment
    hr                  delegate     hr                    hr
    hr                  cancel       hr                    cancelled
    calibration         set_rating   hr head               calibration
    calibration         publish      settler               interview
    calibration         cancel       hr                    cancelled
    interview           interview    manager delegate      acknowledgement
    interview           delegate     hr                    interview
    interview           cancel       hr                    cancelled
    acknowledgement     acknowledge  subject               closed
    acknowledgement     appeal       subject               appealed
    acknowledgement     cancel       hr                    cancelled
    appealed            uphold       hr delegate           closed
    appealed            change       hr delegate           closed
    appealed            delegate     hr                    appealed
    appealed            cancel       hr                    cancelled
"""
"""REV-6: at a step, what may be done, by whom, and where it leads."""

REASONED = {"return", "appeal", "uphold", "change", "cancel", "delegate"}
"""Actions that take a reason (REV-6, api.md)."""
EVERY_GUARD = frozenset(Guard)

some_parties = st.frozensets(st.sampled_from(Party))
some_guards = st.frozensets(st.sampled_from(Guard))
steps = st.sampled_from(Step)


def specified() -> dict[tuple[str, str], tuple[set[str], str]]:
    lines = (line.split() for line in SPECIFIED.strip().splitlines())
    return {(step, action): (set(who), to) for step, action, *who, to in lines}


def test_the_table_is_that_of_the_specification() -> None:
    declared = {(row.step.value, row.action.value): ({*map(str, row.parties)}, row.next.value) for row in TABLE}
    assert declared == specified()
    assert len(TABLE) == len(declared) == 28


def test_what_takes_a_reason() -> None:
    assert {row.action.value for row in TABLE if row.needs_reason} == REASONED
    assert {row.action.value for row in TABLE if not row.needs_reason} & REASONED == set()


def test_what_guards_and_what_follows() -> None:
    def told(step: Step, action: Action) -> tuple[tuple[Guard, ...], tuple[Effect, ...]]:
        row = row_of(step, action)
        assert row is not None
        return row.guards, row.effects

    assert told(Step.MANAGER_ASSESSMENT, Action.SUBMIT) == ((), (Effect.FREEZE,))
    assert told(Step.SECOND_LEVEL, Action.APPROVE) == told(Step.HR, Action.APPROVE) == ((), (Effect.DECIDE,))
    assert told(Step.CALIBRATION, Action.SET_RATING) == ((Guard.UNLOCKED,), (Effect.RATE,))
    assert told(Step.CALIBRATION, Action.PUBLISH)[0] == (Guard.LOCKED,)
    assert Effect.REVEAL in told(Step.CALIBRATION, Action.PUBLISH)[1]
    assert told(Step.ACKNOWLEDGEMENT, Action.APPEAL) == ((Guard.ONCE, Guard.IN_TIME), ())
    assert told(Step.APPEALED, Action.CHANGE)[1] == (Effect.RATE, Effect.FOLLOW_UP)
    revealing = {(row.step, row.action) for row in TABLE if Effect.REVEAL in row.effects}
    assert revealing == {(Step.CALIBRATION, Action.PUBLISH)}


def test_an_action_has_one_line_at_a_step_or_none() -> None:
    for step in Step:
        for action in Action:
            found = [row for row in TABLE if (row.step, row.action) == (step, action)]
            assert len(found) == ((step.value, action.value) in specified())
            assert row_of(step, action) == next(iter(found), None)


def test_every_open_step_has_an_owner_who_acts_and_the_ends_have_none() -> None:
    assert set(OWNERS) == set(OPEN_STEPS)
    assert {*OPEN_STEPS, *ENDS} == set(Step)
    for step, owners in OWNERS.items():
        assert owners
        for owner in owners:
            assert set(allowed(step, {owner}, EVERY_GUARD)) - {Action.DELEGATE, Action.CANCEL}, (step, owner)


def test_hr_may_delegate_all_but_what_has_several_owners_or_is_the_employees_to_say() -> None:
    assert set(OPEN_STEPS) - set(DELEGABLE) == {Step.CALIBRATION, Step.ACKNOWLEDGEMENT}


@given(some_parties, some_guards, st.sampled_from(sorted(ENDS)))
def test_nobody_acts_at_an_end(parties: frozenset[Party], guards: frozenset[Guard], end: Step) -> None:
    assert allowed(end, parties, guards) == ()


@given(steps, some_parties, some_guards)
def test_whatever_else_they_are_the_subject_only_assesses_themself_and_answers(
    step: Step, parties: frozenset[Party], guards: frozenset[Guard]
) -> None:
    theirs = set(allowed(step, parties | {Party.SUBJECT}, guards))
    own = {Step.SELF_ASSESSMENT: {Action.SUBMIT}, Step.ACKNOWLEDGEMENT: {Action.ACKNOWLEDGE, Action.APPEAL}}
    assert theirs <= own.get(step, set())
    assert ever_allowed(parties | {Party.SUBJECT}) == {Action.SUBMIT, Action.ACKNOWLEDGE, Action.APPEAL}
    assert own_parties(parties | {Party.SUBJECT}) == {Party.SUBJECT}


@given(steps, some_parties, some_guards)
def test_what_is_allowed_now_is_allowed_at_some_step_and_listed_in_order(
    step: Step, parties: frozenset[Party], guards: frozenset[Guard]
) -> None:
    found = allowed(step, parties, guards)
    assert set(found) <= ever_allowed(parties)
    assert list(found) == sorted(found, key=list(Action).index)


@given(steps, some_parties, some_guards, some_parties)
def test_more_relations_and_more_guards_never_take_something_away(
    step: Step, parties: frozenset[Party], guards: frozenset[Guard], more: frozenset[Party]
) -> None:
    parties, more = parties - {Party.SUBJECT}, more - {Party.SUBJECT}
    assert set(allowed(step, parties, guards)) <= set(allowed(step, parties | more, EVERY_GUARD))


def test_nobody_without_a_relation_does_anything() -> None:
    assert ever_allowed(()) == frozenset()
    assert all(allowed(step, (), EVERY_GUARD) == () for step in Step)


@pytest.mark.parametrize("held", sorted(chain.from_iterable(combinations(sorted(Guard), n) for n in range(5))))
def test_an_appeal_is_once_and_in_time_and_a_group_is_rated_before_and_published_after_the_lock(
    held: tuple[Guard, ...],
) -> None:
    own = set(allowed(Step.ACKNOWLEDGEMENT, {Party.SUBJECT}, held))
    assert own == {Action.ACKNOWLEDGE} | ({Action.APPEAL} if {Guard.ONCE, Guard.IN_TIME} <= set(held) else set())
    hr = set(allowed(Step.CALIBRATION, {Party.HR, Party.SETTLER}, held)) - {Action.CANCEL}
    expected = {Guard.UNLOCKED: Action.SET_RATING, Guard.LOCKED: Action.PUBLISH}
    assert hr == {action for guard, action in expected.items() if guard in held}


@pytest.mark.parametrize("start", OPEN_STEPS)
@pytest.mark.parametrize("has_second_level", [True, False])
def test_from_every_open_step_some_way_leads_to_closed(start: Step, has_second_level: bool) -> None:
    reached, waiting = {start}, [start]
    while waiting:
        step = waiting.pop()
        for row in TABLE:
            to = next_step(row, has_second_level=has_second_level)
            if row.step is step and row.action is not Action.CANCEL and to not in reached:
                reached.add(to)
                waiting.append(to)
    assert Step.CLOSED in reached
    assert Step.CANCELLED not in reached


def test_without_a_second_level_the_review_passes_to_hr_and_nothing_else_changes() -> None:
    for row in TABLE:
        assert next_step(row, has_second_level=True) is row.next
        skipped = next_step(row, has_second_level=False)
        assert skipped is (Step.HR if row.next is Step.SECOND_LEVEL else row.next)


def test_hr_is_another_than_the_subject_and_the_manager_if_there_is_one() -> None:
    who = {"subject": "subject", "assessors": {"manager"}, "executives": ["boss", "subject", "manager"]}
    assert hr_parties(**who, hr=["one", "two", "manager", "subject"]) == {"one", "two"}
    assert hr_parties(**who, hr=["manager", "subject"]) == {"manager"}
    assert hr_parties(**who, hr=["subject"]) == {"boss"}
    assert hr_parties(**who | {"executives": ["subject", "manager"]}, hr=["subject"]) == {"manager"}
    assert hr_parties(**who | {"executives": ["subject"]}, hr=[]) == frozenset()
    both = who | {"assessors": {"manager", "former"}}
    assert hr_parties(**both, hr=["one", "manager", "former"]) == {"one"}
    assert hr_parties(**both, hr=["manager", "former", "subject"]) == {"manager", "former"}


def test_nobody_settles_the_group_they_are_in_where_another_can() -> None:
    """REV-6, REV-8: HR outside it, else an executive outside it, else any HR."""
    all_of_them = {"hr": ["one", "two"], "executives": ["boss", "two"]}
    assert settlers(**all_of_them, inside=["somebody"]) == {"one", "two"}
    assert settlers(**all_of_them, inside=["one", "somebody"]) == {"two"}
    assert settlers(**all_of_them, inside=["one", "two"]) == {"boss"}
    assert settlers(**all_of_them, inside=["one", "two", "boss"]) == {"one", "two"}
    assert settlers(hr=[], executives=[], inside=[]) == frozenset()


def test_whoever_checks_looks_at_what_another_assessed() -> None:
    """REV-6: the steps after the manager's at which somebody judges, but the calibration, which is of groups."""
    assert {Step.SECOND_LEVEL, Step.HR, Step.APPEALED} == CHECKING
    assert set(DELEGABLE) >= CHECKING


@given(*[st.frozensets(st.integers(0, 4)) for _ in range(3)], st.integers(0, 4))
def test_hr_is_never_the_subject(
    hr: frozenset[int], executives: frozenset[int], assessors: frozenset[int], subject: int
) -> None:
    found = hr_parties(subject=subject, assessors=assessors, hr=hr, executives=executives)
    assert subject not in found
    assert found.isdisjoint(assessors) or not hr - assessors - {subject}
    assert bool(found) == bool((hr | executives) - {subject})
