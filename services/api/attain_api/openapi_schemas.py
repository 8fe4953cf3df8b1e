"""Schemas as the document shows them: without what only our own tools read."""

import re
from typing import Any

_BOUNDS = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"}
"""Of a decimal: it travels as a string, of which JSON Schema knows no bounds."""
_DIGITS = {"max_digits": "at most {} digits", "decimal_places": "{} of them after the point"}


def tidy(schema: dict[str, Any]) -> None:
    """Every schema of the document, in place."""
    models = schema["components"]["schemas"]
    for model in models.values():
        _tidy(model)
    for operations in schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                _tidy(parameter["schema"])
            for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
                for content in holder.get("content", {}).values():
                    _of_stream(content)
                    _tidy(content.get("schema", {}))
    names = {name: _name(name) for name in models}
    schema["components"]["schemas"] = {names[name]: model for name, model in sorted(models.items())}
    _rename(schema, names)


def _tidy(node: dict[str, Any]) -> None:
    """Titles repeat the names; what a decimal is bounded by is said in words."""
    if isinstance(node.get("title"), str):
        del node["title"]
    said = [text.format(node.pop(key)) for key, text in (_BOUNDS | _DIGITS).items() if key in node]
    if said:
        bounds = f"A decimal: {', '.join(said)}."
        node["description"] = f"{node['description']} {bounds}" if node.get("description") else bounds
    for key in ("properties", "patternProperties", "$defs"):
        for below in node.get(key, {}).values():
            _tidy(below)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            _tidy(node[key])
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for below in node.get(key, ()):
            _tidy(below)


def _of_stream(content: dict[str, Any]) -> None:
    """OpenAPI 3.1 has no word for the items of a stream, as 3.2 has: what a stream is made of stands for it."""
    if "itemSchema" in content:
        content["schema"] = content.pop("itemSchema") | {"description": "One event of the stream."}


def _name(name: str) -> str:
    """A name that every generator of clients can use as it stands."""
    return re.sub(r"^Page_(\w+)_$", r"\1Page", re.sub(r"-(Input|Output)$", r"\1", name))


def _rename(node: Any, names: dict[str, str]) -> None:  # noqa: ANN401  # JSON
    if isinstance(node, dict):
        for key, below in node.items():
            if isinstance(below, str) and below.startswith("#/components/schemas/"):
                node[key] = "#/components/schemas/" + names[below.rsplit("/", 1)[1]]
            else:
                _rename(below, names)
    elif isinstance(node, list):
        for below in node:
            _rename(below, names)
