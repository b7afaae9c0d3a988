"""raison tells whether a move is rational: for whom, in what share of what we do not know, and why.

Names are loaded when they are first used, so that `import raison` is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raison.api import InterruptedRunError, Model, ResumeError, Run, Solution, compare, gallery, load
    from raison.model.problem import ModelError

__version__ = "0.1.0"

_WHERE = {
    "InterruptedRunError": "raison.run.run",
    "ModelError": "raison.model.problem",
    "ResumeError": "raison.run.checkpoint",
}

__all__ = [
    "InterruptedRunError",
    "Model",
    "ModelError",
    "ResumeError",
    "Run",
    "Solution",
    "__version__",
    "compare",
    "gallery",
    "load",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'raison' has no attribute '{name}'")
    return getattr(importlib.import_module(_WHERE.get(name, "raison.api")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
