"""Pages of other origins that may call the API from a browser: those that the settings name, and by default none."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-ID",
)
"""Request headers of the contract that a browser asks about first; `Accept-Language` is always allowed."""
SHOWN = (
    "ETag",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Policy",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)
"""Headers of answers that a page may read."""
REMEMBERED_SECONDS = 3600
"""How long a browser need not ask again."""


def let_in(app: FastAPI, origins: list[str]) -> None:
    """Tell browsers that pages of these origins may call; tokens are in a header, so no cookie is let through."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=SENT,
            expose_headers=SHOWN,
            max_age=REMEMBERED_SECONDS,
        )
