"""The document says what the API does: Schemathesis calls every operation with what its own document allows."""

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from attain_api.app import ROUTERS, create_app
from attain_api.state import ApiState
from attain_shared.db.session import create_sessions
from attain_shared.doorbell import MemoryDoorbell
from tests.support.companies import Company, make_company

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    missing_required_header,
    unsupported_method,
    use_after_free,
)
"""Left out: the checks that take a refusal of schema-valid input for a fault. A rule over several fields, such as the
first day of a quarter, is beyond JSON Schema."""


@pytest.fixture(scope="module")
async def administrator(state: ApiState) -> Company:
    return await make_company(state, platform=True, ops=True)


@pytest.fixture(scope="module")
def app(state: ApiState) -> FastAPI:
    """The application without a pool: Schemathesis calls it out of an event loop of its own a request."""
    engine = create_async_engine(state.settings.database_url.get_secret_value(), poolclass=NullPool)
    return create_app(
        ApiState(
            settings=state.settings,
            engine=engine,
            sessions=create_sessions(engine),
            doorbell=MemoryDoorbell(),
            ping_queue=state.ping_queue,
        )
    )


@pytest.fixture(scope="module")
def api_schema(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app)


def operations() -> list[tuple[str, str]]:
    """Path and method of every operation."""
    bare = FastAPI()
    for router in ROUTERS:
        bare.include_router(router)
    return [(path, method) for path, methods in bare.openapi()["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), operations())
@settings(
    max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(data=st.data())
def test_every_operation_does_as_documented(
    api_schema: Any, administrator: Company, path: str, method: str, data: st.DataObject
) -> None:
    """reliability.md 7, C6: no 500, and no status, header, media type or body that the document does not know."""
    case = data.draw(api_schema[path][method].as_strategy())
    headers = {} if path.startswith("/v1/auth/") else administrator.headers
    case.call_and_validate(headers=headers, checks=list(CHECKS))


def test_every_operation_is_complete(app: FastAPI) -> None:
    """api.md, Manners: an operation_id, a summary, and every error it can answer."""
    document = app.openapi()
    seen = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            if operation.get("security"):
                assert {"401", "403", "500", "503"} <= set(operation["responses"]), (method, path)
            if method in {"post", "patch", "put"} and "requestBody" in operation:
                assert {"400", "413", "422"} <= set(operation["responses"]), (method, path)
            if path.startswith(("/v1/goals/{", "/v1/cycles/{", "/v1/metric-batches/{")):
                assert "404" in operation["responses"], (method, path)
