"""Warnings about names of a process that nothing in it uses."""

from __future__ import annotations

from raison.model.formula import names
from raison.model.process.records import Process
from raison.model.records import Model
from raison.model.scope import Report


def warn_of_unused_parts(model: Model, report: Report) -> None:
    """Warn of inputs, quantities, noise, sinks and stocks of a process that nothing uses."""
    for name, process in model.processes.items():
        used = _used(process)
        for kind, section, parts in (
            ("input", "inputs", process.inputs),
            ("quantity", "quantities", process.quantities),
            ("noise", "noise", process.noise),
            ("sink", "sinks", process.sinks),
            ("stock", "stocks", process.stocks),
        ):
            for part in parts:
                if part not in used:
                    path = ("processes", name, section, part)
                    report.warn(
                        path, f"{kind} '{part}' of process '{name}' is used nowhere; use it or delete it."
                    )


def _used(process: Process) -> set[str]:
    used: set[str] = set()
    for place, formula in process.formulas():
        if place[0] != "inputs":
            used |= names(formula.expression)
    for moving in (*process.flows.values(), *process.delays.values(), *process.events.values()):
        used |= {moving.target, moving.source or ""}
    return used
