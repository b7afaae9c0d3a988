"""Several equilibria in a draw, as a reader sees them: in words, in the terminal and on the report's page."""

from __future__ import annotations

import io
import re

import sample

from raison.answer.records import Failure, Multiplicity, RunRecord, Verdict
from raison.show import words
from raison.show.report import render_report
from raison.show.terminal import make_console, print_run


def several(**fields: object) -> Verdict:
    shares: dict[str, object] = {
        "in_all": 0.25,
        "in_some": 0.5,
        "in_none": 0.25,
        "errors": {"in_all": 0.001, "in_some": 0.001, "in_none": 0.001},
    }
    found = Multiplicity(**(shares | fields))  # type: ignore[arg-type]
    return sample.verdict(
        "opening: strike", 0.3121, all_equilibria=0.25, some_equilibrium=0.75, equilibria=found
    )


def run_of(verdict: Verdict) -> RunRecord:
    return sample.record().model_copy(update={"questions": (verdict, *sample.record().questions[1:])})


def figures(verdict: Verdict) -> list[str]:
    page = render_report(sample.model(), run_of(verdict))
    return re.findall(r'<figure class="divided">.*?</figure>', page, re.DOTALL)


def test_the_draws_are_divided_into_all_some_and_none() -> None:
    parts = words.equilibrium_parts(several(), 100_000)
    assert [(part.kind, part.label, part.text) for part in parts] == [
        ("in_all", "made in all equilibria", "25.0% ± 0.2"),
        ("in_some", "in some but not in all", "50.0% ± 0.2"),
        ("in_none", "in none", "25.0% ± 0.2"),
    ]


def test_what_is_not_known_is_a_part_of_its_own_and_has_its_reason() -> None:
    verdict = several(
        in_some=0.25, open=0.2, mixed=0.05, open_reasons=(Failure(reason="Payoffs tie.", share=0.2),)
    )
    parts = words.equilibrium_parts(verdict, 100_000)
    assert [part.kind for part in parts] == ["in_all", "in_some", "mixed", "in_none", "open"]
    (said,) = [caveat for caveat in words.caveats(verdict, 100_000) if "missing" in caveat]
    assert said == "In 20.0% of the draws an equilibrium may be missing: payoffs tie."


def test_where_every_draw_has_one_answer_nothing_is_shown() -> None:
    plain = sample.verdict("opening: strike", 0.3121)
    alike = several(in_some=0.0)
    alike = alike.model_copy(update={"all_equilibria": 0.3121, "some_equilibrium": 0.3121})
    wholly_open = several(in_all=0.0, in_some=0.0, in_none=0.0, open=1.0)
    wholly_open = wholly_open.model_copy(update={"all_equilibria": None, "some_equilibrium": None})
    for verdict in (plain, alike, wholly_open):
        assert words.equilibrium_parts(verdict, 100_000) == ()
        assert figures(verdict) == []


def test_the_page_has_a_bar_whose_segments_are_the_shares_and_fill_it() -> None:
    (figure,) = figures(several())
    bar = figure.partition("</svg>")[0]
    segments = re.findall(r'class="(\w+)" x="([\d.]+)" width="([\d.]+)"', bar)
    assert segments == [
        ("in_all", "0.0", "160.0"),
        ("in_some", "160.0", "320.0"),
        ("in_none", "480.0", "160.0"),
    ]
    assert 'aria-label="made in all equilibria: 25.0%' in bar
    assert figure.count("<li>") == 3


def test_the_terminal_has_a_line_with_a_bar_for_each_part() -> None:
    stream = io.StringIO()
    print_run(make_console(stream), sample.model(), run_of(several()))
    lines = [" ".join(line.split()) for line in stream.getvalue().splitlines()]
    assert "made in all equilibria 25.0% ± 0.2 █████" in lines
    assert "in some but not in all 50.0% ± 0.2 ██████████" in lines
    assert "in none 25.0% ± 0.2 █████" in lines
    first = lines[: lines.index("the blow is limited")]
    assert not any("in all equilibria in" in line for line in first)  # not said twice
