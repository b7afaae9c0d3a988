"""The equilibria of a game at a point, as tables for a terminal and as plain data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raison.model.records import Spread
from raison.program.program import Program
from raison.show import numbers
from raison.show.solution import short
from raison.show.terminal import INDENT, Writer, make_console
from raison.solve.listed import Equilibria, Equilibrium, Range, SetPlay

if TYPE_CHECKING:
    from rich.console import Console

NEGLIGIBLE = 1e-12
"""A gain up to this is rounding and printed as 0."""


def equilibria_dict(found: Equilibria) -> dict[str, Any]:
    """The list as plain data; fractions are text.

    Args:
        found: The equilibria at one point.
    """
    return {
        "concept": found.concept,
        "status": found.status,
        "complete": found.is_complete,
        "degenerate": found.is_degenerate,
        "exact": found.is_exact,
        "equilibria": [_equilibrium_dict(equilibrium) for equilibrium in found.equilibria],
    }


def _equilibrium_dict(equilibrium: Equilibrium) -> dict[str, Any]:
    return {
        "played": equilibrium.is_played,
        "pure": equilibrium.is_pure,
        "continuum": equilibrium.is_continuum,
        "others": list(equilibrium.others),
        "shape": equilibrium.shape,
        "weak": equilibrium.is_weak,
        "intuitive": equilibrium.passes_intuitive,
        "d1": equilibrium.passes_d1,
        "gain": equilibrium.gain,
        "value": dict(equilibrium.value),
        "information_sets": [
            {
                "node": place.node,
                "player": place.player,
                "seen": dict(place.seen),
                "reached": place.reached,
                "excluded": place.excluded,
                "probability": {move: _range_dict(room) for move, room in place.probability.items()},
                "exact": None if place.exact is None else {m: str(p) for m, p in place.exact.items()},
                "belief": [
                    {"hidden": dict(hidden), "probability": _range_dict(room)}
                    for hidden, room in place.belief
                ],
            }
            for place in equilibrium.sets
        ],
    }


def _range_dict(room: Range) -> dict[str, float]:
    return {"central": room.central, "low": room.low, "high": room.high}


def print_equilibria(
    lists: Sequence[Equilibria], program: Program, *, console: Console | None = None
) -> None:
    """Prints the equilibria of each point.

    Args:
        lists: One for each point.
        program: What was solved.
        console: Where to; None for standard output.
    """
    writer = Writer(make_console() if console is None else console)
    for point, found in enumerate(lists):
        where = f" at point {point + 1}" if len(lists) > 1 else ""
        kind = "Nash" if found.concept == "nash" else "Sequential"
        exactly = ", in exact arithmetic" if found.is_exact else ""
        writer.heading(f"{kind} equilibria{where} ({len(found.equilibria)} listed{exactly})")
        writer.text(found.status, "" if found.is_complete else "yellow", indent=INDENT)
        if found.equilibria and not any(equilibrium.is_played for equilibrium in found.equilibria):
            writer.text("The equilibrium that is played is not in the list.", indent=INDENT)
        for number, equilibrium in enumerate(found.equilibria):
            _print_one(writer, program, number, equilibrium)


def _print_one(writer: Writer, program: Program, number: int, equilibrium: Equilibrium) -> None:
    writer.blank()
    writer.text(f"{number + 1}  {', '.join(_marks(equilibrium))}", "bold", indent=INDENT)
    rows = [("node", "sees", "does", "thinks", "reached")]
    for place in equilibrium.sets:
        seen = ", ".join(_result(program, result) for result in place.seen)
        thought = [
            f"{' '.join(_result(program, result) for result in hidden)} {_room(room)}"
            for hidden, room in place.belief
        ]
        rows.append((place.node, seen, _done(place), ", ".join(thought), short(place.reached)))
    writer.table(rows, aligned="<<<<>", longest=LONGEST_CELL)
    pays = ", ".join(f"{player} {short(value)}" for player, value in equilibrium.value.items())
    gain = equilibrium.gain if equilibrium.gain > NEGLIGIBLE else 0.0
    writer.text(f"pays {pays}; largest gain from deviating {short(gain)}", indent=INDENT)


def _result(program: Program, result: tuple[str, str]) -> str:
    """A result by its label; an amount that nature drew with the name of what was drawn."""
    name, label = result
    drawn = name not in program.model.game or isinstance(program.model.game[name], Spread)
    return f"{name}={label}" if drawn else label


LONGEST_CELL = 60
"""Letters of a cell, which may name several moves or histories."""


def _marks(equilibrium: Equilibrium) -> list[str]:
    found = ["pure" if equilibrium.is_pure else "mixed"]
    if equilibrium.shape:
        found.append(equilibrium.shape)
    if equilibrium.others:
        others = " and ".join(str(other + 1) for other in equilibrium.others)
        found.append(f"end of a continuum with {others}")
    elif equilibrium.is_continuum:
        found.append("a continuum, with the ends of each probability")
    if equilibrium.is_weak:
        found.append("perfect Bayesian, maybe not sequential")
    for name, passes in (
        ("the intuitive criterion", equilibrium.passes_intuitive),
        ("D1", equilibrium.passes_d1),
    ):
        if passes is not None:
            found.append(f"{'passes' if passes else 'fails'} {name}")
    if equilibrium.is_played:
        found.append("played")
    return found


def _done(place: SetPlay) -> str:
    if place.excluded:
        return "anything: his own moves exclude it"
    shares = [
        f"{move} {place.exact[move] if place.exact is not None else _room(room)}"
        for move, room in place.probability.items()
        if room.high > 0 or len(place.probability) == 1
    ]
    return ", ".join(shares)


def _room(room: Range) -> str:
    if numbers.significant(room.low, 6) == numbers.significant(room.high, 6):
        return short(room.central)
    return f"{short(room.low)} to {short(room.high)}"
