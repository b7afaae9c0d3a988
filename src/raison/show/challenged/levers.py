"""What the other players can do about an answer, and its price."""

from __future__ import annotations

from raison.challenge.findings import PlayerLevers, Setting
from raison.model.records import Model
from raison.show import numbers, plots, words
from raison.show.challenged.section import Section, Table, share, signed, title, value
from raison.show.plots import Dot


def section(model: Model, found: PlayerLevers, several: bool) -> Section:
    """What one player can do about one answer."""
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
