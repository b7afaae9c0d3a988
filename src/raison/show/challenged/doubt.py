"""How far the answer moves if the distributions are wrong, and how often a rare answer occurs."""

from __future__ import annotations

import math
from collections.abc import Callable

from raison.challenge.findings import AtWorst, Bound, Rare, Robustness
from raison.show import numbers, plots
from raison.show.challenged.section import Section, Table, listed, share, title, value
from raison.show.plots import BarRow, Span
from raison.show.text import one_line

_DRAWN = 12
_NAMED = 2
_SHAPES = 12


def sections(found: Robustness, several: bool) -> list[Section]:
    """The answer within a distance of the stated distributions, and by parameter."""
    made = [_within(found, several)] if found.bounds else []
    return [*made, _by_parameter(found, several)] if found.worst else made


def _within(found: Robustness, several: bool) -> Section:
    middle = found.bounds[len(found.bounds) // 2]
    text = _percent if found.is_share else value
    low, high = (0.0, 1.0) if found.is_share else (found.bounds[-1].low, found.bounds[-1].high)
    rows = [
        BarRow(
            f"within {b.radius:g} nats",
            [Span(b.low, b.high, "yes")],
            at=found.number,
            text=f"{text(b.low)} to {text(b.high)}",
        )
        for b in found.bounds
    ]
    distances = [("nats", b) for b in found.bounds] + [("of total variation", b) for b in found.variation]
    table = [(f"{b.radius:g} {unit}", text(b.low), text(b.high), *_ends(b, text)) for unit, b in distances]
    return Section(
        anchor="robustness",
        title=title("If the distributions are wrong", found.question, several),
        sentences=(
            f"Under any distributions within {middle.radius:g} nats of those in the file (Kullback-Leibler),"
            f" the answer lies between {text(middle.low)} and {text(middle.high)}{_widened(middle, text)}.",
            _overturned(found),
        ),
        picture=plots.bars(
            rows, low, high, "answer; the dot is the answer as stated", percent=found.is_share
        ),
        table=Table(
            ("distance", "least", "largest", "least, with its error", "largest, with its error"),
            tuple(table),
            "<>>>>",
        ),
    )


def _ends(bound: Bound, text: Callable[[float], str]) -> tuple[str, str]:
    low, high = bound.low_with_error, bound.high_with_error
    return "–" if low is None else text(low), "–" if high is None else text(high)


def _widened(bound: Bound, text: Callable[[float], str]) -> str:
    """The same with the error of the answer itself."""
    low, high = bound.low_with_error, bound.high_with_error
    if low is None or high is None or (low, high) == (bound.low, bound.high):
        return ""
    return f" (with the answer's own error {text(low)} and {text(high)})"


def _overturned(found: Robustness) -> str:
    if not found.is_share:
        return ""
    if found.number in (0.0, 1.0):
        return (
            "All draws give the same answer, and so does any distribution that allows no more than they show."
        )
    if found.overturned_at is None:
        return (
            "No distribution that allows nothing but what the file allows brings it to the other side of 50%."
        )
    low, high = found.overturned_low, found.overturned_high
    interval = "" if low is None or high is None else f" ({_nats(low)} to {_nats(high)})"
    moved = found.overturned_shift
    shift = (
        "" if moved is None else f", as far as a normal parameter moved by {_nats(moved)} standard deviations"
    )
    return f"It takes {_nats(found.overturned_at)} nats{interval} to bring it to 50%{shift}."


def _nats(radius: float) -> str:
    return numbers.significant(radius, 3)


def _percent(number: float) -> str:
    return numbers.percent(number, 0.005)


def _by_parameter(found: Robustness, several: bool) -> Section:
    text = _percent if found.is_share else value
    rows = [
        BarRow(
            one.parameter,
            [Span(one.low or 0.0, one.high or 0.0, "yes")],
            at=found.number,
            text=f"{text(one.low or 0.0)} to {text(one.high or 0.0)}",
        )
        for one in found.worst[:_DRAWN]
    ]
    low, high = (
        (0.0, 1.0)
        if found.is_share
        else (min(r.spans[0].low for r in rows), max(r.spans[0].high for r in rows))
    )
    return Section(
        anchor="robustness-parameters",
        title=title("If one parameter is at its worst", found.question, several),
        sentences=(_worst(found), _bent(found)),
        picture=plots.bars(
            rows,
            low,
            high,
            "answer over the parameter's twentieths; the dot is the answer",
            percent=found.is_share,
        ),
        table=Table(
            ("parameter", "changed to", "answer"),
            (*(r for one in found.worst for r in _worst_rows(one, found)), *_shape_rows(found)),
            "<<>",
        ),
    )


def _moves(one: AtWorst) -> bool:
    """Whether where a parameter is held makes a difference beyond its error."""
    error = math.hypot(one.low_error or 0.0, one.high_error or 0.0)
    return (one.high or 0.0) - (one.low or 0.0) > max(numbers.half_width(error) or 0.0, 0.0)


def _worst(found: Robustness) -> str:
    if not any(map(_moves, found.worst)):
        return "No parameter, held in one twentieth of its draws, moves the answer by more than its error."
    first = [
        f"{one_line(one.parameter)} ({_answer(one.low, one.low_error, found)} near {_range(one.low_at)},"
        f" {_answer(one.high, one.high_error, found)} near {_range(one.high_at)})"
        for one in filter(_moves, found.worst[:_NAMED])
    ]
    return f"Held in one twentieth of its draws, what moves the answer most is {listed(first, 'or')}."


def _range(at: tuple[float | str, float | str]) -> str:
    low, high = at
    if isinstance(low, str) or isinstance(high, str) or low == high:
        return value(low) if low == high else f"{value(low)} to {value(high)}"
    places = numbers.decimals(high - low) + 1
    return f"{numbers.fixed(low, places)} to {numbers.fixed(high, places)}"


def _bent(found: Robustness) -> str:
    known = [
        one
        for one in found.shapes
        if abs(one.difference or 0.0) > (numbers.half_width(one.difference_error) or 0.0)
    ]
    if not known:
        return ""
    one = known[0]
    if found.is_share:
        change = f"{share(one.difference, one.difference_error, points=True)} points"
    else:
        change = numbers.with_error(one.difference or 0.0, one.difference_error, sign=True)
    return (
        f"Another shape of one parameter on the same support matters most for {one_line(one.parameter)}:"
        f" bent to {_SHAPE_NAMES[one.shape]} it changes the answer by {change}."
    )


_SHAPE_NAMES = {
    "triangular": "the middle",
    "peaked": "a peak in the middle",
    "u-shaped": "both ends",
    "low": "low values",
    "high": "high values",
}


def _worst_rows(one: AtWorst, found: Robustness) -> list[tuple[str, ...]]:
    return [
        (one.parameter, _range(at), _answer(number, error, found))
        for at, number, error in (
            (one.low_at, one.low, one.low_error),
            (one.high_at, one.high, one.high_error),
        )
    ]


def _shape_rows(found: Robustness) -> list[tuple[str, ...]]:
    return [
        (one.parameter, f"bent to {_SHAPE_NAMES[one.shape]}", _answer(one.number, one.standard_error, found))
        for one in found.shapes[:_SHAPES]
    ]


def _answer(number: float | None, error: float | None, found: Robustness) -> str:
    if number is None:
        return "too few draws"
    return share(number, error) if found.is_share else numbers.with_error(number, error)


def rare_section(found: Rare, several: bool) -> Section:
    """How often a rare answer occurs."""
    known = found.share
    text = f"{known.value:.2g}" if known.value else "0"
    interval = "" if known.low is None or known.high is None else f" ({known.low:.2g} to {known.high:.2g})"
    if found.reached:
        sentence = f"The answer is {found.event} in a share {text}{interval} of what is uncertain."
    else:
        sentence = (
            f"No way to the answer {found.event} was found; if there is one, its share lies below"
            f" {known.high:.2g}."
            if known.high is not None and known.high < 1
            else f"No way to the answer {found.event} was found."
        )
    rows = (
        ("subset simulation", f"{text}{interval}"),
        ("counting the draws of the run", f"{found.counted:.2g}"),
        ("evaluations", f"{found.evaluations:,}"),
        ("repetitions that came there", f"{found.reached} of {found.repetitions}"),
    )
    return Section(
        anchor="rare",
        title=title(f"How rare “{found.event}” is", found.question, several),
        sentences=(sentence, "So rare an answer is found by subset simulation, which walks towards it."),
        picture=_rare_picture(found),
        table=Table(("", "share"), rows, "<>"),
    )


def _rare_picture(found: Rare) -> str | None:
    """The share and its interval in powers of ten, beside the least that the run's draws could show."""
    known = found.share
    if not known.value or not known.low or not known.high:
        return None
    low, value, high = (math.log10(number) for number in (known.low, known.value, known.high))
    least = math.log10(1 / found.draws)
    rows = [
        BarRow("subset simulation", at=value, error=(low, high), text=f"{known.value:.2g}"),
        BarRow("one draw of the run", at=least, text=f"{1 / found.draws:.2g}"),
    ]
    ends = math.floor(min(low, least)), math.ceil(max(high, least))
    return plots.bars(rows, *ends, "share, as a power of ten", percent=False)
