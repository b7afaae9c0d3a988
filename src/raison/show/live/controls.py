"""What a reader can move: a control for each parameter, premise and commitment."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from raison.model.records import Distribution, Lever, Model, branches
from raison.program.program import Program
from raison.show.live.draws import Floats, constants
from raison.show.text import one_line

BOUNDED = frozenset({"uniform", "triangular", "pert", "beta", "quantiles"})
ABOUT = 240  # letters of what a parameter says of itself


def parameter_controls(
    model: Model, values: Mapping[str, Floats], central: Mapping[str, float], idle: Set[str]
) -> list[dict[str, Any]]:
    """A control for each parameter, in the file's order.

    Args:
        model: The model.
        values: Of each parameter that differs between draws, its values (codes of names).
        central: Of each parameter.
        idle: Parameters on which nothing depends; they have no range.
    """
    return [
        _parameter(
            model, name, values.get(name), central[name], None if name in idle else _lever(model, name)
        )
        | ({"idle": True, "range": None} if name in idle else {})
        for name in model.parameters
    ]


def _lever(model: Model, name: str) -> tuple[int, Lever] | None:
    for player, levers in model.levers.items():
        if name in levers:
            return list(model.players).index(player), levers[name]
    return None


def _parameter(
    model: Model, name: str, values: Floats | None, central: float, lever: tuple[int, Lever] | None
) -> dict[str, Any]:
    parameter = model.parameters[name]
    definition = parameter.value
    control: dict[str, Any] = {
        "name": one_line(name),
        "unit": one_line(parameter.unit or ""),
        "about": _cut(one_line(parameter.about or "")),
        "central": central,
        "text": one_line(definition.text),
        "cost": "" if lever is None or lever[1].cost is None else one_line(lever[1].cost.text),
        "drawn": isinstance(definition, Distribution),
        "lever": None if lever is None else lever[0],
        "options": _options(definition, None if lever is None else lever[1]),
        "range": None,
        "idle": False,
    }
    if not control["options"]:
        control["range"] = _range(definition, values, central, None if lever is None else lever[1])
    return control


def _cut(about: str) -> str:
    return about if len(about) <= ABOUT else about[: ABOUT - 1].rstrip() + "…"


def _options(definition: Any, lever: Lever | None) -> list[list[Any]]:
    """The values to choose from, each with what it is called; empty where they are a range."""
    if isinstance(definition, Distribution) and definition.kind == "choice":
        try:
            numbers = constants(definition)[0::2]
        except KeyError:
            return []
        labels = definition.names or tuple(f"{number:g}" for number in numbers)
        return [[number, one_line(label)] for number, label in zip(numbers, labels, strict=True)]
    if lever is not None and lever.values is not None:
        return [[float(value), f"{value:g}"] for value in lever.values]
    return []


def _range(definition: Any, values: Floats | None, central: float, lever: Lever | None) -> list[float] | None:
    """From where to where a slider goes; None for a fixed number that nobody sets."""
    ends: list[float] = []
    if isinstance(definition, Distribution):
        try:
            given = constants(definition)
        except KeyError:
            given = []
        if given and definition.kind in BOUNDED:
            ends += {
                "beta": [0.0, 1.0],
                "quantiles": [given[1], given[-1]],
            }.get(definition.kind, [given[0], given[-1]])
        elif values is not None:
            ends += [float(value) for value in np.quantile(values, (0.001, 0.999))]
    elif values is not None and values.min() < values.max():
        ends += [float(values.min()), float(values.max())]
    if lever is not None and lever.range is not None:
        ends += lever.range
    if not ends:
        return None
    low, high = min(*ends, central), max(*ends, central)
    return [low, high] if low < high else None


def commitments(model: Model) -> list[dict[str, Any]]:
    """The nodes at which a player can bind himself."""
    found: list[dict[str, Any]] = []
    for player, levers in model.levers.items():
        for name, lever in levers.items():
            if lever.commit is not None and name in model.game:
                moves = list(branches(model.game[name]))
                found.append(
                    {
                        "player": list(model.players).index(player),
                        "node": list(model.game).index(name),
                        "moves": [moves.index(move) for move in lever.commit],
                    }
                )
    return found


def premise_controls(program: Program) -> list[dict[str, Any]]:
    """A switch for each premise; `switch` is -1 where its removal would take another program."""
    model, switches = program.model, program.switches
    return [
        {
            "name": one_line(name),
            "says": one_line(premise.says),
            "unstated": premise.unstated,
            "switch": switches.numeric.index(name) if name in switches.numeric else -1,
        }
        for name, premise in model.premises.items()
    ]


def set_controls(model: Model) -> list[dict[str, Any]]:
    """The named sets of premises that are removed together."""
    names = list(model.premises)
    return [
        {
            "name": one_line(name),
            "says": one_line(group.says),
            "members": [names.index(p) for p in group.premises],
        }
        for name, group in model.sets.items()
    ]
