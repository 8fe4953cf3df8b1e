"""The OpenAPI document: committed as it is, complete, and no surprise to the clients of the last release."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from attain_api.app import contract
from attain_api.openapi_tags import TAGS
from tests.support.contract_changes import breaking
from tests.support.openapi_document import PRESENT, RELEASED, as_text

HERE = "urn:document"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return contract()


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_the_committed_document_is_the_present_one(document: dict[str, Any]) -> None:
    assert as_text(document) == PRESENT.read_text(), "run `make docs`"


def test_no_client_of_the_last_release_is_broken() -> None:
    changes = breaking(json.loads(RELEASED.read_text()), json.loads(PRESENT.read_text()))
    assert changes == [], "\n".join(["clients of docs/openapi.released.json break:", *changes])


def test_operations_have_ids_of_their_own_and_a_tag_that_is_described(document: dict[str, Any]) -> None:
    names = Counter(operation["operationId"] for operation in operations(document))
    assert [name for name, times in names.items() if times > 1] == []
    assert {tuple(operation["tags"]) for operation in operations(document)} == {(tag,) for tag in TAGS}
    assert [tag["name"] for tag in document["tags"]] == list(TAGS)


def test_names_can_be_used_as_they_stand(document: dict[str, Any]) -> None:
    assert [name for name in document["components"]["schemas"] if not name.isalnum()] == []


def test_every_operation_says_whose_credentials_it_takes(document: dict[str, Any]) -> None:
    schemes = set(document["components"]["securitySchemes"])
    assert schemes == {"bearer", "api_key", "signature"}
    for operation in operations(document):
        assert {name for way in operation["security"] for name in way} <= schemes
    push = document["paths"]["/v1/metric-batches"]["post"]
    assert {"api_key": [], "signature": []} in push["security"]


def test_every_error_refers_to_an_example_of_its_status(document: dict[str, Any]) -> None:
    shown = document["components"]["examples"]
    for operation in operations(document):
        for status, declared in operation["responses"].items():
            name = declared.get("$ref", "").rsplit("/", 1)[-1]
            answer = document["components"]["responses"].get(name, declared)
            for example in answer.get("content", {}).get("application/problem+json", {}).get("examples", {}).values():
                assert shown[example["$ref"].rsplit("/", 1)[1]]["value"]["status"] == int(status)


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    registry: Registry[Any] = Registry().with_resource(HERE, DRAFT202012.create_resource(document))
    checked, wrong = 0, []
    for name, schema, example in examples(document):
        checked += 1
        validator = Draft202012Validator({"$ref": f"{HERE}#{schema}"}, registry=registry)
        wrong += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(example)]
    assert wrong == []
    assert checked > len(TAGS)


def examples(document: dict[str, Any]) -> Iterator[tuple[str, str, object]]:
    """Each with the place of its schema."""
    for name, model in document["components"]["schemas"].items():
        yield from ((name, f"/components/schemas/{name}", example) for example in model.get("examples", ()))
        for field, content in model.get("properties", {}).items():
            place = f"/components/schemas/{name}/properties/{field}"
            yield from ((f"{name}.{field}", place, example) for example in content.get("examples", ()))
    for code, example in document["components"]["examples"].items():
        yield code, "/components/schemas/Problem", example["value"]
