"""What can go wrong, as types with a stable code.

AttainError
├── BadRequest 400            the request itself cannot be read
├── Unauthenticated 401       no identity, or a bad one
├── NotAllowed 403            seen, but not for this caller
├── NotFound 404              not there, or not to be seen
├── Conflict 409              a clash with stored state
│   └── ActionNotAllowed      an action that another state would allow
├── Stale 412                 If-Match names another version
├── TooLarge 413              more than is taken in one request
├── Invalid 422               breaks the schema or a rule; carries `errors`
├── PreconditionRequired 428  If-Match is missing
├── TooManyRequests 429       wait a while
└── Unavailable 503           a dependency is away

A class stands for a status. `code="…"` narrows it where it is raised (`malformed-json`, `bad-cursor`); a slice derives a
class of its own where the title is its own too. The API renders them as problem documents (RFC 9457); the worker may raise the same ones.
"""

from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    """One thing that is wrong with the input: a JSON pointer, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


class AttainError(Exception):
    """Base of everything Attain raises on purpose."""

    status: ClassVar[int] = 500
    code: str = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
        **extra: object,
    ) -> None:
        """Say what happened; `code` narrows the class's own, `extra` joins the problem document."""
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code
        self.errors = errors
        self.headers = headers or {}
        self.extra = extra


class BadRequest(AttainError):
    """The request cannot be read."""

    status, code, title = 400, "bad-request", "Bad request"


class Unauthenticated(AttainError):
    """No identity, or one that does not hold."""

    status, code, title = 401, "unauthenticated", "Sign-in needed"

    def __init__(self, detail: str, *, code: str | None = None, headers: dict[str, str] | None = None) -> None:
        """Say why; the challenge header comes with it."""
        super().__init__(detail, code=code, headers={"WWW-Authenticate": 'Bearer realm="attain"'} | (headers or {}))


class NotAllowed(AttainError):
    """The caller may see this, but not do it."""

    status, code, title = 403, "not-allowed", "Not allowed"


class NotFound(AttainError):
    """Not there, or not for this caller to see: the two answer alike."""

    status, code, title = 404, "not-found", "Not found"


class Conflict(AttainError):
    """A clash with what is stored."""

    status, code, title = 409, "conflict", "Conflict"


class ActionNotAllowed(Conflict):
    """The action exists, but not in this state."""

    code = "action-not-allowed"


class Stale(AttainError):
    """The resource has changed since the caller read it."""

    status, code, title = 412, "stale", "Changed in the meantime"


class TooLarge(AttainError):
    """More than is taken in one request."""

    status, code, title = 413, "too-large", "Too large"


class Invalid(AttainError):
    """Well-formed, but against the schema or a rule."""

    status, code, title = 422, "invalid", "Invalid input"

    def __init__(self, detail: str, *, errors: list[FieldError], code: str | None = None) -> None:
        """Name every field that is wrong."""
        super().__init__(detail, code=code, errors=errors)

    @classmethod
    def field(cls, pointer: str, code: str, detail: str) -> "Invalid":
        """One field that is wrong."""
        return cls(detail, errors=[FieldError(pointer, code, detail)])


class PreconditionRequired(AttainError):
    """A change of this resource must say which version it changes."""

    status, code, title = 428, "precondition-required", "If-Match needed"


class TooManyRequests(AttainError):
    """More than the caller may try in this time."""

    status, code, title = 429, "too-many-requests", "Too many requests"


class Unavailable(AttainError):
    """A dependency is away; the caller may try again."""

    status, code, title = 503, "unavailable", "Unavailable for the moment"

    def __init__(self, detail: str, *, retry_after: int = 2, code: str | None = None) -> None:
        """Say what is away and when to come back (seconds)."""
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after)})
