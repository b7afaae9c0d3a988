"""The command line of what challenges a verdict: asked, printed, stored, and shown again."""

import json


def test_a_challenged_run_is_printed_and_its_report_made_from_it(call, tmp_path):
    code, out, _ = call("run", "three-step-crisis", "--draws", "1024", "--challenge", "--json")
    assert code == 0
    challenged = json.loads(out)["challenge"]
    assert [levers["player"] for levers in challenged["levers"]] == ["defender"]
    (tmp_path / "run.json").write_text(out, encoding="utf-8")
    code, _, err = call("report", "three-step-crisis", "run.json")
    assert (code, err) == (0, "")
    assert 'id="challenged"' in (tmp_path / "report.html").read_text(encoding="utf-8")
    code, out, _ = call("run", "three-step-crisis", "--draws", "1024", "--challenge", "--no-report")
    assert code == 0
    for heading in ("Where it tips", ": levers", "If the distributions are wrong"):
        assert heading in out
    plain = call("run", "three-step-crisis", "--draws", "1024", "--no-report")[1]
    assert "Where it tips" not in plain


def test_rival_models_are_compared(call):
    code, out, _ = call("compare", "three-step-crisis", "three-step-crisis", "--draws", "64", "--json")
    assert code == 0
    assert json.loads(out)["models"] == ["three-step-crisis (1)", "three-step-crisis (2)"]
    code, _, err = call("compare", "three-step-crisis")
    assert (code, err.startswith("raison: models are compared with each other")) == (1, True)
