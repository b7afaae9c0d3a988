"""Text to plain data: scalars stay text, hostile text is refused with one clear error in bounded time."""

import time

import pytest

from raison.model.document import MAX_BYTES, MAX_NESTING, Document, decode, parse
from raison.model.problem import Problem


def refusal(text):
    document = parse(text)
    assert document.data is None
    (problem,) = document.problems
    return problem


def test_every_scalar_is_text_and_only_a_plain_null_is_none():
    text = """
a: 1e5
b: no
c: 2022-09-24
d: null
e: ~
f:
g: 'null'
h: "~"
i: {yes: 1, no: 2, null: 3, 1: 4, true: ''}
j: [null, NULL, Null, nULL, 0x10]
k: |
  two
  lines
l: >-
  one
  line
"""
    assert parse(text).data == {
        "a": "1e5",
        "b": "no",
        "c": "2022-09-24",
        "d": None,
        "e": None,
        "f": None,
        "g": "null",
        "h": "~",
        "i": {"yes": "1", "no": "2", "null": "3", "1": "4", "true": ""},
        "j": [None, None, None, "nULL", "0x10"],
        "k": "two\nlines\n",
        "l": "one line",
    }


def test_each_key_and_item_has_its_line():
    document = parse("# first\na: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    assert document.marks == {
        ("a",): 2,
        ("b",): 3,
        ("b", "0"): 4,
        ("b", "1"): 5,
        ("b", "1", "c"): 5,
        ("b", "1", "d"): 6,
    }


def test_lines_are_counted_alike_for_every_line_break():
    for line_break in ("\n", "\r\n", "\r"):
        assert parse(line_break.join(["# x", "a: 1", "b: 2"])).marks == {("a",): 2, ("b",): 3}


def test_what_yaml_leaves_of_a_cut_text_is_marked_bare():
    document = parse("a: {value: uniform(0, 1), unit: x, empty: , null: null}\nb:\n")
    assert document.data == {
        "a": {"value": "uniform(0", "1)": None, "unit": "x", "empty": None, "null": None},
        "b": None,
    }
    assert document.bare == {("a", "1)"), ("a", "empty")}


def test_a_repeated_key_is_told_and_the_first_one_stands():
    document = parse("a: {x: 1}\nb: 2\na: {x: 2, y: 3}\n")
    assert document.data == {"a": {"x": "1"}, "b": "2"}
    assert [(problem.line, problem.message) for problem in document.problems] == [
        (3, "'a' stands twice, first in line 1; delete or rename one.")
    ]
    assert document.marks[("a", "x")] == 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("a: 1\nb: &x 2", 2, "anchors (&x) are not allowed", id="anchor"),
        pytest.param("a: 1\nb: *x", 2, "aliases (*x) are not allowed", id="alias"),
        pytest.param("a: !!python/object:os.system x", 1, "tags (tag:yaml.org", id="python tag"),
        pytest.param("a: 1\n<<: *x", 2, "aliases (*x) are not allowed", id="merge"),
        pytest.param("a: !x {b: 1}", 1, "tags (!x) are not allowed", id="tag on a mapping"),
        pytest.param("a: 1\n---\nb: 2", 2, "one YAML document; a second one begins here", id="two documents"),
        pytest.param("a: 1\nb: {? , c: 2}", 2, "a key is needed before ':'", id="no key"),
        pytest.param("a: 1\n'': 2", 2, "a key is needed before ':'", id="empty key"),
        pytest.param("a: 1\n: 2", 2, "does not fit", id="no key in a block"),
        pytest.param("a: 1\n~: 2", 2, "a key is needed before ':'", id="null key"),
        pytest.param("a: 1\n? [x]\n: 2", 2, "a key is text", id="list as a key"),
        pytest.param("a: {{x}: 2}", 1, "a key is text", id="mapping as a key"),
        pytest.param("a: 1\nb: \x07", 2, "U+0007 is not allowed", id="control character"),
        pytest.param('a: 1\nb: "\\0"', 2, "U+0000 is not allowed", id="escaped control character"),
        pytest.param('a: 1\n"\\x1b": 2', 2, "U+001B is not allowed", id="escaped control character in a key"),
        pytest.param("a: 1\nb: \ud800", 2, "U+D800 is not allowed", id="lone surrogate"),
        pytest.param("a: 1\nb: x\u2028y", 2, "U+2028 is not allowed", id="invisible line break"),
        pytest.param("", 1, "the file is empty; start with 'raison: 1'", id="empty"),
        pytest.param("# nothing\n", 1, "the file is empty", id="comments only"),
        pytest.param("a: b: c", 1, "a ':' inside plain text ends it; quote the text", id="colon in text"),
        pytest.param("a: 1\nb: {c: d", 2, "a '{' is not closed", id="open brace"),
        pytest.param("a: [1, 2\nb: 3\n", 1, "is not closed, or a ',' is missing", id="open bracket"),
        pytest.param("a: 1\nb: 'x\nc: 2", 2, "a quote is opened and never closed", id="open quote"),
        pytest.param("a:\n\tb: 1", 2, "indent with spaces", id="tab"),
        pytest.param("a: @x", 1, "quote such text", id="at sign"),
        pytest.param("a: *", 1, "'*' or '&' needs quotes", id="lone star"),
        pytest.param("a:\n  b: 1\n c: 2", 3, "wrong indentation", id="indentation"),
        pytest.param("- a\nb: c", 2, "does not fit the list before it", id="list and mapping"),
        pytest.param('a: "\\q"', 1, "a backslash", id="escape"),
        pytest.param("a: }", 1, "a value is needed here", id="closing brace"),
        pytest.param("a: |x\n y", 1, "'|' or '>' needs quotes", id="block scalar header"),
        pytest.param("{a: 1} b", 1, "goes on after its '{...}' is closed", id="text after the end"),
        pytest.param("%YAML 3.0\n---\na: 1", 1, "another version of YAML", id="YAML version"),
    ],
)
def test_what_a_model_file_cannot_have_is_one_error_with_its_line(text, line, words):
    problem = refusal(text)
    assert words in problem.message
    assert problem.line == line
    assert problem.message.endswith(".")


# A second is a hundred times what these take; what they guard against takes minutes or all memory.
SOON = 1.0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "[" * 10_000, id="open brackets"),
        pytest.param("a: " + "[" * 10_000 + "]" * 10_000, id="closed brackets"),
        pytest.param("a: " + "[\n" * 300_000, id="a bracket on each line"),
        pytest.param("{a: " * 200_000, id="braces"),
        pytest.param("- " * 400_000, id="lists in one line"),
        pytest.param("- ? " * 200_000, id="keys in one line"),
        pytest.param("\n".join(" " * depth + "a:" for depth in range(1_200)), id="indentation"),
        pytest.param("a: " + "{b: [" * 5_000, id="braces and brackets"),
    ],
)
def test_deep_nesting_is_refused_soon(text):
    start = time.perf_counter()
    problem = refusal(text)
    assert any(
        words in problem.message
        for words in (f"nested more than {MAX_NESTING} deep", "not closed", "a key is text")
    )
    assert time.perf_counter() - start < SOON


def test_nesting_is_allowed_up_to_the_limit_and_brackets_in_text_do_not_count():
    inside = MAX_NESTING - 1  # the mapping around it is the first level
    assert parse("a: " + "[" * inside + "]" * inside).problems == ()
    assert "nested" in refusal("a: " + "[" * (inside + 1) + "]" * (inside + 1)).message
    assert parse(f"a: '{'[' * 1000}'  # {'[' * 1000}\nb: x{'(' * 100}").problems == ()


def test_an_alias_bomb_is_refused_at_its_first_anchor():
    lines = ["a: &a [x, x]"]
    for letter, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{letter}: &{letter} [{', '.join([f'*{before}'] * 9)}]")
    start = time.perf_counter()
    assert refusal("\n".join(lines)).line == 1
    assert time.perf_counter() - start < SOON


def test_a_text_of_more_than_a_megabyte_is_refused():
    assert "at most 1 MB" in refusal("a: " + "x" * MAX_BYTES).message
    assert "at most 1 MB" in refusal("a: " + "é" * (MAX_BYTES // 2)).message
    assert "1.0 MB" in decode(b"x" * (MAX_BYTES + 1)).message


def test_a_large_text_is_parsed_in_linear_time():
    start = time.perf_counter()
    document = parse("".join(f"key{number}: {{a: 1, b: 2}}\n" for number in range(30_000)))
    assert len(document.data) == 30_000
    assert time.perf_counter() - start < 10  # about one second; a quadratic reader takes minutes


def test_bytes_that_are_no_text_are_refused_with_their_line():
    problem = decode(b"a: 1\nb: \xff\xfe\n")
    assert isinstance(problem, Problem)
    assert problem.line == 2
    assert "byte 9 (0xff) is not" in problem.message
    assert decode("\ufeffa: é".encode()) == "a: é"


def test_a_document_is_a_value():
    assert parse("a: 1") == Document({"a": "1"}, {("a",): 1}, frozenset(), ())
