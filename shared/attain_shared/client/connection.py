"""One server and one key: what every request of the kit carries, and how its answers are read."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from attain_shared import signatures
from attain_shared.client.batching import Batch
from attain_shared.client.errors import PushFailed, Refused, RowFault
from attain_shared.client.retries import RetryPolicy, Sender, Trouble
from attain_shared.metrics.import_schemas import MetricImportPreview, MetricImportRead
from attain_shared.metrics.schemas import BatchRead, BatchReceipt, BatchRowRead

M = TypeVar("M", bound=BaseModel)
PUSHES, IMPORTS = "/v1/metric-batches", "/v1/metric-imports"
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
IMPORT_TIMEOUT = httpx.Timeout(300.0, connect=10.0)
"""A file waits for its turn to be read."""
_ROWS = "/observations/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Where Attain is, and with which key to come; what is secret is shown nowhere."""

    url: str
    api_key: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    """Signs every push (`whsec_…`); none: pushes are not signed."""

    def __post_init__(self) -> None:
        if not (self.api_key.isascii() and self.api_key.isprintable() and " " not in self.api_key):
            raise ValueError("the API key holds what no key does")
        if self.signing_secret is not None:
            signatures.read_secret(self.signing_secret)

    @classmethod
    def from_environment(
        cls, *, url: str | None = None, api_key: str | None = None, signing_secret: str | None = None
    ) -> Self:
        """What is not given, from `ATTAIN_URL`, `ATTAIN_API_KEY` and `ATTAIN_SIGNING_SECRET`.

        Raises:
            ValueError: URL or key is neither given nor set, or the secret is none.
        """
        url = url or os.environ.get("ATTAIN_URL")
        api_key = (api_key or os.environ.get("ATTAIN_API_KEY") or "").strip()
        if not url or not api_key:
            raise ValueError("give ATTAIN_URL and ATTAIN_API_KEY")
        secret = signing_secret or os.environ.get("ATTAIN_SIGNING_SECRET") or None
        return cls(url=url.rstrip("/"), api_key=api_key, signing_secret=secret)


class Connection:
    """Requests to one server, tried again as the policy says; safe to use from several threads."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        retries: RetryPolicy | None = None,
        connections: int = 1,
        transport: httpx.BaseTransport | None = None,
        on_trouble: Callable[[Trouble], None] = lambda _: None,
    ) -> None:
        """Open nothing yet; `connections` are kept alive."""
        self.credentials = credentials
        self._http = httpx.Client(
            base_url=credentials.url,
            headers={"Authorization": f"Bearer {credentials.api_key}", "User-Agent": "attain-connector-kit"},
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            transport=transport,
        )
        self._sender = Sender(self._http, retries or RetryPolicy(), on_trouble=on_trouble)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def push(self, batch: Batch, *, key: str, stopping: threading.Event | None = None) -> BatchReceipt:
        """Have a batch stored (202); however often it is tried, it counts once (ING-2).

        Once `stopping` is set it is not tried again.

        Raises:
            Refused: with the faults of its rows.
            GaveUp: nobody knows whether it is stored; the same key and content may be sent again.
        """
        packed = batch.packed()
        headers = {"Idempotency-Key": key, "Content-Type": "application/json", "Content-Encoding": "gzip"}

        def build() -> httpx.Request:
            return self._http.build_request("POST", PUSHES, content=packed, headers=headers | self._signed(batch, key))

        response = self._sender.send(build, stopping=stopping)
        if response.status_code != 202:
            raise _refusal(response, first_row=batch.first_row)
        receipt = _read(response, BatchReceipt)
        if receipt.received != batch.rows:
            raise PushFailed(f"sent {batch.rows} rows, and the receipt is of {receipt.received}")
        return receipt

    def get_batch(self, batch_id: str) -> BatchRead:
        """What has become of a batch."""
        return _read(self._get(f"{PUSHES}/{batch_id}"), BatchRead)

    def rejected_rows(self, batch_id: str) -> Iterator[BatchRowRead]:
        """The rows of a batch that were not taken in, in their order."""
        query: dict[str, str | int] = {"verdict": "rejected", "limit": 200}
        while True:
            page = self._get(f"{PUSHES}/{batch_id}/rows", query).json()
            yield from map(BatchRowRead.model_validate, page["items"])
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def post_file(
        self, name: str, content: bytes, fields: dict[str, str], *, key: str
    ) -> MetricImportRead | MetricImportPreview:
        """Have a file imported (ING-6): the report, or of a dry run what it would be; with one key it is imported once.

        Raises:
            Refused: with the faults of its cells.
        """
        # every try sends the same bytes: a boundary drawn anew would make another body of the same key
        headers = {"Idempotency-Key": key, "Content-Type": f"multipart/form-data; boundary={secrets.token_hex(16)}"}

        def build() -> httpx.Request:
            files = {"file": (name, content)}
            return self._http.build_request(
                "POST", IMPORTS, data=fields, files=files, headers=headers, timeout=IMPORT_TIMEOUT
            )

        response = self._sender.send(build)
        if response.status_code not in {200, 201}:
            raise _refusal(response)
        if response.status_code == 201:
            return _read(response, MetricImportRead)
        return _read(response, MetricImportPreview)

    def _get(self, path: str, query: dict[str, str | int] | None = None) -> httpx.Response:
        response = self._sender.send(lambda: self._http.build_request("GET", path, params=query))
        if response.status_code != 200:
            raise _refusal(response)
        return response

    def _signed(self, batch: Batch, key: str) -> dict[str, str]:
        """Over the content, not its packing; with the time of this try."""
        secret = self.credentials.signing_secret
        if secret is None:
            return {}
        return signatures.sign(secret, batch.content, message_id=key, timestamp=int(time.time()))


def _read(response: httpx.Response, model: type[M]) -> M:
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        raise _no_answer_of_attain(response) from None


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        content = response.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _no_answer_of_attain(response: httpx.Response) -> PushFailed:
    """Something between answers in its stead, a proxy or another program: not an acknowledgement."""
    return PushFailed(f"{response.request.url} answered {response.status_code}, but not as Attain does: check the URL")


def _refusal(response: httpx.Response, *, first_row: int = 0) -> PushFailed:
    problem = _json(response)
    if problem is None or "code" not in problem:
        return _no_answer_of_attain(response)
    detail = str(problem.get("detail", ""))
    if problem["code"] == "idempotency-key-reused":
        detail += " (a run with this id has pushed other rows: give another run id)"
    return Refused(
        response.status_code,
        str(problem["code"]),
        detail,
        faults=tuple(_fault(wrong, first_row) for wrong in problem.get("errors") or ()),
        content=problem,
        request_id=str(problem.get("request_id", "")),
    )


def _fault(wrong: dict[str, Any], first_row: int) -> RowFault:
    """A pointer into a body as a place in the whole input."""
    pointer, row = str(wrong.get("pointer", "")), None
    if pointer.startswith(_ROWS):
        index, slash, rest = pointer.removeprefix(_ROWS).partition("/")
        if index.isascii() and index.isdigit():
            pointer, row = slash + rest, first_row + int(index)
    return RowFault(row, pointer, str(wrong.get("code", "")), str(wrong.get("detail", "")))
