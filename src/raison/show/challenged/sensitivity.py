"""Which parameters an answer's variation comes from, and which predict a failure."""

from __future__ import annotations

from collections.abc import Sequence

from raison.challenge.findings import Failing, Found, Sensitivity
from raison.show import numbers, plots
from raison.show.challenged.section import (
    Section,
    Table,
    ends,
    is_clear,
    listed,
    measured,
    number,
    share,
    title,
    value,
)
from raison.show.plots import BarRow, Span
from raison.show.text import one_line

_NAMED = 3
_DRAWN = 12


def sections(found: Sequence[Sensitivity], several: bool) -> list[Section]:
    """What the variation of each answer comes from."""
    return [_section(one, several) for one in found]


def _section(found: Sensitivity, several: bool) -> Section:
    what = "the margin" if found.answer == "margin" else "the answer"
    name = f"What {what} varies with"
    sentences = (found.reason,) if not found.found else (_explained(found, what), _between(found))
    return Section(
        anchor=f"sensitivity-{found.answer}",
        title=title(name, found.question, several),
        sentences=sentences,
        picture=_picture(found) if found.found and found.parameters else None,
        legend=_legend(found) if found.found and found.parameters else (),
        table=_table(found) if found.found else None,
    )


def _explained(found: Sensitivity, what: str) -> str:
    by_first = sorted(found.parameters, key=lambda p: -number(p.first))
    clear = [one for one in by_first if is_clear(one.first) and number(one.first) > 0][:_NAMED]
    if not clear:
        return f"No parameter alone explains a part of {what}'s variation that can be told from nothing."
    named = [f"{one_line(one.name)} {_told(one.first)}" for one in clear]
    alone = f"Of {what}'s variation, {listed(named)} would go if that parameter alone were known"
    together = [one for one in found.parameters if one.total is not None and is_clear(one.total)]
    if found.method == "given" or not together:
        rest = 1 - sum(max(number(p.first), 0.0) for p in found.parameters)
        tail = "" if rest < 0.05 else f"; {numbers.percent(rest, 0.05)} lies in what parameters do together"
        return f"{alone}{tail}."
    last = max(together, key=lambda p: number(p.total))
    hand = f"{one_line(last.name)} has a hand in {_told(last.total)}"
    return f"{alone}; counting what it does together with others, {hand}."


def _between(found: Sensitivity) -> str:
    parts: list[str] = []
    if found.middle and is_clear(found.middle[0].first):
        first = found.middle[0]
        parts.append(
            f"Of the quantities in between, {one_line(first.name)} tells most ({_told(first.first)})."
        )
    idle = [p for p in found.parameters if p.total is not None and (p.total.high or 0.0) < 0.01]
    if idle:
        noun = "parameter has" if len(idle) == 1 else "parameters have"
        parts.append(f"{len(idle)} {noun} a hand in less than 1% of it and could be fixed.")
    return " ".join(parts)


def _part(found: Found | None) -> str:
    half = numbers.half_width(None if found is None else found.standard_error)
    return numbers.percent(max(number(found), 0.0), max(half or 0.0, 0.002))


def _told(found: Found | None) -> str:
    """A part with its error; as far as it goes, since none is more than everything."""
    return share(min(max(number(found), 0.0), 1.0), None if found is None else found.standard_error)


def _picture(found: Sensitivity) -> str:
    rows: list[BarRow] = []
    for one in found.parameters[:_DRAWN]:
        spans = [Span(0.0, max(number(one.first), 0.0), "yes")]
        if one.total is not None:
            spans.insert(0, Span(0.0, max(number(one.total), 0.0), "no"))
        at = None if one.effect is None else max(number(one.effect), 0.0)
        shown = one.effect or one.total or one.first
        rows.append(BarRow(one.name, spans, at=at, error=ends(shown), text=_part(shown)))
    top = max([0.05, *(e[1] for row in rows if (e := row.error)), *(s.high for r in rows for s in r.spans)])
    return plots.bars(rows, 0.0, min(top, 1.0), "share of the variation")


def _legend(found: Sensitivity) -> tuple[tuple[str, str], ...]:
    legend = [("yes", "alone (first-order index)")]
    if any(p.total is not None for p in found.parameters):
        legend.append(("no", "with others (total index)"))
    if any(p.effect is not None for p in found.parameters):
        legend.append(("dot", "fairly divided (Shapley effect), with its error"))
    return tuple(legend)


def _table(found: Sensitivity) -> Table:
    designed = found.method == "design"
    effects = any(p.effect is not None for p in found.parameters)
    densities = any(p.pawn is not None for p in found.parameters)
    heads = ["parameter or quantity", "alone"]
    heads += ["with others"] * designed + ["fairly divided"] * effects + ["PAWN", "its null"] * densities
    rows: list[tuple[str, ...]] = []
    for one in (*found.parameters, *found.groups, *found.middle):
        row = [one.name, measured(one.first)]
        row += [measured(one.total)] * designed + [measured(one.effect)] * effects
        row += [measured(one.pawn), value(one.pawn_null) if one.pawn else "–"] * densities
        rows.append(tuple(row))
    return Table(tuple(heads), tuple(rows), "<" + ">" * (len(heads) - 1))


def failing_section(found: Failing) -> Section:
    """What predicts that a draw fails."""
    first = found.predictors[0]
    failing = numbers.percent(found.share, 0.005)
    where = f"between {value(first.low)} and {value(first.high)}, a tenth of its draws"
    best = "No parameter tells which, beyond what chance does."
    if is_clear(first.explained):
        there = numbers.percent(first.failing, 0.005)
        best = f"What tells it best is {one_line(first.name)}: {where}, {there} fail."
    rows = [
        (
            one.name,
            measured(one.explained),
            f"{value(one.low)} to {value(one.high)}",
            numbers.percent(one.failing, 0.005),
        )
        for one in found.predictors
    ]
    return Section(
        anchor="failing",
        title="Where it fails",
        sentences=(f"{failing} of the draws have no answer.", best),
        picture=plots.bars(
            [_failing_row(one.name, one.failing) for one in found.predictors[:_DRAWN]],
            0.0,
            max(0.05, *(one.failing for one in found.predictors)),
            "share that fails in the parameter's worst tenth",
        ),
        table=Table(("parameter", "explains of failing", "most fail at", "there"), tuple(rows), "<><>"),
    )


def _failing_row(name: str, failing: float) -> BarRow:
    return BarRow(name, [Span(0.0, failing, "yes")], text=numbers.percent(failing, 0.005))
