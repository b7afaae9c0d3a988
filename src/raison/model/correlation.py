"""Whether rank correlations can hold together: a Gaussian copula needs a positive definite matrix."""

from __future__ import annotations

import math
from operator import mul

from raison.model import uses
from raison.model.formula import KNOWN_FUNCTIONS, Formula
from raison.model.records import Distribution, Model
from raison.model.scope import Report

MAX_CORRELATED = 200  # parameters in one group; the matrix is factored in plain Python
SMALLEST_PIVOT = 1e-9  # below this the factor is rounding


def check_correlations(model: Model, report: Report) -> None:
    """Report correlations of what is not uncertain, pairs given twice, and matrices that cannot be."""
    if any(path[:1] == ("correlations",) for path in report.broken):
        return
    ranks: dict[tuple[str, str], float] = {}
    last: dict[str, int] = {}
    sound = True
    for index, correlation in enumerate(model.correlations):
        path = ("correlations", str(index))
        fault = _fault(model, correlation.among, correlation.rank, report)
        if fault is None and len(correlation.among) > MAX_CORRELATED:
            fault = f"a correlation has at most {MAX_CORRELATED} parameters; got {len(correlation.among)}."
        if fault is not None:
            report.error(path, fault)
            sound = False
            continue
        for i, one in enumerate(correlation.among):
            last[one] = index
            for other in correlation.among[:i]:
                pair = (min(one, other), max(one, other))
                if pair in ranks:
                    report.error(
                        path, f"the correlation of '{pair[0]}' and '{pair[1]}' is given twice; delete one."
                    )
                    sound = False
                ranks[pair] = correlation.rank
    if sound:
        _check_groups(ranks, last, report)


def _fault(model: Model, among: tuple[str, ...], rank: float, report: Report) -> str | None:
    if len(among) < 2:
        return f"a correlation needs at least two parameters; got {len(among)}."
    for name in among:
        if among.count(name) > 1:
            return f"the parameter '{name[:60]}' stands twice in one correlation; name different ones."
        if name not in model.parameters:
            if ("parameters", name) in report.broken or ("parameters",) in report.broken:
                continue
            hint = report.offer(name, model.parameters) or "; correlate parameters only."
            return f"the correlation names '{name[:60]}', which is not a parameter{hint}"
        if not _is_uncertain(model, name) and not report.touches(("parameters", name)):
            return f"the correlation names '{name}', which is fixed; give it a distribution or leave it out."
    if not -1 <= rank <= 1:
        return f"a rank correlation lies from -1 to 1; got {rank:g}."
    return None


def _is_uncertain(model: Model, name: str) -> bool:
    value = model.parameters[name].value
    if isinstance(value, Formula) and uses.mentioned(value) - set(KNOWN_FUNCTIONS):
        return True  # not a number either, which is reported where it stands
    replaced = [premise.without.get(name) for premise in model.premises.values()]
    return any(isinstance(each, Distribution) for each in (value, *replaced))


def _check_groups(ranks: dict[tuple[str, str], float], last: dict[str, int], report: Report) -> None:
    linked: dict[str, set[str]] = {}
    for one, other in ranks:
        linked.setdefault(one, set()).add(other)
        linked.setdefault(other, set()).add(one)
    seen: set[str] = set()
    for name in linked:
        if name in seen:
            continue
        group = sorted(uses.reach(linked, [name]), key=list(linked).index)
        seen.update(group)
        path = ("correlations", str(max(last[member] for member in group)))
        if len(group) > MAX_CORRELATED:
            report.error(
                path, f"at most {MAX_CORRELATED} parameters can be correlated together; got {len(group)}."
            )
        elif not is_positive_definite(matrix(group, ranks)):
            report.error(
                path,
                f"the correlations of {', '.join(group[:8])} cannot hold together: their matrix is not "
                "positive definite. Bring the ranks nearer to 0.",
            )


def matrix(names: list[str], ranks: dict[tuple[str, str], float]) -> list[list[float]]:
    """Pearson correlations of the Gaussian copula: 2 sin(pi r / 6) for Spearman's r (Pearson 1907)."""

    def entry(one: str, other: str) -> float:
        if one == other:
            return 1.0
        return 2 * math.sin(math.pi * ranks.get((min(one, other), max(one, other)), 0.0) / 6)

    return [[entry(one, other) for other in names] for one in names]


def is_positive_definite(rows: list[list[float]]) -> bool:
    """Whether a Cholesky factor exists, with every pivot above rounding."""
    factor: list[list[float]] = []
    for i, row in enumerate(rows):
        line: list[float] = []
        for j in range(i):
            line.append((row[j] - sum(map(mul, line, factor[j]))) / factor[j][j])
        pivot = row[i] - sum(map(mul, line, line))
        if pivot < SMALLEST_PIVOT:
            return False
        factor.append([*line, math.sqrt(pivot)])
    return True
