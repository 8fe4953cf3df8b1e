"""Every operation as every caller, against the written matrix (SEC-0 to SEC-3, ORG-0)."""

import pytest
from fastapi import FastAPI

from attain_api.app import ROUTERS
from tests.access.calls import CALLS, request_of
from tests.access.matrix import CALLERS, TABLE, read_table
from tests.support.matrix_world import World

MATRIX = read_table(TABLE)


def operations() -> set[str]:
    """The `operation_id` of every operation of the document."""
    bare = FastAPI(generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        bare.include_router(router)
    paths = bare.openapi()["paths"].values()
    return {operation["operationId"] for methods in paths for operation in methods.values()}


def test_every_operation_has_a_row_and_every_row_a_request() -> None:
    in_document = operations()
    in_matrix = {row.partition("@")[0] for row in MATRIX}
    assert in_document - in_matrix == set(), "operations without a row: say in matrix.py who may"
    assert in_matrix - in_document == set(), "rows without an operation"
    assert set(MATRIX) == set(CALLS)
    cells = len(MATRIX) * len(CALLERS)
    print(f"\n{len(in_document)} operations in {len(MATRIX)} rows x {len(CALLERS)} callers = {cells} cells")


@pytest.mark.parametrize("row", MATRIX)
async def test_everybody_gets_what_is_written(world: World, row: str) -> None:
    """What is not in the caller's view is 404, what they may not do 403, and without a sign-in it is 401 (api.md)."""
    found, said = {}, {}
    for caller in MATRIX[row]:
        answer = await world.call(caller, request_of(world, row))
        found[caller] = "ok" if answer.is_success else str(answer.status_code)
        said[caller] = answer.text
    wrong = {
        caller: f"{found[caller]} instead of {wanted}: {said[caller][:300]}"
        for caller, wanted in MATRIX[row].items()
        if found[caller] != wanted
    }
    assert not wrong, row + "".join(f"\n  {caller}: {what}" for caller, what in wrong.items())


OUTSIDE = ("anonymous", "connector", "ops", "platform", "left", "revoked")
"""Callers whose roles decide, whatever they call an operation on."""
REFUSING = [row for row in MATRIX if "@" not in row and {MATRIX[row][caller] for caller in OUTSIDE} & {"401", "403"}]


@pytest.mark.parametrize("row", REFUSING)
async def test_the_caller_is_asked_about_before_the_input(world: World, row: str) -> None:
    """Whoever may not call an operation learns nothing from it, not even what its input should be."""
    request = request_of(world, row) | {"params": {"no": "such parameter"}}
    if "json" in request:
        request["json"] = {"no": "such field"}
    for caller in OUTSIDE:
        if (wanted := MATRIX[row][caller]) in {"401", "403"}:
            answer = await world.call(caller, request)
            assert str(answer.status_code) == wanted, f"{caller}: {answer.status_code} {answer.text}"
