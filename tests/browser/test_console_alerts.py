"""The console's page of alerts: they come by themselves, and somebody takes them on."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from deploy.local.calls import Api
from tests.support.console import Console
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD

DEPARTMENT, PLAYBOOK = "美妆店运营部", "当天沟通,两天内给出补救计划。"
A_SCAN_MS = 180_000
"""The worker looks at rules every minute."""


@pytest.fixture(scope="module", autouse=True)
def _rule(console: Console) -> None:
    """A rule on a department whose goals are off track, with an owner and a playbook."""
    with httpx.Client(base_url=console.base_url, timeout=30, trust_env=False) as http:
        admin = Api.sign_in(http, email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
        departments = {one["name"]: one["id"] for one in admin.items("/v1/departments")}
        owner = admin.get("/v1/people", email=console.showcase.emails["head"])["items"][0]["id"]
        condition = {"kind": "goal_off_track", "department_ids": [departments[DEPARTMENT]]}
        rule = {"name": "目标落后", "condition": condition, "severity": "critical", "playbook": PLAYBOOK}
        admin.create("/v1/alert-rules", rule | {"owner_id": owner})


@pytest.mark.timeout(240)
def test_an_alert_comes_by_itself_and_is_taken_on(console: Console, browser: Browser) -> None:
    """CULT-5: with its severity, whose it is and what is to be done."""
    with console.signed_in(browser, "head", place="#/alerts") as seen:
        page = seen.page
        first = page.locator("main li").filter(has_text=DEPARTMENT).first
        expect(first).to_be_visible(timeout=A_SCAN_MS)
        for text in (
            "Critical",
            "A goal is off track",
            "at this pace it will not be reached",
            "Seen to by 运营中心主管",
        ):
            expect(first).to_contain_text(text)
        first.locator("summary").click()
        expect(first).to_contain_text(PLAYBOOK)
        seen.assert_accessible()
        name = first.get_by_role("heading").inner_text()
        first.get_by_role("button", name="Take it on").press("Enter")
        dialog = page.get_by_role("dialog", name="Take it on")
        dialog.get_by_label("What will you do?").fill("今天复盘")
        dialog.get_by_role("button", name="Take it on").click()
        expect(dialog).to_have_count(0)
        taken = page.locator("main li").filter(has=page.get_by_role("heading", name=name))
        expect(taken).to_contain_text("Taken on by 运营中心主管")
        expect(taken).to_contain_text("今天复盘")


def test_only_administrators_and_executives_read_the_rules(console: Console, browser: Browser) -> None:
    """They are changed through the API."""
    for role, shown in (("executive", 1), ("employee", 0)):
        with console.signed_in(browser, role, place="#/alerts") as seen:
            expect(seen.page.get_by_role("region", name="Rules", exact=True)).to_have_count(shown)
