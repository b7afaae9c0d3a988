"""The command line: exit codes, what goes to stdout and what to stderr, files, interruption."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import raison
from raison import api, cli

BAD = """\
raison: 1
title: A model with two faults
parameters: {a: "uniform(0, 1)"}
quantities: {b: aa + c}
questions: [{amount: b}]
"""
HOPELESS = """\
raison: 1
title: A model whose every draw fails
parameters: {a: "uniform(0, 1)"}
quantities: {b: sqrt(a - 2)}
questions: [{amount: b}]
"""


def command(*arguments):
    return [sys.executable, "-m", "raison.cli", *map(str, arguments)]


COMMANDS = [
    "check",
    "compare",
    "run",
    "solve",
    "explain",
    "report",
    "picture",
    "serve",
    "gallery",
    "new",
    "convert",
]


def test_help_names_every_command(call):
    code, out, err = call("--help")
    assert (code, err) == (0, "")
    listed = re.findall(r"^  ([a-z]+)  ", out, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_what_each_option_does(call, name):
    code, out, err = call(name, "--help")
    assert (code, err) == (0, "")
    import typer

    for option in typer.main.get_command(cli.app).commands[name].params:
        assert getattr(option, "help", None), f"{name}: {option.name} has no help"
    assert out.startswith("Usage:")


def test_without_a_command_the_help_is_shown_as_wrong_usage(call):
    code, out, err = call()
    assert code == 2
    assert "Usage:" in out + err


def test_the_version_is_the_packages(call):
    assert call("--version") == (0, f"raison {raison.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["walk"], id="no such command"),
        pytest.param(["run"], id="no model"),
        pytest.param(["run", "critical-risk", "--draw", "64"], id="no such option"),
        pytest.param(["run", "critical-risk", "--draws", "many"], id="not a number"),
        pytest.param(["run", "critical-risk", "--draws", "15"], id="too few draws"),
        pytest.param(["run", "critical-risk", "--seed", "-1"], id="negative seed"),
        pytest.param(["run", "critical-risk", "--design", "grid"], id="no such design"),
        pytest.param(["run", "critical-risk", "--workers", "0"], id="no worker"),
        pytest.param(["explain", "critical-risk"], id="no draw"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_so_on_stderr(call, arguments):
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert "Error:" in err


def test_check_answers_on_stdout(call):
    code, out, err = call("check", "critical-risk", "three-step-crisis")
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == ["critical-risk", "three-step-crisis"]


def test_check_says_all_faults_at_once_on_stderr(call, tmp_path):
    (tmp_path / "bad.yaml").write_text(BAD)
    code, out, err = call("check", "bad.yaml")
    assert (code, out) == (1, "")
    assert [line.split(" ")[0] for line in err.splitlines() if "'aa'" in line or "'c'" in line] == [
        "bad.yaml:4:",
        "bad.yaml:4:",
    ]


def test_check_as_json_is_a_record_for_each_model(call, tmp_path):
    (tmp_path / "bad.yaml").write_text(BAD)
    code, out, _ = call("check", "critical-risk", "bad.yaml", "--json")
    assert code == 1
    fine, bad = json.loads(out)
    assert (fine["model"], fine["ok"]) == ("critical-risk", True)
    assert (bad["model"], bad["ok"]) == ("bad.yaml", False)
    assert {problem["line"] for problem in bad["problems"] if problem["severity"] == "error"} == {4}


@pytest.mark.parametrize("name", ["check", "run", "solve"])
def test_an_unknown_model_is_one_line_with_the_nearest_name(call, name):
    code, out, err = call(name, "kremlin-2023")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "kremlin-2023" in err
    assert "did you mean 'kremlin-2022'?" in err


@pytest.mark.parametrize("name", ["", "no/such.yaml", "x" * 5_000, "a\nb"])
def test_a_name_that_is_no_model_is_refused_without_a_trace(call, name):
    code, out, err = call("run", name)
    assert (code, out) == (1, "")
    assert "internal error" not in err


def test_a_folder_is_no_model(call, tmp_path):
    code, _, err = call("run", tmp_path)
    assert code == 1
    assert "internal error" not in err


def test_run_prints_the_verdict_and_the_path_of_the_report(call, tmp_path):
    code, out, err = call("run", "critical-risk", "--draws", "64")
    assert (code, err) == (0, "")
    assert "Verdict" in out
    assert out.rstrip().endswith("report.html")
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_piped_output_is_plain(call):
    _, out, _ = call("run", "critical-risk", "--draws", "64", "--no-report")
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_run_as_json_prints_what_the_library_returns_and_writes_no_report(call, tmp_path):
    code, out, err = call("run", "critical-risk", "--draws", "64", "--seed", "3", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(raison.gallery("critical-risk").run(64, 3).json())
    assert not (tmp_path / "report.html").exists()


def test_the_record_has_the_promised_fields(call):
    _, out, _ = call("run", "three-step-crisis", "--draws", "64", "--json")
    record = json.loads(out, parse_constant=pytest.fail)
    assert (record["schema"], record["draws"], record["seed"]) == (1, 64, 1)
    assert set(record["model"]) >= {"name", "sha256"}
    assert record["version"] == raison.__version__
    promised = (
        "name kind player node move event given share standard_error all_equilibria some_equilibrium "
        "best_reply mixed tied reached margin mean quantiles failed"
    )
    for question in record["questions"]:
        assert set(question) >= set(promised.split(" "))
    assert set(record["questions"][0]["margin"]) == {"q05", "median", "q95"}


def test_the_printed_command_makes_the_same_record(call):
    options = ["--draws", "80", "--seed", "0", "--design", "latin", "--without", "audience-punishes"]
    record = json.loads(call("run", "three-step-crisis", *options, "--json")[1])
    name, *arguments = record["command"].split()
    assert name == "raison"
    assert json.loads(call(*arguments, "--json")[1]) == record


def test_no_premises_leaves_the_removals_out_and_changes_nothing_else(call):
    full = json.loads(call("run", "three-step-crisis", "--draws", "64", "--json")[1])
    short = json.loads(call("run", "three-step-crisis", "--draws", "64", "--json", "--no-premises")[1])
    assert short["removals"] == []
    assert short["questions"] == full["questions"]


def test_a_model_without_questions_is_refused(call, tmp_path):
    (tmp_path / "silent.yaml").write_text(HOPELESS.replace("questions: [{amount: b}]\n", ""))
    code, out, err = call("run", "silent.yaml")
    assert (code, out) == (1, "")
    assert "asks no question" in err


def test_every_draw_failed_is_exit_code_3(call, tmp_path):
    (tmp_path / "hopeless.yaml").write_text(HOPELESS)
    code, out, err = call("run", "hopeless.yaml", "--draws", "64")
    assert code == 3
    assert "'b'" in out
    assert "every draw failed" in err
    code, out, _ = call("run", "hopeless.yaml", "--draws", "64", "--json")
    assert code == 3
    assert json.loads(out)["failed"] == 1


def test_warnings_go_to_stderr_and_do_not_stop(call, tmp_path):
    (tmp_path / "warned.yaml").write_text(HOPELESS.replace("sqrt(a - 2)", "a + 1"))
    code, out, err = call("run", "warned.yaml", "--draws", "64", "--json")
    assert code == 0
    assert "warned.yaml:3: warning" in err
    json.loads(out)


def test_a_report_is_overwritten_for_the_same_model_and_otherwise_only_by_force(call, tmp_path):
    report = tmp_path / "report.html"
    report.write_text("my notes")
    code, out, err = call("run", "critical-risk", "--draws", "64")
    assert (code, out) == (1, "")
    assert "--force" in err
    assert report.read_text() == "my notes"
    assert call("run", "critical-risk", "--draws", "64", "--force")[0] == 0
    assert call("run", "critical-risk", "--draws", "80")[0] == 0
    assert "80" in report.read_text()
    before = report.read_bytes()
    assert call("run", "three-step-crisis", "--draws", "64")[0] == 1
    assert report.read_bytes() == before
    assert call("run", "three-step-crisis", "--draws", "64", "-o", "other.html")[0] == 0


def test_kept_draws_are_overwritten_for_the_same_model_and_otherwise_only_by_force(call, tmp_path):
    keep = tmp_path / "draws.parquet"
    keep.write_text("my notes")
    options = ["--draws", "64", "--no-report", "--no-premises", "--keep", keep]
    code, out, err = call("run", "critical-risk", *options)
    assert (code, out) == (1, "")
    assert "--force" in err
    assert keep.read_text() == "my notes"
    assert call("run", "critical-risk", *options, "--force")[0] == 0
    assert call("run", "critical-risk", *options)[0] == 0
    assert call("run", "three-step-crisis", *options)[0] == 1


def test_solve_at_points_gives_what_the_library_gives(call):
    code, out, err = call("solve", "three-step-crisis", "--at", "p_win=0.3,0.6", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out, parse_constant=pytest.fail)
    solution = raison.gallery("three-step-crisis").solve({"p_win": [0.3, 0.6]})
    assert found["status"] == solution.status == ["solved", "solved"]
    assert found["choice"] == solution.choice
    assert found["margin"]["opening"] == solution.margin["opening"].tolist()
    assert found["outcome"] == {name: values.tolist() for name, values in solution.outcome.items()}


def test_solve_in_closed_form_prints_the_textbook_condition(call):
    code, out, err = call("solve", "three-step-crisis", "--symbolic")
    assert (code, err) == (0, "")
    assert "'fight' is chosen at 'last_step' if\n     audience_cost + p_win >= k_challenger\n" in out
    answers = json.loads(call("solve", "three-step-crisis", "--symbolic", "--json")[1])
    assert [answer["move"] for answer in answers][:3] == ["challenge", "resist", "fight"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        pytest.param("p_win", "--at needs NAME=VALUE; got 'p_win'", id="no value"),
        pytest.param("p_win=much", "--at p_win needs numbers; got 'much'", id="not a number"),
        pytest.param("p_win=nan", "finite", id="not finite"),
        pytest.param("p=0.5", "no parameter 'p'; it has p_win", id="no such parameter"),
    ],
)
def test_a_wrong_point_is_refused_in_a_line(call, setting, reason):
    code, out, err = call("solve", "three-step-crisis", "--at", setting)
    assert (code, out) == (1, "")
    assert reason in err
    assert err.count("\n") == 1


def test_explain_works_one_draw_of_the_run(call):
    code, out, err = call("explain", "three-step-crisis", "--draw", "5", "--draws", "64", "--seed", "2")
    assert (code, err) == (0, "")
    kept = call(
        "run", "three-step-crisis", "--draws", "64", "--seed", "2", "--no-report", "--keep", "d.parquet"
    )
    assert kept[0] == 0
    import pandas as pd

    row = pd.read_parquet("d.parquet").iloc[5]
    assert f"{row['p_win']:.6g}" in out
    assert re.search(rf"^  opening: challenge: {row['opening: challenge']:g}\b", out, re.MULTILINE)


def test_a_draw_beyond_the_last_is_refused(call):
    code, out, err = call("explain", "three-step-crisis", "--draw", "64", "--draws", "64")
    assert (code, out) == (1, "")
    assert "64" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("option", ["--output", "--keep"])
def test_a_file_that_could_not_be_written_is_refused_before_solving(call, monkeypatch, option):
    monkeypatch.setattr(raison.Model, "run", lambda *_, **__: pytest.fail("it was solved"))
    for path, reason in (("no/such/folder/file", "there is no no/such/folder"), (".", "is a folder")):
        code, _, err = call("run", "critical-risk", option, path)
        assert code == 1
        assert reason in err


def test_a_premise_that_the_model_does_not_have_is_refused(call):
    code, _, err = call("run", "three-step-crisis", "--without", "audience")
    assert code == 1
    assert "no premise 'audience'; it has audience-punishes" in err


def test_report_writes_the_page_of_a_stored_record(call, tmp_path):
    (tmp_path / "record.json").write_text(
        call("run", "critical-risk", "--draws", "64", "--challenge", "--json")[1]
    )
    assert call("run", "critical-risk", "--draws", "64", "-o", "direct.html")[0] == 0
    assert call("report", "critical-risk", "record.json") == (0, "report.html\n", "")
    assert (tmp_path / "report.html").read_bytes() == (tmp_path / "direct.html").read_bytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "no such file", id="missing"),
        pytest.param(b"{", "not what 'raison run --json' prints", id="not JSON"),
        pytest.param(b"{}", "questions", id="incomplete"),
        pytest.param(b"\xff\xfe", "not what 'raison run --json' prints", id="not text"),
    ],
)
def test_a_file_that_is_no_record_is_refused(call, tmp_path, content, reason):
    if content is not None:
        (tmp_path / "record.json").write_bytes(content)
    code, out, err = call("report", "critical-risk", "record.json")
    assert (code, out) == (1, "")
    assert reason in err or content == b"{}"
    assert err.count("\n") == 1


def test_a_record_of_another_text_is_refused(call, tmp_path):
    (tmp_path / "record.json").write_text(call("run", "critical-risk", "--draws", "64", "--json")[1])
    code, _, err = call("report", "three-step-crisis", "record.json")
    assert code == 1
    assert "another text of the model" in err


def test_gallery_lists_every_model_with_its_citation_and_claim(call):
    code, out, err = call("gallery")
    assert (code, err) == (0, "")
    rows = json.loads(call("gallery", "--json")[1])
    assert len(rows) == len(out.splitlines()) == len(list(api.gallery_files()))
    for line, row in zip(out.splitlines(), rows, strict=True):
        assert line.split()[:3] == [row["name"], row["citation"], row["claimed"]]
        assert line.endswith(row["title"])
        assert row["claimed"] in {"EXACT", "STYLISED"}


def test_new_writes_a_model_that_runs_and_never_overwrites_unasked(call, tmp_path):
    assert call("new", "crisis") == (0, "crisis.yaml\n", "")
    assert call("check", "crisis.yaml")[::2] == (0, "")
    assert call("run", "crisis.yaml", "--draws", "64", "--json")[0] == 0
    (tmp_path / "crisis.yaml").write_text("mine")
    code, _, err = call("new", "crisis.yaml")
    assert code == 1
    assert "--force" in err
    assert (tmp_path / "crisis.yaml").read_text() == "mine"
    assert call("new", "crisis", "--force")[0] == 0


def test_an_internal_error_saves_its_trace(call, monkeypatch):
    def broken(*_):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("raison.api.gallery_files", broken)
    code, out, err = call("gallery")
    assert (code, out) == (4, "")
    path = re.search(r"The trace is in (\S+)\.\n", err)[1]
    with open(path) as file:
        trace = file.read()
    os.unlink(path)
    assert "raison gallery" in trace
    assert "RuntimeError: unforeseen" in trace


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("raise KeyError('the model has no such parameter.')", True, id="a sentence"),
        pytest.param("raise ValueError('a sentence.') from None", True, id="a wrong value"),
        pytest.param("raise ImportError('install it with: pip install x.')", True, id="an extra"),
        pytest.param("open('/no/such/file')", True, id="a file"),
        pytest.param("{}['war']", False, id="a lookup"),
        pytest.param("float('war')", False, id="a conversion"),
        pytest.param("(lambda: [].index(1))()", False, id="a search"),
        pytest.param("[x for x, y in [(1,)]]", False, id="unpacking"),
        pytest.param("import no_such_module", False, id="an import"),
    ],
)
@pytest.mark.parametrize("where", ["raison.solve.points", "elsewhere"])
def test_only_what_raison_raises_itself_is_shown_as_a_sentence(call, monkeypatch, statement, expected, where):
    def broken():
        exec(statement, {"__name__": where})

    monkeypatch.setattr("raison.api.gallery_files", broken)
    code, out, err = call("gallery")
    assert out == ""
    shown = statement.startswith("open") or (expected and where != "elsewhere")
    assert code == (1 if shown else 4)
    if not shown:
        os.unlink(re.search(r"The trace is in (\S+)\.\n", err)[1])


def test_a_closed_pipe_is_no_error_of_ours():
    line = f"{sys.executable} -m raison.cli gallery --json | head -c 5"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert len(found.stdout) == 5
    assert found.stderr == ""


def interrupted(folder, *arguments):
    """Starts a run in a process and presses Ctrl-C after its first block, on which it waits for that."""
    code = (
        "import sys, time, raison.run.run as run, raison.cli as cli\n"
        "fold = run._fold_next\n"
        "def told(*a):\n"
        "    fold(*a); print('folded', flush=True); time.sleep(60)\n"
        "run._fold_next = told\n"
        "cli.main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "folded\n", process.stderr.read()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.replace("folded\n", ""), err


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(call, tmp_path):
    options = ["run", "three-step-crisis", "--draws", "100_000", "--no-premises", "--json"]
    code, out, err = interrupted(tmp_path, *options)
    assert (code, out) == (130, "")
    assert "stopped after 16,384 of 100,000 draws.\n" in err
    assert "add --resume three-step-crisis.partial to the same command" in err
    assert (tmp_path / "three-step-crisis.partial").exists()

    code, out, err = call(*options, "--seed", "2", "--resume", "three-step-crisis.partial")
    assert (code, out) == (1, "")
    assert "the seed differs (1 then, 2 now)" in err
    assert (tmp_path / "three-step-crisis.partial").exists()

    code, out, err = call(*options, "--resume", "three-step-crisis.partial")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(call(*options)[1])
    assert not (tmp_path / "three-step-crisis.partial").exists()


def test_a_run_never_writes_over_the_model_it_reads(call, tmp_path):
    code, _, err = call("new", "mine")
    assert code == 0, err
    before = (tmp_path / "mine.yaml").read_bytes()
    code, _, err = call("run", "mine.yaml", "--draws", "64", "-o", "mine.yaml", "--force")
    assert code == 1
    assert "the same file" in err
    assert (tmp_path / "mine.yaml").read_bytes() == before


def test_closed_forms_are_for_all_points_and_a_point_is_given_once(call):
    code, _, err = call("solve", "three-step-crisis", "--symbolic", "--at", "p_win=0.5")
    assert (code, "leave out --at" in err) == (2, True)
    code, _, err = call("solve", "three-step-crisis", "--at", "p_win=0.5", "--at", "p_win=0.6")
    assert (code, "twice" in err) == (1, True)


STAG = 'NFG 1 R "Stag hunt" { "One" "Two" } { 2 2 }\n\n2 2 1 0 0 1 1 1\n'


def test_every_equilibrium_of_a_gambit_file_is_listed(call, tmp_path):
    """The stag hunt with a hare worth half a stag: both stag, both hare, and even odds."""
    file = tmp_path / "stag.nfg"
    file.write_text(STAG)
    code, out, _ = call("solve", file, "--equilibria")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Nash equilibria (3 listed)" in lines
    assert "All Nash equilibria are listed; each is isolated." in lines
    assert sum(line.endswith("played") for line in lines) == 1
    assert "pays One 2, Two 2; largest gain from deviating 0" in lines
    assert "pays One 1, Two 1; largest gain from deviating 0" in lines
    assert any(line.startswith("3 mixed") for line in lines)
    code, out, _ = call("solve", file, "--equilibria", "--exact")
    assert code == 0
    assert "Nash equilibria (3 listed, in exact arithmetic)" in out
    assert "1 1/2, 2 1/2" in out


def test_the_list_as_json_is_that_of_the_library_for_each_point(call, tmp_path):
    file = tmp_path / "model.yaml"
    file.write_text(
        "raison: 1\ntitle: Who yields?\nplayers: {a: A, b: B}\nparameters: {x: {value: 1}}\n"
        "game:\n  one: {player: a, moves: {go: two, stay: quo}}\n"
        "  two: {player: b, moves: {fight: war, yield: gain}}\n"
        "outcomes: {quo: {a: 0, b: 1}, war: {a: -1, b: -x}, gain: {a: 1, b: 0}}\n"
        "questions: [{node: one, move: go}]\nsolution: {concept: nash}\n"
    )
    code, out, _ = call("solve", file, "--at", "x=1,-1", "--equilibria", "--exact", "--json")
    assert code == 0
    lists = json.loads(out)["equilibria"]
    solution = raison.load(file).solve({"x": [1, -1]})
    for point, found in enumerate(lists):
        ours = solution.equilibria(point, exact=True)
        assert found["status"] == ours.status
        assert [e["gain"] for e in found["equilibria"]] == [e.gain for e in ours.equilibria]
        assert [e["others"] for e in found["equilibria"]] == [list(e.others) for e in ours.equilibria]
    threats = [e["information_sets"][1]["exact"]["fight"] for e in lists[0]["equilibria"]]
    assert threats == ["0", "1", "1/2"]  # where x = 1 he yields, or threatens with at least 1/2
    (only,) = [e for e in lists[1]["equilibria"] if e["played"]]
    assert only["information_sets"][1]["probability"]["fight"] == {"central": 1, "low": 1, "high": 1}


def test_exact_is_for_the_list_and_a_game_without_a_list_says_why(call):
    code, _, err = call("solve", "three-step-crisis", "--exact")
    assert code == 2
    assert "add --equilibria" in err
    code, _, err = call("solve", "take-it-or-leave-it", "--equilibria")
    assert code == 1
    assert "'take-it-or-leave-it' has no list of equilibria: with every amount a move or case" in err
    code, out, _ = call("solve", "three-step-crisis", "--equilibria", "--exact")
    assert code == 0
    assert "Payoffs tie exactly" in out  # at the central values war is worth nothing to either side


def test_convert_prints_another_programs_file_as_a_model_file(call):
    """The same text as `Model.write`, which reads back; a game and a system dynamics model."""
    game = 'NFG 1 R "Chicken" { "A" "B" } { 2 2 }\n\n0 0 3 1 1 3 2 2\n'
    pool = """<xmile xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><header><name>Pool</name></header>
      <sim_specs><start>0</start><stop>4</stop><dt>0.5</dt></sim_specs><model><variables>
      <stock name="Pool"><eqn>8</eqn><outflow>leak</outflow></stock>
      <flow name="leak"><eqn>Pool / 4</eqn></flow></variables></model></xmile>"""
    for name, text in (("chicken.nfg", game), ("pool.xmile", pool)):
        Path(name).write_text(text, encoding="utf-8")
        code, out, _ = call("convert", name)
        assert code == 0
        assert out == raison.load(name).write()
        Path("again.yaml").write_text(out, encoding="utf-8")
        assert call("check", "again.yaml")[0] == 0
    code, _, err = call("convert", "nothing.xmile")
    assert code == 1
    assert "nothing.xmile" in err


def test_a_mechanism_is_checked_by_the_name_that_includes_have(call):
    code, out, err = call("check", "mechanisms/face")
    assert (code, err) == (0, "")
    assert out.startswith("mechanisms/face: fine.")
