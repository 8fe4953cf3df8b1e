"""The console as it is served: its headers, its files, its weight, and that both languages say the same things."""

import json
import re
from pathlib import Path

import pytest
from httpx import AsyncClient

from attain_api.console.page import PAGE
from attain_api.pages import modules_of
from tests.support.http import problem

ASSETS, EDITION, FOLDER = PAGE.assets, PAGE.edition, PAGE.folder
OWN = sorted(path for path in FOLDER.rglob("*") if path.is_file())
SCRIPTS = [path for path in OWN if path.suffix == ".js"]
AREAS = sorted(path.name for path in (FOLDER / "words" / "en").iterdir())
SHELL_AREAS = ("shell", "domain")
MOST_SCRIPT = 200_000
A_PAGE = re.compile(r'name: "(\w+)",.*?words: \[([^\]]*)\],.*?import\("\./([^"]+)"\)', re.DOTALL)
PAGES = A_PAGE.findall((FOLDER / "pages.js").read_text("utf-8"))
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
"""A name, and not an address."""


def needed(*names: str) -> set[str]:
    """What these scripts load, and what that loads: beside the pages, which are loaded when somebody goes there."""
    return {module for name in names for module in modules_of(ASSETS, name)}


def words(path: Path) -> dict[str, object]:
    """A file of words, which is JSON but for the first two words and the last mark."""
    text = path.read_text("utf-8").strip()
    content: dict[str, object] = json.loads(text.removeprefix("export default ").removesuffix(";"))
    return content


def flat(said: dict[str, object], prefix: str = "") -> dict[str, str]:
    """Each text by its whole key."""
    found: dict[str, str] = {}
    for key, value in said.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: str(value)}
    return found


async def test_the_shell_is_for_everybody_and_asked_for_anew_each_time(api: AsyncClient) -> None:
    page = await api.get("/console")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Cache-Control"] == "no-cache"
    again = await api.get("/console", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/console", f"/console/{EDITION}/main.js", f"/console/{EDITION}/pages/goals.js"])
async def test_nothing_of_it_may_come_from_elsewhere_or_run_inline(api: AsyncClient, path: str) -> None:
    headers = (await api.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    own = dict.fromkeys(("script-src", "style-src", "connect-src", "img-src"), "'self'")
    none = dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert policy == own | none
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


async def test_every_file_is_there_and_kept_for_good_under_its_edition(api: AsyncClient) -> None:
    for name, asset in ASSETS.items():
        answer = await api.get(f"/console/{EDITION}/{name}")
        assert (answer.status_code, answer.content) == (200, asset.content), name
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    older = await api.get("/console/of-another-release/main.js")
    assert (older.content, older.headers["Cache-Control"]) == (ASSETS["main.js"].content, "no-cache")
    problem(await api.get(f"/console/{EDITION}/index.html"), status=404, code="not-found")


def test_all_that_the_shell_names_is_there() -> None:
    addresses = re.findall(r'(?:href|src)="([^"#]+)"', PAGE.shell.content.decode())
    assert {address.removeprefix(f"/console/{EDITION}/") for address in addresses} <= set(ASSETS)


def test_the_shell_asks_at_once_for_every_module_that_it_cannot_begin_without() -> None:
    asked = re.findall(rf'rel="modulepreload" href="/console/{EDITION}/([^"]+)"', PAGE.shell.content.decode())
    assert sorted(asked) == sorted(needed("main.js") - {"main.js"})
    assert {"htm/standalone.module.js", "session.js", "components/form.js"} <= set(asked)
    assert "{{" not in PAGE.shell.content.decode()


def test_every_script_is_used() -> None:
    modules = [module for _, _, module in PAGES]
    vendored = {"uplot/uPlot.iife.min.js", "htm/standalone.module.js"}
    loaded = needed("main.js", *modules) | {f"words/{language}/{area}" for language in ("en", "zh") for area in AREAS}
    assert loaded | vendored == {name for name in ASSETS if name.endswith(".js")}


@pytest.mark.parametrize(("name", "areas", "module"), PAGES, ids=[name for name, _, _ in PAGES])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_loads_no_more_script_than_it_may(name: str, areas: str, module: str, language: str) -> None:
    said = [f"words/{language}/{area}.js" for area in (*SHELL_AREAS, *re.findall(r'"(\w+)"', areas))]
    loaded = needed("main.js", module, *said) | {"uplot/uPlot.iife.min.js"}
    weight = sum(len(ASSETS[script].content) for script in loaded)
    assert weight <= MOST_SCRIPT, f"{name}: {weight} bytes"


def test_no_file_of_it_names_another_host() -> None:
    for path in OWN:
        text = path.read_text("utf-8").replace(NAMESPACE, "")
        assert "http" not in text.replace("https?:", ""), path.name
        assert not re.search(r"""["'(]//""", text), path.name
    assert b"http" not in ASSETS["htm/standalone.module.js"].content.replace(b"http://www.w3.org/", b"")


def test_nothing_is_inline_and_no_text_becomes_markup() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    assert re.findall(r"<script[^>]*>(?!</script>)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
    whole = "".join(path.read_text("utf-8") for path in SCRIPTS)
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|Function\("
    assert re.findall(forbidden, whole) == []


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_things(area: str) -> None:
    english, chinese = (flat(words(FOLDER / "words" / language / area)) for language in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
        assert "" not in (text, chinese[key]), key


def test_the_two_languages_have_the_same_areas() -> None:
    assert sorted(path.name for path in (FOLDER / "words" / "zh").iterdir()) == AREAS


def test_every_word_that_a_script_says_is_there() -> None:
    areas = {path.stem: flat(words(path)) for path in (FOLDER / "words" / "en").iterdir()}
    known = {f"{area}.{key}" for area, texts in areas.items() for key in texts}
    for path in SCRIPTS:
        said = set(re.findall(r'\bt\("([\w.-]+)"', path.read_text("utf-8")))
        assert said <= known, f"{path.name} says {sorted(said - known)}"


def test_files_are_short() -> None:
    assert {path.name: lines for path in OWN if (lines := len(path.read_text("utf-8").splitlines())) >= 400} == {}
