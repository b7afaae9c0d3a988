"""Where an answer tips: by one parameter alone, and by all together."""

from __future__ import annotations

from collections.abc import Sequence

from raison.challenge.findings import FlipAt, Flipping, Tipping
from raison.show import numbers, plots
from raison.show.challenged.section import Section, Table, title, value
from raison.show.plots import BarRow, Span
from raison.show.text import quoted

_MOST_ROWS = 12  # of a picture
_MOST_NAMED = 3  # parameters that a sentence names
_MOST_FORMULA = 60  # characters of a formula in a sentence


def section(found: Tipping, several: bool) -> Section:
    """Where one answer tips."""
    flips = [flipping for flipping in found.parameters if flipping.nearest is not None]
    rows = [
        (
            f.parameter,
            value(f.centre),
            _places(f.flips),
            "" if f.nearest is None else f.nearest.formula or "",
            _margins(f.smallest_margin, f.largest_margin),
        )
        for f in found.parameters
    ]
    picture = plots.bars(
        [_axis(f, found.yes) for f in flips[:_MOST_ROWS]],
        0.0,
        1.0,
        "share of the parameter's draws below; the dot is the centre",
    )
    return Section(
        anchor="tipping",
        title=title("Where it tips", found.question, several),
        sentences=(
            _at_the_centre(found),
            _alone(found, flips),
            *_from_the_medians(found),
            *_without_formulas(found, flips),
        ),
        picture=picture if flips else None,
        legend=(("yes", "the answer is yes"), ("no", "the answer is no")) if flips else (),
        table=Table(
            ("parameter", "centre", "flips at", "the nearest, as a formula", "margin on the way"),
            tuple(rows),
            "<>><<",
        ),
    )


def _at_the_centre(found: Tipping) -> str:
    if found.yes is None:
        return "With every parameter at its central value there is no answer."
    answer = "yes" if found.yes else "no"
    if not found.on_boundary:
        return (
            f"With every parameter at its central value the answer is {answer}"
            f" (margin {value(found.margin)})."
        )
    return (
        f"With every parameter at its central value the answer is {answer} (margin {value(found.margin)}),"
        " but the centre lies on the boundary: the smallest change can flip it."
    )


def _alone(found: Tipping, flips: Sequence[Flipping]) -> str:
    if found.yes is None:
        return ""
    if not flips:
        return "No parameter alone flips it, however far it is moved within its distribution."
    named = "; ".join(_flip_phrase(f, found.yes) for f in flips[:_MOST_NAMED])
    rest = len(found.parameters) - len(flips)
    more = len(flips) - _MOST_NAMED
    tail = f"; and {more} more" if more > 0 else ""
    others = (
        ""
        if not rest
        else ", the other one alone does not"
        if rest == 1
        else f", the other {rest} alone do not"
    )
    return f"One parameter alone flips it: {named}{tail}{others}."


def _flip_phrase(flipping: Flipping, yes: bool) -> str:
    flip = flipping.nearest
    assert flip is not None
    if isinstance(flip.value, str):
        return f"{flipping.parameter} = {quoted(flip.value)}"
    side = "above" if flip.yes_above is not yes else "below"
    if flip.yes_above is None:
        side = "at"
    formula = flip.formula or ""
    is_told = formula.strip("-0123456789./") and len(formula) <= _MOST_FORMULA
    return f"{flipping.parameter} {side} {f'{formula} = ' if is_told else ''}{value(flip.value)}"


def _without_formulas(found: Tipping, flips: Sequence[Flipping]) -> tuple[str, ...]:
    if found.no_formulas is None or not flips:
        return ()
    return (f"Flips are told as numbers only, since {found.no_formulas}.",)


def _from_the_medians(found: Tipping) -> tuple[str, ...]:
    if found.reach is None:
        return ()
    near = found.nearest
    if near is None:
        return (f"No flip was found within {found.reach:g} standard deviations of the medians.",)
    if near.at_medians:
        return ("The medians of all parameters lie on the boundary themselves: the nearest flip is there.",)
    parts = ", ".join(
        f"{name} {value(at)} ({numbers.percent(near.parts[name], 0.005)} of the way)"
        for name, at in list(near.values.items())[: _MOST_NAMED + 1]
    )
    doubt = "" if near.stands else " A nearer flip may have been missed."
    return (
        f"With all parameters free, the nearest flip lies {near.distance:.2f} standard deviations from the"
        f" medians, at {parts}; to first order {numbers.percent(near.probability, 0.005)} of the draws lie"
        f" beyond it.{doubt}",
    )


def _axis(flipping: Flipping, yes: bool | None) -> BarRow:
    """The parameter's draws from lowest to highest, by the answer that they give."""
    flips = [f for f in flipping.flips if f.yes_above is not None]
    spans: list[Span] = []
    low, now = 0.0, not flips[0].yes_above if flips else bool(yes)
    for flip in flips:
        spans.append(Span(low, flip.share, "yes" if now else "no"))
        low, now = flip.share, bool(flip.yes_above)
    spans.append(Span(low, 1.0, "yes" if now else "no"))
    text = "" if flipping.nearest is None else value(flipping.nearest.value)
    return BarRow(flipping.parameter, spans, at=flipping.centre_share, text=text)


def _places(flips: Sequence[FlipAt]) -> str:
    return ", ".join(value(flip.value) for flip in flips) or "nowhere"


def _margins(low: float | None, high: float | None) -> str:
    return "none" if low is None or high is None else f"{value(low)} to {value(high)}"
