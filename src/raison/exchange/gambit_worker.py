"""One of Gambit's solvers in a process that can be stopped: a task on stdin, profiles on stdout."""

from __future__ import annotations

import importlib
import io
import json
import sys
import warnings
from typing import Any


def solve(task: dict[str, Any]) -> list[list[list[str]]]:
    """Solve one game.

    Args:
        task: `efg`: the file's text; `solver`: a function of `pygambit.nash`; `options`: its arguments;
            `ways`: for each information set the moves that lead to it, None at chance; `moves`: those at it.

    Returns:
        For each equilibrium and information set the probabilities of its moves, as text that keeps ratios.
    """
    warnings.simplefilter("ignore")
    gambit = importlib.import_module("pygambit")
    game = gambit.read_efg(io.BytesIO(task["efg"].encode()))
    result = getattr(gambit.nash, task["solver"])(game, **task["options"])
    profiles = result.equilibria if hasattr(result, "equilibria") else [result.equilibrium]
    found: list[list[list[str]]] = []
    for profile in profiles:
        if profile is None:
            continue
        behavior = profile.as_behavior() if hasattr(profile, "as_behavior") else profile
        found.append([])
        for way, moves in zip(task["ways"], task["moves"], strict=True):
            action = None if way is None else behavior[gambit.H.path(*way)]
            found[-1].append([] if action is None else [str(action[move]) for move in moves])
    return found


if __name__ == "__main__":
    json.dump(solve(json.load(sys.stdin)), sys.stdout)
