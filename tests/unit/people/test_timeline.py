"""What a person's events come to (ORG-3): every day has one answer, and events that make no sense are named."""

import itertools
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.identifiers import new_id
from attain_shared.people.timeline import (
    ALWAYS,
    FOREVER,
    Event,
    EventKind,
    Spell,
    Status,
    TimelineBroken,
    build_spells,
    read_changes,
    stored_changes,
)

DESIGN, OPERATIONS, BOSS = (UUID(int=number) for number in (1, 2, 3))
FIRST = date(2026, 1, 5)


def event(kind: EventKind, day: date, **changes: Any) -> Event:
    return Event(id=new_id(), kind=kind, effective_on=day, changes=stored_changes(changes))


def on(spells: list[Spell], day: date) -> Spell:
    (found,) = [spell for spell in spells if spell.starts_on <= day < spell.ends_on]
    return found


def test_a_life_in_a_company() -> None:
    spells = build_spells(
        [
            event(EventKind.HIRE, FIRST, department_id=DESIGN, probation_ends_on=date(2026, 4, 4)),
            event(EventKind.CONFIRM, date(2026, 4, 5)),
            event(EventKind.TRANSFER, date(2026, 7, 1), department_id=OPERATIONS),
            event(EventKind.CHANGE_MANAGER, date(2026, 7, 1), manager_id=BOSS),
            event(EventKind.LEAVE, date(2026, 9, 30), leaving_reason="moved away"),
            event(EventKind.REHIRE, date(2027, 3, 1), department_id=DESIGN),
        ]
    )
    seen = {
        day: (on(spells, day).status, on(spells, day).department_id, on(spells, day).manager_id)
        for day in (date(2025, 1, 1), FIRST, date(2026, 6, 30), date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 1))
    }
    assert list(seen.values()) == [
        (Status.UPCOMING, DESIGN, None),
        (Status.EMPLOYED, DESIGN, None),
        (Status.EMPLOYED, DESIGN, None),
        (Status.EMPLOYED, OPERATIONS, BOSS),
        (Status.EMPLOYED, OPERATIONS, BOSS),
        (Status.LEFT, OPERATIONS, BOSS),
    ]
    left, back = on(spells, date(2026, 12, 1)), on(spells, date(2027, 3, 1))
    assert (left.left_on, left.leaving_reason, left.confirmed_on) == (date(2026, 9, 30), "moved away", date(2026, 4, 5))
    assert (back.hired_on, back.left_on, back.manager_id, back.confirmed_on) == (date(2027, 3, 1), None, None, None)
    assert (spells[0].starts_on, spells[-1].ends_on) == (ALWAYS, FOREVER)


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([(EventKind.HIRE, 0), (EventKind.HIRE, 1)], "already-hired"),
        ([(EventKind.HIRE, 0), (EventKind.REHIRE, 1)], "still-employed"),
        ([(EventKind.HIRE, 0), (EventKind.LEAVE, 5), (EventKind.TRANSFER, 6)], "not-employed"),
        ([(EventKind.HIRE, 0), (EventKind.LEAVE, 5), (EventKind.LEAVE, 9)], "not-employed"),
        ([(EventKind.HIRE, 0), (EventKind.LEAVE, 5), (EventKind.REHIRE, 5)], "still-employed"),
        ([(EventKind.HIRE, 0), (EventKind.TRANSFER, -1)], "not-hired-yet"),
        ([(EventKind.HIRE, 0), (EventKind.LEAVE, -2)], "not-hired-yet"),
        ([(EventKind.HIRE, 0), (EventKind.LEAVE, -1)], "not-employed"),
    ],
)
def test_events_that_make_no_sense_are_named(kinds: list[tuple[EventKind, int]], code: str) -> None:
    events = [event(kind, FIRST + timedelta(days=days)) for kind, days in kinds]
    with pytest.raises(TimelineBroken) as refusal:
        build_spells(events)
    assert refusal.value.code == code
    assert refusal.value.event == events[-1]


def test_of_two_events_on_one_day_the_one_recorded_later_stands() -> None:
    events = [
        event(EventKind.HIRE, FIRST, department_id=DESIGN),
        event(EventKind.TRANSFER, FIRST + timedelta(days=3), department_id=OPERATIONS),
        event(EventKind.TRANSFER, FIRST + timedelta(days=3), department_id=None),
    ]
    spells = build_spells(reversed(events))
    assert [(spell.starts_on, spell.department_id) for spell in spells[1:]] == [
        (FIRST, DESIGN),
        (FIRST + timedelta(days=3), None),
    ]


def test_what_is_stored_reads_back() -> None:
    changes = {"department_id": DESIGN, "probation_ends_on": FIRST, "employment_type": "intern", "manager_id": None}
    assert read_changes(stored_changes(changes)) == changes


moves = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([DESIGN, OPERATIONS, None])),
    max_size=6,
)


@given(moves=moves, stays=st.integers(61, 90), back=st.none() | st.integers(1, 30))
def test_every_day_has_exactly_one_spell_and_it_is_what_a_diary_says(
    moves: list[tuple[int, UUID | None]], stays: int, back: int | None
) -> None:
    events = [event(EventKind.HIRE, FIRST, department_id=DESIGN)]
    events += [event(EventKind.TRANSFER, FIRST + timedelta(days=days), department_id=where) for days, where in moves]
    last = FIRST + timedelta(days=stays)
    events.append(event(EventKind.LEAVE, last))
    if back is not None:
        events.append(event(EventKind.REHIRE, last + timedelta(days=back), department_id=OPERATIONS))
    spells = build_spells(events)
    assert spells[0].starts_on == ALWAYS
    assert spells[-1].ends_on == FOREVER
    assert all(one.ends_on == after.starts_on for one, after in itertools.pairwise(spells))
    for number in range(-2, stays + 35):
        day = FIRST + timedelta(days=number)
        if number < 0:
            diary: tuple[Status, UUID | None] = (Status.UPCOMING, DESIGN)
        elif number <= stays:
            said = [DESIGN, *(where for days, where in sorted(moves, key=lambda move: move[0]) if days <= number)]
            diary = (Status.EMPLOYED, said[-1])
        elif back is not None and number >= stays + back:
            diary = (Status.EMPLOYED, OPERATIONS)
        else:
            diary = (Status.LEFT, on(spells, last).department_id)
        assert (on(spells, day).status, on(spells, day).department_id) == diary
