"""Taking an uploaded report off the wire and reading it, before a transaction is opened."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from attain_api.access.authentication import authenticate
from attain_api.deps import Credential, RolePolicy, State
from attain_api.idempotency import body_hash, checked_key
from attain_api.messages import Language, preferred
from attain_api.middleware import allow_body
from attain_api.parameters import refuse_unknown
from attain_shared.clock import business_day
from attain_shared.db.session import reading
from attain_shared.errors import Invalid, TooLarge
from attain_shared.imports.headers import ReportKind
from attain_shared.imports.reports import Report, read_report
from attain_shared.metrics.declarations import load_entries
from attain_shared.metrics.import_schemas import ImportOptions
from attain_shared.metrics.push import DAYS_AHEAD, FIRST_DAY
from attain_shared.rules.periods import Window

IMPORTERS = RolePolicy(frozenset({"admin"}))
MAX_BYTES = 20 << 20
"""Of a file."""
LONGEST_NAME = 200
_AROUND = 64 << 10
"""What the multipart form adds to the file."""
_MAX_FIELDS = 32
"""More than there are, so that one that is not known can be named."""
_OBSERVED_AT = (
    "When the report was made on the platform. Of two reports the later one stands, so give it: without it, the time of "
    "the upload is taken, and a report that has lain about for a month replaces what was corrected meanwhile."
)

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["file", "shop"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "XLS, XLSX or CSV; at most 20 MiB."},
                    "shop": {"type": "string", "description": "platform:external_id", "minLength": 3, "maxLength": 200},
                    "kind": {"enum": ["shop", "product"], "description": "Which report; else its columns say so."},
                    "on_error": {
                        "enum": ["refuse", "skip"],
                        "default": "refuse",
                        "description": "What a cell that cannot be understood does: nothing is stored, or all the rest.",
                    },
                    "dry_run": {"type": "boolean", "default": False, "description": "Store nothing, and report."},
                    "lane": {"enum": ["live", "backfill"], "default": "live"},
                    "observed_at": {"type": "string", "format": "date-time", "description": _OBSERVED_AT},
                    "finality": {
                        "enum": ["realtime", "final"],
                        "default": "final",
                        "description": "Of the periods that were over; one that ran on the day of observed_at is realtime.",
                    },
                },
            },
            "example": {
                "file": '统计日期,支付金额,访客数,支付转化率\n2026-07-01,"1,234.56",1210,3.60%\n',
                "shop": "tmall:brand-flagship",
                "dry_run": True,
            },
        }
    },
}
"""For OpenAPI, as the form is read by hand."""


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """A report that has been read, and what to do with it."""

    options: ImportOptions
    report: Report
    file_name: str
    file_hash: bytes
    language: Language
    key: str | None
    body_hash: bytes
    """Of what the key stands for: the form without the boundaries, which are new each time it is sent."""


async def read_import(
    *,
    request: Request,
    credential: Credential,
    state: State,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Kept for 24 hours: the same key and form get the first answer."),
    ] = None,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> ImportRequest:
    """Read the form and the report in it.

    Nothing is read for those who may not import, and no connection is held while a file is: the caller is asked about
    beforehand, and once more by the transaction.
    """
    secret_key = state.settings.secret_key.get_secret_value()
    async with reading(state.sessions) as uow:
        actor = await authenticate(uow.session, credential=credential, secret_key=secret_key)
        IMPORTERS.check(actor)
        catalogue = await load_entries(uow.session, company_id=actor.company_id)
    refuse_unknown(request)
    key = None if key is None else checked_key(key)
    days = Window(FIRST_DAY, business_day() + timedelta(days=DAYS_AHEAD))
    allow_body(request, MAX_BYTES + _AROUND)
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        options = _options(form, days)
        kind = ReportKind(options.kind) if options.kind else None
        async with state.files.turn(None if key is None else (actor.principal_id, key)):
            file_name, content = await _file(form)
            report = await asyncio.to_thread(read_report, content, catalogue=catalogue, kind=kind, days=days)
    file_hash = hashlib.sha256(content).digest()
    said = options.model_dump_json().encode() + file_name.encode() + file_hash
    return ImportRequest(
        options=options,
        report=report,
        file_name=file_name,
        file_hash=file_hash,
        language=preferred(accept_language),
        key=key,
        body_hash=body_hash(said, secret_key=secret_key),
    )


def _options(form: FormData, days: Window) -> ImportOptions:
    try:
        options = ImportOptions.model_validate({name: value for name, value in form.items() if name != "file"})
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in wrong]) from None
    if options.observed_at is not None and options.observed_at.date() not in days:
        raise Invalid.field("/observed_at", "out-of-range", f"must lie between {days.starts_on} and {days.ends_on}")
    return options


async def _file(form: FormData) -> tuple[str, bytes]:
    """The file's name and content; a part without a file name is text to the form, and a CSV to us."""
    file = form.get("file")
    if file is None:
        raise Invalid.field("/file", "missing", "A file is needed, in a multipart form.")
    name, content = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", file.encode())
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A file has at most {MAX_BYTES} bytes.")
    shown = "".join(letter for letter in name if letter.isprintable())[-LONGEST_NAME:]
    return shown or "file", content
