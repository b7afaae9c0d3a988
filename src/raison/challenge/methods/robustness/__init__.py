"""How far a verdict moves if the stated distributions are wrong.

Three questions, from the most general to the most particular:

* within a radius. Any joint distribution Q whose distance from the stated P is at most r. For a share
  p = P(A) only q = Q(A) matters, and the extreme Q tilts the odds of A: the bounds are the two q with

      KL(q, p) = q log(q / p) + (1 - q) log((1 - q) / (1 - p)) = r,

  or p - r and p + r for total variation. For the mean of an amount Y the extreme Q has the density
  exp(t Y) / E exp(t Y), and t solves t m(t) - K(t) = r with K(t) = log E exp(t Y), m = K'.
* other shapes. One parameter at a time gets another shape on the same support, by importance weights.
* at its worst. One parameter at a time is held where the verdict is lowest and highest.

KL is in nats, of Q from P.

Source: Csiszar (1975), section 3, for the tilted extreme; Hansen and Sargent (2001, 2008) and Glasserman and
    Xu (2014), "Robust risk measurement and model risk", Quantitative Finance 14, sections 2 and 3; McCulloch
    (1989), "Local model influence", Journal of the American Statistical Association 84, section 2, for the
    coin; Kish (1965) for the effective sample size.
"""

from __future__ import annotations

from raison.challenge.methods.robustness.checks import Booleans, Floats
from raison.challenge.methods.robustness.divergence import Distance, Scale, bernoulli_divergence, scale
from raison.challenge.methods.robustness.mean import mean_crossing, mean_range
from raison.challenge.methods.robustness.records import Crossing, Range
from raison.challenge.methods.robustness.shapes import FEWEST_EFFECTIVE, SHAPES, Reweighted, Shape, reweighted
from raison.challenge.methods.robustness.share import share_bounds, share_crossing, share_range
from raison.challenge.methods.robustness.worst import Extremes, worst

__all__ = [
    "FEWEST_EFFECTIVE",
    "SHAPES",
    "Booleans",
    "Crossing",
    "Distance",
    "Extremes",
    "Floats",
    "Range",
    "Reweighted",
    "Scale",
    "Shape",
    "bernoulli_divergence",
    "mean_crossing",
    "mean_range",
    "reweighted",
    "scale",
    "share_bounds",
    "share_crossing",
    "share_range",
    "worst",
]
