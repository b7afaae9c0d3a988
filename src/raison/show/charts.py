"""The charts of a report: margins, amounts, and the parameters as drawn.

All plots are built with altair, drawn by vl-convert in one picture, and cut apart (`raison.show.svg`); one
picture of forty plots costs a quarter of forty pictures. altair and vl-convert are imported when needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from raison.answer.records import Histogram, ParameterAnswer, RunRecord, Verdict
from raison.model.records import Model
from raison.show import numbers, svg, words
from raison.show.svg import ACCENT, INK, MUTED, RULE, SOFT, WARM, Frame
from raison.show.text import cut, one_line, quoted

WIDE = 620  # width in px of a plot that stands alone
SMALL = (190, 44)  # width and height in px of a parameter's plot


@dataclass(frozen=True, slots=True)
class Charts:
    """SVG elements, by what they show.

    Attributes:
        margins: By index of the move question.
        amounts: By index of the question about an amount.
        parameters: By name of the parameter.
    """

    margins: Mapping[int, str] = field(default_factory=dict)
    amounts: Mapping[int, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Plot:
    group: str
    key: Any
    chart: Any
    frames: tuple[Frame, ...]


class _Rows:
    """Rows of all plots, by name: altair copies a chart again and again, but not what it only names."""

    def __init__(self):
        self.sets: dict[str, list[dict[str, Any]]] = {}

    def add(self, rows: list[dict[str, Any]]) -> Any:
        """The name of the rows as altair takes it."""
        import altair

        name = f"rows{len(self.sets)}"
        self.sets[name] = rows
        return altair.NamedData(name=name)


def draw_charts(model: Model, record: RunRecord, *, id_prefix: str = "plot") -> Charts:
    """Every chart of a run as inline SVG, with axis titles that name units.

    Args:
        model: Gives units and titles.
        record: What the run answers.
        id_prefix: Begins every id in the charts; must be unique on a page.
    """
    plots: list[_Plot] = []
    data = _Rows()
    for index, verdict in enumerate(record.questions):
        if verdict.margin_histogram is not None:
            plots.append(_margin(data, model, index, verdict, verdict.margin_histogram))
        if verdict.histogram is not None:
            plots.append(_amount(data, index, verdict, verdict.histogram))
    drawn = [p for p in record.parameters if p.histogram is not None and p.labels is None]
    if drawn:
        plots.append(_parameters(data, model, drawn))
    if not plots:
        return Charts()
    frames = [frame for plot in plots for frame in plot.frames]
    pieces = iter(svg.cut(_render([plot.chart for plot in plots], data), frames, id_prefix=id_prefix))
    found: dict[str, dict[Any, str]] = {"margins": {}, "amounts": {}, "parameters": {}}
    for plot in plots:
        for key in plot.key if plot.group == "parameters" else (plot.key,):
            found[plot.group][key] = next(pieces)
    return Charts(**found)


def payoff_unit(model: Model, verdict: Verdict) -> str:
    """What a margin is measured in."""
    return f"units of {words.possessive(words.player(model, verdict.whom or verdict.player))} payoff"


def _render(charts: Sequence[Any], data: _Rows) -> str:
    import altair
    import vl_convert

    picture = (
        altair.vconcat(*charts, spacing=30)
        .resolve_scale(x="independent", y="independent", color="independent")
        .configure(**_config())
    )
    # Our own specification needs no check against the schema, which costs half the time.
    return vl_convert.vegalite_to_svg({**picture.to_dict(validate=False), "datasets": data.sets})


def _config() -> dict[str, Any]:
    axis = {
        "domainColor": RULE,
        "tickColor": RULE,
        "gridColor": RULE,
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 11.5,
        "grid": False,
        "tickSize": 4,
        "labelPadding": 4,
        "labelFlush": False,
        "labelOverlap": "greedy",
        "labelSeparation": 6,
        "titlePadding": 7,
    }
    return {
        "background": "transparent",
        "aria": False,
        "axis": axis,
        "view": {"stroke": None},
        "concat": {"spacing": 30},
    }


def _bins(histogram: Histogram) -> tuple[list[dict[str, float]], bool]:
    """Bars of a histogram, and whether their heights are shares of draws (else densities)."""
    edges, total = histogram.edges, sum(histogram.counts) or 1
    widths = [b - a for a, b in itertools.pairwise(edges)]
    even = max(widths) - min(widths) <= 1e-6 * max(widths)
    heights = [n / total for n in histogram.counts] if even else numbers.histogram_heights(histogram)
    rows = [
        {"from": a, "to": b, "height": h, "side": float(a + b > 0)}
        for a, b, h in zip(edges, edges[1:], heights, strict=False)
    ]
    return rows, even


def _bars(data: _Rows, rows: list[dict[str, float]], title: str, *, even: bool, signed: bool) -> Any:
    import altair

    colour: Any = altair.value(ACCENT)
    if signed:
        scale = altair.Scale(domain=[0, 1], range=[WARM, ACCENT])
        colour = altair.Color("side:O", scale=scale, legend=None)
    axis = altair.Axis(format=".0%", tickCount=3) if even else altair.Axis(labels=False, ticks=False)
    return (
        altair.Chart(data.add(rows))
        .mark_bar(opacity=0.85, binSpacing=0.6)
        .encode(
            x=altair.X(
                "from:Q",
                title=title,
                axis=altair.Axis(tickCount=10),
                scale=altair.Scale(zero=False, nice=False),
            ),
            x2="to:Q",
            y2=altair.datum(0),
            y=altair.Y("height:Q", title="share of draws" if even else "density of draws", axis=axis),
            color=colour,
        )
    )


def _zero_line(data: _Rows) -> Any:
    import altair

    rule = altair.Chart(data.add([{"zero": 0}])).mark_rule(color=INK, strokeDash=[3, 3])
    return rule.encode(x="zero:Q")


def _margin(data: _Rows, model: Model, index: int, verdict: Verdict, histogram: Histogram) -> _Plot:
    import altair

    rows, even = _bins(histogram)
    unit = payoff_unit(model, verdict)
    title = cut(f"payoff of {quoted(verdict.move or '')} less that of the best other move ({unit})", 95)
    said = words.margin_sentence(model, verdict, sum(histogram.counts))
    bars = _bars(data, rows, title, even=even, signed=True)
    frame = Frame(
        f"Margin of {verdict.name}",
        f"Histogram over the draws of the {title}. {said or ''}",
        WIDE, 130, left=64, right=14, bottom=46,
    )  # fmt: skip
    return _Plot(
        "margins", index, altair.layer(bars, _zero_line(data)).properties(width=WIDE, height=130), (frame,)
    )


def _amount(data: _Rows, index: int, verdict: Verdict, histogram: Histogram) -> _Plot:
    rows, even = _bins(histogram)
    name = cut(one_line(verdict.name), 60)
    bars = _bars(data, rows, f"{name} ({words.amount_unit(verdict)})", even=even, signed=False)
    described = f"Histogram over the draws of {verdict.amount}."
    frame = Frame(verdict.name, described, WIDE, 130, left=64, right=14, bottom=46)
    return _Plot("amounts", index, bars.properties(width=WIDE, height=130), (frame,))


def _parameters(data: _Rows, model: Model, drawn: Sequence[ParameterAnswer]) -> _Plot:
    """One facet chart for all: altair and the renderer take a few milliseconds for each cell."""
    import altair

    rows: list[dict[str, float]] = []
    frames: list[Frame] = []
    for cell, parameter in enumerate(drawn):
        histogram = parameter.histogram
        if histogram is not None:
            rows.extend({"cell": cell, "at": at, "height": height} for at, height in _steps(histogram))
        described = (
            f"Distribution of {parameter.name} over the draws ({parameter_unit(model, parameter.name)})."
        )
        frames.append(Frame(parameter.name, described, *SMALL, left=14, right=14, top=4, bottom=23))
    chart = (
        altair.Chart(data.add(rows))
        .mark_area(interpolate="step-after", color=SOFT, line={"color": ACCENT, "strokeWidth": 1.2})
        .encode(
            x=altair.X(
                "at:Q",
                title=None,
                axis=altair.Axis(tickCount=4, labelFlush=False, labelOverlap="greedy"),
                scale=altair.Scale(zero=False, nice=False),
            ),
            y=altair.Y("height:Q", axis=None, scale=altair.Scale(domain=[0, 1.05])),
            facet=altair.Facet("cell:O", columns=1, header=altair.Header(labels=False, title=None)),
        )
        .properties(width=SMALL[0], height=SMALL[1])
        .resolve_scale(x="independent", y="independent")
    )
    return _Plot("parameters", tuple(p.name for p in drawn), chart, tuple(frames))


def _steps(histogram: Histogram) -> list[tuple[float, float]]:
    """Where the outline of a histogram changes its height, and its last edge: flat stretches need no more."""
    heights = numbers.histogram_heights(histogram)
    outline = list(zip(histogram.edges, (*heights, heights[-1]), strict=True))
    changes = [b for a, b in itertools.pairwise(outline) if abs(b[1] - a[1]) > 1e-3]
    return [outline[0], *changes, outline[-1]]


def parameter_unit(model: Model, name: str) -> str:
    """A parameter's unit, or that it has none."""
    parameter = model.parameters.get(name)
    return one_line(parameter.unit) if parameter is not None and parameter.unit else words.NO_UNIT
