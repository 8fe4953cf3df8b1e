"""The rules of the layout that import-linter cannot say (architecture.md, rules 3 to 5)."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared/attain_shared", "services/api/attain_api", "services/worker/attain_worker", "deploy/local")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MIGRATIONS = sorted((ROOT / "migrations").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FIRST_PARTY = ("attain_shared", "attain_api", "attain_worker", "deploy")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
SHARED_BY_SLICES = {"attain_api.access.repository": {"idempotency.py", "authentication.py", "service.py"}}
"""Signing in is below every slice: its statements serve the layer around them."""


def of(path: Path) -> str:
    """A path as people say it."""
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules a tree imports, `from a import b` as `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_fit_on_a_few_screens() -> None:
    lengths = {of(path): len(path.read_text().splitlines()) for path in [*SOURCES, *MIGRATIONS, *TESTS]}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_functions_do_one_thing() -> None:
    long = [
        f"{of(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_only_the_transaction_commits() -> None:
    found = {
        of(path)
        for path in [*SOURCES, *MIGRATIONS]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }
    # the session commits by leaving `session.begin()`; alembic's own connection has nobody else to commit it
    assert found <= {"shared/attain_shared/db/session.py", "migrations/env.py"}


def test_no_function_imports_what_is_ours() -> None:
    inside = [
        f"{of(path)}:{node.name} imports {module}"
        for path in SOURCES
        for node in functions(path)
        for module in imports(node)
        if module.split(".")[0] in FIRST_PARTY
    ]
    assert inside == []


def test_rules_import_only_the_standard_library_and_each_other() -> None:
    foreign = [
        f"{of(path)} imports {module}"
        for path in (ROOT / "shared/attain_shared/rules").glob("*.py")
        for module in imports(ast.parse(path.read_text()))
        if module.split(".")[0] not in sys.stdlib_module_names and not module.startswith("attain_shared.rules")
    ]
    assert foreign == []


def test_a_slice_calls_another_slices_service_never_its_repository_or_router() -> None:
    crossing, api = [], ROOT / "services/api/attain_api"
    for path in api.rglob("*.py"):
        own = f"attain_api.{path.relative_to(api).parts[0]}"
        for module in imports(ast.parse(path.read_text())):
            is_inner = module.startswith("attain_api.") and module.endswith((".repository", ".router"))
            is_allowed = path.name in {"app.py"} | SHARED_BY_SLICES.get(module, set())
            if is_inner and not module.startswith(own + ".") and not is_allowed:
                crossing.append(f"{of(path)} imports {module}")
    assert crossing == []


def test_sql_lives_in_repositories_and_shared_queries() -> None:
    """Services decide; statements are elsewhere."""
    writing = [
        f"{of(path)} imports {module}"
        for path in SOURCES
        if path.name in {"service.py", "router.py"}
        for module in imports(ast.parse(path.read_text()))
        if module in {"sqlalchemy.text", "sqlalchemy.select", "sqlalchemy.update", "sqlalchemy.delete"}
    ]
    assert writing == []


def test_nothing_is_named_for_no_domain_word() -> None:
    assert [of(path) for path in SOURCES if path.stem in {"utils", "helpers", "manager", "common"}] == []


def test_every_folder_of_tests_is_run_or_has_a_command_of_its_own() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    folders = {"/".join(of(path).split("/")[:2]) for path in TESTS if path.name.startswith("test_")}
    assert folders - set(settings["testpaths"]) == {"tests/deployment", "tests/browser", "tests/monitoring"}
