"""Calls of the HTTP API, as any client makes them: a token, an ETag, an idempotency key, problems read aloud."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from deploy.local.process import StartError

Body = dict[str, Any]


class DemoFailed(StartError):
    """The main job did not come out as it should; the message says where."""


class Api:
    """The API, for one token or key."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    def sign_in(cls, http: httpx.Client, *, email: str, password: str) -> "Api":
        """With an e-mail and a password."""
        reply = http.post("/v1/auth/token", data={"username": email, "password": password})
        return cls(http, checked(reply)["access_token"])

    def with_key(self, api_key: str) -> "Api":
        """The same API for a connector."""
        return Api(self._http, api_key)

    def get(self, path: str, **query: object) -> Body:
        """One resource or one part of a list."""
        return checked(self._request("GET", path, params=query))

    def items(self, path: str, **query: object) -> Iterator[Body]:
        """A whole list, part by part."""
        cursor: str | None = ""
        while cursor is not None:
            part = self.get(path, limit=200, **query, **({"cursor": cursor} if cursor else {}))
            yield from part["items"]
            cursor = part["next_cursor"]

    def create(self, path: str, body: Body) -> Body:
        """Create something; were the answer lost, the same key would not create it twice."""
        return checked(self._request("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())}))

    def change(self, method: str, path: str, body: Body | list[Body]) -> Body:
        """Change something that has no version of its own to be named, such as weights."""
        return checked(self._request(method, path, json=body))

    def update(self, path: str, body: Body) -> Body:
        """Change one resource in the version that was read a moment ago."""
        return checked(self._request("PATCH", path, json=body, headers={"If-Match": self._etag(path)}))

    def act(self, path: str, action: str, body: Body | None = None, *, of: str | None = None) -> Body:
        """Do what the resource lists among its allowed actions; `of` is the one whose version counts."""
        etag, headers = self._etag(of or path), {}
        if etag:
            headers["If-Match"] = etag
        return checked(self._request("POST", f"{path}/actions/{action}", headers=headers, json=body))

    def exchange(self, method: str, path: str, body: Body | None = None, *, etag: str = "") -> tuple[Body, str]:
        """Read a resource, or change it in the version that was read; it, and the tag of its version now."""
        reply = self._request(method, path, json=body, headers={"If-Match": etag} if etag else None)
        return checked(reply), reply.headers["ETag"]

    def fetch(self, path: str) -> bytes:
        """A file."""
        reply = self._request("GET", path)
        if reply.is_error:
            raise DemoFailed(f"GET {path} answered {_problem(reply)}")
        return reply.content

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> Body:
        """Send a body that is JSON already."""
        return checked(
            self._request("POST", path, content=content, headers=headers | {"Content-Type": "application/json"})
        )

    def _etag(self, path: str) -> str:
        reply = self._request("GET", path)
        checked(reply)
        return reply.headers["ETag"]

    def _request(self, method: str, path: str, *, headers: dict[str, str] | None = None, **what: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        try:
            return self._http.request(method, path, headers=self._headers | (headers or {}), **what)
        except httpx.HTTPError as error:
            raise DemoFailed(f"{method} {path} was not answered: {error!r}") from error


def checked(reply: httpx.Response) -> Body:
    """The answer's body, unless it is a problem; empty where there is none."""
    if reply.is_error:
        raise DemoFailed(f"{reply.request.method} {reply.request.url.path} answered {_problem(reply)}")
    body: Body = reply.json() if reply.content else {}
    return body


def _problem(reply: httpx.Response) -> str:
    try:
        problem = reply.json()
        detail = f"{problem['status']} {problem['code']}: {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{reply.status_code} {reply.text[:300]}"
    return "\n    ".join([detail, *(f"{error['pointer']}: {error['detail']}" for error in problem.get("errors") or ())])
