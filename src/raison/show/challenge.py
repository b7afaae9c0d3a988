"""What challenges a verdict, in words, with a picture and a table each: the same for terminal and report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raison.challenge.findings import Challenge, FlipAt, Flipping, PlayerLevers, Robustness, Setting, Tipping
from raison.model.records import Model
from raison.show import numbers, plots, words
from raison.show.plots import BarRow, Dot, Span
from raison.show.text import one_line, quoted

_MOST_ROWS = 12  # of a picture
_MOST_NAMED = 3  # parameters that a sentence names
_MOST_FORMULA = 60  # characters of a formula in a sentence


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its heads, its rows, and the side of each column (`<` or `>`)."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aligned: str


@dataclass(frozen=True, slots=True)
class Section:
    """One analysis of one question.

    Attributes:
        anchor: Of the section on a page.
        title: What it answers.
        sentences: Two or three.
        picture: Inline SVG; None where there is nothing to draw.
        legend: Class and meaning of the picture's colours.
        table: The numbers.
    """

    anchor: str
    title: str
    sentences: tuple[str, ...]
    picture: str | None = None
    legend: tuple[tuple[str, str], ...] = ()
    table: Table | None = None


def sections(model: Model, found: Challenge) -> tuple[Section, ...]:
    """Every analysis that was done, in the order in which a reader needs them."""
    several = len(found.questions) > 1
    made = [
        *(_tipping(tipping, several) for tipping in found.tipping),
        *(_levers(model, levers, several) for levers in found.levers),
        *(_robustness(robustness, several) for robustness in found.robustness),
    ]
    return tuple(made)


def left_out(found: Challenge) -> str:
    """What was not done, in one sentence; empty where all was."""
    return f"Not done: {'; '.join(found.left_out)}." if found.left_out else ""


def _title(title: str, question: str, several: bool) -> str:
    return f"{title}: {one_line(question)}" if several else title


# --- tipping points ---


def _tipping(found: Tipping, several: bool) -> Section:
    flips = [flipping for flipping in found.parameters if flipping.nearest is not None]
    rows = [
        (
            f.parameter,
            _value(f.centre),
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
        title=_title("Where it tips", found.question, several),
        sentences=(_at_the_centre(found), _alone(found, flips), *_from_the_medians(found)),
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
            f" (margin {_value(found.margin)})."
        )
    return (
        f"With every parameter at its central value the answer is {answer} (margin {_value(found.margin)}),"
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
    others = f", the other {rest} alone do not" if rest else ""
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
    return f"{flipping.parameter} {side} {f'{formula} = ' if is_told else ''}{_value(flip.value)}"


def _from_the_medians(found: Tipping) -> tuple[str, ...]:
    if found.reach is None:
        return ()
    near = found.nearest
    if near is None:
        return (f"No flip was found within {found.reach:g} standard deviations of the medians.",)
    if near.at_medians:
        return ("The medians of all parameters lie on the boundary themselves: the nearest flip is there.",)
    parts = ", ".join(
        f"{name} {_value(value)} ({numbers.percent(near.parts[name], 0.005)} of the way)"
        for name, value in list(near.values.items())[: _MOST_NAMED + 1]
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
    text = "" if flipping.nearest is None else _value(flipping.nearest.value)
    return BarRow(flipping.parameter, spans, at=flipping.centre_share, text=text)


def _places(flips: Sequence[FlipAt]) -> str:
    return ", ".join(_value(flip.value) for flip in flips) or "nowhere"


def _margins(low: float | None, high: float | None) -> str:
    return "none" if low is None or high is None else f"{_value(low)} to {_value(high)}"


def _value(value: float | str | None) -> str:
    if value is None:
        return "none"
    return one_line(value) if isinstance(value, str) else numbers.significant(value, 4)


# --- robustness ---


def _robustness(found: Robustness, several: bool) -> Section:
    middle = found.bounds[len(found.bounds) // 2]
    range_of = lambda low, high: f"{numbers.percent(low, 0.005)} to {numbers.percent(high, 0.005)}"
    return Section(
        anchor="robustness",
        title=_title("If the distributions are wrong", found.question, several),
        sentences=(
            f"Under every distribution of the parameters within {middle.radius:g} nats of the stated one"
            f" (Kullback-Leibler), the answer lies between {numbers.percent(middle.low, 0.005)} and"
            f" {numbers.percent(middle.high, 0.005)}.",
            "No distribution that allows nothing but what the file allows brings it to the other side of 50%."
            if found.overturned_at is None
            else f"It takes {_value(found.overturned_at)} nats to bring it to 50%.",
        ),
        picture=plots.bars(
            [
                BarRow(
                    f"within {b.radius:g} nats",
                    [Span(b.low, b.high, "yes")],
                    at=found.share,
                    text=range_of(b.low, b.high),
                )
                for b in found.bounds
            ],
            0.0,
            1.0,
            "answer; the dot is the answer as stated",
        ),
        table=Table(
            ("distance, nats", "least", "largest"),
            tuple(
                (f"{b.radius:g}", numbers.percent(b.low, 0.005), numbers.percent(b.high, 0.005))
                for b in found.bounds
            ),
            "<>>",
        ),
    )


# --- levers ---


def _levers(model: Model, found: PlayerLevers, several: bool) -> Section:
    who = words.player(model, found.player)
    shown = [
        s for s in (found.plain, *found.joint) if s.number is not None and s.payoff_difference is not None
    ]
    dots = [
        Dot(s.number or 0.0, s.payoff_difference or 0.0, _setting(s), s.on_front, "" if s.levers else "plain")
        for s in shown
    ]
    tried = [s for settings in found.curves.values() for s in settings]
    front = [s for s in found.joint if s.on_front and len(s.levers) > 1]
    rows = [_setting_row(s) for s in (found.plain, *tried, *front)]
    return Section(
        anchor=f"levers-{list(model.levers).index(found.player)}",
        title=_title(f"{words.player_title(model, found.player)}: levers", found.question, several),
        sentences=(_least(found, who), _most(found), _price(found)),
        picture=plots.plane(dots, "how often it is so", f"payoff of {found.player}, change")
        if dots
        else None,
        legend=(("front", "no setting is better in both"), ("plain", "nothing set")),
        table=Table(("setting", "answer", "change, points", "own payoff, change"), tuple(rows), "<>>>"),
    )


def _setting_row(setting: Setting) -> tuple[str, ...]:
    return (
        _setting(setting),
        _share(setting.number, setting.standard_error),
        _share(setting.difference, setting.difference_error, points=True),
        _signed(setting.payoff_difference, setting.payoff_error),
    )


def _least(found: PlayerLevers, who: str) -> str:
    plain, least = found.plain, found.least
    if not found.clear:
        return f"Nothing that {who} can set changes the answer by more than its error."
    gain = _gain(least)
    return (
        f"The answer is lowest with {_setting(least)}: {_share(least.number, least.standard_error)} instead"
        f" of {_share(plain.number, plain.standard_error)}, {gain}."
    )


def _most(found: PlayerLevers) -> str:
    if not found.clear:
        return ""
    most = found.most
    if not most.levers:
        return "It is highest where nothing is set."
    return f"It is highest with {_setting(most)}: {_share(most.number, most.standard_error)}, {_gain(most)}."


def _gain(setting: Setting) -> str:
    change, error = setting.payoff_difference, numbers.half_width(setting.payoff_error) or 0.0
    if change is None:
        return "at a price that is not known"
    size = numbers.fixed(abs(change), numbers.decimals(error) if error else 3)
    if abs(change) <= error:
        return "at no price that can be told from nothing"
    return f"and gains {size} of payoff by it" if change > 0 else f"at a price of {size} in own payoff"


def _price(found: PlayerLevers) -> str:
    front = [s for s in found.joint if s.on_front]
    if len(front) < 2 or not found.clear:
        return ""
    return (
        f"Between these, {len(front)} settings cannot be bettered in both the answer and the player's payoff;"
        " the line joins them."
    )


def _setting(setting: Setting) -> str:
    parts = [f"{name} = {v if isinstance(v, str) else _value(v)}" for name, v in setting.levers.items()]
    return ", ".join(parts) or "nothing set"


def _share(value: float | None, error: float | None, *, points: bool = False) -> str:
    if value is None:
        return "no answer"
    half = numbers.half_width(error) or 0.0
    places = numbers.decimals(100 * half) if half else 1
    text = numbers.fixed(100 * value, places)
    if points and value > 0:
        text = f"+{text}"
    shown = text if points else f"{text}%"
    return f"{shown} ± {numbers.fixed(100 * half, places)}" if half else shown


def _signed(value: float | None, error: float | None) -> str:
    if value is None:
        return "none"
    half = numbers.half_width(error) or 0.0
    places = numbers.decimals(half) if half else 3
    text = numbers.fixed(value, places)
    text = f"+{text}" if value > 0 else text
    return f"{text} ± {numbers.fixed(half, places)}" if half else text
