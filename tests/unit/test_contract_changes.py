"""What breaks clients, and what does not: one case for each rule."""

from copy import deepcopy
from typing import Any

import pytest

from tests.support.contract_changes import breaking

Json = dict[str, Any]
SHOP: Json = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"type": "string", "enum": ["open", "closed"]},
        "parent": {"anyOf": [{"$ref": "#/components/schemas/Shop"}, {"type": "null"}]},
        "notes": {"type": "array", "items": {"type": "string"}},
        "indicator": {
            "oneOf": [{"$ref": "#/components/schemas/Growth"}, {"$ref": "#/components/schemas/Manual"}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"growth": "#/components/schemas/Growth", "manual": "#/components/schemas/Manual"},
            },
        },
    },
    "required": ["id", "state"],
}
CREATE: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": 80, "minLength": 1},
        "kind": {"type": "string", "enum": ["own", "rented"]},
        "area": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
    },
    "required": ["name"],
}
RELEASED: Json = {
    "paths": {
        "/shops": {
            "post": {
                "operationId": "create_shop",
                "security": [{"bearer": []}],
                "parameters": [
                    {"in": "query", "name": "dry", "required": False, "schema": {"type": "boolean"}},
                    {"in": "query", "name": "limit", "required": False, "schema": {"type": "integer", "maximum": 200}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShopCreate"}}},
                },
                "responses": {
                    "201": {
                        "headers": {"ETag": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Shop"}}},
                    },
                    "409": {"$ref": "#/components/responses/Conflict"},
                },
            }
        },
        "/livez": {"get": {"operationId": "get_livez", "security": [], "responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Shop": SHOP,
            "ShopCreate": CREATE,
            "Growth": {"type": "object", "properties": {"kind": {"const": "growth"}, "cap": {"type": "string"}}},
            "Manual": {"type": "object", "properties": {"kind": {"const": "manual"}}},
        },
        "responses": {"Conflict": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
    },
}
POST = "POST /shops: "


def changed(path: str, value: object = None) -> Json:
    """The released document with one thing set, or taken away where no value is given."""
    document = deepcopy(RELEASED)
    *way, last = path.split(" ")
    at: Any = document
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    key: Any = int(last) if isinstance(at, list) else last
    if value is None:
        del at[key]
    else:
        at[key] = value
    return document


OPERATION, READ, WRITE = "paths /shops post", "components schemas Shop", "components schemas ShopCreate"
NEEDED = {"in": "header", "name": "If-Match", "required": True, "schema": {"type": "string"}}

BREAKING: list[tuple[str, object, str]] = [
    ("paths /shops", None, "the operation is gone"),
    (f"{OPERATION} operationId", "post_shop", "its id was create_shop and is post_shop"),
    (f"{OPERATION} security", [{"admin": []}], "needs credentials that were not needed"),
    (f"{OPERATION} security", [{"bearer": [], "signature": []}], "needs credentials that were not needed"),
    (f"{OPERATION} parameters 0", NEEDED, "needs the header parameter If-Match"),
    (f"{OPERATION} parameters 0", None, "does not take the query parameter dry any more"),
    (f"{OPERATION} parameters 0 required", True, "needs the query parameter dry"),
    (f"{OPERATION} parameters 1 schema maximum", 100, "query limit: maximum was 200 and is 100"),
    (f"{OPERATION} requestBody content application/json", None, "does not take a body of application/json any more"),
    (f"{WRITE} required", ["name", "kind"], "body: the field kind is needed"),
    (f"{WRITE} properties kind", None, "body: the field kind is not taken any more"),
    (f"{WRITE} properties kind enum", ["own"], "body.kind: rented not taken any more"),
    (f"{WRITE} properties name type", "integer", "body.name: string not taken any more"),
    (f"{WRITE} properties name maxLength", 40, "body.name: maxLength was 80 and is 40"),
    (f"{WRITE} properties name minLength", 2, "body.name: minLength was 1 and is 2"),
    (f"{WRITE} properties name pattern", "^a", "body.name: its pattern was not set and is ^a"),
    (f"{WRITE} properties area", {"type": "number", "minimum": 0}, "body.area: null not taken any more"),
    (f"{WRITE} properties area anyOf 0 type", "integer", "body.area: number not taken any more"),
    (f"{WRITE} properties area anyOf 0 minimum", 1, "body.area: minimum was 0 and is 1"),
    (f"{OPERATION} responses 409", None, "does not answer 409 any more"),
    (f"{OPERATION} responses 201 headers ETag", None, "201: the header ETag is gone"),
    (f"{OPERATION} responses 201 content application/json", None, "201: no application/json any more"),
    ("components responses Conflict content", {}, "409: no application/problem+json any more"),
    (f"{READ} properties notes", None, "201 body: the field notes is gone"),
    (f"{READ} properties notes items type", "integer", "201 body.notes[]: may be integer"),
    (f"{READ} properties id type", ["string", "null"], "201 body.id: may be null"),
    (f"{READ} properties id format", "date", "201 body.id: its format was uuid and is date"),
    (f"{READ} properties state enum", None, "201 body.state: may be anything, and was one of a list"),
    (f"{READ} required", ["id"], "201 body: the field state may be missing"),
    ("components schemas Growth properties cap", None, "201 body.indicator: the field cap is gone"),
]
HARMLESS: list[tuple[str, object]] = [
    ("paths /new", {"get": {"operationId": "get_new", "responses": {}}}),
    (f"{OPERATION} security", [{"bearer": []}, {"api_key": []}]),
    (f"{OPERATION} security", []),
    (f"{OPERATION} parameters 1 schema maximum", 500),
    (f"{OPERATION} requestBody required", False),
    (f"{OPERATION} responses 429", {}),
    (f"{WRITE} properties new", {"type": "string"}),
    (f"{WRITE} properties name maxLength", None),
    (f"{WRITE} properties kind enum", ["own", "rented", "shared"]),
    (f"{READ} properties notes minItems", 1),
    (f"{WRITE} required", []),
    (f"{READ} properties new", {"type": "string"}),
    (f"{READ} properties state enum", ["open", "closed", "moved"]),
    (f"{READ} properties parent", {"$ref": "#/components/schemas/Shop"}),
    (f"{READ} properties indicator discriminator mapping people", "#/components/schemas/Manual"),
    (f"{READ} required", ["id", "state", "notes"]),
]


def test_a_document_breaks_nobody_by_being_itself() -> None:
    assert breaking(RELEASED, deepcopy(RELEASED)) == []


@pytest.mark.parametrize(("path", "value", "line"), BREAKING, ids=[line for _, _, line in BREAKING])
def test_a_change_that_breaks_clients_is_named(path: str, value: object, line: str) -> None:
    assert POST + line in breaking(RELEASED, changed(path, value))


@pytest.mark.parametrize(("path", "value"), HARMLESS, ids=[path for path, _ in HARMLESS])
def test_what_is_added_breaks_nobody(path: str, value: object) -> None:
    assert breaking(RELEASED, changed(path, value)) == []


def test_a_probe_that_asks_for_a_sign_in_breaks_who_probes() -> None:
    present = changed("paths /livez get security", [{"bearer": []}])
    assert breaking(RELEASED, present) == ["GET /livez: needs credentials that were not needed"]
