import pytest

from attain_api.conditional import check_if_match, is_fresh, version_tag
from attain_shared.errors import PreconditionRequired, Stale


def test_a_suffix_stands_for_the_callers_rights() -> None:
    assert version_tag(3) == '"3"'
    assert version_tag(3, suffix="a1") == '"3-a1"'


@pytest.mark.parametrize("header", ["*", " * ", '"3"', '"1", "3"', '"1","3"', 'W/"3", "3"'])
def test_a_matching_tag_lets_the_change_pass(header: str) -> None:
    check_if_match(header, '"3"', required=True)


@pytest.mark.parametrize("header", ['"2"', 'W/"3"', "3", "", '"3', '"3-a"', "null"])
def test_another_tag_is_stale(header: str) -> None:
    with pytest.raises(Stale):
        check_if_match(header, '"3"')


def test_no_tag_passes_unless_one_is_required() -> None:
    check_if_match(None, '"3"')
    with pytest.raises(PreconditionRequired):
        check_if_match(None, '"3"', required=True)


@pytest.mark.parametrize(
    ("header", "fresh"),
    [(None, False), ("*", True), ('"3"', True), ('W/"3"', True), ('"1", "3"', True), ('"2"', False)],
)
def test_a_copy_is_fresh_when_its_tag_is_named(header: str | None, *, fresh: bool) -> None:
    assert is_fresh(header, '"3"') is fresh
