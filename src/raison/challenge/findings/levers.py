"""What players can do about an answer."""

from __future__ import annotations

from raison.answer.records import Record


class Setting(Record):
    """Levers set by one player, and what comes of it, on the draws that are answered with it and without.

    Attributes:
        levers: By lever, the value or the move that it is set to; a lever that is left alone is not there.
        number: Mean of the question's number.
        standard_error: Of `number`.
        difference: `number` less that of the plain solution on the same draws.
        difference_error: Its standard error, paired.
        payoff: What the player expects of the game less the cost of the levers.
        payoff_difference: `payoff` less that of the plain solution.
        payoff_error: Standard error of `payoff_difference`, paired.
        failed: Share of the draws that fail at the setting.
        on_front: No other setting has a lower number and as high a payoff, or a higher payoff and as low a
            number: the price of each step towards less of the move.
    """

    levers: dict[str, float | str]
    number: float | None
    standard_error: float | None
    difference: float | None
    difference_error: float | None
    payoff: float | None
    payoff_difference: float | None
    payoff_error: float | None
    failed: float
    on_front: bool = False


class PlayerLevers(Record):
    """What one player can do about one question.

    Attributes:
        question: Its name.
        player: Whose levers.
        plain: Nothing set.
        curves: By lever, settings of it alone: values of a range in order, or the moves.
        joint: Settings of all his levers together, where there are several; else those of the one.
        least: Where the number is smallest, in `joint`.
        most: Where it is largest.
        clear: The number at `least` and at `most` differs by more than twice its error.
        draws: How many each setting was asked on.
    """

    question: str
    player: str
    plain: Setting
    curves: dict[str, tuple[Setting, ...]]
    joint: tuple[Setting, ...]
    least: Setting
    most: Setting
    clear: bool
    draws: int
