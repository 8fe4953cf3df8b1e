"""Taking an uploaded file of people off the wire, before a transaction is opened."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Query, Request
from starlette.datastructures import FormData, UploadFile

from attain_api.access.authentication import authenticate
from attain_api.deps import Credential, RolePolicy, State
from attain_api.messages import preferred
from attain_api.middleware import allow_body
from attain_api.parameters import refuse_unknown
from attain_api.people.spreadsheets.import_rows import Upload, read_upload
from attain_shared.db.session import reading
from attain_shared.errors import FieldError, Invalid, TooLarge

MAX_BYTES = 8 << 20
"""Of a file."""
IMPORTERS = RolePolicy(frozenset({"admin", "hr"}))
FLAGS = ("dry_run", "create_departments")
_AROUND = 64 << 10
"""What the multipart form adds to the file."""

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "CSV, XLSX or XLS; at most 8 MiB."},
                    "dry_run": {"type": "boolean", "default": False, "description": "As the query parameter."},
                    "create_departments": {"type": "boolean", "default": False, "description": "Likewise."},
                },
            },
            "example": {"file": "姓名,邮箱,入职日期\n林晓,lin@example.com,2026-03-01\n", "dry_run": True},
        }
    },
}
"""For OpenAPI, as the form is read by hand."""


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """A file that has been read, and what to do with it."""

    upload: Upload
    dry_run: bool
    create_departments: bool


async def read_import(
    *,
    request: Request,
    credential: Credential,
    state: State,
    dry_run: Annotated[bool, Query(description="Store nothing, and report on every row.")] = False,
    create_departments: Annotated[bool, Query(description="Make the departments that are missing.")] = False,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> ImportRequest:
    """Read the form and the file in it.

    Nothing is read for those who may not import, and no connection is held while a file is: the caller is asked about
    beforehand, and once more by the transaction.
    """
    async with reading(state.sessions) as uow:
        secret_key = state.settings.secret_key.get_secret_value()
        IMPORTERS.check(await authenticate(uow.session, credential=credential, secret_key=secret_key))
    refuse_unknown(request)
    allow_body(request, MAX_BYTES + _AROUND)
    async with request.form(max_files=1, max_fields=len(FLAGS)) as form:
        flags = _flags(form)
        async with state.files.turn():
            content = await _content(form)
            upload = await asyncio.to_thread(read_upload, content, language=preferred(accept_language))
    return ImportRequest(
        upload=upload,
        dry_run=dry_run or flags["dry_run"],
        create_departments=create_departments or flags["create_departments"],
    )


def _flags(form: FormData) -> dict[str, bool]:
    unknown = [name for name in form if name not in {"file", *FLAGS}]
    faults = [FieldError(f"/{name[:200]}", "extra-forbidden", "There is no such field.") for name in unknown]
    flags = {}
    for name in FLAGS:
        said = form.get(name, "false")
        flags[name] = said == "true"
        if said not in {"true", "false"}:
            faults.append(FieldError(f"/{name}", "bool-parsing", "This is true or false."))
    if faults:
        raise Invalid("The form is not valid; see `errors`.", errors=faults)
    return flags


async def _content(form: FormData) -> bytes:
    file = form.get("file")
    if file is None:
        raise Invalid.field("/file", "missing", "A file is needed, in a multipart form.")
    # a part without a file name is text to the form, and a CSV to us
    content = await file.read() if isinstance(file, UploadFile) else file.encode()
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A file has at most {MAX_BYTES} bytes.")
    return content
