"""The page on reviews shows the flow as it is declared (REV-6)."""

from attain_shared.rules.review_flow import TABLE, Step
from tests.support.flow_picture import PAGE, picture, table, written


def test_the_page_is_as_the_declaration_has_it() -> None:
    text = PAGE.read_text()
    assert written(text) == text, "run `make docs`"


def test_every_step_and_every_action_is_in_the_table_and_in_the_picture() -> None:
    assert [step for step in Step if str(step) not in picture()] == []
    assert [row for row in TABLE if f"`{row.action}` → " not in table()] == []
