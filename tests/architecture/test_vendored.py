"""What others wrote and browsers load from us: as they published it, and it says where it comes from."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from attain_api.pages import VENDORED

PACKAGES = sorted(VENDORED.iterdir())


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_what_others_wrote_is_as_they_published_it(package: Path) -> None:
    provenance = json.loads((package / "provenance.json").read_text())
    assert set(provenance) - {"holds"} == {"package", "version", "licence", "tarball", "integrity", "files"}
    assert provenance["tarball"] == f"{provenance['package'].rsplit('/', 1)[-1]}-{provenance['version']}.tgz"
    assert "LICENSE" in provenance["files"]
    found = {
        path.name: "sha256-" + base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
        for path in package.iterdir()
        if path.name != "provenance.json"
    }
    assert found == provenance["files"]
