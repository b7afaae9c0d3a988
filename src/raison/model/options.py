"""What is wrong with a model whose solution was given by options and not by its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from raison.model.problem import Problem


def named(
    problems: Sequence[Problem], options: Mapping[str, str], before: Sequence[Problem]
) -> tuple[Problem, ...]:
    """Problems of a model that was written anew, each with the place where its user finds the cause.

    Args:
        problems: Of the text written anew, whose lines nobody sees.
        options: Values of the options given, by name, at least one.
        before: Problems of the model's own file; those that remain keep their lines.

    Returns:
        Each; one that the file does not have stands at an option, `--refinement d1`: the one it is about,
        or else all that were given. What an option leaves unused in the file is no fault of the file.
    """
    known = {(problem.path, problem.message): problem for problem in before}
    found = [(known.get((p.path, p.message)), p) for p in problems]
    return tuple(old or _of_option(p, options) for old, p in found if old or not _is_idle(p))


def _is_idle(problem: Problem) -> bool:
    """Whether it warns that something of the file is not used, which an option took the place of."""
    return problem.severity == "warning" and problem.path[:1] != ("solution",)


def _of_option(problem: Problem, options: Mapping[str, str]) -> Problem:
    causes = [name for name in options if problem.path[:2] == ("solution", name)] or list(options)
    where = " ".join(f"--{name} {options[name]}" for name in causes)
    return replace(problem, file=where, line=None)
