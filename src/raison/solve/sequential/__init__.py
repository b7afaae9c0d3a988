"""Every sequential equilibrium of small games, in batch."""

from raison.solve.sequential.record import (
    KINDS,
    REASONS,
    SHAPES,
    SequentialEquilibria,
)
from raison.solve.sequential.refinements import passes_d1, passes_intuitive
from raison.solve.sequential.solver import solve_sequential

__all__ = [
    "KINDS",
    "REASONS",
    "SHAPES",
    "SequentialEquilibria",
    "passes_d1",
    "passes_intuitive",
    "solve_sequential",
]
