"""The model with premises removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from raison.model.check import faults
from raison.model.keys import did_you_mean
from raison.model.problem import ModelError, Problem
from raison.model.records import Definition, Model
from raison.model.replacing import edit, is_structural, redefine


def removed(model: Model, premise_names: Collection[str]) -> Model:
    """What the model becomes without some of its premises.

    Args:
        model: A checked model.
        premise_names: In any order; replacements apply in the order of the file.

    Returns:
        A model without these premises. A definition so far that a replacement uses and that cannot be copied
        is a parameter or quantity `name@1`; it has the coordinate of the unit cube that `name` has.

    Raises:
        ModelError: a premise does not exist, or the model is wrong without them; the path is the premise's.
    """
    unknown = [name for name in premise_names if name not in model.premises]
    if unknown:
        hint = did_you_mean(unknown[0], model.premises) or "."
        raise ModelError((Problem(f"there is no premise '{unknown[0]}'{hint}", ("premises", unknown[0])),))
    gone = {name: premise for name, premise in model.premises.items() if name in premise_names}
    kept = {
        name: replace(premise, rival=tuple(other for other in premise.rival if other not in gone))
        for name, premise in model.premises.items()
        if name not in gone
    }
    sets = {
        name: replace(group, premises=tuple(premise for premise in group.premises if premise not in gone))
        for name, group in model.sets.items()
    }
    sets = {name: group for name, group in sets.items() if group.premises}
    changed = replace(model, premises=kept, sets=sets)
    if any(is_structural(premise) for premise in gone.values()):
        edited = edit(changed, gone)
        if edited.problems:
            raise ModelError(edited.problems)
        changed = edited.model
    for premise in gone.values():
        for name, value in premise.without.items():
            if isinstance(value, Definition):
                if name not in changed.parameters and name not in changed.quantities:
                    at = ("premises", name)
                    raise ModelError((Problem(f"there is nothing called '{name}' to replace.", at),))
                changed = redefine(changed, name, value)
    path = ("premises", *list(gone)[:1])
    wrong = [replace(problem, path=path) for problem in faults(changed)]
    if wrong:
        raise ModelError(tuple(wrong))
    return changed
