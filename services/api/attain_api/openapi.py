"""What every operation of the contract can answer, said once instead of on each route."""

from typing import Any

from attain_api.problems import FieldProblem, Problem, problem_content

_BODY = {"400": "Malformed JSON", "408": "The body did not arrive in time", "413": "Too large"}
_UNKNOWN_PARAMETER = {"422": "Invalid input"}
_ALL = {"500": "Internal error", "503": "Unavailable for the moment"}
_SIGNED_IN = {"401": "Sign-in needed", "403": "Not allowed", "503": _ALL["503"]}


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the problem schema and the answers that follow from an operation's shape."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        content = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        content.pop("$defs", None)
        components[model.__name__] = content
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            _complete(operation, path=path)
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    return schema


def _complete(operation: dict[str, Any], *, path: str) -> None:
    responses: dict[str, Any] = operation["responses"]
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    in_contract = path.startswith("/v1/")
    wanted = _ALL | _UNKNOWN_PARAMETER if in_contract else {"500": _ALL["500"]}
    if "requestBody" in operation:
        wanted |= _BODY
    if names & {"cursor", "Idempotency-Key"}:
        wanted["400"] = "Bad request"
    if "Idempotency-Key" in names:
        wanted["409"] = "Conflict"
    if "If-None-Match" in names:
        responses.setdefault("304", {"description": "The caller's copy is still good"})
    if "If-Match" in names:
        wanted["412"] = "Changed in the meantime"
    if operation.get("security"):
        wanted |= _SIGNED_IN
    if any("{" + name + "}" in path for name in names):
        wanted["404"] = "Not found"
    if "422" in responses or "422" in wanted:
        responses.pop("422", None)
        wanted["422"] = "Invalid input"
    for status, description in wanted.items():
        responses.setdefault(status, {"description": description, "content": problem_content()})
    operation["responses"] = dict(sorted(responses.items()))
