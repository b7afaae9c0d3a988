"""Options that solve a model another way: what is refused names the option, and what does nothing says so."""

import pytest

import raison
from textbook_games import BEER

SEEN = """\
raison: 1
title: A bold move that everybody sees
parameters:
  cost: "uniform(0, 2)"
players: {one: One}
game: {move: {player: one, moves: {go: end, stay: out}}}
outcomes: {end: {one: 1 - cost}, out: {one: 0}}
questions: [{node: move, move: go}]
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--concept", "foo"], "--concept foo: there is no solution concept 'foo'", id="concept"),
        pytest.param(
            ["--concept", "subgame-perfect"],
            "--concept subgame-perfect: subgame-perfect needs a game in which everybody sees",
            id="a concept that does not fit",
        ),
        pytest.param(
            ["--concept", "logit", "--precision", "0"],
            "--precision 0.0: 'precision' of 'solution' is a number above 0; got 0.",
            id="precision",
        ),
        pytest.param(
            ["--concept", "nash", "--refinement", "d1"],
            "--refinement d1: 'refinement' is an option of sequential, not of nash",
            id="an option of another concept",
        ),
        pytest.param(
            ["--refinement", "foo"], "--refinement foo: 'refinement' of 'solution'", id="refinement"
        ),
    ],
)
@pytest.mark.parametrize("command", ["solve", "run"])
def test_a_wrong_option_is_named_and_no_line_of_a_text_that_nobody_sees(call, command, arguments, said):
    code, out, err = call(command, "crisis-private-resolve", *arguments)
    assert (code, out) == (1, "")
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_warnings_of_the_file_keep_their_lines_when_an_option_is_given(call, tmp_path):
    (tmp_path / "seen.yaml").write_text("# a comment that moves every line\n" + SEEN)
    for arguments in ([], ["--concept", "nash"]):
        code, _, err = call("solve", "seen.yaml", *arguments)
        assert code == 0
        assert err.startswith("seen.yaml:5: warning: parameter 'cost' is uncertain and rests on nothing")


def test_the_library_names_the_option_too():
    with pytest.raises(raison.ModelError, match=r"^--concept foo: there is no solution concept 'foo'"):
        raison.gallery("three-step-crisis").solved_by("foo")


IDLE = "raison: warning: the refinement 'd1' "


@pytest.mark.minutes
@pytest.mark.parametrize("command", [["solve"], ["run", "--draws", "64", "--no-report"]])
def test_a_refinement_where_equilibria_are_not_enumerated_says_that_it_does_nothing(call, command):
    code, out, err = call(command[0], "crisis-private-resolve", *command[1:], "--refinement", "d1")
    assert code == 0
    idle = {"run": "changes nothing here", "solve": "does not change what is played, nor what a run counts"}
    assert err.startswith(f"{IDLE}{idle[command[0]]}: the game has some 10^14 profiles of pure strategies")
    if command[0] == "run":
        assert "so the refinement 'd1' changes nothing." in " ".join(out.split())
    assert call(command[0], "crisis-private-resolve", *command[1:])[2] == ""


@pytest.mark.minutes
def test_a_refinement_that_works_is_said_to_work_on_what_a_run_counts(call, tmp_path):
    """Beer and quiche (Cho and Kreps 1987): the intuitive criterion leaves one of two poolings."""
    (tmp_path / "beer.yaml").write_text(BEER)
    code, _, err = call("run", "beer.yaml", "--draws", "64", "--no-report", "--refinement", "d1")
    assert (code, err) == (0, "")
    assert call("solve", "beer.yaml", "--refinement", "d1", "--equilibria")[2] == ""
    err = call("solve", "beer.yaml", "--refinement", "d1")[2]
    assert err.startswith(
        IDLE + "narrows the equilibria that a run counts and does not change what is played"
    )
