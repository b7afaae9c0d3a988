"""Every fault in a model is one problem, at its line, in words that say what to do."""

from pathlib import Path

import pytest
import yaml

from raison.model.reader import read_text

HERE = Path(__file__).parent
SOUND = (HERE / "sound.yaml").read_text(encoding="utf-8")
SECRET = (HERE / "secret.yaml").read_text(encoding="utf-8")


def cases(name):
    """Cases of a table as pytest parameters, each with its name."""
    table = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return [pytest.param(c["old"], c["new"], c["at"], c["words"], id=c["name"]) for c in table]


def changed(old, new):
    assert SOUND.count(old) >= 1, old
    return SOUND.replace(old, new, 1)


@pytest.mark.parametrize("text", [SOUND, SECRET], ids=["everything seen", "something hidden"])
def test_a_sound_model_has_no_problem(text):
    reading = read_text(text, "crisis.yaml")
    assert reading.problems == ()
    assert reading.model is not None
    assert reading.model.name == "crisis"


@pytest.mark.parametrize(("old", "new", "at", "words"), cases("faults.yaml"))
def test_a_fault_is_one_problem_at_its_line(old, new, at, words):
    text = changed(old, new)
    lines = text.split("\n")
    reading = read_text(text, "crisis.yaml")

    assert [str(problem) for problem in reading.problems if problem.severity == "error"] != []
    assert len(reading.problems) == 1, "\n".join(map(str, reading.problems))
    problem = reading.problems[0]
    wanted = [number for number, line in enumerate(lines, 1) if at.rstrip("\n") in line]
    assert problem.line in wanted, (problem, wanted)
    assert problem.file == "crisis.yaml"
    for word in words:
        assert word in problem.message
    assert problem.message.endswith((".", "?"))
    assert reading.model is None


def secret_cases():
    table = yaml.safe_load((HERE / "secret_faults.yaml").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in table]


@pytest.mark.parametrize("case", secret_cases())
def test_a_fault_in_what_is_hidden_is_said_at_its_line(case):
    text = SECRET
    for old, new in (*([case["before"]] if "before" in case else []), (case["old"], case["new"])):
        assert old in text, old
        text = text.replace(old, new, 1)
    lines = text.split("\n")
    errors = [p for p in read_text(text, "secret.yaml").problems if p.severity == "error"]

    others = case.get("also", [])
    assert len(errors) == 1 + len(others), "\n".join(map(str, errors))
    (problem,) = [error for error in errors if not any(words in error.message for words in others)]
    for words in case["words"]:
        assert words in problem.message
    assert case["at"] in lines[problem.line - 1]
    assert problem.message.endswith((".", "?"))


@pytest.mark.parametrize(("old", "new", "at", "words"), cases("warnings.yaml"))
def test_what_is_probably_not_meant_is_one_warning_and_no_error(old, new, at, words):
    text = changed(old, new)
    reading = read_text(text, "crisis.yaml")

    (problem,) = reading.problems
    assert problem.severity == "warning"
    assert at in text.split("\n")[problem.line - 1]
    for word in words:
        assert word in problem.message
    assert str(problem).startswith(f"crisis.yaml:{problem.line}: warning: ")
    assert reading.model is not None


def test_all_errors_are_told_at_once_in_the_order_of_the_file():
    text = SOUND
    for old, new in [
        ("uniform(0.2, 0.8)", "uniform(0.8, 0.2)"),
        ("concede: conceded", "concede: surrendered"),
        ("source: thread", "source: threads"),
        ("{name: worth, amount: fight_value", "{name: worth, amont: fight_value"),
        ("k_defender: 0.3", "k_defender: {value: 0.3, known_by: [defender]}"),
    ]:
        text = text.replace(old, new, 1)

    problems = read_text(text, "crisis.yaml").problems

    said = ["needs a < b", "'known_by'", "'surrendered'", "'threads'", "'amont'"]
    assert len(problems) == len(said)
    for problem, words in zip(problems, said, strict=True):
        assert words in problem.message
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_a_name_that_is_unknown_in_several_places_is_one_problem():
    text = SOUND.replace("  k_defender: 0.3\n", "")
    problems = [problem for problem in read_text(text).problems if "'k_defender'" in problem.message]

    assert len(problems) == 2  # the formulas, and the lever
    assert "So does one more formula." in problems[0].message


def test_what_is_used_or_reached_only_without_a_premise_is_no_problem():
    text = SOUND.replace("game.reply.moves.concede: null", "game.reply.moves.concede: second_thoughts")
    text = text.replace(
        "outcomes:\n",
        "  second_thoughts:\n    player: challenger\n    moves: {go: war, leave: left}\n"
        "outcomes:\n  left: {challenger: spare, defender: 0}\n",
    )
    text = text.replace("parameters:\n", "parameters:\n  spare: 0.1\n")

    reading = read_text(text)

    assert reading.problems == ()
    assert reading.model is not None
    assert reading.model.root == "opening"


def test_a_choice_may_be_replaced_by_one_of_its_names():
    text = SOUND.replace("p_win: p_win / 2", "mood: \"'calm'\"")
    assert read_text(text).problems == ()
    wrong = read_text(text.replace("'calm'\"", "'cold'\"")).problems
    assert ["'mood' is never 'cold'" in problem.message for problem in wrong] == [True]


def test_correlations_with_half_known_parameters_are_not_blamed():
    text = SOUND.replace("uniform(0.2, 0.8)", "unifrm(0.2; 0.8)")
    assert len(read_text(text).problems) == 1


@pytest.mark.parametrize("count", [2_000])
def test_long_chains_and_exploding_functions_are_refused_in_bounded_time(count):
    chain = "".join(f"  q{i}: q{i - 1} + 1\n" for i in range(1, count))
    text = SOUND.replace("quantities:\n", f"quantities:\n  q0: 1\n{chain}")
    text = text.replace("fighting(p_win, 0.2)", f"fighting(p_win, q{count - 1})")
    messages = [problem.message for problem in read_text(text).problems]
    assert messages == ["'q60' uses too long a chain of quantities or functions; shorten the chain."]

    doubling = "".join(f"  f{i}(x): f{i - 1}(x) + f{i - 1}(x)\n" for i in range(1, 40))
    text = SOUND.replace("functions:\n", f"functions:\n  f0(x): x + 1\n{doubling}")
    text = text.replace("fight_value: fighting(p_win, 0.2)", "fight_value: fighting(p_win, f39(1))")
    (problem,) = read_text(text).problems
    assert "more than 100000 operations" in problem.message


def test_a_crisis_with_private_resolve_is_sound():
    reading = read_text((HERE / "resolve.yaml").read_text(encoding="utf-8"))
    assert [problem for problem in reading.problems if problem.severity == "error"] == []
    assert reading.model is not None
    assert reading.model.parameters["k_defender"].known_to == ("defender",)


def test_a_list_of_players_may_be_one_name_and_all_is_nobody_in_particular():
    one = read_text(SECRET.replace("known_to: [buyer]", "known_to: buyer")).model
    everybody = read_text(SECRET.replace("known_to: [buyer], steps: 32", "known_to: all")).model
    assert one is not None
    assert one.parameters["worth"].known_to == ("buyer",)
    assert everybody is None  # the premise that tells everybody changes nothing now


def test_the_weights_of_a_choice_may_depend_on_what_is_not_seen():
    """They decide how likely a value is, and not which values there are."""
    text = SECRET.replace('"normal(worth, noise)", over: [-1, 3]', '"choice(0, 2 - worth, noise, worth)"')
    assert read_text(text).problems == ()
    text = SECRET.replace('"uniform(0, mean)"', '"choice(0, 2 - worth, mean, worth)"')
    assert read_text(text.replace("known_to: [seller, buyer]", "known_to: [seller]")).problems == ()
