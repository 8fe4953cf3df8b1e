from uuid import UUID

from attain_worker.curves.wanted import WantedCurves


def test_what_is_remembered_is_bounded_and_by_company() -> None:
    wanted, (one, other) = WantedCurves(most_goals=3), (UUID(int=1), UUID(int=2))
    goals = [UUID(int=number) for number in range(10, 15)]
    wanted.add(one, goals[:2])
    wanted.add(one, goals[:2])
    wanted.add(other, goals[2:])
    assert (wanted.first(one, 9), wanted.first(other, 9)) == (goals[:2], goals[2:3])
    wanted.drop(one, goals)
    assert wanted.companies == [other]
    wanted.add(one, goals[3:])
    assert wanted.first(one, 1) == goals[3:4]
