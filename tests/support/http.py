"""What tests of the HTTP contract say over and over."""

from typing import Any

from httpx import Response


def problem(response: Response, *, status: int, code: str) -> dict[str, Any]:
    """The problem document, once it is sure to be one with this status and code."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = response.json()
    assert content["code"] == code
    assert content["status"] == status
    assert content["type"] == f"urn:attain:problem:{code}"
    assert content["request_id"] == response.headers["x-request-id"]
    return content


def pointers(response: Response) -> list[tuple[str, str]]:
    """Where and why an input was refused."""
    content = problem(response, status=422, code="invalid")
    return [(wrong["pointer"], wrong["code"]) for wrong in content["errors"]]


def created(response: Response) -> dict[str, Any]:
    """The new resource."""
    assert response.status_code == 201, response.text
    content: dict[str, Any] = response.json()
    return content


def ok(response: Response) -> dict[str, Any]:
    """The resource."""
    assert response.status_code == 200, response.text
    content: dict[str, Any] = response.json()
    return content
