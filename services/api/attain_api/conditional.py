"""Strong ETags, If-Match and If-None-Match (RFC 9110, 13)."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from attain_shared.errors import PreconditionRequired, Stale

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


class Versioned(Protocol):
    """A row whose version every change raises."""

    version: int


class NotModified(Exception):
    """The caller's copy is still good: answered as 304."""

    def __init__(self, etag: str) -> None:
        """Name the copy."""
        super().__init__(etag)
        self.etag = etag


def version_tag(version: int, *, suffix: str | None = None) -> str:
    """The strong ETag of a version; the suffix stands for the caller's rights where the body depends on them."""
    return f'"{version}"' if suffix is None else f'"{version}-{suffix}"'


def content_tag(body: BaseModel | bytes) -> str:
    """The strong ETag of what the caller gets: for resources whose sight depends on the day and on the caller."""
    content = body if isinstance(body, bytes) else body.model_dump_json().encode()
    digest = hashlib.sha256(content).digest()
    return f'"{base64.urlsafe_b64encode(digest[:15]).decode()}"'


def check_if_match(header: str | None, etag: str, *, required: bool = False) -> None:
    """Refuse a change of a version the caller has not seen. Weak tags never match (RFC 9110, 13.1.1)."""
    if header is None:
        if required:
            raise PreconditionRequired("Send If-Match with the ETag of the version you have read, or *.")
        return
    if header.strip() == "*":
        return
    if etag not in {f'"{tag}"' for weak, tag in _TAG.findall(header) if not weak}:
        raise Stale("The resource has changed since you read it.")


def is_fresh(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names this version; compared weakly (RFC 9110, 13.1.2)."""
    if header is None:
        return False
    return header.strip() == "*" or etag in {f'"{tag}"' for _weak, tag in _TAG.findall(header)}


@dataclass(slots=True)
class ResponseTag:
    """Puts the ETag on the answer."""

    response: Response
    if_none_match: str | None

    def show(self, etag: str) -> None:
        """For `GET`: set the tag, or answer 304 where the caller has this version already."""
        if is_fresh(self.if_none_match, etag):
            raise NotModified(etag)
        self.set(etag)

    def set(self, etag: str) -> None:
        """For changes: the tag of what they left behind."""
        self.response.headers["ETag"] = etag


async def _etag(
    response: Response,
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", max_length=2000, description="ETags of copies the caller holds.")
    ] = None,
) -> ResponseTag:
    return ResponseTag(response, if_none_match)


async def _etag_of_change(response: Response) -> ResponseTag:
    return ResponseTag(response, None)


Tag = Annotated[ResponseTag, Depends(_etag)]
"""For `GET` of one resource."""
ChangeTag = Annotated[ResponseTag, Depends(_etag_of_change)]
"""For `PATCH`, `PUT` and actions."""


def apply_changes(row: Versioned, changes: dict[str, object]) -> bool:
    """Set what differs and raise the version; whether anything did."""
    different = {name: value for name, value in changes.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    if different:
        row.version += 1
    return bool(different)
