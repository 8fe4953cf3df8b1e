"""How requests of the matrix are written."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Ids = dict[str, str]
Call = Callable[[Ids], Json]

ANY_VERSION = {"If-Match": "*"}


def get(url: str, **params: Any) -> Call:
    """Read; `{name}` stands for an id of the world, in the path and in the query."""
    return lambda ids: {"method": "GET", "url": url.format(**ids), "params": filled(params, ids)}


def delete(url: str) -> Call:
    """Delete."""
    return lambda ids: {"method": "DELETE", "url": url.format(**ids)}


def send(method: str, url: str, body: Json | list[Json] | None = None, **headers: str) -> Call:
    """Send a body, whatever the version of what it changes."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ANY_VERSION
    return lambda ids: {"method": method, "url": url.format(**ids), "json": filled(body, ids), "headers": sent}


def post(url: str, body: Json | list[Json] | None = None, **headers: str) -> Call:
    """Create or act."""
    return send("POST", url, body, **headers)


def upload(url: str, text: str, **fields: str) -> Call:
    """Upload a CSV file, with other fields of the form."""
    files = {"file": ("some.csv", text.encode(), "text/csv")}
    return lambda _ids: {"method": "POST", "url": url, "files": files, "data": fields}


def filled(value: Any, ids: Ids) -> Any:
    """The same with every `{name}` replaced by an id."""
    if isinstance(value, str):
        return ids[value[1:-1]] if value.startswith("{") else value
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    return [filled(one, ids) for one in value] if isinstance(value, list) else value
