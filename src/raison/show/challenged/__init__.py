"""What challenges a verdict, in words, with a picture and a table each: the same for terminal and report."""

from __future__ import annotations

from raison.challenge.findings import Challenge
from raison.model.records import Model
from raison.show.challenged import (
    doubt,
    information,
    levers,
    premises,
    sensitivity,
    tipping,
    where,
)
from raison.show.challenged.section import Section, Table

__all__ = ["Section", "Table", "left_out", "sections"]


def sections(model: Model, found: Challenge) -> tuple[Section, ...]:
    """Every analysis that was done, in the order in which a reader needs them."""
    several = len(found.questions) > 1
    made = [
        *(premises.section(one, several) for one in found.together),
        *(where.section(one, several) for one in found.where),
        *(tipping.section(one, several) for one in found.tipping),
        *(levers.section(model, one, several) for one in found.levers),
        *sensitivity.sections(found.sensitivity, several),
        *([] if found.failing is None else [sensitivity.failing_section(found.failing)]),
        *(information.section(model, one, several) for one in found.information),
        *(part for one in found.robustness for part in doubt.sections(one, several)),
        *(doubt.rare_section(one, several) for one in found.rare),
    ]
    return tuple(made)


def left_out(found: Challenge) -> str:
    """What was not done, in one sentence; empty where all was."""
    return f"Not done: {'; '.join(found.left_out)}." if found.left_out else ""
