"""The document says what the API does: Schemathesis calls every operation with what its own document allows.

This is the short form; `make test-contract` does the same at length (`campaign.py`).
"""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from attain_api.app import create_app
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from tests.contract.campaign import ALL_CHECKS, prepare, roles_of, run_campaign, serving

EXAMPLES = 3


def document_operations(state: ApiState) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and declaration of every operation."""
    document = create_app(replace(state, registry=CollectorRegistry())).openapi()
    paths = document["paths"].items()
    return [(method, path, operation) for path, methods in paths for method, operation in methods.items()]


@pytest.mark.timeout(400)
@pytest.mark.no_cover
async def test_every_operation_does_as_documented(state: ApiState) -> None:
    """reliability.md 7, C6: no 500, no answer that the document does not know, and nothing of another company."""
    parties = await prepare(state)
    engine = create_engine(state.settings, application="contract")
    served = replace(state, engine=engine, sessions=create_sessions(engine), registry=CollectorRegistry())
    with serving(served) as base_url:
        report = run_campaign(base_url, parties, examples=EXAMPLES, coverage=False)
        assert roles_of(base_url, parties.ours) == parties.ours.roles
    print(f"\n{report}")
    assert not report.failures, report
    assert set(report.checks) == set(ALL_CHECKS)
    assert report.cases["stateful"] > 0
    assert len(report.operations) == len(document_operations(served))


def test_every_operation_is_complete(state: ApiState) -> None:
    """api.md, Manners: an operation_id, a summary, and every error it can answer."""
    seen = set()
    for method, path, operation in document_operations(state):
        assert operation["summary"], (method, path)
        assert operation["operationId"] not in seen
        seen.add(operation["operationId"])
        if operation.get("security"):
            assert {"401", "403", "500", "503"} <= set(operation["responses"]), (method, path)
        if method in {"post", "patch", "put"} and "requestBody" in operation:
            assert {"400", "413", "422"} <= set(operation["responses"]), (method, path)
        if path.startswith(("/v1/goals/{", "/v1/cycles/{", "/v1/metric-batches/{")):
            assert "404" in operation["responses"], (method, path)
