"""The patient rule induction method: boxes in which cases are dense, found by cutting off a little at a time.

Starting from everything, a *peel* takes off a small share `alpha` of the draws at one end of one column, or
one value of a categorical column. Of all peels, the one is made with the largest

    (density after - density before) / draws taken off,

until only cases are left or too few draws. Then *pasting* puts back a little at a limit as long as that makes
the box denser. The boxes passed on the way are the trajectory, from all cases at low density to few cases at
high density; which of them to report is a choice, made by `choose_box`.

Peeling sees one column at a time and gets stuck between two dense parts (Polonik and Wang 2010). Where the
asked density is not reached from everything, peeling starts again from the leaves of a classification tree;
Dazard and Rao (2010) always start from such parts.

Only the order of numbers counts: a column may be replaced by any increasing function of it.

Source: Friedman and Fisher (1999), "Bump hunting in high-dimensional data", Statistics and Computing 9,
123-143. Where peels differ in size, as for few values or categories, the density alone favours large ones;
gain per draw taken off does not. It is the default of the EMA Workbench (Kwakkel and Jaxa-Rozen 2016), which
stops at the first peel without a gain.
"""

from __future__ import annotations

from raison.challenge.methods.prim.path import ALPHA, MASS_MIN, Choice, Trajectory
from raison.challenge.methods.prim.search import choose_box, drop_chance_limits, find_boxes, find_trajectory

__all__ = [
    "ALPHA",
    "MASS_MIN",
    "Choice",
    "Trajectory",
    "choose_box",
    "drop_chance_limits",
    "find_boxes",
    "find_trajectory",
]
