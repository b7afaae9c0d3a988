"""Regions of the draws in which the answer is yes."""

from __future__ import annotations

from raison.challenge.findings import Box, Where
from raison.show import numbers, plots
from raison.show.challenged.section import Section, Table, listed, title
from raison.show.plots import Dot
from raison.show.text import one_line


def section(found: Where, several: bool) -> Section:
    """Where one conclusion holds."""
    return Section(
        anchor="where",
        title=title("Where it holds", found.question, several),
        sentences=(_main(found), _unlikely(found.boxes[0])),
        picture=_picture(found),
        legend=(("front", "boxes passed on the way"), ("plain", "the one that is told")),
        table=_table(found),
    )


def _main(found: Where) -> str:
    text = one_line(found.boxes[0].words)
    return f"{text[:1].upper()}{text[1:]}."


def _unlikely(box: Box) -> str:
    doubtful = [name for name, chance in box.chance.items() if chance > 0.05]
    if not doubtful:
        return ""
    noun = "limit" if len(doubtful) == 1 else "limits"
    names = listed([one_line(name) for name in doubtful])
    return f"The {noun} on {names} may be there by chance."


def _picture(found: Where) -> str:
    dots = [Dot(passed.coverage, passed.density, front=True) for passed in found.trade_off]
    main = found.boxes[0]
    dots.append(
        Dot(main.coverage.value or 0.0, main.density.value or 0.0, main.limits or "everything", kind="plain")
    )
    return plots.plane(
        dots, "share of all cases that lie inside", "share of yes inside", percent=True, percent_up=True
    )


def _table(found: Where) -> Table:
    rows = [
        *(_row(box, "box" if len(found.boxes) == 1 else f"box {i}") for i, box in enumerate(found.boxes, 1)),
        *(_row(leaf, "leaf of the tree") for leaf in found.leaves),
    ]
    heads = ("region", "found as", "yes inside", "of all cases", "of all draws")
    return Table(heads, tuple(rows), "<<>>>")


def _row(box: Box, kind: str) -> tuple[str, ...]:
    return (
        box.limits or "everything",
        kind,
        _interval(box.density.low, box.density.high),
        _interval(box.coverage.low, box.coverage.high),
        numbers.percent(box.mass, 0.005),
    )


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    error = max((high - low) / 2, 1e-3)
    return f"{numbers.percent(low, error)} to {numbers.percent(high, error)}"
