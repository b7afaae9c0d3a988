"""A mechanism's plain data under a prefix: each of its names becomes `prefix.name`, in keys and formulas."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from raison.model.distribution import KINDS
from raison.model.fields import Fields
from raison.model.formula import KNOWN_FUNCTIONS, SPECIAL, FormulaError, parse, renamed
from raison.model.keys import KNOWN_TO, RESERVED, SECTIONS, is_known_to
from raison.model.problem import Path
from raison.model.process.records import TIME
from raison.model.unparse import show

BROUGHT = (
    "parameters",
    "correlations",
    "functions",
    "quantities",
    "processes",
    "premises",
    "sets",
    "claims",
    "sources",
)
"""The sections that a mechanism brings into a model."""

_GLOBAL = ("parameters", "functions", "quantities", "processes")
_INSIDE = ("inputs", "stocks", "flows", "delays", "sinks", "quantities", "noise", "outputs")
_FORMULAS = ("formula", "definition")
_FORMULA_LISTS = ("interval",)
# Keys whose values are names of the file: claims, sources, premises, parameters.
_REFERENCES = frozenset({
    ("parameter", "because"), ("premise", "claims"), ("premise", "rival"), ("claim", "source"),
    ("set", "premises"), ("correlation", "between"), ("correlation", "among"),
})  # fmt: skip
# Sections that may be written as one text, and that text is a formula.
_SHORT = frozenset({"parameter", "quantity", "input", "stock"})
_HEADER = re.compile(r"\s*([^\s(]+)\s*\(([^()]*)\)\s*")


class Prefixed:
    """Puts a prefix before the names of a mechanism.

    Args:
        data: The mechanism: a mapping of sections.
        prefix: What comes before every name of its own, with a dot between.
    """

    def __init__(self, data: Mapping[str, Any], prefix: str) -> None:
        self.prefix = prefix
        self.own: set[str] = set()
        for section in _GLOBAL:
            entries = data.get(section)
            if isinstance(entries, dict):
                self.own |= {name.partition("(")[0].strip() for name in entries}
        self.processes = data.get("processes")

    def name(self, name: str) -> str:
        """A name under the prefix."""
        return f"{self.prefix}.{name}"

    def key(self, section: str, key: str) -> str:
        """The key of an entry of a section under the prefix; an item of a list keeps its place."""
        header = _HEADER.fullmatch(key) if section == "functions" else None
        if header is not None:
            return f"{self.name(header[1])}({', '.join(part.strip() for part in header[2].split(','))})"
        return self.name(key)

    def entry(self, section: str, key: str, value: Any) -> Any:
        """What stands under a key of a section, with the names in it renamed."""
        shape = SECTIONS["model"][section].shape.rstrip("*[]")
        if section == "functions":
            header = _HEADER.fullmatch(key)
            arguments = [part.strip() for part in header[2].split(",")] if header is not None else []
            return self.formula(value, arguments)
        if section == "processes":
            return self.section("process", value, _names_inside(value))
        return self.section(shape, value, None)

    def section(self, kind: str, value: Any, inside: Collection[str] | None) -> Any:
        """A section of a kind; `inside` are the names of the process that it is part of, if of any."""
        if not isinstance(value, dict):
            return self.formula(value, inside) if kind in _SHORT else value
        outer = () if kind == "input" else inside  # defaults are formulas of the file
        return {key: self.value(kind, key, below, outer) for key, below in value.items()}

    def value(self, kind: str, key: str, value: Any, inside: Collection[str] | None) -> Any:
        """What stands under a key of a section of a kind."""
        rule = SECTIONS[kind].get(key)
        shape = "text" if rule is None else rule.shape
        if (kind, key) in _REFERENCES:
            return (
                [self.name(str(one)) for one in value] if isinstance(value, list) else self.name(str(value))
            )
        if shape == "replacements" and isinstance(value, dict):
            return {self.replaced(name): self.replacement(name, below) for name, below in value.items()}
        if shape in _FORMULAS:
            return self.formula(value, inside)
        if shape in _FORMULA_LISTS and isinstance(value, list):
            return [self.formula(one, inside) for one in value]
        if shape.endswith("*") and isinstance(value, dict):
            return {name: self.section(shape[:-1], below, inside) for name, below in value.items()}
        return value

    def replaced(self, key: str) -> str:
        """A key under `without`: a name, `NAME.known_to`, or a path into a process."""
        if key.startswith("processes."):
            return f"processes.{self.name(key.removeprefix('processes.'))}"
        if is_known_to(key) and key not in self.own:
            return self.name(key.removesuffix(KNOWN_TO)) + KNOWN_TO
        return self.name(key)

    def replacement(self, key: str, value: Any) -> Any:
        """What comes in place of what stands at a key under `without`."""
        if is_known_to(key) and key not in self.own:
            return value
        if not key.startswith("processes."):
            return self.formula(value)
        path = key.removeprefix("processes.")
        named = self.processes if isinstance(self.processes, dict) else {}
        process = next((name for name in named if path == name or path.startswith(f"{name}.")), None)
        return self.deep(value, _names_inside(named.get(process)))

    def deep(self, value: Any, inside: Collection[str]) -> Any:
        """Formulas anywhere in a value; what is none of ours in it stays."""
        if isinstance(value, dict):
            return {key: self.deep(below, inside) for key, below in value.items()}
        return self.formula(value, inside, only_own=True)

    def formula(self, value: Any, inside: Collection[str] | None = None, *, only_own: bool = False) -> Any:
        """A formula or distribution with its names renamed; what is no formula stays, to be refused later.

        Args:
            value: The formula's text, or what stands in its place.
            inside: Names that have a meaning of their own here, and stay.
            only_own: Whether a name that the mechanism does not define stays too, since the text may be no
                formula. Otherwise it gets the prefix, so that a misspelt name cannot become one of the host.
        """
        if not isinstance(value, str):
            return value
        try:
            parsed = parse(value)
        except FormulaError:
            return value
        hidden = () if inside is None else inside

        def name(old: str) -> str:
            stays = old in hidden or old in RESERVED or (only_own and old not in self.own)
            return old if stays else self.name(old)

        def call(old: str) -> str:
            known = old in KNOWN_FUNCTIONS or old in KINDS or old in SPECIAL
            return old if known and old not in self.own else self.name(old)

        new = renamed(parsed.expression, name, call)
        return value if new == parsed.expression else show(new)


def _names_inside(process: Any) -> tuple[str, ...]:
    """The names that have a meaning inside a process."""
    if not isinstance(process, dict):
        return (TIME, "end")
    found: list[str] = [TIME, "end"]
    for section in _INSIDE:
        entries = process.get(section)
        if isinstance(entries, dict | list):
            found += [str(name) for name in entries]
    return tuple(found)


def moved(path: Path, names: Prefixed, offsets: Mapping[str, int]) -> Path:
    """Where in the host stands what stands at `path` in a mechanism; lists are appended to the host's."""
    if len(path) < 2:
        return path
    section, key, rest = path[0], path[1], path[2:]
    if section in offsets:
        return (section, str(int(key) + offsets[section]), *rest)
    new = names.key(section, key)
    if section == "premises" and rest[:1] == ("without",) and len(rest) > 1:
        rest = ("without", names.replaced(rest[1]), *rest[2:])
    return (section, new, *rest)


def refuse_rest(fields: Fields, data: Mapping[str, Any], file: str) -> None:
    """A mechanism has no game and no players of its own."""
    known = {*BROUGHT, "raison", "title", "about", "beliefs", "questions", "include"}
    for key in data:
        if key in SECTIONS["model"] and key not in known:
            fields.error(
                (key,),
                f"a mechanism has no '{key}', since only numbers, functions, processes and the argument "
                f"around them are included; move '{key}' from {file} to the model that includes it.",
            )
