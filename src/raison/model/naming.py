"""Whether names are names: spelled as the language asks, free, and each used for one thing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from raison.model.distribution import KINDS
from raison.model.formula import KNOWN_FUNCTIONS, SPECIAL
from raison.model.keys import RESERVED
from raison.model.problem import Path
from raison.model.records import Decision, Model, branches
from raison.model.scope import Report

MAX_NAME = 60
_IDENTIFIER = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]\w*(?:@\d+)?")  # the dots are those of 'include'


def path_of(model: Model) -> Mapping[str, Path]:
    """Where each parameter, quantity, function and process stands."""
    paths: dict[str, Path] = {name: ("parameters", name) for name in model.parameters}
    paths |= {name: ("quantities", name) for name in model.quantities}
    for name, function in model.functions.items():
        paths[name] = ("functions", f"{name}({', '.join(function.arguments)})")
    paths |= {name: ("processes", name) for name in model.processes}
    return paths


def check_names(model: Model, report: Report) -> None:
    """Report names that formulas could not use, that mean something already, or that stand for two things."""
    seen: dict[str, str] = {}
    kinds = (
        ("parameter", "parameters", model.parameters),
        ("quantity", "quantities", model.quantities),
        ("function", "functions", model.functions),
        ("node", "game", model.game),
        ("process", "processes", model.processes),
        ("state", "rounds", {} if model.rounds is None else model.rounds.state),
    )
    paths = path_of(model)
    for kind, section, names in kinds:
        for name in names:
            path = paths.get(name, (section, name)) if kind == "function" else (section, name)
            path = ("rounds", "state", name) if kind == "state" else path
            if not check_identifier(kind, name, path, report):
                pass
            elif name in RESERVED:
                report.error(path, f"'{name}' has a meaning of its own in formulas; rename the {kind}.")
            elif kind in ("function", "process") and (
                name in KNOWN_FUNCTIONS or name in KINDS or name in SPECIAL
            ):
                report.error(path, f"the function '{name}' exists already; rename this {kind}.")
            elif name in seen:
                report.error(path, f"'{name}' is a {seen[name]} already; rename the {kind}.")
            seen.setdefault(name, kind)
    for name, function in model.functions.items():
        if len(function.arguments) > 15 or any(len(argument) > MAX_NAME for argument in function.arguments):
            report.error(
                paths[name],
                f"the function '{name[:60]}' has at most 15 arguments of {MAX_NAME} characters; got "
                f"{len(function.arguments)}.",
            )
    for path, kind, name in _free_names(model):
        if not name.strip() or name != name.strip() or len(name) > 100 or not name.isprintable():
            report.error(path, f"the {kind} '{name[:60]}' needs a name of 1 to 100 characters on one line.")
    for player in model.players:
        if player in RESERVED:
            report.error(("players", player), f"'{player}' has a meaning of its own; rename the player.")


def check_identifier(kind: str, name: str, path: Path, report: Report) -> bool:
    """Whether formulas could use a name; reported if not."""
    if not _IDENTIFIER.fullmatch(name) or len(name) > MAX_NAME or "__" in _starts(name):
        report.error(
            path,
            f"the {kind} '{name[:60]}' needs a name of letters, digits and '_', at most {MAX_NAME}, "
            "not begun with a digit or '__'; rename it.",
        )
        return False
    if name in ("and", "or", "not", "if", "else"):
        report.error(path, f"'{name}' has a meaning of its own in formulas; rename the {kind}.")
        return False
    return True


def _starts(name: str) -> set[str]:
    return {part[:2] for part in name.split(".")}


def _free_names(model: Model) -> list[tuple[Path, str, str]]:
    sections = (
        ("players", "player", model.players),
        ("outcomes", "outcome", model.outcomes),
        ("premises", "premise", model.premises),
        ("claims", "claim", model.claims),
        ("sources", "source", model.sources),
    )
    found: list[tuple[Path, str, str]] = [
        ((key, name), kind, name) for key, kind, names in sections for name in names
    ]
    for node_name, node in model.game.items():
        kind = "moves" if isinstance(node, Decision) else "cases"
        found += [(("game", node_name, kind, name), kind[:-1], name) for name in branches(node)]
    return found
