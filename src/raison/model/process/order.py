"""What depends on what within one time step of a process."""

from __future__ import annotations

from raison.model import uses
from raison.model.formula import names
from raison.model.process.records import Process


def step_graph(process: Process) -> dict[str, set[str]]:
    """For each quantity and flow what has to be known before it, in the same step.

    The actual rate of a flow needs the wished rates of everything that leaves the same stock, since the stock
    caps them together. Stocks and delays stand for what is in them, and need nothing.
    """
    edges = {name: set(names(q.value.expression)) for name, q in process.quantities.items()}
    leaving: dict[str, set[str]] = {}
    for moving in (*process.flows.values(), *process.delays.values()):
        if moving.source is not None:
            leaving.setdefault(moving.source, set()).update(names(moving.rate.expression))
    for name, flow in process.flows.items():
        capped = flow.source is not None and not process.stocks[flow.source].negative
        edges[name] = leaving[flow.source] if flow.source and capped else set(names(flow.rate.expression))
    return edges


def circle_inside(process: Process) -> list[str]:
    """A circle of quantities and flows that depend on each other within a step; empty if there is none."""
    return next(iter(uses.circles(step_graph(process))), [])
