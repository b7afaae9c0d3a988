"""PRIM's first box on 100,000 draws of 10 parameters, beside the EMA Workbench's; a tree.

Of draws in a planted box 90% are cases, of others 5%. Compared are coverage and density of the box that is
chosen from either trajectory for an asked density.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np

from benchmarks.common import Report, Target, side_by_side

DRAWS, COLUMNS = 100_000, 10
ASKED = 0.85
ROUNDS = 5
WITHIN = 0.01
OURS, PEER = "PRIM, first box of 100,000 x 10", "EMA Workbench, Prim.find_box"
WITH_P = "the same with the quasi-p-values of all boxes"  # which the peer works out on the way
TREE, PEER_TREE = "CART of depth 3, 100,000 x 10", "scikit-learn, DecisionTreeClassifier"


def run() -> Report:
    """Measure it."""
    report = Report("Regions: boxes by PRIM, a tree")
    x, y = _planted()
    _boxes(report, x, y)
    _tree(report, x, y)
    return report


def _planted() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.random((COLUMNS, DRAWS))
    inside = (x[0] > 0.4) & (x[1] < 0.5) & (x[2] > 0.3)
    return x, (rng.random(DRAWS) < np.where(inside, 0.9, 0.05)).astype(np.float64)


def _boxes(report: Report, x: np.ndarray, y: np.ndarray) -> None:
    import pandas

    from raison.challenge.methods.boxes import quasi_p_values
    from raison.challenge.methods.prim import choose_box, find_trajectory

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis.prim import Prim
    logging.getLogger("EMA").setLevel(logging.ERROR)
    table, cases = pandas.DataFrame({f"x{j}": x[j] for j in range(COLUMNS)}), y.astype(int)
    search = lambda: find_trajectory(x, y, ("continuous",) * COLUMNS)
    peer_search = lambda: Prim(table, cases, threshold=0.1).find_box()
    ours, steps = search(), peer_search().peeling_trajectory
    tested = lambda: [quasi_p_values(box, x, y) for box in search().boxes]
    report.add_times(side_by_side({OURS: search, WITH_P: tested, PEER: peer_search}, ROUNDS))
    for name in (OURS, WITH_P):
        report.targets.append(Target(f"{name}: times", report.time_of(PEER) / report.time_of(name), 5))
    index, _ = choose_box(ours, ASKED)
    best = steps[steps["density"] >= ASKED].sort_values("coverage").iloc[-1]
    for name, value in (("coverage", ours.coverage[index]), ("density", ours.density[index])):
        gap = abs(float(value - best[name]))
        report.targets.append(Target(f"{name} at density {ASKED}: distance", gap, WITHIN, most=True))
    report.notes.append(
        f"At density {ASKED}: coverage {ours.coverage[index]:.3f}, peer {best['coverage']:.3f}."
    )


def _tree(report: Report, x: np.ndarray, y: np.ndarray) -> None:
    from sklearn.tree import DecisionTreeClassifier

    from raison.challenge.methods.cart import grow_tree

    rows = np.ascontiguousarray(x.T, dtype=np.float32)  # the layout and the precision that the peer works in
    peer: Any = lambda: DecisionTreeClassifier(max_depth=3, min_samples_leaf=0.05).fit(rows, y)
    own = lambda: grow_tree(x, y, ("continuous",) * COLUMNS, max_depth=3, min_leaf=0.05)
    report.add_times(side_by_side({TREE: own, PEER_TREE: peer}, ROUNDS))
