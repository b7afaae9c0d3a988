"""Reading a game that is played again from plain data: `rounds`, and what outcomes do to its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from raison.model.fields import given
from raison.model.formula import Formula
from raison.model.nodes import GameFields
from raison.model.problem import Path
from raison.model.records import GRID_STEPS, Carried, Rounds

STATIONARY = "stationary"


class RoundFields(GameFields):
    """Readers for what makes a game one period of several."""

    def rounds(self, data: object, players: tuple[str, ...]) -> Rounds | None:
        """The section; None where the game is played once."""
        if data is None:
            return None
        path = ("rounds",)
        found = self.section(path, data, "rounds", "'rounds'")
        if found is None:
            return None
        horizon: int | None = None
        if "horizon" in found and found["horizon"] != STATIONARY:
            text = str(found["horizon"])
            if text.isdigit() and len(text) < 10:
                horizon = int(text)
            else:
                self.error(
                    (*path, "horizon"),
                    f"'horizon' is a number of periods or 'stationary'; got {given(found['horizon'])}.",
                )
        return Rounds(
            horizon=horizon,
            discount=self._discounts((*path, "discount"), found.get("discount"), players),
            state={
                name: self._carried(at, value, f"state '{name}'")
                for name, value, at in self.entries((*path, "state"), found.get("state"), "'state'")
            },
            terminal={
                player: self.formula(at, value, f"the terminal worth of {player}")
                for player, value, at in self.entries(
                    (*path, "terminal"), found.get("terminal"), "'terminal'"
                )
            },
            unit=self.optional((*path, "unit"), found, "unit", "'unit' of 'rounds'"),
        )

    def _discounts(self, path: Path, data: object, players: tuple[str, ...]) -> dict[str, Formula]:
        if data is None:
            return {}
        if isinstance(data, dict):
            return {
                player: self.formula(at, value, f"the discount of {player}")
                for player, value, at in self.entries(path, data, "'discount'")
            }
        formula = self.formula(path, data, "'discount'")
        return dict.fromkeys(players, formula)

    def _carried(self, path: Path, data: object, what: str) -> Carried:
        found = self.section(path, data, "state", what) or {}
        start = self.formula((*path, "start"), found.get("start", "0"), f"'start' of {what}")
        if ("grid" in found) == ("values" in found):
            if not any(where[: len(path)] == path for where in self.broken):
                self.error(path, f"{what} needs 'grid: [lowest, highest]' or 'values: [...]', one of them.")
            return Carried(start)
        if "values" in found:
            if "steps" in found:
                self.error(
                    (*path, "steps"), f"'steps' of {what} goes with 'grid', not with 'values'; delete it."
                )
            return Carried(start, values=self.numbers((*path, "values"), found["values"], what) or ())
        steps = self.steps(path, found, what)
        ends = self.ends((*path, "grid"), found["grid"], f"'grid' of {what}")
        return Carried(start, ends, GRID_STEPS if steps is None else steps)

    def next_states(self, data: object) -> dict[str, dict[str, Formula]]:
        """What each outcome makes of the state."""
        return {
            outcome: {
                state: self.formula(at, value, f"'{state}' in 'next' of outcome '{outcome}'")
                for state, value, at in self.entries(path, found["next"], f"'next' of outcome '{outcome}'")
            }
            for outcome, found, path in _outcomes(data, "next")
        }

    def endings(self, data: object) -> tuple[str, ...]:
        """The outcomes with which play ends."""
        return tuple(
            outcome
            for outcome, found, path in _outcomes(data, "ends")
            if self.truth(path, found["ends"], f"'ends' of outcome '{outcome}'")
        )

    def asked_state(self, path: Path, data: object, what: str) -> dict[str, float]:
        """The state that a question is about."""
        found: dict[str, float] = {}
        for name, value, at in self.entries(path, data, f"'state' of {what}"):
            number = self.number(at, value, f"'{name}' in 'state' of {what}")
            if number is not None:
                found[name] = number
        return found


def _outcomes(data: object, key: str) -> Iterator[tuple[str, Mapping[str, Any], Path]]:
    """The outcomes that have a key, and where it stands."""
    for name, value in (data if isinstance(data, dict) else {}).items():
        if isinstance(value, dict) and key in value:
            yield name, value, ("outcomes", name, key)
