"""The flow of a review as a table and as a picture, out of its declaration, for docs/reviews.md (REV-6).

`make docs` writes both into the page; a test compares them with the declaration.
"""

from collections.abc import Iterable
from pathlib import Path

from attain_shared.rules.review_flow import (
    DAYS_TO_ANSWER,
    DELEGABLE,
    ENDS,
    OPEN_STEPS,
    OWNERS,
    TABLE,
    Action,
    Effect,
    Guard,
    Party,
    Row,
    Step,
    next_step,
)

PAGE = Path(__file__).parents[2] / "docs" / "reviews.md"
BEGIN, END = "<!-- the flow: written by `make docs` -->\n", "<!-- end of the flow -->\n"

NAMES = {
    Party.SUBJECT: "the employee",
    Party.MANAGER: "the manager",
    Party.SECOND_LEVEL: "the 1 over 1",
    Party.HR: "HR",
    Party.SETTLER: "HR outside the group",
    Party.HEAD: "heads of the group's departments",
    Party.DELEGATE: "whoever it is delegated to",
}
CONDITIONS = {
    Guard.ONCE: "once",
    Guard.IN_TIME: f"within {DAYS_TO_ANSWER} days of the interview",
    Guard.UNLOCKED: "while the group is not locked",
    Guard.LOCKED: "once the group is locked",
}
CONSEQUENCES = {
    Effect.FREEZE: "figures frozen",
    Effect.DECIDE: "values marked unsure decided",
    Effect.RATE: "rating on record",
    Effect.REVEAL: "the employee sees it from here on",
    Effect.FOLLOW_UP: "follow-ups opened",
}


def page() -> str:
    """The part of the page that is written: table and picture."""
    return f"{table()}\n{picture()}"


def table() -> str:
    """One line for each thing that is done at a step; below them what HR does at several."""
    lines = ["| step | who | action → next | if | and then |", "|---|---|---|---|---|"]
    lines += [_line(f"`{row.step}`", row, f"`{row.next}`") for row in _own_rows()]
    for action, steps, to in (
        (Action.DELEGATE, "all but calibration and acknowledgement", "the same"),
        (Action.CANCEL, "all that are open", f"`{Step.CANCELLED}`"),
    ):
        [row] = {row._replace(step=Step.HR, next=Step.HR) for row in TABLE if row.action is action}
        lines.append(_line(steps, row, to))
    return "\n".join(lines) + "\n"


def picture() -> str:
    """A Mermaid flowchart; a step with a double border can be delegated."""
    lines = ["```mermaid", "flowchart TD", '    subgraph open_steps ["open"]']
    lines += [f"        {_node(step)}" for step in OPEN_STEPS]
    lines += ["    end", *(f"    {end}([{end}])" for end in sorted(ENDS))]
    for row in _own_rows():
        lines.append(_arrow(row.step, row.next, row.action.value))
        if (skipped := next_step(row, has_second_level=False)) is not row.next:
            lines.append(_arrow(row.step, skipped, f"{row.action}, where nobody is the 1 over 1"))
    lines.append(_arrow(Step.ACKNOWLEDGEMENT, Step.CLOSED, f"no answer in {DAYS_TO_ANSWER} days"))
    lines.append(f'    open_steps -- "{Action.CANCEL} (HR)" --> {Step.CANCELLED}')
    return "\n".join([*lines, "```", ""])


def written(text: str) -> str:
    """The page with this part as the declaration has it."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{page()}\n{END}{after}"


def _own_rows() -> Iterable[Row]:
    """What is done at a step by those who own it."""
    return (row for row in TABLE if row.action not in {Action.CANCEL, Action.DELEGATE})


def _line(step: str, row: Row, to: str) -> str:
    who = " and ".join(NAMES[party] for party in row.parties if party is not Party.DELEGATE)
    conditions = [CONDITIONS[guard] for guard in row.guards] + (["with a reason"] if row.needs_reason else [])
    consequences = [CONSEQUENCES[effect] for effect in row.effects]
    return f"| {step} | {who} | `{row.action}` → {to} | {', '.join(conditions)} | {', '.join(consequences)} |"


def _node(step: Step) -> str:
    label = f'"{step}<br/>{" and ".join(NAMES[party] for party in OWNERS[step])}"'
    return f"{step}[[{label}]]" if step in DELEGABLE else f"{step}[{label}]"


def _arrow(start: Step, to: Step, label: str) -> str:
    return f'    {start} -- "{label}" --> {to}'


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
