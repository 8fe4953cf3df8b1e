"""The start guides can be run as they are written: `make try-guides` does, which takes too long for here."""

import subprocess
from pathlib import Path

import pytest

from tests.support.guides import CHECKOUT, Block, blocks_of

GUIDES = sorted((CHECKOUT / "docs").glob("start-*.md"))


def test_blocks_are_told_apart_and_kept_in_order(tmp_path: Path) -> None:
    guide = tmp_path / "start-nothing.md"
    guide.write_text(
        "```sh server\nmake run\n```\n\n```\noutput\n```\n\n```sh\nurl=here\necho $url\n```\n```json\n{}\n```\n"
    )
    assert blocks_of(guide) == [Block(True, "make run\n"), Block(False, "url=here\necho $url\n")]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_command_of_a_guide_can_be_read_by_bash(guide: Path) -> None:
    blocks = blocks_of(guide)
    assert blocks
    assert sum(block.is_server for block in blocks) <= 1
    read = subprocess.run(
        ["bash", "-n"], check=False, input="".join(block.text for block in blocks), text=True, capture_output=True
    )
    assert (read.returncode, read.stderr) == (0, "")
