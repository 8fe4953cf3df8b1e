"""Whatever can go wrong can be said in Chinese too (api.md, Manners)."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from attain_api import app
from attain_api.messages import DETAILS_ZH, TITLES_ZH, detail, title
from attain_shared import errors
from attain_shared.metrics import push

ROOTS = (Path(app.__file__).parent, Path(errors.__file__).parent)


class Codes(NamedTuple):
    """Where each code stands, by what it is a code of."""

    problems: dict[str, str]
    fields: dict[str, str]


@pytest.fixture(scope="module")
def codes() -> Codes:
    found = Codes({}, {})
    for root in ROOTS:
        for path in sorted(root.rglob("*.py")):
            tree = ast.parse(path.read_text())
            constants = dict(constants_of(tree))
            for node in ast.walk(tree):
                where = f"{path.relative_to(root.parent)}:{getattr(node, 'lineno', 0)}"
                found.problems.update((code, where) for code in problem_codes(node, constants))
                found.fields.update((code, where) for code in field_codes(node, constants))
            if path.samefile(push.__file__):
                found.fields.update((code, str(path)) for code in push_codes(tree))
    return found


def constants_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The texts that a module gives names to."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from ((node.targets[0].id, text) for text in texts(node.value, {}))


def texts(node: ast.expr | None, constants: dict[str, str]) -> list[str]:
    """The texts an expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Name(id=name) if name in constants:
            return [constants[name]]
        case ast.IfExp(body=body, orelse=orelse):
            return texts(body, constants) + texts(orelse, constants)
    return []


def problem_codes(node: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    """`code = "…"` of a class, and `code="…"` of a call."""
    match node:
        case ast.ClassDef(body=body):
            for statement in body:
                yield from class_codes(statement, constants)
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.arg == "code":
                    yield from texts(keyword.value, constants)


def class_codes(statement: ast.stmt, constants: dict[str, str]) -> Iterator[str]:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id="code")], value=value)
            | ast.AnnAssign(target=ast.Name(id="code"), value=value)
        ):
            yield from texts(value, constants)
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            for name, value in zip(names, values, strict=True):
                if isinstance(name, ast.Name) and name.id == "code":
                    yield from texts(value, constants)


def field_codes(node: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    """The second argument of `FieldError` and `Invalid.field`, and the types of our own validators."""
    match node:
        case ast.Call(func=ast.Name(id="FieldError") | ast.Attribute(attr="field"), args=[_, code, *_]):
            yield from texts(code, constants)
        case ast.Call(func=ast.Name(id="PydanticCustomError"), args=[ast.Constant(value=str(kind)), *_]):
            yield kind.replace("_", "-")


def push_codes(tree: ast.Module) -> Iterator[str]:
    """A push's check yields (field, code, detail), returns (code, detail), or picks a code first."""
    for node in ast.walk(tree):
        match node:
            case ast.Yield(value=ast.Tuple(elts=[_, ast.Constant(value=str(code)), _])):
                yield code
            case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=str(code)), _])):
                yield code
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                yield from texts(value, {})


def test_the_collection_finds_every_way_to_say_a_code(codes: Codes) -> None:
    assert {"not-found", "action-not-allowed", "bad-cursor", "cycle-closed", "internal-error"} <= set(codes.problems)
    assert {"unknown-shop", "not-first-day", "date-out-of-range", "roll-up-refused", "window"} <= set(codes.fields)
    pushed = {"missing", "invalid-number", "too-many-digits", "invalid-type", "invalid-value", "too-many-rows"}
    assert pushed <= set(codes.fields)


def test_every_problem_has_a_title_and_a_detail_in_chinese(codes: Codes) -> None:
    assert {code: where for code, where in codes.problems.items() if not TITLES_ZH.get(code, "").strip()} == {}
    assert {code: where for code, where in codes.problems.items() if code not in DETAILS_ZH} == {}


def test_every_fault_of_a_field_has_a_detail_in_chinese(codes: Codes) -> None:
    assert {code: where for code, where in codes.fields.items() if not DETAILS_ZH.get(code, "").strip()} == {}


def test_what_is_raised_without_values_is_said_without_them(codes: Codes) -> None:
    """A sentence with a hole that nobody fills would stay English."""
    for code in {**codes.problems, **codes.fields}:
        context = {"first": "2000", "last": "2100"} if code == "date-out-of-range" else None
        assert detail(code, "English", "zh-CN", context) != "English", code
        assert title(code, "English", "en") == detail(code, "English", "en") == "English"
