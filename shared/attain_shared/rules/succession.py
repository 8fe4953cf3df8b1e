"""Goals carried over to the next cycle of the same kind: their days move by as many months (GOAL-1)."""

from datetime import date, timedelta

from attain_shared.rules.periods import CycleKind, Grain, Window, bucket_end, cycle_end

_DAY = timedelta(days=1)


def next_cycle_start(kind: CycleKind, starts_on: date) -> date:
    """The first day of the cycle that follows one of the same kind (GOAL-1)."""
    return cycle_end(kind, starts_on) + _DAY


def months_between(earlier: date, later: date) -> int:
    """How many months there are from the month of a day to that of a later one."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def carried_day(day: date, months: int) -> date:
    """The same day so many months later: the last of a month stays it, and what that month does not have is its last.

    A day of a cycle thus becomes one of the cycle that is so many months later, and no two change their order.
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = bucket_end(date(years, month + 1, 1), Grain.MONTH)
    is_last = (day + _DAY).day == 1
    return last if is_last else last.replace(day=min(day.day, last.day))


def carried_window(window: Window, months: int) -> Window:
    """The same days so many months later: whole months stay whole months (GOAL-1)."""
    return Window(carried_day(window.starts_on, months), carried_day(window.ends_on, months))
