from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from attain_api.app import ROUTERS
from attain_api.openapi import complete


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    return complete(get_openapi(title="t", version="1", routes=app.routes))


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_operation_has_a_summary_and_its_errors(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        assert operation["summary"], path
        responses = operation["responses"]
        if operation.get("security"):
            assert {"401", "403"} <= set(responses), (method, path)
        if "requestBody" in operation:
            assert {"400", "413", "422"} <= set(responses), (method, path)
        if "{" in path:
            assert "404" in responses, (method, path)


def test_every_error_is_a_problem(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        for status, declared in operation["responses"].items():
            name = declared.get("$ref", "").rpartition("/")[2]
            response = schema["components"]["responses"].get(name, declared)
            if status >= "400" and path != "/readyz":
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_every_field_of_ours_is_described(schema: dict[str, Any]) -> None:
    for name, model in schema["components"]["schemas"].items():
        for field, content in model.get("properties", {}).items():
            assert "description" in content or "$ref" in content, (name, field)


def test_creating_bodies_have_examples(schema: dict[str, Any]) -> None:
    models = schema["components"]["schemas"]
    lacking = set()
    for _, _, operation in operations(schema):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            if not (content.get("example") or content.get("examples") or models.get(name, {}).get("examples")):
                lacking.add(name or operation["operationId"])
    assert lacking == set()


def test_outputs_have_no_optional_fields(schema: dict[str, Any]) -> None:
    for name, model in schema["components"]["schemas"].items():
        if name.endswith(("Read", "Created", "Node", "Tree")):
            assert set(model["required"]) == set(model["properties"]), name


def test_a_push_tells_its_headers(schema: dict[str, Any]) -> None:
    """api.md: the key is needed, a signature may be, and every answer says how many more may come."""
    push = schema["paths"]["/v1/metric-batches"]["post"]
    parameters = {parameter["name"]: parameter["required"] for parameter in push["parameters"]}
    signature = dict.fromkeys(("webhook-id", "webhook-timestamp", "webhook-signature"), False)
    assert parameters == {"Idempotency-Key": True} | signature
    rate = {"RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset"}
    assert set(push["responses"]["202"]["headers"]) == {"Location"} | rate
    assert set(push["responses"]["429"]["headers"]) == {"Retry-After"} | rate
