"""`attain-admin audit verify` finds whatever is done to the trail by hand (SEC-5)."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.audit.commands import verify_company
from attain_api.state import ApiState
from attain_shared.audit.chain import content_digest, entry_digest
from attain_shared.audit.models import AuditEntry
from attain_shared.audit.queries import list_links
from attain_shared.audit.verification import Verification
from tests.support.companies import Company, make_company
from tests.support.http import created

WHERE = "WHERE company_id = :company_id AND sequence"
CHANGED = "entry 6 was changed (its digest does not fit what it says)"
VALUE = "entry 6: the value of name was changed"
BY_HAND = {
    "id": ("gen_random_uuid()", [CHANGED]),
    "occurred_at": ("occurred_at + interval '1 microsecond'", [CHANGED]),
    "actor_kind": ("'system'", [CHANGED]),
    "actor_id": ("gen_random_uuid()", [CHANGED]),
    "action": ("action || 'x'", [CHANGED]),
    "resource_type": ("'shop'", [CHANGED]),
    "resource_id": ("NULL", [CHANGED]),
    "request_id": ("request_id || 'x'", [CHANGED]),
    "digests": ("jsonb_set(digests, '{name}', to_jsonb(repeat('0', 64)))", [VALUE, CHANGED]),
    "changes": ("jsonb_set(changes, '{name,after}', '\"another\"')", [VALUE]),
    "digest": ("set_byte(digest, 31, (get_byte(digest, 31) + 1) % 256)", [CHANGED]),
}


@pytest.fixture
async def company(api: AsyncClient, state: ApiState) -> Company:
    """A company with at least eight entries."""
    made = await make_company(state)
    for number in range(8):
        body = {"name": f"department {number}", "function": "design"}
        created(await api.post("/v1/departments", json=body, headers=made.headers))
    return made


async def by_hand(state: ApiState, company: Company, statement: str) -> None:
    async with state.engine.begin() as connection:
        await connection.execute(text(statement), {"company_id": company.company_id})


async def findings(state: ApiState, company: Company, **anchors: bytes) -> list[str]:
    verification = Verification(anchors={int(name.removeprefix("at_")): digest for name, digest in anchors.items()})
    return [
        one async for one in verify_company(state.sessions, company_id=company.company_id, verification=verification)
    ]


async def length(state: ApiState, company: Company) -> int:
    statement = text("SELECT sequence FROM audit_heads WHERE company_id = :company_id")
    async with state.engine.connect() as connection:
        return int((await connection.execute(statement, {"company_id": company.company_id})).scalar_one())


async def test_what_nobody_touched_is_whole(state: ApiState, company: Company) -> None:
    assert await findings(state, company) == []


@pytest.mark.parametrize("column", BY_HAND)
async def test_a_change_of_any_column_is_found_and_named(state: ApiState, company: Company, column: str) -> None:
    value, told = BY_HAND[column]
    await by_hand(state, company, f"UPDATE audit_entries SET {column} = {value} {WHERE} = 6")
    assert await findings(state, company) == told


def test_every_column_is_tried() -> None:
    assert {column.name for column in AuditEntry.__table__.columns} - {"company_id", "sequence"} == set(BY_HAND)


async def test_an_entry_moved_to_another_company_is_missing_in_one_and_a_stranger_in_the_other(
    state: ApiState, company: Company
) -> None:
    other = await make_company(state)
    last = await length(state, other)
    move = "UPDATE audit_entries SET company_id = '{}', sequence = {} {} = 6"
    await by_hand(state, company, move.format(other.company_id, last + 1, WHERE))
    assert await findings(state, company) == ["entry 6 is missing"]
    assert f"entry {last + 1} is behind the head of the chain" in await findings(state, other)


async def test_a_removed_entry_is_found(state: ApiState, company: Company) -> None:
    await by_hand(state, company, f"DELETE FROM audit_entries {WHERE} = 6")
    assert await findings(state, company) == ["entry 6 is missing"]


async def test_an_entry_removed_with_the_others_moved_up_is_found(state: ApiState, company: Company) -> None:
    last = await length(state, company)
    await by_hand(state, company, f"DELETE FROM audit_entries {WHERE} = 6")
    for sequence in range(7, last + 1):
        await by_hand(state, company, f"UPDATE audit_entries SET sequence = {sequence - 1} {WHERE} = {sequence}")
    found = await findings(state, company)
    assert found[0].startswith("entry 6 ")
    assert len(found) >= last - 6


async def test_a_reordered_pair_is_found(state: ApiState, company: Company) -> None:
    for before, after in ((6, -1), (7, 6), (-1, 7)):
        await by_hand(state, company, f"UPDATE audit_entries SET sequence = {after} {WHERE} = {before}")
    assert await findings(state, company) == [
        "entry 6 is out of order: it was entry 7",
        "entry 7 is out of order: it was entry 6",
    ]


async def test_an_entry_put_in_front_of_the_chain_is_found(state: ApiState, company: Company) -> None:
    columns = "id, occurred_at, actor_kind, actor_id, action, resource_type, resource_id, request_id, digests, changes"
    await by_hand(
        state,
        company,
        f"INSERT INTO audit_entries (company_id, sequence, {columns}, digest) "
        f"SELECT company_id, 0, {columns}, digest FROM audit_entries {WHERE} = 6",
    )
    assert await findings(state, company) == ["entry 0 does not belong to the chain"]


async def test_a_cut_off_end_is_found_by_the_head(state: ApiState, company: Company) -> None:
    last = await length(state, company)
    await by_hand(state, company, f"DELETE FROM audit_entries {WHERE} > {last - 2}")
    assert await findings(state, company) == [f"cut off: entries {last - 1} to {last} are missing at the end"]


async def test_a_cut_off_end_with_the_head_put_back_is_found_by_the_anchor(state: ApiState, company: Company) -> None:
    last = await length(state, company)
    digest = "SELECT digest FROM audit_entries WHERE company_id = :company_id AND sequence = {}"
    async with state.engine.connect() as connection:
        values = {"company_id": company.company_id}
        anchored = (await connection.execute(text(digest.format(last)), values)).scalar_one()
    await by_hand(state, company, f"DELETE FROM audit_entries {WHERE} > {last - 2}")
    await by_hand(
        state,
        company,
        f"UPDATE audit_heads SET sequence = {last - 2}, digest = ({digest.format(last - 2)}) "
        "WHERE company_id = :company_id",
    )
    assert await findings(state, company) == []
    assert await findings(state, company, **{f"at_{last}": anchored}) == [
        f"cut off: the chain ends at {last - 2}, before the anchor at {last}"
    ]


async def test_a_value_erased_without_an_erasure_is_found(state: ApiState, company: Company) -> None:
    await by_hand(
        state, company, f"UPDATE audit_entries SET changes = jsonb_set(changes, '{{name}}', 'null') {WHERE} = 6"
    )
    assert await findings(state, company) == [
        "entry 6: the value of name was erased, but no erase_person entry says so"
    ]


async def test_a_digest_made_to_fit_the_next_entry_is_found(state: ApiState, company: Company) -> None:
    async with state.sessions() as session:
        links = await list_links(session, company_id=company.company_id, after=5, limit=2)
    forged = entry_digest(links[1].digest, 6, content_digest(links[0].content)).hex()
    await by_hand(state, company, f"UPDATE audit_entries SET digest = decode('{forged}', 'hex') {WHERE} = 6")
    assert await findings(state, company) == [CHANGED]


@pytest.mark.parametrize("head", ["DELETE FROM audit_heads", "UPDATE audit_heads SET sequence = 0"])
async def test_a_company_without_any_entry_is_found(state: ApiState, company: Company, head: str) -> None:
    await by_hand(state, company, "DELETE FROM audit_entries WHERE company_id = :company_id")
    await by_hand(state, company, f"{head} WHERE company_id = :company_id")
    assert await findings(state, company) == ["cut off: no entry is there, not even that of the company's creation"]


async def command(state: ApiState, *arguments: str) -> tuple[int, str]:
    url = state.settings.database_url.get_secret_value()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ATTAIN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "attain_api.cli",
        "audit",
        *arguments,
        env=environment | {"ATTAIN_DATABASE_URL": url.replace("postgresql+asyncpg", "postgresql")},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_the_command_says_what_is_wrong_and_ends_with_1(
    state: ApiState, company: Company, tmp_path: Path
) -> None:
    last = await length(state, company)
    status, anchors = await command(state, "anchor")
    assert status == 0
    [kept] = [line for line in map(json.loads, anchors.splitlines()) if line["company"] == company.code]
    assert (kept["company_id"], kept["sequence"]) == (str(company.company_id), last)
    file = tmp_path / "anchors"
    file.write_text(json.dumps(kept) + "\n")
    arguments = ("verify", "--company", company.code, "--anchor", str(file))
    assert await command(state, *arguments) == (0, f"{company.code}: {last} entries verified, whole\n")
    await by_hand(state, company, f"UPDATE audit_entries SET action = 'x' {WHERE} = 6")
    assert await command(state, *arguments) == (
        1,
        f"{company.code}: {CHANGED}\n{company.code}: {last} entries verified, NOT WHOLE\n",
    )
    await by_hand(state, company, f"DELETE FROM audit_entries {WHERE} > 8")
    status, said = await command(state, *arguments)
    assert status == 1
    assert f"cut off: the chain ends at 8, before the anchor at {last}" in said
