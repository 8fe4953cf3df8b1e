"""What everybody gets of everything there is to read, to be compared before and after something secret (REV-7, REV-11).

The readings are taken from the application's own routes: an operation that is new tomorrow is watched tomorrow. Each is
sent as the matrix of access has it, and once more with every value of every parameter that sifts or sorts.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from statistics import median
from time import perf_counter
from typing import Any
from zipfile import ZipFile

from fastapi import FastAPI

from attain_api.app import ROUTERS
from attain_shared.audit.resources import OF_REVIEWS
from tests.access.calls import CALLS
from tests.support.matrix_world import World
from tests.support.statements import count_statements

Json = dict[str, Any]
REQUEST_ID = "0123456789abcdef0123456789abcdef"
"""The same for every request: answers tell it."""
SIFTING = ("subject", "manager", "skip", "head", "executive", "hr", "admin")
"""Callers who find the review, or the trail, in lists: they try every parameter."""
EVERYBODY = (*SIFTING, "peer", "report", "stranger", "mentor")
"""All who see anything of the company; whoever is not in it gets nowhere, says the matrix."""
UNSTEADY = {
    "get_readyz": "milliseconds of each dependency",
    "get_metrics": "counters of requests by route: how many there were of all companies, for the operator alone",
    "get_ops_status": "the installation as it is at that moment, for the operator alone",
    "get_ops_samples": "the installation over the last hour, for the operator alone",
    "listen_to_events": "where the database is in its transactions, which all companies share: a count of them and no more",
}
"""Operations that differ from one call to the next whatever happens, and why that tells nothing."""
INSTANTS = re.compile(rb'"(exported_at|computed_at|as_of)":"[^"]+"')
"""Fields that say when the answer itself was made."""
MADE_AT = "docProps/core.xml"
"""Where a spreadsheet says so."""
FAR = frozenset({
    "Metric batches", "Metrics", "Shops", "Item sets", "Connectors", "Metric imports", "Event calendar", "Rubrics",
    "KPI templates", "Goals", "Cascades", "Positions", "Departments", "Access", "Alerts", "People", "Companies",
    "Cycles", "Scorecards", "Leaderboards", "Check-ins", "Recognition", "Webhooks",
})  # fmt: skip
"""Tags of operations that are read plainly: of the others every parameter is tried."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    statements: int
    """How many statements it took."""
    seconds: float


Sights = dict[tuple[str, str], Seen]
"""By caller and reading."""


@cache
def _document() -> Json:
    bare = FastAPI(generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        bare.include_router(router)
    return bare.openapi()


def operations(*methods: str) -> dict[str, Json]:
    """The operations of the application with these methods, by their names."""
    return {
        operation["operationId"]: operation
        for path in _document()["paths"].values()
        for method, operation in path.items()
        if method in methods
    }


def readings(ids: Mapping[str, str]) -> dict[str, Json]:
    """Every request that reads, by what to call it."""
    values, found = values_of(ids), {}
    for name, operation in operations("get").items():
        if name in UNSTEADY:
            continue
        for row in (row for row in CALLS if row.partition("@")[0] == name):
            request = CALLS[row](dict(ids))
            found[row] = request
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and FAR.isdisjoint(operation["tags"]):
                    for value in (*_choices(parameter), *values.get(parameter["name"], ())):
                        more = {"params": request.get("params", {}) | {parameter["name"]: value}}
                        found[f"{row}?{parameter['name']}={value}"] = request | more
    return found


def readings_at(**places: Mapping[str, str]) -> dict[str, Json]:
    """The same with several sets of ids: plain in the first, and what differs from it in the others."""
    found: dict[str, Json] = {}
    for place, ids in places.items():
        for name, request in readings(ids).items():
            if request not in found.values():
                found[f"{name} at {place}"] = request
    return found


def _choices(parameter: Json) -> list[str]:
    if parameter["name"] == "limit":
        return ["1"]
    found: list[str] = []
    for schema in _schemas(parameter["schema"]):
        found += ["true", "false"] if schema.get("type") == "boolean" else [str(one) for one in schema.get("enum", ())]
    return found


def _schemas(schema: Json) -> Iterator[Json]:
    if "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield schema
    for one in schema.get("anyOf", ()):
        yield from _schemas(one)


def ids_at(world: World, step: str) -> dict[str, str]:
    """The ids of the world where every review is the one at a step, and every round its round."""
    ids = world.ids
    of = {name: ids[f"review_at_{step}"] for name in ids if name == "review" or name.startswith("review_at_")}
    of |= {name: ids[f"round_at_{step}"] for name in ids if name == "review_cycle" or name.startswith("round_at_")}
    return ids | of


def values_of(ids: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """What to sift by: who and what is there, kinds of resources, operations of reviews."""
    people = [ids[name] for name in ("subject", "peer")]
    return {
        "review_cycle_id": [ids["review_cycle"]],
        "review_id": [ids["review"]],
        "person_id": people,
        "actor_id": people,
        "department_id": [ids["department"]],
        "resource_id": [ids["review"], ids.get("rater", ids["review"]), ids["subject"]],
        "resource_type": sorted(OF_REVIEWS),
        "action": sorted(name for name in operations("post", "put") if "rater" in name or "assessment" in name),
    }


async def look(world: World, requests: Mapping[str, Json], callers: Sequence[str] = EVERYBODY) -> Sights:
    """What the callers get, each in a savepoint that is undone."""
    sights: Sights = {}
    with count_statements() as statements:
        for caller in callers:
            for name, request in requests.items():
                if caller not in SIFTING and "?" in name:
                    continue
                headers = request.get("headers", {}) | {"X-Request-ID": REQUEST_ID}
                count, started = len(statements), perf_counter()
                answer = await world.call(caller, request | {"headers": headers})
                seconds = perf_counter() - started
                headers, body = _steady(dict(answer.headers), answer.content)
                sights[caller, name] = Seen(answer.status_code, headers, body, len(statements) - count, seconds)
    return sights


def _steady(headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """An answer without when it was made."""
    if "spreadsheet" not in headers.get("content-type", ""):
        return headers, INSTANTS.sub(rb"", body)
    with ZipFile(BytesIO(body)) as parts:
        sheets = b"".join(parts.read(name) for name in sorted(parts.namelist()) if name != MADE_AT)
    return headers | {"content-length": ""}, sheets


def differences(before: Sights, after: Sights) -> dict[tuple[str, str], str]:
    """Whose sight of what has changed: the status, a header, a byte of the body, or how many statements it took."""
    assert before.keys() == after.keys()
    found = {}
    for key, was in before.items():
        now = after[key]
        for what in ("status", "headers", "body", "statements"):
            if getattr(was, what) != getattr(now, what):
                found[key] = f"{what}: {_around(getattr(was, what), getattr(now, what))}"
                break
    return found


def _around(was: object, now: object) -> str:
    one, other = str(was), str(now)
    place = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return f"…{one[max(place - 60, 0) : place + 60]}… is now …{other[max(place - 60, 0) : place + 60]}…"


def summary(before: Sights, after: Sights) -> str:
    """How much was compared, and how long it took before and after."""
    statuses = Counter(seen.status // 100 for seen in before.values())
    times = [f"{median(seen.seconds for seen in sights.values()) * 1000:.2f} ms" for sights in (before, after)]
    kinds = ", ".join(f"{count} {status}xx" for status, count in sorted(statuses.items()))
    return f"{len(before)} answers compared ({kinds}); median {times[0]} before, {times[1]} after"


@asynccontextmanager
async def supposing(world: World) -> AsyncIterator[None]:
    """Whatever is done in the block is undone at its end."""
    assert world.connection is not None
    savepoint = await world.connection.begin_nested()
    yield
    await savepoint.rollback()


async def do(world: World, caller: str, request: Json) -> Json:
    """Do something that has to succeed."""
    headers = world.callers[caller] | request.get("headers", {})
    answer = await world.api.request(**(request | {"headers": headers}))
    assert answer.is_success, f"{caller}: {answer.status_code} {answer.text}"
    return dict(answer.json())
