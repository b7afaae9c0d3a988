"""What the other players can do about an answer, and its price."""

from __future__ import annotations

from dataclasses import dataclass

from raison.challenge.findings import PlayerLevers, Setting
from raison.model.records import Model, Question
from raison.show import numbers, plots, words
from raison.show.challenged.section import Section, Table, listed, share, signed, title, value
from raison.show.plots import Dot
from raison.show.text import one_line, quoted

_TAIL = 0.025  # probability beyond either end of a 95% interval


def section(model: Model, found: PlayerLevers, several: bool) -> Section:
    """What one player can do about one answer."""
    shown = [
        s for s in (found.plain, *found.joint) if s.number is not None and s.payoff_difference is not None
    ]
    dots = [
        Dot(s.number or 0.0, s.payoff_difference or 0.0, _setting(s), s.on_front, "" if s.levers else "plain")
        for s in shown
    ]
    tried = [s for settings in found.curves.values() for s in settings]
    front = [s for s in found.joint if s.on_front and len(s.levers) > 1]
    told = _Words(_question(model, found.question), found.draws, words.player(model, found.player))
    rows = [_setting_row(told, s) for s in (found.plain, *tried, *front)]
    return Section(
        anchor=f"levers-{list(model.levers).index(found.player)}",
        title=title(f"{words.player_title(model, found.player)}: levers", found.question, several),
        sentences=(_least(found, told), _most(found, told), _price(found)),
        picture=plots.plane(
            dots, "how often it is so" if told.is_share else "the answer", f"payoff of {found.player}, change"
        )
        if dots
        else None,
        legend=(("front", "no setting is better in both"), ("plain", "nothing set")),
        table=Table(
            ("setting", "answer", "change, points" if told.is_share else "change", "own payoff, change"),
            tuple(rows),
            "<>>>",
        ),
    )


def _question(model: Model, label: str) -> Question:
    return next(question for question in model.questions if question.label == label)


@dataclass(frozen=True, slots=True)
class _Words:
    """How one question's answers are written.

    Attributes:
        question: The question.
        draws: Each setting was asked on.
        who: The player.
    """

    question: Question
    draws: int
    who: str

    @property
    def is_share(self) -> bool:
        """Whether the answer is a share, else an amount."""
        return self.question.kind != "amount" or self.question.above is not None

    def answer(self, setting: Setting) -> str:
        """The answer with its error; of none or all of the draws, what the true share may be."""
        if not self.is_share:
            return numbers.with_error(setting.number or 0.0, setting.standard_error)
        text = share(setting.number, setting.standard_error)
        if setting.number not in (0.0, 1.0):
            return text
        most = 1 - _TAIL ** (1 / self.draws)  # Clopper-Pearson
        if setting.number == 0.0:
            return f"0% (at most {numbers.percent(most, most)})"
        return f"100% (at least {numbers.percent(1 - most, most)})"

    def change(self, setting: Setting) -> str:
        """How far the answer is from that where nothing is set."""
        if self.is_share:
            return share(setting.difference, setting.difference_error, points=True)
        return signed(setting.difference, setting.difference_error)

    def result(self, setting: Setting) -> str:
        """What comes of a setting: the answer, and what it costs."""
        text = self.answer(setting)
        if self.is_share and self.question.kind == "move" and self.question.above is None:
            told = f"{quoted(self.question.move or '')} pays in {text} of the draws"
        else:
            told = f"the answer is {text}"
        return f"{told}, {_gain(setting)}"


def _setting_row(words_of: _Words, setting: Setting) -> tuple[str, ...]:
    return (
        _setting(setting),
        words_of.answer(setting),
        words_of.change(setting),
        signed(setting.payoff_difference, setting.payoff_error),
    )


def _least(found: PlayerLevers, told: _Words) -> str:
    if not found.clear:
        return f"Nothing that {told.who} can set changes the answer by more than its error."
    if not found.least.levers:
        return f"The answer is lowest where nothing is set: {told.answer(found.plain)}."
    return (
        f"The answer is lowest with {_done(found.least)}: {told.result(found.least)}. Where nothing is set"
        f" it is {told.answer(found.plain)}."
    )


def _most(found: PlayerLevers, told: _Words) -> str:
    if not found.clear:
        return ""
    if not found.most.levers:
        return "It is highest where nothing is set."
    return f"It is highest with {_done(found.most)}: {told.result(found.most)}."


def _done(setting: Setting) -> str:
    """`“none” at “reply”, announced and binding, and answer_cost set to 0`."""
    bound = [f"{quoted(v)} at {quoted(n)}" for n, v in setting.levers.items() if isinstance(v, str)]
    held = [f"{one_line(n)} set to {value(v)}" for n, v in setting.levers.items() if not isinstance(v, str)]
    parts = [f"{listed(bound)}, announced and binding"] if bound else []
    parts += [listed(held)] if held else []
    return ", and ".join(parts)


def _gain(setting: Setting) -> str:
    change, half = setting.payoff_difference, numbers.half_width(setting.payoff_error) or 0.0
    if change is None:
        return "at a price that is not known"
    if abs(change) <= half:
        return "at no price that can be told from nothing"
    size = numbers.with_error(abs(change), setting.payoff_error)
    return (
        f"and the player's own payoff is {size} higher"
        if change > 0
        else f"at a price of {size} in the player's own payoff"
    )


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
