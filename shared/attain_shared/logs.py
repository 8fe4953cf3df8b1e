"""Structured logs: one JSON line an event, with the request or job id, without secrets."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "database_url", "redis_url")
"""A field whose name holds one of these is never written."""

REDACTED = "[redacted]"
_PLAIN = frozenset(
    {
        "level",
        "timestamp",
        "service",
        "request_id",
        "trace_id",
        "method",
        "route",
        "status",
        "milliseconds",
        "statements",
    }
)
"""Fields that hold no text of anybody's: left alone, as each request has them."""
_SECRETS = re.compile(
    r"(?<=://)[^\s/@]*:[^\s/]*(?=@)"  # user and password of a URL
    r"|(?<=\bBearer )[^\s\"']+"
    r"|(?<=\bpassword=)[^\s&\"']+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # an access token
    r"|\b(?:att_)?[0-9a-f]{32}_[\w-]{20,64}"  # an API key, or a refresh token or one-time link
    r"|\bwhsec_[\w+/=]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|(?<=\bDETAIL: ).*?(?=\nHINT: |\n\[SQL: |\n\(Background |\n\n|\Z)",  # PostgreSQL quotes the row
    re.DOTALL,
)
"""What an exception of somebody else's may say: it quotes what it was given."""


def redact(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Blank what must never reach a log: whole fields by their names, and secrets within texts."""
    for key, value in event.items():
        if key in _PLAIN:
            continue
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = REDACTED
        elif isinstance(value, str):
            event[key] = _SECRETS.sub(REDACTED, value)
    return event


def configure(*, level: str, service: str) -> None:
    """Send structlog's and the libraries' logs to standard error as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # the libraries speak only when something is wrong: arq logs every job at INFO, uvicorn every request
    root.setLevel(logging.WARNING)
