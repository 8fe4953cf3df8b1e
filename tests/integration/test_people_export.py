"""People to a spreadsheet: what the list shows the caller, and nothing that a program takes for a formula."""

import asyncio
import csv
import io
from typing import Any

import pytest
from httpx import AsyncClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from attain_api.people.spreadsheets import download
from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

Line = dict[str, Any]


async def export(api: AsyncClient, who: Member, language: str = "en", **params: str) -> bytes:
    headers = who.headers | {"Accept-Language": language}
    response = await api.post("/v1/people/export", params=params, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-disposition"].startswith('attachment; filename="people-')
    return response.content


def read(content: bytes) -> list[Line]:
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


async def import_file(api: AsyncClient, who: Member, content: bytes) -> Line:
    files = {"file": ("people", content)}
    params = {"create_departments": "true"}
    return ok(await api.post("/v1/people/import", files=files, params=params, headers=who.headers))


async def make_people(api: AsyncClient, company: Company) -> None:
    file = (
        "name,email,phone,department,manager_email,mentor_email,employment_type,hired_on,confirmed_on,left_on,leaving_reason,roles\n"
        "老板,boss@x.example,,运营中心,,,,2026-01-05,,,,executive employee\n"
        "=1+1,lin@x.example,+86 138 0000 0000,运营中心/运营一部,boss@x.example,boss@x.example,intern,2026-03-01,,,,\n"
        "@old,old@x.example,,运营中心/运营二部,boss@x.example,,outsourced,2020-03-01,2020-06-01,2021-05-31,-家,\n"
        "new,new@x.example,,,,,,2099-01-01,,,,\n"
    )
    assert (await import_file(api, company, file.encode()))["created"] == 4


async def test_an_export_read_back_equals_the_list(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_people(api, company)
    listed = ok(await api.get("/v1/people", headers=company.headers))["items"]
    emails = {person["id"]: person["email"] for person in listed}
    lines = read(await export(api, company))
    assert len(lines) == len(listed) == 5
    for line, person in zip(lines, listed, strict=True):
        for field in ("name", "email", "phone", "status", "hired_on", "confirmed_on", "left_on", "leaving_reason"):
            assert line[field] == (person[field] or "")
        assert line["employment_type"] == person["employment_type"]
        assert line["department"].rpartition("/")[2] == (person["department_name"] or "")
        assert line["manager_email"] == emails.get(person["manager_id"], "")
        assert line["mentor_email"] == emails.get(person["mentor_id"], "")
        assert line["roles"].split(", ") == person["roles"]


async def test_an_export_can_be_imported_into_another_company(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_people(api, company)
    for language in ("zh-CN", "en"):
        for file_format in ("xlsx", "csv"):
            content = await export(api, company, language, format=file_format)
            again = await import_file(api, company, content)
            assert (again["created"], again["unchanged"], again["columns"]["unknown"]) == (
                0,
                5,
                ["状态" if language == "zh-CN" else "status"],
            )
            other = await make_company(state)
            report = await import_file(api, other, content)
            assert (report["created"], report["departments_created"]) == (
                5,
                ["运营中心", "运营中心/运营一部", "运营中心/运营二部"],
            )
            theirs = {line["email"]: line for line in read(await export(api, other))}
            assert [theirs[line["email"]] for line in read(await export(api, company))] == [
                line for line in theirs.values() if line["email"] != other.email
            ]


async def test_what_looks_like_a_formula_stays_text(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_people(api, company)
    names = {line["name"] for line in read(await export(api, company))}
    assert {"=1+1", "@old"} <= names
    rows = list(csv.reader(io.StringIO((await export(api, company, format="csv")).decode("utf-8-sig"))))
    cells = {cell for row in rows for cell in row}
    assert {"'=1+1", "'@old", "'-家", "'+86 138 0000 0000"} <= cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


async def test_the_filters_of_the_list_hold_and_headers_are_in_the_callers_language(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    await make_people(api, company)
    top = ok(await api.get("/v1/departments", params={"name": "运营中心"}, headers=company.headers))["items"][0]["id"]
    for params, expected in (
        ({"status": "left"}, ["@old"]),
        ({"department_id": top}, ["老板"]),
        ({"department_id": top, "subtree": "true"}, ["=1+1", "老板"]),
        ({"on": "2020-12-31", "department_id": top, "subtree": "true"}, ["@old"]),
        ({"email": "lin@x.example"}, ["=1+1"]),
    ):
        lines = read(await export(api, company, "zh-CN", **params))
        assert [line["姓名"] for line in lines] == expected
    for params in ({"limit": "1"}, {"sort": "name"}, {"format": "pdf"}):
        response = await api.post("/v1/people/export", params=params, headers=company.headers)
        assert [pointer for pointer, _ in pointers(response)] == [f"/query/{next(iter(params))}"]


async def test_nobody_exports_more_than_they_see(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_people(api, company)
    employee = await make_member(state, company)
    lines = {line["name"]: line for line in read(await export(api, employee))}
    assert lines.keys() == {
        person["name"] for person in ok(await api.get("/v1/people", headers=employee.headers))["items"]
    }
    assert "@old" not in lines
    seen = {name for name, cell in lines["=1+1"].items() if cell}
    assert seen == {"name", "department", "status"}
    assert lines[employee.email.partition("@")[0]]["email"] == employee.email
    executive = await make_member(state, company, roles=("executive",))
    line = next(line for line in read(await export(api, executive)) if line["name"] == "=1+1")
    assert (line["hired_on"], line["email"], line["phone"], line["manager_email"]) == ("2026-03-01", "", "", "")
    problem(await api.post("/v1/people/export"), status=401, code="unauthenticated")


async def test_a_manager_exports_contacts_of_those_below(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    manager = await make_member(state, company)
    body = {"name": "low", "email": "low@x.example", "hired_on": "2026-03-01", "manager_id": str(manager.person_id)}
    created(await api.post("/v1/people", json=body, headers=company.headers))
    line = next(line for line in read(await export(api, manager)) if line["name"] == "low")
    assert (line["email"], line["manager_email"]) == ("low@x.example", manager.email)


async def test_an_export_is_recorded_without_what_it_looked_for(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await export(api, company, format="csv", email=company.email, status="employed")
    async with state.sessions() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.company_id == company.company_id, AuditEntry.action == "export")
        )
        (entry,) = entries.all()
    assert entry.actor_id == company.person_id
    told = {name: value["after"] for name, value in entry.changes.items()}
    assert told == {"format": "csv", "count": 1, "filters": {"email": "…", "status": "employed"}}


async def test_an_export_runs_as_many_statements_for_many_as_for_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    counts = []
    for many in (1, 300):
        lines = "".join(f"p{n},p{many}-{n}@x.example,2026-03-01\n" for n in range(many))
        await import_file(api, company, b"name,email,hired_on\n" + lines.encode())
        with count_statements() as statements:
            await export(api, company)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


async def test_nobody_unknown_stands_in_the_line_of_exports(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One export is written at a time: a stranger is sent away before, and holds nobody up."""
    company = await make_company(state)
    monkeypatch.setattr(download, "_one_at_a_time", asyncio.Semaphore(0))
    monkeypatch.setattr(download, "PATIENCE_SECONDS", 0.05)
    response = await api.post("/v1/people/export", headers={"Authorization": "Bearer nonsense"})
    assert response.status_code == 401
    response = await api.post("/v1/people/export", headers=company.headers)
    problem(response, status=503, code="unavailable")
