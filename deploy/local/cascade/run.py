"""The story in order: made, planned, agreed, measured, opened up; every sum is checked on the way."""

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
CENT = Decimal("0.01")


def run_cascade(base_url: str, email: str, password: str) -> None:
    """Play it once as the first administrator of an empty installation; raise where something does not add up."""
    began = monotonic()
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        admin = Api.sign_in(http, email=email, password=password)
        catalogue = admin.get("/v1/metrics")["items"]
        printer = Printer(make_console(), catalogue)
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
        """The company's plan is the team's, and the team's is split over those who hold the shop."""
        proposals = {by: goals.propose(self.made, by=by) for by in ("shop", "last_year")}
        by_shop, by_year = (goals.parts_of(self.made, proposal) for proposal in proposals.values())
        self.tables.show(
            f"{plan.COMPANY} {plan.COMPANY_GMV} {plan.TARGET:,} → {plan.TEAM} → people: two proposals",
            ("who", "by shares held", "by last year", "part", "target"),
            [
                (name, f"{by_shop[name]:,.2f}", f"{by_year[name]:,.2f}", share(part, plan.TARGET), _stretched(part))
                for name, part in by_shop.items()
            ],
        )
        return by_shop

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
            counts = {code: 0 for code in dict.fromkeys(warning["code"] for warning in warnings)}
            for warning in warnings:
                counts[warning["code"]] += 1
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
        self.pushes.restate_and_end(self.made.executive, goal_id)
        connector = self.pushes.connector
        batches, verdicts = connector.verdicts()
        self.printer.verdicts(batches, connector.pushed, verdicts)
        self.printer.times(connector.waits)

    def scorecards(self) -> Mapping[str, Body]:
        """Everybody's, and the performance that their scores make (REV-2)."""
        query = {"cycle_id": self.made.quarter_id}
        cards = {name: self.made.executive.get(f"/v1/scorecards/{self.made.path(name)}", **query) for name in self.made.owners}
        self.tables.scorecards(f"scorecards {plan.QUARTER}", cards)
        actual_of = {
            (owner, indicator["metric"]): Decimal(indicator["actual"])
            for owner, card in cards.items()
            for goal in card["goals"]
            for indicator in goal["indicators"]
            if indicator["kind"] == "metric" and indicator["actual"] is not None
        }
        for owner, card in cards.items():
            for end in ("score", "score_low", "score_high"):
                _check_performance(owner, card, end)
        credited = check_actuals(self.made, self.pushes.files, actual_of)
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
            [(part["name"], interval(part, "performance") or "-", str(part["goals"]), str(part["without_data"])) for part in below],
        )
        boards = {metric: self._board(metric) for metric in (None, GMV)}
        for metric, board in boards.items():
            figure = "attainment" if metric else "performance"
            rows = [(str(entry["rank"] or "-"), entry["name"], interval(entry, figure) or "-") for entry in board]
            self.tables.show(f"龙虎榜 by {metric or 'performance'}", ("rank", "who", figure), rows)

    def conserves(self) -> None:
        """What is asked below against what is asked above (GOAL-11)."""
        for cycle in ("2025", "2025 H1", plan.QUARTER):
            report = self.made.executive.get(f"/v1/cycles/{self.made.cycles[cycle]}/cascade", limit=200)
            names = {goal["goal_id"]: self.made.name_of(goal["owner"]) for goal in report["items"]}
            for metric in (metric for goal in report["items"] for metric in goal["metrics"]):
                above, below = Decimal(metric["target"]), Decimal(metric["children_target"])
                must_be(metric["gap"], below - above, f"the gap of {metric['metric']} in {cycle}")
                must_be(metric["stretch"], (below / above).quantize(Decimal("0.000001"), ROUND_HALF_UP), "the stretch")
            self.tables.cascade(report, names)
        of_team = [goal for goal in report["items"] if goal["goal_id"] == self.made.goals[plan.TEAM, plan.TEAM_GMV]]
        must_be(of_team[0]["metrics"][0]["stretch"], plan.STRETCH, "the stretch of the team")
        orphans = ", ".join(f"{self.made.name_of(one['owner'])} {one['title']}" for one in report["orphans"])
        self.printer.done(f"{len(report['orphans'])} goals are below none: {orphans}; {len(report['unowned'])} unowned")

    def _board(self, metric: str | None) -> list[Body]:
        query = {"cycle_id": self.made.quarter_id, **({"metric": metric} if metric else {})}
        board = list(self.made.executive.items("/v1/leaderboards", **query))
        ranks = [entry["rank"] for entry in board if entry["rank"]]
        if not board or ranks != sorted(ranks):
            raise DemoFailed(f"the leaderboard by {metric or 'performance'} is not in order: {ranks}")
        return board


def _check_performance(owner: str, card: Body, end: str) -> None:
    """Σ weight × score / Σ weight, over what has a score, to the cent (REV-2)."""
    scored = [
        (Decimal(goal["weight"]), Decimal(goal["score"] or goal[end]))
        for goal in card["goals"]
        if goal["score"] or goal["score_low"]
        if goal["score"] or goal[end]
    ]
    figure = card[end.replace("score", "performance")]
    if figure is not None:
        mean = sum(weight * score for weight, score in scored) / sum(weight for weight, _ in scored)
        must_be(figure, mean.quantize(CENT, ROUND_HALF_UP), f"the performance of {owner}")


def _stretched(part: Decimal) -> str:
    return f"{part * plan.STRETCH:,.2f}"
