"""Figures opened up: the rows behind one, a restated week, a gap taken apart, what-if and the history (GOAL-8)."""

from datetime import timedelta
from decimal import Decimal

from deploy.local.calls import Body, DemoFailed
from deploy.local.cascade import plan
from deploy.local.cascade.company import Company
from deploy.local.cascade.figures import GMV, Files, Pushes, must_be, total
from deploy.local.cascade.tables import Tables
from deploy.local.printing import Printer, interval, number

LAST_YEAR = (plan.WINDOW_STARTS.replace(year=2024), plan.WINDOW_ENDS.replace(year=2024))
SUPPOSED = Decimal("1.05")
"""Of the target: what the default rubric scores 3.75 (GOAL-6)."""


def open_figures(made: Company, printer: Printer, tables: Tables, pushes: Pushes) -> None:
    """Open the team's GMV, and take the company's apart."""
    explained = explain(made, pushes)
    show_explained(explained, printer, tables)
    show_change(explained, tables)
    gap = take_apart(made, pushes.files)
    title = f"{plan.COMPANY_GMV} against last year: why {number(gap['change'], 2)}"
    tables.gap(title, gap, {made.shop_id: plan.SHOP_NAME})
    show_what_if(made, printer)
    show_history(made, printer)


def explain(made: Company, pushes: Pushes) -> Body:
    """The team's GMV with its rows and batches, and why it changed since the week was restated."""
    if pushes.since is None:
        raise DemoFailed("there is no week restated yet")
    goal_id = made.goals[plan.TEAM, plan.TEAM_GMV]
    wang = made.accounts[plan.WANG]
    explained = wang.get(f"/v1/goals/{goal_id}/explain", since=pushes.since.isoformat(), limit=1000)
    _check_rows(explained, pushes.files)
    _check_change(explained, pushes.files)
    return explained


def _check_rows(explained: Body, files: Files) -> None:
    """The rows make the figure, and come in the batches named."""
    indicator = explained["indicators"][0]
    rows = indicator["rows"]
    must_be(indicator["rows_total"], len(rows), "the number of rows")
    must_be(total(row["value"] for row in rows), Decimal(indicator["actual"]), "the sum of the rows")
    must_be(indicator["actual"], files.gmv(plan.WINDOW_STARTS, plan.WINDOW_ENDS), "the figure explained")
    if {row["batch_id"] for row in rows} != set(explained["batches"]):
        raise DemoFailed("the batches named are not those of the rows")
    attained = (Decimal(indicator["actual"]) / Decimal(indicator["target"])).quantize(Decimal("0.000001"))
    must_be(indicator["attainment"], attained, "the attainment explained")
    matched = [rule["rule"] for rule in explained["rubric"]["rules"] if rule["matched"]] or ["otherwise"]
    if matched != [explained["rule"]]:
        raise DemoFailed(f"the rule that matched is {explained['rule']}, and {matched} are marked")


def _check_change(explained: Body, files: Files) -> None:
    """Business and restated data make the change, and are what the files say (GOAL-8)."""
    changed = explained["change"]["indicators"][0]
    for name in ("actual", "attainment"):
        split = changed[name]
        must_be(total((split["business"], split["restated"])), Decimal(split["change"]), f"the split of the {name}")
        must_be(total((split["first"], split["change"])), Decimal(split["last"]), f"the change of the {name}")
    week = (plan.RESTATED_FROM, plan.RESTATED_TO)
    restated = files.gmv(*week) - files.gmv(*week, restated=False)
    business = files.gmv(plan.RESTATED_TO + timedelta(days=1), plan.WINDOW_ENDS)
    must_be(changed["actual"]["restated"], restated, "what was restated")
    must_be(changed["actual"]["business"], business, "what business did")
    must_be(changed["restatements_total"], (plan.RESTATED_TO - plan.RESTATED_FROM).days + 1, "the days restated")


def show_explained(explained: Body, printer: Printer, tables: Tables) -> None:
    """What it was made of."""
    indicator = explained["indicators"][0]
    coverage = indicator["coverage"]
    printer.done(
        f"{plan.TEAM} {plan.TEAM_GMV} explained: {indicator['rows_total']} rows of {explained['batches_total']} batches, "
        f"{coverage['present']} of {coverage['expected']} days, sum {number(indicator['actual'], 2)}"
    )
    rows = [
        ("actual", indicator["formula"]["actual"]),
        ("attainment", f"{indicator['formula']['attainment']} = {indicator['attainment']}"),
        ("rule", f"{explained['rule']} of the {explained['rubric']['source']} rubric → {explained['score']}"),
        *(
            ("row", f"{row['metric']} {row['bucket']} {number(row['value'], 2)}, batch {row['batch_id']}")
            for row in indicator["rows"][:3]
        ),
    ]
    tables.show("how it was made (the first rows of all)", ("what", "how"), rows)


def show_change(explained: Body, tables: Tables) -> None:
    """What business did and what was restated."""
    changed = explained["change"]["indicators"][0]
    tables.change(f"{plan.TEAM_GMV} since 618's week was restated", changed)
    rows = [
        (one["metric"], one["bucket"], number(one["before"], 2), number(one["after"], 2))
        for one in changed["restatements"]
    ]
    tables.show("the days restated", ("metric", "day", "before", "after"), rows)


def take_apart(made: Company, files: Files) -> Body:
    """The company's GMV against last year's by shop: the effects make the change to the cent."""
    goal_id = made.goals[plan.COMPANY, plan.COMPANY_GMV]
    gap = made.executive.get(f"/v1/goals/{goal_id}/gap", against="last_year")
    before, after = files.gmv(*LAST_YEAR), files.gmv(plan.WINDOW_STARTS, plan.WINDOW_ENDS)
    must_be(gap["change"], after - before, "the change against last year")
    must_be(total(gap["effects"].values()), after - before, "the sum of the effects")
    for shop in gap["shops"]:
        must_be(total(shop["effects"].values()), Decimal(shop["change"]), "the sum of a shop's effects")
    must_be(total(shop["change"] for shop in gap["shops"]), after - before, "the sum of the shops")
    must_be(gap["gap_to_target"], after - plan.TARGET, "the gap to the target")
    return gap


def show_what_if(made: Company, printer: Printer) -> None:
    """What the team would score, had it made a little more; nothing is stored."""
    path = f"/v1/goals/{made.goals[plan.TEAM, plan.TEAM_GMV]}"
    wang = made.accounts[plan.WANG]
    now = wang.get(f"{path}/attainment")
    indicator = now["indicators"][0]
    supposed = str(Decimal(indicator["target"]) * SUPPOSED)
    body = {"indicators": [{"indicator_id": indicator["indicator_id"], "actual": supposed}]}
    answer = wang.change("POST", f"{path}/what-if", body)
    if (answer["score"], wang.get(f"{path}/attainment")["score"]) != ("3.75", now["score"]):
        raise DemoFailed(f"at {SUPPOSED} of the target the score would be {answer['score']}, not 3.75")
    printer.done(f"what if it were {number(supposed, 2)}: {answer['score']} by {answer['rule']}, not {now['score']}")


def show_history(made: Company, printer: Printer) -> None:
    """How the goals got where they are, day by day: the last day is what stands now."""
    path = f"/v1/goals/{made.goals[plan.TEAM, plan.TEAM_GMV]}"
    wang = made.accounts[plan.WANG]
    days = wang.get(f"{path}/attainment/history")["items"]
    now = wang.get(f"{path}/attainment")
    if not days or days[-1]["score"] != now["score"]:
        raise DemoFailed("the history does not end with what stands now")
    shown = ", ".join(f"{day['day']} {interval(day, 'score') or '-'} {day['status']}" for day in days)
    printer.done(f"history of {plan.TEAM_GMV} ({GMV}): {shown}")
