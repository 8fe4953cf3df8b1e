"""What the document says of a push beyond what its signature tells: the body, the headers, and a body to copy."""

from typing import Any

from attain_api.problems import problems
from attain_shared.errors import TooManyRequests

Json = dict[str, Any]

PUSH_EXAMPLE = {
    "source": "sycm-connector",
    "lane": "live",
    "grain": "day",
    "finality": "final",
    "observed_at": "2026-07-02T09:00:00+08:00",
    "observations": [
        {"shop": "tmall:brand-flagship", "metric": "gmv", "bucket": "2026-07-01", "value": "12345.67"},
        {"shop": "tmall:brand-flagship", "metric": "uv", "bucket": "2026-07-01", "value": "1210"},
    ],
}

_ROW: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "shop": {"type": "string", "description": "platform:external_id", "minLength": 3, "maxLength": 240},
        "metric": {"type": "string", "minLength": 1, "maxLength": 80},
        "dimension": {"type": "string", "maxLength": 130, "description": "Empty for the whole shop."},
        "grain": {"enum": ["day", "week", "month", "quarter"]},
        "bucket": {"type": "string", "format": "date", "description": "The first day of its grain."},
        "value": {"type": ["string", "number"], "description": "At most 20 digits."},
        "finality": {"enum": ["realtime", "final"], "default": "final"},
        "observed_at": {"type": "string", "format": "date-time"},
        "through": {"type": ["string", "null"], "format": "date", "description": "A to-date row's last day."},
    },
}
_PUSH: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["observations"],
    "description": "Fields beside `observations` are defaults for its rows.",
    "properties": {
        **_ROW["properties"],
        "source": {"type": ["string", "null"], "maxLength": 200},
        "lane": {"enum": ["live", "backfill"], "default": "live"},
        "observations": {"type": "array", "minItems": 1, "maxItems": 10_000, "items": _ROW},
    },
}


def _header(name: str, description: str, *, required: bool = False, **schema: object) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"} | schema,
    }


def _seconds_or_pushes(description: str, *, required: bool = False) -> Json:
    return {"description": description, "required": required, "schema": {"type": "integer", "minimum": 0}}


_RATE: Json = {
    "RateLimit-Limit": _seconds_or_pushes("Pushes a minute. This and the next three: where there is a limit."),
    "RateLimit-Policy": {
        "description": "The same, and how many of them may come at once.",
        "schema": {"type": "string"},
        "example": "3000;w=60;burst=300",
    },
    "RateLimit-Remaining": _seconds_or_pushes("Pushes that may come right now."),
    "RateLimit-Reset": _seconds_or_pushes("Seconds until a whole burst may come."),
}
_LOCATION: Json = {"description": "Where the batch is.", "required": True, "schema": {"type": "string"}}
_RETRY_AFTER = _seconds_or_pushes("Seconds to wait before the same is sent again.", required=True)

PUSH_REQUEST: Json = {
    "parameters": [
        _header(
            "Idempotency-Key",
            "The same key and body get the first receipt again.",
            required=True,
            minLength=1,
            maxLength=255,
            pattern="^[!-~]([ -~]*[!-~])?$",
        ),
        _header("webhook-id", "Of a signed push: the Idempotency-Key."),
        _header("webhook-timestamp", "Of a signed push: when it was sent, in Unix seconds.", pattern="^[0-9]+$"),
        _header("webhook-signature", "Of a signed push: `v1,` and the base64 of the signature."),
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _PUSH, "example": PUSH_EXAMPLE}},
    },
}
PUSH_RESPONSES: dict[int | str, Json] = {
    202: {"headers": {"Location": _LOCATION, **_RATE}},
    429: problems(TooManyRequests)[429] | {"headers": {"Retry-After": _RETRY_AFTER, **_RATE}},
}
"""What the answers say in their headers."""
