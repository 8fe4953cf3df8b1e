"""Reviews out of the system: a round as a spreadsheet, one review as a page to print, as the caller sees them (REV-7)."""

import io
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from attain_api.review_exports import service
from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.reviews.follow_up_models import Interview
from attain_shared.reviews.models import ReviewAssessment, ReviewGoal
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_company
from tests.support.goals import make_goal
from tests.support.http import problem
from tests.support.reviewed import assessment
from tests.support.settled import Round, make_round
from tests.support.statements import count_statements

Line = dict[str, Any]
JUDGED = ("Performance", "Values", "Values, mapped", "Overall", "Suggested rating", "Values failed", "Quadrant")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


async def export(api: AsyncClient, held: Round, name: str, language: str = "en") -> list[Line]:
    headers = held.people[name].headers | {"Accept-Language": language}
    response = await api.get(f"/v1/review-cycles/{held.id}/export", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-disposition"].startswith('attachment; filename="reviews-')
    book = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
    rows = book.get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


async def rename(held: Round, name: str, new: str) -> None:
    own = (Person.company_id == held.company_id, Person.id == held.person(name))
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        await uow.session.execute(update(Person).where(*own).values(name=new))


async def named(held: Round) -> None:
    for name in ("me", "peer", "report", "boss", "skip"):
        await rename(held, name, name)


async def test_hr_exports_every_review_of_the_round_with_its_judgement(api: AsyncClient, held: Round) -> None:
    await named(held)
    department = held.people.departments["team"]
    reviews = {
        "me": await held.review(Step.CALIBRATION, department_id=department, due_on=date(2026, 10, 20)),
        "boss": await held.review(Step.CLOSED, of="boss", manager="skip", second_level_id=None),
        "report": await held.review(Step.SELF_ASSESSMENT, of="report", manager="me", second_level_id=None),
    }
    lines = {line["Name"]: line for line in await export(api, held, "hr")}
    assert {name: line["Review"] for name, line in lines.items()} == {name: str(id_) for name, id_ in reviews.items()}
    me = lines["me"]
    assert (me["Department"], me["Assessed by"], me["Second level"]) == ("team", "boss", "skip")
    assert (me["Step"], me["Due on"], me["Rating"], me["Label"]) == ("calibration", "2026-10-20", "", "")
    assert [me[name] for name in JUDGED] == [3.5, 2.5, 3.5, 3.5, 3.5, "no", "bull"]
    assert (lines["boss"]["Rating"], lines["boss"]["Label"]) == (3.5, "meets")
    assert [lines["report"][name] for name in JUDGED] == [""] * 7


async def test_the_export_speaks_chinese(api: AsyncClient, held: Round) -> None:
    await held.review(Step.CLOSED)
    (line,) = await export(api, held, "hr", language="zh-CN")
    assert (line["当前环节"], line["最终等级"], line["等级名称"], line["价值观不合格"]) == (
        "已关闭",
        3.5,
        "符合期望",
        "否",
    )


async def test_a_manager_exports_those_below_and_their_own_review_once_it_is_published(
    api: AsyncClient, held: Round
) -> None:
    """REV-7: until the interview their own line is not in it; who sees none of the round finds none (SEC-3)."""
    await named(held)
    await held.review(Step.CALIBRATION)
    await held.review(Step.CALIBRATION, of="boss", manager="skip", second_level_id=None)
    await held.review(Step.INTERVIEW, of="peer")
    names = {
        who: [(line["Name"], line["Rating"]) for line in await export(api, held, who)]
        for who in ("boss", "skip", "me", "peer")
    }
    assert names == {
        "boss": [("me", ""), ("peer", 3.5)],
        "skip": [("me", ""), ("boss", ""), ("peer", 3.5)],
        "me": [],
        "peer": [("peer", 3.5)],
    }
    for who in ("report", "executive"):
        answer = await api.get(f"/v1/review-cycles/{held.id}/export", headers=held.people[who].headers)
        problem(answer, status=404, code="not-found")


async def test_a_head_of_hr_never_exports_their_own_unpublished_review(api: AsyncClient, held: Round) -> None:
    """REV-6: who is the subject is only the subject, HR or not."""
    await held.review(Step.CALIBRATION, of="hr", manager="skip", second_level_id=None)
    assert await export(api, held, "hr") == []


async def test_names_that_look_like_formulas_are_text(api: AsyncClient, held: Round) -> None:
    await held.review(Step.CLOSED)
    for name in ('=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)"):
        await rename(held, "me", name)
        response = await api.get(f"/v1/review-cycles/{held.id}/export", headers=held.people["hr"].headers)
        book = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
        assert book.get_sheet_by_index(0).to_python()[1][0] == name
        assert b"<f>" not in response.content


async def test_an_export_is_in_the_trail_and_of_another_company_there_is_none(
    api: AsyncClient, state: ApiState, held: Round
) -> None:
    """SEC-5: who has taken how many reviews out."""
    await held.review(Step.CLOSED)
    await export(api, held, "hr")
    other = await make_company(state, roles=("hr", "employee"))
    mine = held.people
    for path, headers in ((held.id, other.headers), (held.id, mine["peer"].headers), (new_id(), mine["hr"].headers)):
        response = await api.get(f"/v1/review-cycles/{path}/export", headers=headers)
        problem(response, status=404, code="not-found")
    own = (AuditEntry.company_id == held.company_id, AuditEntry.action == "export")
    async with transaction(state.sessions, state.doorbell) as uow:
        (entry,) = (await uow.session.scalars(select(AuditEntry).where(*own))).all()
    assert (entry.actor_id, entry.resource_type, entry.resource_id) == (held.person("hr"), "review_cycle", held.id)
    assert {name: change["after"] for name, change in entry.changes.items()} == {"format": "xlsx", "count": 1}


async def test_parts_of_an_export_come_together_and_cost_the_same_for_many(
    api: AsyncClient, held: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cost() -> int:
        with count_statements() as statements:
            await export(api, held, "hr")
        return len(statements)

    await held.review(Step.CLOSED)
    one = await cost()
    for name in ("peer", "report", "boss"):
        await held.review(Step.CALIBRATION, of=name, manager="skip", second_level_id=None)
    assert await cost() == one
    together = await export(api, held, "hr")
    monkeypatch.setattr(service, "PART", 1)
    assert await export(api, held, "hr") == together


class Page(HTMLParser):
    """A page's elements and texts."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"class", "lang", "charset"}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """Everything that is written on it."""
        return "\n".join(self.texts)


async def page_of(api: AsyncClient, held: Round, review: UUID, name: str, language: str = "en") -> Page:
    headers = held.people[name].headers | {"Accept-Language": language}
    response = await api.get(f"/v1/reviews/{review}/page", headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert (response.headers["content-language"], response.headers["vary"]) == (language, "Accept-Language")
    assert response.text.startswith(f'<!doctype html>\n<html lang="{language}">')
    return Page(response.text)


async def make_full_review(api: AsyncClient, held: Round) -> UUID:
    """Published, interviewed and full of what people wrote."""
    await named(held)
    review = await held.review(Step.CLOSED, department_id=held.people.departments["team"])
    indicator = {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}
    owned = {"owner": held.people.owner("me"), "standards": {"below": "少", "meets": "够", "above": "多"}}
    goal = await make_goal(api, held.people["me"], indicator, cycle_id=str(held.cycle_id), **owned)
    goal_id = UUID(goal["id"])
    own = {"company_id": held.company_id, "review_id": review}
    manual = {
        "indicator_id": str(new_id()), "kind": "manual", "metric": None, "actual": "9", "actual_low": None,
        "actual_high": None, "exact": True, "estimated": False, "estimate": None, "target": "12", "band": None,
        "attainment": "0.750000", "attainment_low": None, "attainment_high": None, "verdict": "missed",
        "status": "off_track", "coverage": {"expected": 1, "present": 1, "provisional": 0}, "pace": None,
    }  # fmt: skip
    scores = {"suggested_score": None, "score_low": Decimal(3), "score_high": Decimal("3.5"), "score": Decimal("3.5")}
    await held.add(
        ReviewGoal(**own, goal_id=goal_id, title=f"提升成交 {SCRIPT}", weight=Decimal(100), rule=None, **scores,
                   indicators=[manual], includes_batches_up_to=None)
    )  # fmt: skip
    document = assessment()
    document["goals"] = [{"goal_id": str(goal_id), "score": "3.5", "reason": "大促 & 补发", "comment": None}]
    document["values"][0]["cases"] = [
        {"kind": "positive", "behaviour": SCRIPT, "consequence": "无一差评", "on": "2026-09-12"}
    ]
    document["values"][1] |= {"levels": None, "unsure": True}
    document |= {"competency": {"score": "4", "evidence": "独立完成"}, "comment": "第一行\n第二行"}
    case = {"behaviour": "准时", "consequence": "无投诉", "evaluation": "很好", "expectation": None, "on": None}
    held_row = {"good": [case], "improve": [case | {"behaviour": SCRIPT}], "expectations": "带新人"}
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        for model, values, part in ((ReviewAssessment, {"document": document}, "manager"), (Interview, held_row, None)):
            statement = update(model).where(model.company_id == held.company_id, model.review_id == review)
            if part:
                statement = statement.where(ReviewAssessment.part == part)
            await uow.session.execute(statement.values(**values))
    return review


async def test_the_page_shows_all_there_is_and_escapes_what_people_wrote(api: AsyncClient, held: Round) -> None:
    review = await make_full_review(api, held)
    page = await page_of(api, held, review, "me")
    assert page.tags == {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th", "td"}
    for written in (
        "Performance review · 2026 Q3 · me", "team", "boss", "skip", "3.5 meets", "bull", "100.00", "3.00 – 3.50",
        "manual: 9 / 12 → 0.750000", "3.5\n大促 & 补发", f"positive 2026-09-12: {SCRIPT} → 无一差评", "Customer first",
        "unsure", "4\n独立完成", "第一行\n第二行", "准时 → 无投诉\nEvaluation: 很好", f"{SCRIPT} → 无投诉\nEvaluation: 很好",
        "带新人", f"提升成交 {SCRIPT}",
    ):  # fmt: skip
        assert any(text.startswith(written) for text in page.texts), written
    chinese = await page_of(api, held, review, "me", language="zh-CN")
    for written in ("绩效考核 · 2026 Q3 · me", "符合期望", "客户第一", "待裁定", "绩效面谈"):
        assert written in chinese.text


async def test_the_employee_finds_no_judgement_on_the_page_before_the_interview(api: AsyncClient, held: Round) -> None:
    """REV-7: neither the manager's part nor a figure; the manager sees both, and nobody else the page."""
    review = await held.review(Step.CALIBRATION)
    own, manager, hr = [(await page_of(api, held, review, name)).text for name in ("me", "boss", "hr")]
    for said in ("Performance\n", "Result", "Manager's assessment\n", "bull", "Overall"):
        assert said not in own
        assert said in manager
        assert said in hr
    assert "Self-assessment" in own
    for name in ("peer", "report", "executive", "admin"):
        response = await api.get(f"/v1/reviews/{review}/page", headers=held.people[name].headers)
        assert response.status_code in {403, 404}


async def test_the_page_shows_a_draft_to_its_writer_alone(api: AsyncClient, held: Round) -> None:
    review = await held.review(Step.MANAGER_ASSESSMENT)
    pages = {name: await page_of(api, held, review, name) for name in ("me", "boss", "skip", "hr")}
    assert [name for name, page in pages.items() if "Manager's assessment (draft)" in page.texts] == ["boss"]
    assert [page.text.count("secret-draft-comment") for page in pages.values()] == [1, 2, 1, 1]


async def test_the_page_has_a_tag_and_costs_a_fixed_number_of_statements(api: AsyncClient, held: Round) -> None:
    plain, full = await held.review(Step.SELF_ASSESSMENT, of="peer"), await make_full_review(api, held)
    boss = held.people["boss"].headers

    async def read(review: UUID) -> tuple[int, str]:
        """How many statements it took, and its tag."""
        with count_statements() as statements:
            response = await api.get(f"/v1/reviews/{review}/page", headers=boss)
        assert response.status_code == 200, response.text
        return len(statements), response.headers["etag"]

    (few, other), (many, tag) = await read(plain), await read(full)
    assert few == many
    assert tag != other
    again = await api.get(f"/v1/reviews/{full}/page", headers=boss | {"If-None-Match": tag})
    assert again.status_code == 304
