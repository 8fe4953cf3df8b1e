"""The story in order: made, planned, agreed, measured, opened up; every sum is checked on the way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from time import monotonic

import httpx

from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.cascade import goals, plan
from deploy.local.cascade.company import Company, found
from deploy.local.cascade.figures import GMV, Files, Pushes, check_actuals, must_be, total
from deploy.local.cascade.opening import open_figures
from deploy.local.cascade.tables import Tables, share
from deploy.local.connector import Connector
from deploy.local.printing import Printer, interval, make_console
from deploy.local.samples import header_codes

TIMEOUT_SECONDS = 30.0
CENT, STRETCHED = Decimal("0.01"), Decimal("0.000001")
"""The places of performance and of stretch factors."""


def run_cascade(base_url: str, email: str, password: str) -> None:
    """Play it once as the first administrator of an empty installation; raise where something does not add up."""
    began = monotonic()
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        admin = Api.sign_in(http, email=email, password=password)
        catalogue = admin.get("/v1/metrics")["items"]
        printer = Printer(make_console(), catalogue)
        if any(f"{shop['platform']}:{shop['external_id']}" == plan.SHOP for shop in admin.items("/v1/shops")):
            raise DemoFailed("the cascade was played here already: choose a new folder with --data")
        made = found(http, admin)
        printer.done(
            f"a company from nothing: the blueprint brand_team, {len(made.departments)} departments, "
            f"{len(made.people)} people hired, {len(made.accounts)} of them with accounts, {len(made.cycles)} cycles"
        )
        files = Files.read(header_codes(catalogue))
        pushes = Pushes(Connector.create(admin, [made.shop_id]), files)
        printer.done(f"{pushes.push_past():,} rows of 2024 and of the first quarter pushed: last year is known")
        Quarter(made, printer, Tables(printer, catalogue), pushes).play()
        printer.done(f"the cascade took {monotonic() - began:.1f} s")


@dataclass(slots=True)
class Quarter:
    """The second quarter of 2025."""

    made: Company
    printer: Printer
    tables: Tables
    pushes: Pushes

    def play(self) -> None:
        """Everything, in order."""
        goals.set_plan(self.made)
        parts = self.split()
        self.assign(parts)
        goals.write_own_goals(self.made, parts)
        self.check_goals()
        self.agree()
        self.measure()
        cards = self.scorecards()
        self.ranks(cards)
        self.conserves()
        open_figures(self.made, self.printer, self.tables, self.pushes)

    def split(self) -> Mapping[str, Decimal]:
        """The company's plan is its team's, whose part is split over those who hold the shop (GOAL-11)."""
        team, by = (plan.TEAM, plan.TEAM_GMV), ("shop", "last_year")
        down = [goals.propose(self.made, (plan.COMPANY, plan.COMPANY_GMV), by=one) for one in by]
        must_be(down[0][plan.TEAM], plan.TARGET, f"the part of {plan.TEAM}")
        over = [goals.propose(self.made, team, by=one, to=plan.SHARES[0][1]) for one in by]
        proposed = [
            (above, who, part, parts[who])
            for above, (first, parts) in ((plan.COMPANY, down), (plan.TEAM, over))
            for who, part in first.items()
        ]
        self.tables.show(
            f"{plan.COMPANY_GMV} {plan.TARGET:,} split: what is proposed, and the target with the stretch",
            ("above", "below", "by shares held", "by last year", "part", "target"),
            [
                (above, who, *(f"{one:,.2f}" for one in (part, last)), share(part, plan.TARGET), _asked(who, part))
                for above, who, part, last in proposed
            ],
        )
        return over[0]

    def assign(self, parts: Mapping[str, Decimal]) -> None:
        """The KPI templates of GOAL-9, one call for each post."""
        rows = []
        for one in goals.assign_templates(self.made, parts):
            counts = [f"{run['created']} new, {run['existing']} there" for run in (one.dry, one.real, one.again)]
            edited = "yes" if one.plan.changes else ""
            rows.append((one.name, one.plan.to, one.plan.person, str(one.plan.weight), edited, *counts))
        headers = ("template", "given to a", "who", "weight", "edited by HR", "dry run", "for good", "once more")
        self.tables.show("KPI templates", headers, rows)

    def check_goals(self) -> None:
        """What there is to look at again, before anybody confirms (GOAL-14)."""
        rows = []
        for owner, warnings in goals.check_goals(self.made).items():
            counts = Counter(warning["code"] for warning in warnings)
            codes = [f"{code} ×{count}" if count > 1 else code for code, count in counts.items()]
            below = [warning["detail"] for warning in warnings if warning["code"] == "target-below-last"]
            rows.append((owner, ", ".join(codes), below[0] if below else ""))
        self.tables.show("goal-set check", ("owner", "warnings", "the first target below the last quarter"), rows)

    def agree(self) -> None:
        """All confirmed, each in its life; what was done with one is on record (GOAL-3)."""
        count = goals.agree(self.made)
        entry = goals.report_results(self.made)
        goal_id = self.made.goals[plan.CHEN, plan.OWNED_GMV]
        events = list(self.made.accounts[plan.CHEN].items(f"/v1/goals/{goal_id}/history", sort="at"))
        people = {person_id: name for name, person_id in self.made.people.items()}
        record = " → ".join(f"{event['action']} ({people[event['actor_id']]})" for event in events)
        self.printer.done(f"{count} goals confirmed; {plan.CHEN}'s {plan.OWNED_GMV}: {record}")
        self.printer.done(
            f"{plan.SU} entered {entry['value']} with evidence, {people[entry['decided_by']]} accepted it; "
            f"{len(plan.DONE_MILESTONES)} of {len(plan.MILESTONES.milestones)} milestones done"
        )

    def measure(self) -> None:
        """The quarter is pushed, week by week, restated, and ended."""
        goal_id = self.made.goals[plan.TEAM, plan.TEAM_GMV]
        self.pushes.push_quarter(self.made.executive, goal_id)
        last, connector = self.pushes.restate_and_end(), self.pushes.connector
        for goal_id in self.made.goals.values():
            connector.wait_until_shown(self.made.executive, last, goal_id)
        batches, verdicts = connector.verdicts()
        self.printer.verdicts(batches, connector.pushed, verdicts)
        self.printer.times(connector.waits)

    def scorecards(self) -> Mapping[str, Body]:
        """Everybody's, and the performance that their scores make (REV-2)."""
        query = {"cycle_id": self.made.quarter_id}
        cards = {
            name: self.made.executive.get(f"/v1/scorecards/{self.made.path(name)}", **query)
            for name in self.made.owners
        }
        self.tables.scorecards(f"scorecards {plan.QUARTER}", cards)
        actual_of = {
            (owner, indicator["metric"]): Decimal(indicator["actual"])
            for owner, card in cards.items()
            for goal in card["goals"]
            for indicator in goal["indicators"]
            if indicator["kind"] == "metric" and indicator["actual"] is not None
        }
        for owner, card in cards.items():
            _check_performance(owner, card)
        credited = check_actuals(self.pushes.files, actual_of)
        self.printer.done(f"{plan.SHOP_NAME}: {', '.join(credited)} make the whole {actual_of[plan.COMPANY, GMV]:,.2f}")
        return cards

    def ranks(self, cards: Mapping[str, Body]) -> None:
        """The subtree in figures, and the board of people (龙虎榜)."""
        query = {"cycle_id": self.made.quarter_id}
        below = self.made.executive.get("/v1/scorecards/company", subtree=True, **query)["below"]
        for part in below:
            name = self.made.name_of(part["owner"])
            if part["performance"] != cards[name]["performance"]:
                raise DemoFailed(f"the subtree says {part['performance']} of {name}, the own scorecard another")
        if {self.made.name_of(part["owner"]) for part in below} != cards.keys() - {plan.COMPANY}:
            raise DemoFailed("the subtree of the company is not everybody with goals")
        self.tables.show(
            "the company with all below",
            ("owner", "performance", "goals", "no data"),
            [
                (part["name"], interval(part, "performance") or "-", str(part["goals"]), str(part["without_data"]))
                for part in below
            ],
        )
        boards = {metric: self._board(metric) for metric in (None, GMV)}
        for metric, board in boards.items():
            figure = "attainment" if metric else "performance"
            rows = [(str(entry["rank"] or "-"), entry["name"], interval(entry, figure) or "-") for entry in board]
            self.tables.show(f"龙虎榜 by {metric or 'performance'}", ("rank", "who", figure), rows)

    def conserves(self) -> None:
        """What is asked below against what is asked above (GOAL-11)."""
        reports = {
            cycle: self.made.executive.get(f"/v1/cycles/{self.made.cycles[cycle]}/cascade", limit=200)
            for cycle in ("2025", "2025 H1", plan.QUARTER)
        }
        for metric in (one for report in reports.values() for goal in report["items"] for one in goal["metrics"]):
            above, below = Decimal(metric["target"]), Decimal(metric["children_target"])
            must_be(metric["gap"], below - above, "the gap of a cascade")
            must_be(metric["stretch"], (below / above).quantize(STRETCHED, ROUND_HALF_UP), "the stretch of a cascade")
        self.tables.cascade(reports, self.made.name_of)
        loose = reports[plan.QUARTER]
        team_gmv = self.made.goals[plan.TEAM, plan.TEAM_GMV]
        asked = next(goal for goal in loose["items"] if goal["goal_id"] == team_gmv)["metrics"][0]
        must_be(asked["stretch"], plan.STRETCH, "the stretch of the team")
        below_none = [f"{self.made.name_of(one['owner'])} {one['title']}" for one in loose["orphans"]]
        self.printer.done(
            f"{len(below_none)} goals below none ({'; '.join(below_none)}), {len(loose['unowned'])} unowned"
        )

    def _board(self, metric: str | None) -> list[Body]:
        query = {"cycle_id": self.made.quarter_id, **({"metric": metric} if metric else {})}
        board = list(self.made.executive.items("/v1/leaderboards", **query))
        ranks = [entry["rank"] for entry in board if entry["rank"]]
        if not board or ranks != sorted(ranks):
            raise DemoFailed(f"the leaderboard by {metric or 'performance'} is not in order: {ranks}")
        return board


def _check_performance(owner: str, card: Body) -> None:
    """Σ weight × score / Σ weight over what has a score, to the cent; of an interval each end by itself (REV-2)."""
    scored = [goal for goal in card["goals"] if goal["score"] or goal["score_low"]]
    whole = total(goal["weight"] for goal in scored)
    for end in ("", "_low", "_high"):
        figure = card[f"performance{end}"]
        if figure is not None:
            weighed = [Decimal(goal["weight"]) * Decimal(goal["score"] or goal[f"score{end}"]) for goal in scored]
            must_be(
                figure, (sum(weighed, Decimal(0)) / whole).quantize(CENT, ROUND_HALF_UP), f"the performance of {owner}"
            )


def _asked(name: str, part: Decimal) -> str:
    """What somebody is asked for: people more than their part."""
    return f"{part if name == plan.TEAM else part * plan.STRETCH:,.2f}"
