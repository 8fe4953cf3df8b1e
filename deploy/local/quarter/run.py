"""The story in order: made, agreed, measured, assessed, calibrated, talked about, closed; every step is checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

import httpx

from deploy.local.calls import Api, DemoFailed
from deploy.local.connector import Connector
from deploy.local.printing import Printer, make_console
from deploy.local.quarter import assessing, calibrating, finishing, goals, plan, summary
from deploy.local.quarter.company import AT_ONCE, Company, found
from deploy.local.samples import header_codes

TIMEOUT_SECONDS = 60.0
T = TypeVar("T")


@dataclass(slots=True)
class Phases:
    """What took how long, told as it goes."""

    printer: Printer
    took: list[tuple[str, float]] = field(default_factory=list)
    requests: int = 0

    def run(self, name: str, do: Callable[[], T]) -> T:
        """One phase."""
        began = monotonic()
        result = do()
        self.took.append((name, monotonic() - began))
        self.printer.done(f"{name} ({self.took[-1][1]:.1f} s)")
        return result

    def count(self, _reply: httpx.Response) -> None:
        """One more request answered."""
        self.requests += 1


def run_quarter(base_url: str, email: str, password: str, *, size: int = plan.SIZE) -> None:
    """Play it once as the first administrator of an empty installation; raise where something does not add up."""
    limits = httpx.Limits(max_connections=2 * AT_ONCE)
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False, limits=limits) as http:
        admin = Api.sign_in(http, email=email, password=password)
        catalogue = admin.get("/v1/metrics")["items"]
        phases = Phases(Printer(make_console(), catalogue))
        http.event_hooks["response"].append(phases.count)
        if any(f"{shop['platform']}:{shop['external_id']}" in plan.SHOPS for shop in admin.items("/v1/shops")):
            raise DemoFailed("the quarter was played here already: choose a new folder with --data")
        made = phases.run(f"{len(plan.people(size))} people hired and signed in", lambda: found(http, admin, size=size))
        sales = goals.Sales.read(Connector.create(admin, list(made.shops.values())), header_codes(catalogue))
        _agree(phases, made, sales)
        _review(phases, made, sales)
        summary.show_statements(phases.printer, admin)
        summary.show_phases(phases.printer, phases.took, phases.requests)


def _agree(phases: Phases, made: Company, sales: goals.Sales) -> None:
    assigned = phases.run("goals given by two templates", lambda: goals.assign(made, sales))
    confirmed = phases.run("goals submitted, agreed to and confirmed", lambda: goals.agree(made))
    if confirmed != assigned or confirmed != len(goals.TEMPLATES) * len(made.staff):
        raise DemoFailed(f"{assigned} goals were given, {confirmed} confirmed")
    phases.run("the quarter's metrics pushed and shown", lambda: goals.measure(made, sales))
    phases.run("feedback to those who stand low", lambda: goals.give_feedback(made))


def _review(phases: Phases, made: Company, sales: goals.Sales) -> None:
    of_staff = phases.run("the round opened", lambda: assessing.open_round(made))
    phases.run("somebody leaves", lambda: assessing.somebody_leaves(of_staff))
    phases.run("somebody gets another manager", lambda: assessing.a_manager_changes(of_staff))
    phases.run("raters asked", lambda: assessing.ask_raters(of_staff))
    phases.run("self-assessments", lambda: assessing.assess_themselves(of_staff))
    phases.run("managers' assessments", lambda: assessing.assess(of_staff))
    phases.run("1 over 1", lambda: assessing.look_over(of_staff))
    phases.run("HR", lambda: assessing.approve_as_hr(of_staff))
    calibrated = phases.run("calibration and publication", lambda: calibrating.calibrate(of_staff))
    phases.run("interviews and answers", lambda: finishing.talk(of_staff))
    phases.run("appeals", lambda: finishing.answer_appeals(of_staff))
    moved = phases.run("metrics restated after signing", lambda: finishing.restate(of_staff, sales))
    rows = phases.run("the round closed and exported", lambda: finishing.close(of_staff))
    summary.show_distribution(phases.printer, calibrated)
    items, plans, surprises = finishing.follow_ups(of_staff)
    of_staff.happened |= {"action items": items, "improvement plans": plans, "low ratings that surprise": surprises}
    summary.show_counts(phases.printer, finishing.quadrants(of_staff), of_staff.happened)
    summary.show_restated(phases.printer, moved)
    phases.printer.done(f"{rows} reviews closed or cancelled, and exported")
