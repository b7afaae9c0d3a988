"""Rival models on the same draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from raison.api.model import SEED, Model

if TYPE_CHECKING:
    from raison.challenge.compare import Rivals

DRAWS = 65_536
"""Draws on which rival models are compared, where the call does not say how many."""


def compare(models: Sequence[Model], draws: int = DRAWS, seed: int = SEED) -> Rivals:
    """Ask rival models the same questions on the same draws.

    Args:
        models: At least two that have a question in common, by name or by node and move.
        draws: At least 32; rounded up to a multiple of 16.
        seed: Of the design; 0 is a seed.

    Raises:
        ValueError: an argument is wrong, or there is no common question.
    """
    from raison.challenge import compare as challenge
    from raison.program.engine import configure
    from raison.run.plan import make_plan

    configure()
    names = [model.name for model in models]
    plans = {
        name if names.count(name) == 1 else f"{name} ({number})": make_plan(
            model.record, model.sha256, draws=draws, seed=seed, design="sobol", removals=()
        )
        for number, (name, model) in enumerate(zip(names, models, strict=True), start=1)
    }
    return challenge.compare(plans, draws, seed)
