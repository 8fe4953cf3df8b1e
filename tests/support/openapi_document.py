"""The OpenAPI document as a file: docs/openapi.json, written by `make docs`."""

import json
from pathlib import Path
from typing import Any

from attain_api.app import contract

DOCS = Path(__file__).parents[2] / "docs"
PRESENT = DOCS / "openapi.json"
RELEASED = DOCS / "openapi.released.json"
"""As the teams who call the API have it; docs/development.md says how a release moves it on."""


def as_text(document: dict[str, Any]) -> str:
    """One line for each thing, in an order that nothing but the contract decides."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    PRESENT.write_text(as_text(contract()))
