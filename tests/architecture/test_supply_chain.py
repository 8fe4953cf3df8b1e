"""What Attain is made of: pinned to the byte, listed, looked through, and with no secret among it."""

import functools
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.stack import CHECKOUT

LOCKS = sorted((CHECKOUT / "locks").glob("*.txt"))
IMAGES = ("api", "worker")
PROJECTS = [CHECKOUT / folder / "pyproject.toml" for folder in ("shared", "services/api", "services/worker")]
OURS = {"attain-shared", "attain-api", "attain-worker"}
SUPPRESSION = re.compile(r"#\s*nosec\b(.*)")
REASONED = re.compile(r" B\d{3} # noqa: S\d{3} - \S.{6,}")

SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a key to AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub or GitLab": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,}|glpat-[\w-]{20,})",
    "a token of Slack": r"\bxox[abeprs]-[\w-]{10,}",
    "a key to Google": r"\bAIza[\w-]{35}\b",
    "a token to upload packages": r"\b(?:pypi-AgEI[\w-]{20,}|npm_[A-Za-z0-9]{36})",
    "an access token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{40,}",
    "a signing secret": r"\bwhsec_[A-Za-z0-9+/=]{24,}",
    "a connector's key or a token of ours": r"\b[0-9a-f]{32}_[A-Za-z0-9_-]{30,}",
    "a value for a secret setting": (
        r"\bATTAIN_(?:SECRET_KEY|\w*PASSWORD|API_KEY|TOKEN|\w*SECRET)\b[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9+/_-]{16,}"
    ),
    "a password in a URL": r"\b[a-z+]+://[A-Za-z0-9._-]+:[^@\s/\"'{}$<>]{12,}@",
}
KNOWN = {
    # the vector that Standard Webhooks publishes, and "0123…" in base64
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}


def entries(lock: Path) -> list[str]:
    """A lock's requirements, each with its hashes, on one line."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def pins(lock: Path) -> dict[str, str]:
    """The version of each package that a lock names."""
    found: dict[str, str] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.partition(" --hash=")[0])
        ((operator, version),) = [(part.operator, part.version) for part in requirement.specifier]
        assert operator == "=="
        assert "*" not in version
        found[canonicalize_name(requirement.name)] = version
    return found


def hashes(entry: str) -> set[str]:
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})(?:\s|$)", entry))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_line_of_a_lock_is_one_version_with_the_hashes_of_its_files(lock: Path) -> None:
    assert len(pins(lock)) == len(entries(lock)) > 0
    assert not OURS & pins(lock).keys()
    for entry in entries(lock):
        assert hashes(entry), entry
        assert len(hashes(entry)) == entry.count("--hash="), entry
        assert "://" not in entry, "from the index alone"


def test_whatever_runs_is_of_the_version_that_was_tested() -> None:
    everything: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            everything.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in everything.items() if len(versions) > 1} == {}
    tested = pins(CHECKOUT / "locks" / "dev.txt").keys()
    for lock in LOCKS:
        if lock.stem not in {"build", "node"}:
            assert pins(lock).keys() <= tested, lock.name


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.parent.name)
def test_a_package_names_the_versions_that_the_locks_hold(project: Path) -> None:
    said, locked = tomllib.loads(project.read_text())["project"], pins(CHECKOUT / "locks" / "dev.txt")
    for line in [*said["dependencies"], *(line for extra in said["optional-dependencies"].values() for line in extra)]:
        wanted = Requirement(line)
        if canonicalize_name(wanted.name) not in OURS:
            assert str(wanted.specifier) == f"=={locked[canonicalize_name(wanted.name)]}"


def test_nothing_is_installed_but_by_its_hash() -> None:
    installing = re.compile(r"\bpip\b.* install .*-r ")
    for file in (CHECKOUT / "services/api/Dockerfile", CHECKOUT / "services/worker/Dockerfile", CHECKOUT / "Makefile"):
        for line in file.read_text().splitlines():
            assert not installing.search(line) or "--require-hashes" in line, f"{file.name}: {line}"


def write_bills(folder: Path) -> dict[str, bytes]:
    """The bill of materials of each image, as `make sbom` writes it, which also checks it against the schema."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = [str(CHECKOUT / "locks" / "sbom.sh"), str(folder), "--no-validate"]
    subprocess.run(command, env=os.environ | {"PATH": path}, check=True, capture_output=True, timeout=100)
    return {image: (folder / f"sbom-{image}.json").read_bytes() for image in IMAGES}


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return write_bills(tmp_path_factory.mktemp("sbom"))


@pytest.mark.parametrize("image", IMAGES)
def test_the_bill_of_materials_lists_every_pinned_package_with_its_hashes(bills: dict[str, bytes], image: str) -> None:
    bill, lock = json.loads(bills[image]), CHECKOUT / "locks" / f"{image}.txt"
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", f"attain-{image}")
    listed = {
        canonicalize_name(part["name"]): (
            part["version"],
            part["purl"].partition("?")[0],
            {one["content"] for place in part["externalReferences"] for one in place["hashes"]},
        )
        for part in bill["components"]
    }
    assert len(listed) == len(bill["components"])
    wanted = dict(zip(pins(lock).items(), map(hashes, entries(lock)), strict=True))
    assert listed == {name: (version, f"pkg:pypi/{name}@{version}", found) for (name, version), found in wanted.items()}


def test_the_same_locks_make_the_same_bytes(bills: dict[str, bytes], tmp_path: Path) -> None:
    assert write_bills(tmp_path) == bills


@functools.cache
def tracked() -> dict[Path, str]:
    """Every file that is in the repository, or would be with the next commit, and what it says."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [CHECKOUT / name for name in listed.stdout.split("\0") if name]
    return {path: path.read_bytes().decode(errors="replace") for path in paths if path.is_file()}


def planted(kind: str) -> str:
    """Something that looks like a secret, put together here so that no file holds it."""
    letters = "Zk3" * 14
    return {
        "a private key": "-----BEGIN EC " + "PRIVATE KEY-----",
        "a key to AWS": "AKIA" + "ABCD2345" * 2,
        "a token of GitHub or GitLab": "ghp_" + letters[:36],
        "a token of Slack": "xoxb-" + letters,
        "a key to Google": "AIza" + letters[:35],
        "a token to upload packages": "npm_" + letters[:36],
        "an access token": ".".join(["eyJ" + letters] * 2 + [letters]),
        "a signing secret": "whsec_" + letters,
        "a connector's key or a token of ours": "0199a7d3" * 4 + "_" + letters,
        "a value for a secret setting": "ATTAIN_SECRET_KEY=" + letters,
        "a password in a URL": "postgresql://attain:" + letters + "@host",
    }[kind]


@pytest.mark.parametrize("kind", SECRETS)
def test_no_file_holds_a_secret(kind: str) -> None:
    pattern = re.compile(SECRETS[kind])
    assert pattern.search(planted(kind))
    found = [
        f"{path.relative_to(CHECKOUT)}: {match[0][:12]}…"
        for path, text in tracked().items()
        for match in pattern.finditer(text)
        if match[0] not in KNOWN
    ]
    assert found == []


def test_whoever_has_bandit_look_away_says_why() -> None:
    sources = [text for path, text in tracked().items() if path.suffix == ".py" and "tests" not in path.parts]
    marks = [mark[1] for text in sources for mark in map(SUPPRESSION.search, text.splitlines()) if mark]
    assert marks
    assert [mark for mark in marks if not REASONED.fullmatch(mark)] == []


def test_the_linter_looks_for_weaknesses() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    (line,) = (line for line in makefile.splitlines() if ".venv/bin/bandit" in line)
    assert "--severity-level medium" in line
    assert ".venv/bin/hadolint services/*/Dockerfile" in makefile
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["bandit"]
    assert set(settings) == {"exclude_dirs"}, "no check is left out for everybody"
