"""The terminal's output: plain where nobody watches, short, and safe."""

import io

import pytest
import sample

from raison.show.terminal import make_console, print_run


def printed(model=None, record=None, stream=None, **options):
    stream = io.StringIO() if stream is None else stream
    print_run(make_console(stream), model or sample.model(), record or sample.record(), **options)
    return stream


class Watched(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


def test_piped_output_is_plain_text_of_at_most_100_letters():
    lines = printed().getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)
    assert not any(ord(letter) < 32 for line in lines for letter in line)


def test_the_verdict_comes_first_and_the_report_last():
    lines = printed(report="/a b/report.html").getvalue().splitlines()
    assert lines[0] == sample.model().title
    assert lines[1] == "kremlin-2022 · 100,000 draws · seed 1 · raison 0.1.0"
    assert lines[3] == "Verdict"
    assert lines[4].startswith(
        "  In 31.2% of the draws (95% interval 30.9% to 31.5%), “strike” is the rational move"
    )
    assert lines[-1] == "Report: /a b/report.html"


def test_premises_stand_by_the_size_of_their_change_with_its_error():
    rows = [line.split() for line in printed().getvalue().splitlines() if " to " in line and "±" in line]
    singles = [row for row in rows if row[0] in sample.PREMISES]
    assert [row[0] for row in singles] == sorted(sample.PREMISES, key=lambda p: -abs(sample.PREMISES[p][2]))
    assert singles[0][:4] == ["H5-war-stops", "−19.3", "±", "0.2"]


def test_sets_of_premises_are_told_in_a_sentence_each():
    said = " ".join(printed().getvalue().split())
    assert "Premises removed together Without the set “neutrality” (An audience that judges by Bayes" in said
    assert "the share falls by 27.1 ± 0.3 points, to 4.1% ± 0.3." in said


def test_a_long_path_is_not_broken():
    path = "/" + "folder/" * 40 + "report.html"
    assert printed(report=path).getvalue().splitlines()[-1] == f"Report: {path}"


def test_a_terminal_gets_colour_unless_no_color_is_set(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    assert "\x1b[1m" in printed(stream=Watched()).getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = printed(stream=Watched()).getvalue()
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= 80


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_an_encoding_without_typographic_letters_gets_plain_ones(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    printed(stream=stream)
    stream.flush()
    said = raw.getvalue().decode(encoding)
    assert '"strike"' in said
    assert "-19.3 +- 0.2" in said


def test_text_of_the_model_cannot_steer_the_terminal():
    evil = "\x1b[2J\x1b]0;owned\x07[bold]\u202e"
    question = sample.record().questions[0].model_copy(update={"name": evil, "move": evil})
    identity = sample.record().model.model_copy(update={"title": evil, "name": evil})
    record = sample.record().model_copy(update={"model": identity, "questions": (question, question)})
    said = printed(record=record).getvalue()
    assert not set(said) & set("\x1b\x07\u202e")
    assert "[bold]" in said


LONG = "a-premise-with-a-name-that-goes-on-and-on-and-on"


def test_long_names_are_cut_and_stay_in_their_column():
    removals = tuple(
        r.model_copy(update={"name": LONG, "premises": (LONG,)}) for r in sample.record().removals[:3]
    )
    said = printed(record=sample.record().model_copy(update={"removals": removals})).getvalue()
    rows = [line for line in said.splitlines() if line.startswith("  a-premise-with")]
    assert len(rows) == 3
    assert len({row.index("…") for row in rows}) == 1


def test_failures_are_told_with_their_reasons():
    said = printed().getvalue()
    assert "0.012% of the 100,000 draws failed" in said
    assert "  0.012%: A quantity is not a number: the logarithm of -0.1." in said
