"""Every fault in a process is said at its line, in words that say what to do."""

from pathlib import Path

import pytest
import yaml

from raison.model import writer
from raison.model.reader import read_text
from raison.model.variant import removed

HERE = Path(__file__).parent
SOUND = (HERE / "sound.yaml").read_text(encoding="utf-8")
CASES = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))


def changed(old, new):
    assert old in SOUND, old
    return SOUND.replace(old, new, 1)


def test_a_sound_process_has_no_problem():
    assert [str(problem) for problem in read_text(SOUND).problems] == []


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_fault_is_said_at_its_line(case):
    text = changed(case["old"], case["new"])
    errors = [p for p in read_text(text, "model.yaml").problems if p.severity == "error"]
    if case.get("fine"):
        assert errors == []
        return
    lines = text.split("\n")
    (problem,) = [
        p
        for p in errors
        if all(word in p.message for word in case["words"]) and case["at"] in lines[p.line - 1]
    ] or [None]
    assert problem is not None, "\n".join(map(str, errors))
    others = [p for p in errors if p is not problem]
    assert all(any(word in p.message for word in case.get("more", [])) for p in others), others
    assert problem.message.endswith((".", "?"))


WARNINGS = {
    "unused input": (
        "after: {default: 6",
        "before: {default: 1, unit: month}\n      after: {default: 6",
        "input 'before' of process 'mobilisation' is used nowhere",
    ),
    "unused quantity": (
        "led_now: min",
        "spare: ready\n      led_now: min",
        "quantity 'spare' of process 'mobilisation' is used nowhere",
    ),
    "long step": (
        "step: 0.05",
        "step: 0.5",
        "half the time step of process 'mobilisation', 0.25 instead of 0.5, changes 'idle' by 3.4%",
    ),
    "event before the start": (
        "    sinks: [nowhere]",
        "    sinks: [nowhere]\n    events: {more: {at: -3, amount: cadre, to: waiting}}",
        "event 'more' of process 'mobilisation' never happens",
    ),
    "start below zero": (
        "called: {start: call_up",
        "called: {start: call_up - 4e5",
        "stock 'called' starts below zero, with -100000",
    ),
}


@pytest.mark.parametrize("name", list(WARNINGS))
def test_what_is_probably_not_meant_is_a_warning(name):
    old, new, words = WARNINGS[name]
    text = changed(old, new)
    if name == "start below zero":
        text = text.replace("call_up - 4e5, unit: people", "call_up - extra, unit: people").replace(
            "  rush_rate: {value", "  extra: {value: 400000, unit: people}\n  rush_rate: {value"
        )
    (problem,) = read_text(text).problems
    assert problem.severity == "warning"
    assert words in problem.message


def test_a_process_that_nothing_calls_is_a_warning():
    text = SOUND + "\n  - {name: one more, amount: need}\n"
    text = text.replace(
        "processes:\n",
        "processes:\n  idle: {time: {step: 1, horizon: 2}, stocks: {s: 1}, outputs: {o: {max: s}}}\n",
        1,
    )
    (problem,) = read_text(text).problems
    assert problem.message == "process 'idle' is used nowhere; use it or delete it."


def test_units_are_checked_only_where_stocks_have_them():
    text = SOUND.replace("rate: desertion * waiting", "rate: waiting")
    assert read_text(text).model is None
    bare = text
    for stock in (
        "called: {start: call_up, unit: people}",
        "waiting: {start: 0, unit: people}",
        "ready: {start: 0, unit: people}",
    ):
        bare = bare.replace(stock, stock.replace(", unit: people", ""))
    assert read_text(bare).model is not None


def test_a_label_counts_as_no_unit():
    text = SOUND.replace(
        'cadre_ratio: {value: "uniform(8, 20)"',
        'cadre_ratio: {value: "uniform(8, 20)", unit: share of the prize',
    )
    assert read_text(text).model is not None


def test_a_process_is_written_and_read_back_equal():
    model = read_text(SOUND).model
    assert read_text(writer.write(model), "model.yaml").model == model
    every = yaml.safe_load((HERE / "processes.yaml").read_text(encoding="utf-8"))
    for case in every:
        data = {
            "raison": 1,
            "title": "-",
            "parameters": dict.fromkeys("xyz", "uniform(0, 1)"),
            "processes": {"p": case["process"]},
        }
        model = read_text(yaml.safe_dump(data, sort_keys=False), "model.yaml").model
        again = read_text(writer.write(model), "model.yaml").model
        assert again == model, case["name"]


def test_a_premise_edits_a_process_by_path():
    model = read_text(SOUND).model
    without = removed(model, ["takes-time"])
    before, after = model.processes["mobilisation"], without.processes["mobilisation"]
    assert after.delays["training"].takes.text == "0"
    assert after.stocks == before.stocks
    assert removed(model, ["few-sites"]).processes == model.processes
