"""Text that may be hostile is made safe and made to fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raison.show import text

DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("letter", DIRECTION, ids=lambda c: f"U+{ord(c):04X}")
def test_direction_overrides_are_removed(letter):
    assert text.clean(f"a{letter}b") == "ab"


def test_control_characters_and_lone_surrogates_are_removed_and_lines_stay():
    assert text.clean("a\x00b\x1b[31mc\x9bd\ud800e\n\tf") == "ab[31mcde\n\tf"


@given(st.text())
def test_cleaned_text_can_be_written_and_cleaning_again_changes_nothing(any_text):
    cleaned = text.clean(any_text)
    cleaned.encode("utf-8")
    assert text.clean(cleaned) == cleaned


URLS = {
    "https://example.org/a?b=c#d": True,
    "http://example.org": True,
    "javascript:alert(1)": False,
    "JaVaScRiPt:alert(1)": False,
    " javascript:alert(1)": False,
    "java\nscript:alert(1)": False,
    "data:text/html,<script>alert(1)</script>": False,
    "file:///etc/passwd": False,
    "//example.org": False,
    "https://": False,
    "https://example.org/\u202e": False,
    "http://[": False,
    "": False,
}


@pytest.mark.parametrize("url", URLS)
def test_only_http_and_https_become_links(url):
    assert text.safe_url(url) == (url if URLS[url] else None)


@given(st.text(max_size=80), st.integers(4, 30), st.integers(1, 3))
def test_wrapped_lines_fit(any_text, width, lines):
    wrapped = text.wrap(any_text, width, lines)
    assert 1 <= len(wrapped) <= lines
    assert all(text.columns(line) <= width for line in wrapped)


def test_wrapping_loses_nothing_that_fits_and_marks_what_does_not():
    assert text.wrap("the stronger state", 12, 2) == ("the stronger", "state")
    assert text.wrap("bar-depends-on-opponent", 12, 2) == ("bar-depends-", "on-opponent")
    assert text.wrap("a b c d e f", 3, 2) == ("a b", "c…")
    assert text.wrap("unbreakableword", 6, 2) == ("unbre…",)


@given(st.text(max_size=300), st.integers(10, 100))
def test_an_opening_and_its_rest_are_the_whole(any_text, width):
    said = text.one_line(any_text)
    first, rest = text.opening(said, width)
    assert (f"{first} {rest}" if not said.startswith(first + rest) else first + rest) == said
    assert len(first) <= width * 4 // 3


def test_an_opening_ends_with_a_sentence_and_not_within_brackets():
    assert text.opening("One is here. Two is (there, or) and so on and on.", 20) == (
        "One is here.",
        "Two is (there, or) and so on and on.",
    )
    assert text.opening("one two (three, four five six) seven eight nine ten", 22) == (
        "one two (three, four",
        "five six) seven eight nine ten",
    )


def test_titles_are_lowered_inside_a_sentence_only_at_an_article():
    assert text.inline("The leader") == "the leader"
    assert text.inline("NATO") == "NATO"
    assert text.inline("Theodore") == "Theodore"
