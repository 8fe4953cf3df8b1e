"""Every error that the API can answer, out of the code: docs/errors.md, written by `make docs`."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from attain_api import app
from attain_api.messages import title
from attain_api.problems import TYPE
from attain_shared import errors
from attain_shared.errors import AttainError, Conflict

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
ROOTS = (Path(app.__file__).parent, Path(errors.__file__).parent)
HEAD = f"""# Errors

Every error is a problem document (RFC 9457) of the media type `application/problem+json`. Its `code` is stable: it is
what clients test, and the end of `type`, `{TYPE}<code>`. `title` and `detail` are for people, in English or, with
`Accept-Language: zh-CN`, in Chinese. With 422, `errors` names each field that is wrong by a JSON pointer, with a code of
its own. `request_id` leads to the log: tell it when you ask for help.

A code that a client does not know is to be treated as its status says. This page is written by `make docs`.
"""
ADVICE = {
    400: "Do not repeat it as it is: the request cannot be read. Correct the client.",
    401: "Refresh the access token once and repeat; where that fails too, ask the person to sign in again. "
    "A connector's key has to be replaced by an administrator.",
    403: "Do not repeat it: the caller may see this, and not do it. Offer only what `allowed_actions` names.",
    404: "It is not there, or not to be seen: the two answer alike. Read the list anew.",
    405: "Correct the client; the header `Allow` names the methods.",
    408: "Repeat it with the same `Idempotency-Key`, on a better line or in smaller parts.",
    409: "Read the resource anew and let the person decide: the request clashes with what is stored. "
    "Repeat it only where the code says that another request is still running.",
    412: "Read the resource anew, show what has changed, and repeat with its new `ETag`.",
    413: "Send less at once.",
    415: "Send JSON, by itself or packed by gzip.",
    422: "Show each of `errors` beside its field; do not repeat it unchanged.",
    428: "Repeat it with `If-Match`: the `ETag` of the version that the person has seen.",
    429: "Wait as long as `Retry-After` says, then repeat it with the same `Idempotency-Key`.",
    500: "A fault of ours. Repeat it once later with the same `Idempotency-Key`; then tell us the `request_id`.",
    503: "Wait as long as `Retry-After` says, then repeat it with the same `Idempotency-Key`.",
}
"""By status: what a client does."""


class Entry(NamedTuple):
    """An error by its code."""

    status: int
    code: str
    title: str
    when: str


def catalogue() -> list[Entry]:
    """All of them, sorted by status and code; what a class says comes before what is said where it is raised."""
    found: dict[tuple[int, str], Entry] = {}
    for entry in (*_of_classes(AttainError), *_of_raises()):
        found.setdefault((entry.status, entry.code), entry)
    return sorted(found.values())


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    entries = catalogue()
    for status in sorted({entry.status for entry in entries}):
        parts.append(f"\n## {status}\n\n{ADVICE[status]}\n\n| code | title | 标题 | when |\n|---|---|---|---|\n")
        parts += [
            f"| `{entry.code}` | {entry.title} | {title(entry.code, '', 'zh-CN')} | {entry.when} |\n"
            for entry in entries
            if entry.status == status
        ]
    return "".join(parts)


def _of_classes(kind: type[AttainError]) -> Iterator[Entry]:
    for below in list(_kinds(kind))[1:]:
        yield Entry(below.status, below.code, below.title, _first_line(below))


def _of_raises() -> Iterator[Entry]:
    """`code="…"` of a call narrows the code of its class."""
    kinds = {kind.__name__: kind for kind in _kinds(AttainError)}
    for path in sorted(path for root in ROOTS for path in root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[said, *_], keywords=keywords) if name in kinds:
                    for keyword in keywords:
                        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                            yield _entry(kinds[name], str(keyword.value.value), said)
                case ast.Call(func=ast.Name(id="TimelineBroken"), args=[ast.Constant(value=str(code)), said, *_]):
                    yield _entry(Conflict, code, said)


def _entry(kind: type[AttainError], code: str, said: ast.expr) -> Entry:
    return Entry(kind.status, code, kind.title, _sentence(said) or _first_line(kind))


def _kinds(kind: type[AttainError]) -> Iterator[type[AttainError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__.startswith(("attain_api.", "attain_shared.")) and "<locals>" not in below.__qualname__:
            yield from _kinds(below)


def _first_line(kind: type[AttainError]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _sentence(said: ast.expr) -> str:
    match said:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in values)
    return ""


if __name__ == "__main__":
    PAGE.write_text(page())
