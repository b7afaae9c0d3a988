"""What challenges a verdict, in words, with a picture and a table each: the same for terminal and report."""

from __future__ import annotations

from collections.abc import Sequence

from raison.challenge.findings import Challenge, FlipAt, Flipping, PlayerLevers, Setting, Tipping
from raison.model.records import Model
from raison.show import numbers, plots, words
from raison.show.challenged import doubt, information, premises, sensitivity, where
from raison.show.challenged.section import Section, Table, share, signed, title, value
from raison.show.plots import BarRow, Dot, Span
from raison.show.text import quoted

_MOST_ROWS = 12  # of a picture
_MOST_NAMED = 3  # parameters that a sentence names


def sections(model: Model, found: Challenge) -> tuple[Section, ...]:
    """Every analysis that was done, in the order in which a reader needs them."""
    several = len(found.questions) > 1
    made = [
        *(premises.section(one, several) for one in found.together),
        *(where.section(one, several) for one in found.where),
        *(_tipping(tipping, several) for tipping in found.tipping),
        *(_levers(model, levers, several) for levers in found.levers),
        *sensitivity.sections(found.sensitivity, several),
        *([] if found.failing is None else [sensitivity.failing_section(found.failing)]),
        *(information.section(model, one, several) for one in found.information),
        *(part for one in found.robustness for part in doubt.sections(one, several)),
        *(doubt.rare_section(one, several) for one in found.rare),
    ]
    return tuple(made)


def left_out(found: Challenge) -> str:
    """What was not done, in one sentence; empty where all was."""
    return f"Not done: {'; '.join(found.left_out)}." if found.left_out else ""


# --- tipping points ---


def _tipping(found: Tipping, several: bool) -> Section:
    flips = [flipping for flipping in found.parameters if flipping.nearest is not None]
    rows = [
        (f.parameter, value(f.centre), _places(f.flips), _margins(f.smallest_margin, f.largest_margin))
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
        sentences=(_at_the_centre(found), _alone(found, flips), *_from_the_medians(found)),
        picture=picture if flips else None,
        legend=(("yes", "the answer is yes"), ("no", "the answer is no")) if flips else (),
        table=Table(("parameter", "centre", "flips at", "margin on the way"), tuple(rows), "<>><"),
    )


def _at_the_centre(found: Tipping) -> str:
    if found.yes is None:
        return "With every parameter at its central value there is no answer."
    answer = "yes" if found.yes else "no"
    return f"With every parameter at its central value the answer is {answer} (margin {value(found.margin)})."


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
    return f"{flipping.parameter} {side} {value(flip.value)}"


def _from_the_medians(found: Tipping) -> tuple[str, ...]:
    if found.reach is None:
        return ()
    near = found.nearest
    if near is None:
        return (f"No flip was found within {found.reach:g} standard deviations of the medians.",)
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
        title=title(f"{words.player_title(model, found.player)}: levers", found.question, several),
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
        share(setting.number, setting.standard_error),
        share(setting.difference, setting.difference_error, points=True),
        signed(setting.payoff_difference, setting.payoff_error),
    )


def _least(found: PlayerLevers, who: str) -> str:
    plain, least = found.plain, found.least
    if not found.clear:
        return f"Nothing that {who} can set changes the answer by more than its error."
    gain = _gain(least)
    return (
        f"The answer is lowest with {_setting(least)}: {share(least.number, least.standard_error)} instead"
        f" of {share(plain.number, plain.standard_error)}, {gain}."
    )


def _most(found: PlayerLevers) -> str:
    if not found.clear:
        return ""
    most = found.most
    if not most.levers:
        return "It is highest where nothing is set."
    return f"It is highest with {_setting(most)}: {share(most.number, most.standard_error)}, {_gain(most)}."


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
    parts = [f"{name} = {v if isinstance(v, str) else value(v)}" for name, v in setting.levers.items()]
    return ", ".join(parts) or "nothing set"
