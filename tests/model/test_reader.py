"""Whatever bytes it gets, the reader answers with a model or with errors, soon, never with a traceback."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raison.model.problem import ModelError
from raison.model.reader import Reading, load, read_file, read_text

HERE = Path(__file__).parent
SOUND = (HERE / "sound.yaml").read_text(encoding="utf-8")
GALLERY = Path(__file__).parents[2] / "src" / "raison" / "gallery"


def answered(reading):
    """A model, or errors, each of them a sentence at a line."""
    assert isinstance(reading, Reading)
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    assert (reading.model is None) == bool(errors)
    for problem in reading.problems:
        assert problem.file is not None
        assert problem.message.rstrip(")").endswith((".", "?"))
        assert "\n" not in str(problem)
        assert len(problem.message) < 2_000


# --- whatever it gets -------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbfraison: 1")
@example(b"\x00")
def test_any_bytes_are_answered(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    answered(read_file(path))


@settings(deadline=None)
@given(st.text(max_size=300))
@example("a: \ud800")
def test_any_text_is_answered(text):
    answered(read_text(text))


LINES = SOUND.split("\n")
PIECES = """{ } [ ] : , ' " & * ! | > ~ # () ** == = null 0 -1 1e999 otherwise p_win opening outcome __x__
    é &a *a !t - known_to without moves cases then value exp( 'war' 9**9**9 uniform(0,1)"""
SPLINTERS = st.sampled_from([*PIECES.split(), "", " ", "  ", "\t", ": ", "- ", "&a ", "uniform(0, 1)"])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_mutated_model_is_answered(data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "copy", "splinter", "swap", "cut", "indent"])):
            case "drop":
                del lines[at]
            case "copy":
                lines.insert(data.draw(st.integers(0, len(lines))), lines[at])
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case "indent":
                lines[at] = "  " + lines[at]
            case _:
                place = data.draw(st.integers(0, len(lines[at])))
                cut = place + data.draw(st.integers(0, 3))
                lines[at] = lines[at][:place] + data.draw(SPLINTERS) + lines[at][cut:]
    answered(read_text("\n".join(lines)))


KEYS = """raison title players parameters correlations functions quantities game outcomes premises sets
    claims sources questions levers solution value because unit about known_to between among rank player moves
    cases then when probability says without unstated rival source at credibility reliability node move event
    amount given above for range set commit cost concept a b c f(x) f(a,b) game.a.moves.b outcomes.a.b
    a.known_to"""
VALUES = """1 0 -1 0.5 1e999 a b c true null otherwise nash subgame-perfect f(1) f(a,b) uniform(0,1)
    uniform(a,b) choice('a',1,'b',2) a+ 1/0 normal(0,1)+1 outcome=='a' a=='b'"""
WORDS = st.sampled_from(KEYS.split())
SCALARS = st.sampled_from([*VALUES.split(), ""])


def quoted(text):
    return "null" if text == "null" else '"' + text.replace('"', "") + '"'


def flow(value):
    """Plain data as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "null" if value is None else quoted(value)


TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(WORDS, TREES, max_size=6))
def test_structured_nonsense_is_answered(tree):
    answered(read_text(flow({"raison": "1", "title": "x", **tree})))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_sound_model_with_a_strange_section_is_answered(data):
    from raison.model.document import parse

    whole = parse(SOUND).data
    section = data.draw(st.sampled_from(sorted(whole)))
    place = whole
    if isinstance(whole[section], dict) and data.draw(st.booleans()):
        place = whole[section]
        section = data.draw(st.sampled_from(sorted(place)))
    place[section] = data.draw(TREES)
    answered(read_text(flow(whole)))


# --- files ------------------------------------------------------------------------------------------------


def test_a_file_is_read_with_its_name_and_hash(tmp_path):
    path = tmp_path / "crisis.yaml"
    path.write_text(SOUND, encoding="utf-8")
    reading = read_file(path)
    assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert reading.model == load(str(path))
    assert reading.model.name == "crisis"


def test_a_file_of_fifty_megabytes_is_refused_without_being_read(tmp_path):
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    start = time.perf_counter()
    reading = read_file(path)
    assert time.perf_counter() - start < 0.1
    assert [str(problem) for problem in reading.problems] == [
        f"{path}: a model file has at most 1 MB; this one has 50.0 MB. Split the model."
    ]
    assert reading.sha256 == ""


def test_a_device_without_end_is_not_read():
    assert "ordinary file" in read_file("/dev/zero").problems[0].message


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "ordinary file" in read_file(tmp_path / "pipe.yaml").problems[0].message


@pytest.mark.parametrize("name", ["missing.yaml", ".", "nul\0l.yaml"])
def test_what_cannot_be_opened_is_an_error(tmp_path, name):
    (problem,) = read_file(f"{tmp_path}/{name}").problems
    assert "the file cannot be read: " in problem.message


def test_load_raises_all_errors_but_no_warnings(tmp_path):
    path = tmp_path / "wrong.yaml"
    text = SOUND.replace("uniform(0.2, 0.8)", "uniform(0.8, 0.2)").replace(
        "source: thread", "source: threads"
    )
    path.write_text(text.replace("k_defender: 0.3", "k_defender: 0.3\n  spare: 2"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"wrong.yaml:7: .*needs a < b") as raised:
        load(path)
    assert [problem.severity for problem in raised.value.problems] == ["error", "error"]


@pytest.mark.parametrize("path", sorted(GALLERY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_model_of_the_gallery_is_sound(path):
    reading = read_file(path)
    assert [str(problem) for problem in reading.problems if problem.severity == "error"] == []
    assert reading.model is not None


# --- speed ------------------------------------------------------------------------------------------------


def test_reading_a_model_loads_nothing_heavy():
    code = (
        "import sys; from raison.model.reader import read_file; import raison.model.starter; "
        "import raison.model.variant; read_file(sys.argv[1]); "
        "heavy = {'numpy', 'jax', 'scipy', 'sympy', 'pydantic', 'pandas', 'altair', 'rich'}; "
        "print({m.split('.')[0] for m in sys.modules} & heavy)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(HERE / "sound.yaml")], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"


def test_two_hundred_lines_are_read_and_checked_in_a_tenth_of_a_second():
    path = max(GALLERY.rglob("*.yaml"), key=lambda path: path.stat().st_size)  # the flagship
    text = path.read_text(encoding="utf-8")
    hundreds = text.count("\n") / 200
    assert hundreds > 1
    times = []
    for _ in range(3):
        start = time.perf_counter()
        read_text(text)
        times.append(time.perf_counter() - start)
    assert min(times) / hundreds < 0.1  # about 0.025 s


def many(head, line, count):
    """A section of many lines."""
    return head + "".join(f"  {line.format(i=i, next=i + 1)}\n" for i in range(count))


PREMISED = "game: {n: {player: a, moves: {m: o, k: o}}}\noutcomes: {o: {a: 0}}\n"
LARGE = {
    "parameters": many("parameters:\n", "p{i}: {i}", 20_000),
    "a long game": many("game:\n", "n{i}: {{player: a, moves: {{go: n{next}, end: o}}}}", 10_000)
    + "outcomes:\n  o: {a: 1}\n  n10000: {a: 0}\n",
    "unknown names": many("quantities:\n", "q{i}: zz{i}", 10_000),
    "premises": many("premises:\n", "p{i}: {{says: x, without: {{game.n.moves.m: o}}}}", 5_000) + PREMISED,
    "correlations": f"correlations: [{{among: [{', '.join(f'p{i}' for i in range(20_000))}], rank: 0.1}}]",
}


@pytest.mark.parametrize("name", LARGE)
def test_large_models_are_answered_in_bounded_time(name):
    start = time.perf_counter()
    answered(read_text("raison: 1\ntitle: x\nplayers: {a: A}\n" + LARGE[name]))
    assert time.perf_counter() - start < 20  # none takes more than a few seconds
