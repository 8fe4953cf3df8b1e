"""The look at all connections, from inside uvicorn's own loop, which must outlive whatever it finds."""

from types import SimpleNamespace
from typing import Any, cast

from attain_api.connections import Owed, WatchedProtocol, end_overdue
from attain_api.state import ApiState


class Connection(WatchedProtocol):
    """One that has a fault, or whose socket is gone."""

    def __init__(self, found: Owed | Exception) -> None:
        self.found, self.is_cut_off = found, False
        self.transport = cast("Any", SimpleNamespace(abort=self.cut_off))

    def cut_off(self) -> None:
        self.is_cut_off = True

    def find_fault(self, now: float, *, body_seconds: float, send_seconds: float) -> Owed | None:
        del now, body_seconds, send_seconds
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_a_connection_that_cannot_be_looked_at_holds_up_no_other() -> None:
    gone, slow = Connection(OSError(9, "Bad file descriptor")), Connection(Owed.REQUEST)
    settings = SimpleNamespace(body_seconds=1.0, send_seconds=1.0)
    end_overdue([object(), gone, slow], cast("ApiState", SimpleNamespace(settings=settings)))
    assert (gone.is_cut_off, slow.is_cut_off) == (False, True)
