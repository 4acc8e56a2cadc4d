"""Text as it is kept and as it is searched."""

import pytest

from chat_api.domain.text import clean_notes, clean_tags, clean_title, search_words
from events.errors import Invalid


def test_a_title_is_one_line_without_spaces_around_it() -> None:
    assert clean_title("\t Buy \n\n milk \u00a0") == "Buy milk"


def test_letters_written_in_two_ways_are_kept_in_one() -> None:
    assert clean_title("Cafe\u0301") == clean_title("Caf\u00e9") == "Caf\u00e9"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\udfff"])
def test_what_is_no_text_is_refused(text: str) -> None:
    for clean in (clean_title, clean_notes, lambda tag: clean_tags((tag,))):
        with pytest.raises(Invalid):
            clean(text)


def test_a_tag_is_kept_once_in_lower_case_without_its_sign() -> None:
    assert clean_tags(("#Home", "home ", "two  words", "ÄPFEL")) == ("home", "two words", "äpfel")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Buy milk, buy bread!", ("buy", "milk", "bread")),
        ("Straße STRASSE", ("strasse",)),
        ("ﬁle №5", ("file", "no5")),
        ("https://example.com/a_b?c=1", ("https", "example", "com", "a_b", "c", "1")),
        ("'quoted' \\ & | ! :*", ("quoted",)),
        ("🛒", ()),
        ("x" * 500, ("x" * 100,)),
    ],
)
def test_words_are_compared_without_regard_to_case_or_form(text: str, words: tuple[str, ...]) -> None:
    assert search_words(text) == words
