"""People from a spreadsheet (ORG-3): all or nobody, each row with its own report."""

import asyncio
import io
from datetime import date, timedelta
from typing import Any

import xlsxwriter
from httpx import AsyncClient, Response
from sqlalchemy import select

from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

HEADER = "姓名,邮箱,手机,部门,上级邮箱,入职日期\n"


async def send(api: AsyncClient, who: Member, content: str | bytes, **flags: object) -> Response:
    data = content.encode() if isinstance(content, str) else content
    params = {name: str(value).lower() for name, value in flags.items()}
    return await api.post("/v1/people/import", files={"file": ("people", data)}, params=params, headers=who.headers)


async def people_of(api: AsyncClient, company: Company) -> dict[str, dict[str, Any]]:
    found = ok(await api.get("/v1/people", params={"limit": 200}, headers=company.headers))["items"]
    return {person["email"]: person for person in found}


def workbook(*rows: list[Any]) -> bytes:
    stored = io.BytesIO()
    with xlsxwriter.Workbook(stored) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    return stored.getvalue()


def codes(report: dict[str, Any]) -> dict[int, list[tuple[str, str]]]:
    return {
        row["row"]: [(wrong["column"], wrong["code"]) for wrong in row["errors"]]
        for row in report["rows"]
        if row["errors"]
    }


async def test_people_come_from_a_file_with_their_departments_and_managers(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = (
        HEADER
        + "林晓,Lin@Example.com,13800000000,运营中心/运营一部,boss@example.com,2026/3/1\n"
        + "\n"
        + f"老板,boss@example.com,,运营中心,{company.email},2026-01-05\n"
    )
    report = ok(await send(api, company, file, create_departments=True))
    assert report | {"dry_run": False, "stored": True, "created": 2, "unchanged": 0, "failed": 0} == report
    assert report["departments_created"] == ["运营中心", "运营中心/运营一部"]
    assert [(row["row"], row["action"], row["email"]) for row in report["rows"]] == [
        (2, "create", "lin@example.com"),
        (4, "create", "boss@example.com"),
    ]
    people = await people_of(api, company)
    lin, boss = people["lin@example.com"], people["boss@example.com"]
    assert lin["id"] == report["rows"][0]["person_id"]
    assert (lin["manager_id"], boss["manager_id"]) == (boss["id"], str(company.person_id))
    assert (lin["department_name"], lin["phone"], lin["hired_on"]) == ("运营一部", "13800000000", "2026-03-01")
    tree = ok(await api.get("/v1/departments/tree", headers=company.headers))["items"]
    assert [(top["name"], [one["name"] for one in top["children"]]) for top in tree] == [("运营中心", ["运营一部"])]
    history = ok(await api.get(f"/v1/people/{lin['id']}/history", headers=company.headers))["items"]
    assert [(event["kind"], event["effective_on"]) for event in history] == [("hire", "2026-03-01")]
    assert (
        ok(await api.get(f"/v1/people/{lin['id']}", params={"on": "2026-02-28"}, headers=company.headers))["status"]
        == "upcoming"
    )


async def test_the_same_file_again_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = (
        HEADER
        + "林晓,lin@example.com,13800000000,运营部,,2026-03-01\n王,wang@example.com,,,lin@example.com,2026-03-01\n"
    )
    first = ok(await send(api, company, file, create_departments=True))
    again = ok(await send(api, company, file, create_departments=True))
    assert (again["created"], again["unchanged"], again["departments_created"]) == (0, 2, [])
    assert [row["person_id"] for row in again["rows"]] == [row["person_id"] for row in first["rows"]]
    assert len(await people_of(api, company)) == 3


async def test_the_same_file_twice_at_once_is_stored_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = HEADER + "".join(f"p{n},p{n}@x.example,,运营部,,2026-03-01\n" for n in range(50))
    reports = await asyncio.gather(*(send(api, company, file, create_departments=True) for _ in range(2)))
    assert sorted((ok(report)["created"], ok(report)["unchanged"]) for report in reports) == [(0, 50), (50, 0)]
    tree = ok(await api.get("/v1/departments/tree", headers=company.headers))["items"]
    assert [top["name"] for top in tree] == ["运营部"]


async def test_whoever_is_there_with_other_data_is_an_error_that_names_them(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    ok(await send(api, company, HEADER + "林晓,lin@example.com,,,,2026-03-01\n"))
    changed = HEADER + f"林,lin@example.com,13800000000,,{company.email},2026-03-01\n"
    assert pointers(await send(api, company, changed)) == [
        ("/rows/2/name", "exists"),
        ("/rows/2/phone", "exists"),
        ("/rows/2/manager_email", "exists"),
    ]
    # a column that is not there says nothing
    assert ok(await send(api, company, "email,name,hired_on\nlin@example.com,林晓,2026-03-01\n"))["unchanged"] == 1


async def test_any_wrong_row_stores_nothing_and_a_dry_run_reports_them_all(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = (
        "name,email,department,position,manager_email,hired_on,employment_type,roles\n"
        "good,good@example.com,,,,2026-03-01,intern,员工 hr\n"
        ",no-mail,,,,2026-02-30,other,\n"
        "x,x@example.com,nowhere,nothing,stranger@example.com,2026-03-01,,\n"
        "y,GOOD@example.com,,,,2026-03-01,,\n"
        "z,z@example.com,,,z@example.com,01.03.2026,,king,more\n"
    )
    expected = {
        3: [
            ("name", "missing"),
            ("email", "email"),
            ("employment_type", "literal-error"),
            ("hired_on", "date-from-datetime-parsing"),
        ],
        4: [
            ("department", "unknown-department"),
            ("position", "unknown-position"),
            ("manager_email", "unknown-person"),
        ],
        5: [("email", "duplicate")],
        6: [("hired_on", "date-format"), ("roles", "literal-error"), ("row", "too-many-cells")],
    }
    report = ok(await send(api, company, file, dry_run=True))
    assert (report["dry_run"], report["stored"], report["created"], report["failed"]) == (True, False, 1, 4)
    assert codes(report) == expected
    refused = pointers(await send(api, company, file))
    assert refused[0] == ("/rows/3/name", "missing")
    assert [code for _, code in refused] == [code for row in expected.values() for _, code in row]
    assert list(await people_of(api, company)) == [company.email]


async def test_a_circle_of_managers_is_refused_by_the_rows_in_it(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    lines = {"a": "b", "b": "c", "c": "a", "d": "a"}
    file = HEADER + "".join(f"{who},{who}@x.example,,,{boss}@x.example,2026-03-01\n" for who, boss in lines.items())
    response = await send(api, company, file)
    circle = [(f"/rows/{number}/manager_email", "manager-cycle") for number in (2, 3, 4)]
    assert pointers(response) == circle
    assert "Lines 2, 3, 4 " in response.json()["errors"][0]["detail"]


async def test_details_are_in_the_callers_language(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    headers = company.headers | {"Accept-Language": "zh-CN"}
    files = {"file": ("people.csv", (HEADER + "x,x@example.com,,nowhere,,3月1日\n").encode())}
    for params in ({"dry_run": "true"}, {}):
        response = await api.post("/v1/people/import", files=files, params=params, headers=headers)
        found = response.json()["rows"][0]["errors"] if params else response.json()["errors"]
        assert [wrong["detail"] for wrong in found] == ["日期应写作 YYYY-MM-DD"]


async def test_a_workbook_has_dates_and_numbers_of_its_own(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = workbook(
        [],
        ["姓名*", "电子邮箱", "手机号", "入职日期", "试用期至", "用工类型", "角色", "备注"],
        ["林晓", "lin@example.com", 13800000000, date(2026, 3, 1), "2026年6月1日", "代运营", "人事、员工", "!"],
    )
    report = ok(await send(api, company, file))
    assert (report["columns"]["unknown"], report["rows"][0]["row"]) == (["备注"], 3)
    lin = (await people_of(api, company))["lin@example.com"]
    expected = {"phone": "13800000000", "hired_on": "2026-03-01", "probation_ends_on": "2026-06-01"}
    assert lin | expected | {"employment_type": "outsourced", "roles": ["employee", "hr"]} == lin


async def test_files_of_every_origin_are_read(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    text = HEADER + '"林, 晓",lin@example.com,,,,2026-03-01\n'
    for content in (
        text.encode("utf-8-sig"),
        text.encode("gb18030"),
        text.encode("utf-16"),
        text.replace(",", "\t").replace("林\t", "林,").encode(),
        text.replace(",", ";").replace("林;", "林,").replace("\n", "\r\n").encode(),
    ):
        report = ok(await send(api, company, content))
        assert report["created"] + report["unchanged"] == 1
    assert (await people_of(api, company))["lin@example.com"]["name"] == "林, 晓"


async def test_what_is_no_table_of_people_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    far = io.BytesIO()
    with xlsxwriter.Workbook(far) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "姓名")
        sheet.write(1_048_575, 16_383, "x")
    for content, expected in (
        (b"", ("/file", "empty-file")),
        (b"\n , ,\n", ("/file", "empty-file")),
        (b"PK\x03\x04 nonsense", ("/file", "unreadable-file")),
        (b"\xd0\xcf\x11\xe0 nonsense", ("/file", "unreadable-file")),
        (b"\xff\xfe\xff", ("/file", "unreadable-file")),
        (b"\x81", ("/file", "unreadable-file")),
        (b'name,email,hired_on\n"x', ("/file", "unreadable-file")),
        (far.getvalue(), ("/file", "unreadable-file")),
        (b"name,email\n", ("/columns/hired_on", "missing-column")),
        (b"name,email,hired_on,\xe5\xa7\x93\xe5\x90\x8d\n", ("/columns/name", "duplicate")),
        (b",".join([b"x"] * 61), ("/file", "too-many-columns")),
        (b"name,email,hired_on\n" + b"x\n" * 20_001, ("/file", "too-many-lines")),
    ):
        assert pointers(await send(api, company, content)) == [expected], content[:30]
    problem(await send(api, company, b"x" * ((8 << 20) + 1)), status=413, code="too-large")
    response = await api.post("/v1/people/import", headers=company.headers)
    assert pointers(response) == [("/file", "missing")]
    response = await api.post(
        "/v1/people/import",
        files={"file": ("x", HEADER.encode())},
        data={"dry_run": "maybe"},
        headers=company.headers,
    )
    assert pointers(response) == [("/dry_run", "bool-parsing")]


async def test_an_archive_that_unfolds_too_far_is_refused_unread(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    bomb = workbook(*[["x" * 32_000 + str(number)] for number in range(2_500)])
    assert len(bomb) < 8 << 20
    assert pointers(await send(api, company, bomb)) == [("/file", "too-large-unpacked")]


async def test_only_hr_and_administrators_import_and_only_they_make_administrators(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    file = "name,email,hired_on,roles\nx,x@example.com,2026-03-01,admin\n"
    for role in ("employee", "executive"):
        member = await make_member(state, company, roles=(role,))
        problem(await send(api, member, file), status=403, code="not-allowed")
    response = await api.post("/v1/people/import", files={"file": ("x", b"x")})
    problem(response, status=401, code="unauthenticated")
    officer = await make_member(state, company, roles=("hr",))
    for given in (file, file.replace("admin", "executive")):
        assert pointers(await send(api, officer, given)) == [("/rows/2/roles", "not-allowed")]
    assert ok(await send(api, company, file))["created"] == 1


async def test_departments_are_found_by_path_or_by_a_name_that_only_one_has(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)

    async def make(name: str, parent_id: str | None, function: str) -> str:
        body = {"name": name, "function": function, "parent_id": parent_id}
        made: str = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
        return made

    east, west = await make("东区", None, "operations"), await make("西区", None, "operations")
    await make("客服", east, "customer_service")
    await make("客服", west, "customer_service")
    await make("仓库", west, "logistics")
    head = "name,email,hired_on,department,department_function\n"
    cells = ("客服", "东区/客服", "仓库", "东区/新组", "新组", "北区/新组二", "北区")
    functions = {"新组": "设计", "北区": "data"}
    lines = [f"p{n},p{n}@x.example,2026-03-01,{cell},{functions.get(cell, '')}" for n, cell in enumerate(cells)]
    report = ok(await send(api, company, head + "\n".join(lines), dry_run=True, create_departments=True))
    assert codes(report) == {2: [("department", "ambiguous")]}
    report = ok(await send(api, company, head + "\n".join(lines[1:]), create_departments=True))
    assert report["departments_created"] == ["东区/新组", "北区", "北区/新组二"]
    people = await people_of(api, company)
    assert people["p4@x.example"]["department_id"] == people["p3@x.example"]["department_id"]
    made = ok(await api.get("/v1/departments", params={"name": "新组二"}, headers=company.headers))["items"]
    assert [(one["function"], one["parent_id"]) for one in made] == [("data", people["p6@x.example"]["department_id"])]
    assert codes(ok(await send(api, company, head + "q,q@x.example,2026-03-01,南区/一,", dry_run=True))) == {
        2: [("department", "unknown-department")]
    }


async def test_those_who_have_left_bring_their_history(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = (
        "姓名,邮箱,入职日期,转正日期,离职日期,离职原因,上级邮箱\n"
        "旧人,old@x.example,2020-01-01,2020-04-01,2021-05-31,搬家,older@x.example\n"
        "更旧,older@x.example,2019-01-01,,2020-12-31,,\n"
    )
    assert ok(await send(api, company, file))["created"] == 2
    old = (await people_of(api, company))["old@x.example"]
    assert old | {"status": "left", "left_on": "2021-05-31", "confirmed_on": "2020-04-01"} == old
    history = ok(await api.get(f"/v1/people/{old['id']}/history", headers=company.headers))["items"]
    assert [event["kind"] for event in history] == ["leave", "confirm", "hire"]
    present = HEADER + "新,new@x.example,,,old@x.example,2026-03-01\n"
    assert pointers(await send(api, company, present)) == [("/rows/2/manager_email", "unknown-person")]
    wrong = "name,email,hired_on,confirmed_on,left_on,leaving_reason\nx,x@x.example,2026-03-01,2026-02-01,2026-01-01,\n"
    assert pointers(await send(api, company, wrong)) == [
        ("/rows/2/confirmed_on", "before-hire"),
        ("/rows/2/left_on", "before-hire"),
        ("/rows/2/confirmed_on", "after-leave"),
    ]


async def test_nothing_of_another_company_is_found(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    file = HEADER + f"x,x@example.com,,运营部,{theirs.email},2026-03-01\n"
    ok(await send(api, theirs, HEADER + "y,x@example.com,,运营部,,2026-03-01\n", create_departments=True))
    assert pointers(await send(api, ours, file)) == [
        ("/rows/2/department", "unknown-department"),
        ("/rows/2/manager_email", "unknown-person"),
    ]


async def test_each_person_is_in_the_audit_trail(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = HEADER + "".join(f"p{n},p{n}@x.example,,部门,,2026-03-01\n" for n in range(3))
    report = ok(await send(api, company, file, create_departments=True))
    async with state.sessions() as session:
        entries = (
            await session.scalars(
                select(AuditEntry).where(
                    AuditEntry.company_id == company.company_id, AuditEntry.action == "import_people"
                )
            )
        ).all()
    made = {str(entry.resource_id): entry.changes for entry in entries if entry.resource_type == "person"}
    assert set(made) == {row["person_id"] for row in report["rows"]}
    assert {changes["email"]["after"] for changes in made.values()} == {f"p{n}@x.example" for n in range(3)}
    assert [entry.resource_type for entry in entries].count("department") == 1


async def test_an_import_runs_as_many_statements_for_many_as_for_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    counts = []
    for start, many in ((0, 1), (1, 300)):
        lines = [f"p{n},p{n}@x.example,,部门{n},,2026-03-01\n" for n in range(start, start + many)]
        with count_statements() as statements:
            assert ok(await send(api, company, HEADER + "".join(lines), create_departments=True))["created"] == many
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 15


async def test_what_a_file_says_of_later_days_is_found_again(api: AsyncClient, state: ApiState) -> None:
    """The same file can be sent again, also where somebody is to be confirmed, and to leave, after today."""
    company = await make_company(state)
    soon, later = (business_day() + timedelta(days=days) for days in (10, 30))
    head = "name,email,hired_on,confirmed_on,left_on,leaving_reason\n"
    file = head + f"x,x@x.example,2026-03-01,{soon},{later},moves\ny,y@x.example,{soon},{later},,\n"
    assert ok(await send(api, company, file))["created"] == 2
    assert ok(await send(api, company, file))["unchanged"] == 2
    other = head + f"x,x@x.example,2026-03-01,{soon},,\n"
    assert pointers(await send(api, company, other)) == [
        ("/rows/2/left_on", "exists"),
        ("/rows/2/leaving_reason", "exists"),
    ]


async def test_somebody_who_will_be_back_is_found_as_they_left(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    file = "name,email,hired_on,left_on\nx,x@x.example,2020-01-01,2021-05-31\n"
    person = ok(await send(api, company, file))["rows"][0]["person_id"]
    back = {"effective_on": (business_day() + timedelta(days=5)).isoformat()}
    ok(await api.post(f"/v1/people/{person}/rehire", json=back, headers=company.headers))
    assert ok(await send(api, company, file))["unchanged"] == 1
