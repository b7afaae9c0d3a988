"""What is wrong with a model, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Path = tuple[str, ...]
"""Where in a model something stands: the keys from the top, as in `("outcomes", "war", "defender")`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault, with one cause.

    Attributes:
        message: A sentence: what is needed, what was given, what to do.
        path: Keys from the top of the model to the place; empty for the whole model.
        severity: A model with an `error` cannot be solved; a `warning` only tells.
        file: Name of the file, or None for a model made in Python.
        line: Line in the file from 1, or None.
    """

    message: str
    path: Path = ()
    severity: Literal["error", "warning"] = "error"
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """As a line: `crisis.yaml:31: outcome 'war' gives defender no payoff; add 'defender: <formula>'.`."""
        if self.file is not None and self.line is not None:
            where = f"{self.file}:{self.line}: "
        elif self.file is not None:
            where = f"{self.file}: "
        else:
            where = ".".join(self.path) + ": " if self.path else ""
        return f"{where}{'warning: ' if self.severity == 'warning' else ''}{self.message}"


MAX_PROBLEMS = 200  # of one file; whoever has more will not read them, and each costs time


class TooManyProblemsError(Exception):
    """There are `MAX_PROBLEMS` problems; what follows is not looked at."""


class ModelError(ValueError):
    """A model that cannot be used; `problems` says why, all at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))
