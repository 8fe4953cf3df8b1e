"""The page of errors names all that there are, in both languages."""

from attain_api.messages import TITLES_ZH
from tests.support.error_catalogue import PAGE, catalogue, page


def test_the_committed_page_is_the_present_one() -> None:
    assert page() == PAGE.read_text(), "run `make docs`"


def test_every_error_has_a_title_and_says_when_it_arises() -> None:
    entries = catalogue()
    assert [entry for entry in entries if not (entry.title and entry.when)] == []
    assert set(TITLES_ZH) - {entry.code for entry in entries} == set()


def test_a_code_has_one_status() -> None:
    codes = [entry.code for entry in catalogue()]
    assert [code for code in codes if codes.count(code) > 1] == []
