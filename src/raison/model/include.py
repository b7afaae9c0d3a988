"""`include`: mechanisms read from their files and merged into a model's plain data before it is built.

A mechanism is a model file without players and game. What it defines comes into the host under a prefix, its
own includes first; the host's entries under `parameters` and its formulas under `with` replace values there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from raison.model import document
from raison.model.definition import parse_definition
from raison.model.distribution import KINDS
from raison.model.document import Document
from raison.model.fields import Fields, given
from raison.model.formula import KNOWN_FUNCTIONS, SPECIAL, FormulaError
from raison.model.keys import PATH_ROOTS, RESERVED, SECTIONS, did_you_mean
from raison.model.prefixing import BROUGHT, Prefixed, moved, refuse_rest
from raison.model.problem import Path, Problem, TooManyProblemsError
from raison.model.records import Definition, Distribution

MECHANISMS = FilePath(__file__).resolve().parents[1] / "mechanisms"
"""The mechanisms that ship with raison."""

MAX_INCLUDES = 50
"""The most mechanisms that one model takes in, those of mechanisms counted too."""

Mark = tuple[str, int]
"""File and line."""

_PREFIX = re.compile(r"[^\W\d]\w*")
_SHIPPED = re.compile(r"(?:mechanisms/)?([\w-]+)")
_LISTS = ("correlations",)
_NAMED = ("parameters", "functions", "quantities", "game", "processes")


@dataclass(frozen=True, slots=True)
class Included:
    """A model's plain data with its mechanisms in it.

    Attributes:
        data: Without the key `include`.
        bare: As of `Document`, with what came in.
        marks: File and line of what came in, by its path in the whole.
        raw: The bytes of the mechanisms in the order in which they were taken in, each after the prefix.
        files: Of the user's own, those that are included or should be.
        problems: What is wrong with the includes, each with file and line.
        broken: Places about which nothing more should be said.
    """

    data: Any
    bare: frozenset[Path] = frozenset()
    marks: Mapping[Path, Mark] = field(default_factory=dict)
    raw: tuple[bytes, ...] = ()
    files: frozenset[FilePath] = frozenset()
    problems: tuple[Problem, ...] = ()
    broken: frozenset[Path] = frozenset()


def resolve(tree: Document, file: str, folder: FilePath | None) -> Included:
    """Take in what a model includes.

    Args:
        tree: The model's text as plain data.
        file: Its name in problems.
        folder: Where it stands; nothing outside is read, besides what ships. None for a text without a file,
            which includes only what ships.
    """
    if not isinstance(tree.data, dict) or "include" not in tree.data:
        return Included(tree.data, tree.bare)
    resolver = _Resolver(folder)
    try:
        part = resolver.host(tree, file, ())
    except TooManyProblemsError:
        part = _Part({}, set(), {})
        resolver.broken.add(())
    return Included(
        part.data,
        frozenset(part.bare),
        part.marks,
        tuple(resolver.raw),
        frozenset(resolver.files),
        tuple(resolver.problems),
        frozenset(resolver.broken),
    )


@dataclass(slots=True)
class _Part:
    """A model or mechanism that is being put together."""

    data: dict[str, Any]
    bare: set[Path]
    marks: dict[Path, Mark]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One entry of `include`."""

    prefix: str
    source: str
    values: Mapping[str, Any]
    premises: tuple[str, ...] | None
    path: Path


class _Resolver:
    """Takes in mechanisms, those of mechanisms first."""

    def __init__(self, folder: FilePath | None) -> None:
        self.folder = folder
        self.count = 0
        self.raw: list[bytes] = []
        self.files: set[FilePath] = set()
        self.problems: list[Problem] = []
        self.broken: set[Path] = set()

    def host(self, tree: Document, file: str, chain: tuple[FilePath, ...]) -> _Part:
        """A model or mechanism with what it includes; `chain` are the files that include it, itself last."""
        fields = Fields(tree.bare)
        data: dict[str, Any] = dict(tree.data) if isinstance(tree.data, dict) else {}
        part = _Part(data, set(tree.bare), {})
        wanted = self.wanted(data, fields)
        data.pop("include", None)
        mechanisms = [(one, self.mechanism(one, fields, file, chain)) for one in wanted]
        self.overrides(data, [one.prefix for one, found in mechanisms if found], mechanisms, fields)
        for one, found in mechanisms:
            if found is not None:
                self.merge(part, one, found, fields, (file, tree.marks))
        self.problems += [_placed(problem, file, tree.marks) for problem in fields.problems]
        return part

    # --- what is wanted -------------------------------------------------------------------------------------

    def wanted(self, data: Mapping[str, Any], fields: Fields) -> list[_Wanted]:
        """The entries of `include` that make sense."""
        found: list[_Wanted] = []
        taken = {name.partition("(")[0].strip(): kind for kind in _NAMED for name in _keys(data, kind)}
        for prefix, value, path in fields.entries(("include",), data.get("include"), "'include'"):
            what = f"include '{prefix[:60]}'"
            spec = {"from": value} if isinstance(value, str) else value
            if not _PREFIX.fullmatch(prefix) or len(prefix) > 30:
                fields.error(path, f"{what} needs a prefix of at most 30 letters, digits and '_'; rename it.")
            elif prefix in RESERVED or prefix in PATH_ROOTS or prefix in KNOWN_FUNCTIONS or prefix in SPECIAL:
                fields.error(path, f"{what}: '{prefix}' has a meaning of its own; take another prefix.")
            elif prefix in KINDS or prefix in taken:
                kind = f"stands under '{taken[prefix]}'" if prefix in taken else "is a distribution"
                fields.error(path, f"{what}: '{prefix}' {kind} already; take another prefix.")
            elif not isinstance(spec, dict):
                fields.error(path, f"{what} needs a mechanism, as in mechanisms/face; got {given(value)}.")
            else:
                read = fields.section(path, spec, "include", what) or {}
                source = fields.text((*path, "from"), read.get("from"), f"'from' of {what}", 200)
                given_here = fields.entries((*path, "with"), read.get("with"), f"'with' of {what}")
                values = {name: formula for name, formula, _ in given_here}
                premises = None
                if read.get("premises") is not None:
                    premises = fields.names((*path, "premises"), read["premises"], f"'premises' of {what}")
                if source is not None:
                    found.append(_Wanted(prefix, source, values, premises, path))
                    continue
            self.lost()
        return found

    def lost(self) -> None:
        """Remember that names are missing through no fault of those who use them."""
        self.broken |= {("include",), ("claims",), ("sources",)}

    # --- files ----------------------------------------------------------------------------------------------

    def mechanism(
        self, one: _Wanted, fields: Fields, file: str, chain: tuple[FilePath, ...]
    ) -> tuple[_Part, str] | None:
        """A mechanism with its own includes and the name of its file; None if it cannot be read."""
        found = self.locate(one, fields, file)
        if found is None:
            self.lost()
            return None
        path, name = found
        at = (*one.path, "from")
        self.count += 1
        if path in chain:
            way = " -> ".join(each.stem for each in (*chain[chain.index(path) :], path))
            fields.error(at, f"include '{one.prefix}' goes in a circle: {way}; take one of them out.")
        elif self.count > MAX_INCLUDES:
            fields.error(at, f"a model takes in at most {MAX_INCLUDES} mechanisms; take some out.")
        else:
            try:
                size = path.stat().st_size
                raw = path.read_bytes() if size <= document.MAX_BYTES else b""
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                fields.error(at, f"the mechanism '{one.source}' cannot be read: {reason}.")
                self.lost()
                return None
            text = document.decode(raw) if size <= document.MAX_BYTES else document.too_large(size)
            tree = document.parse(text) if isinstance(text, str) else Document(None, problems=(text,))
            self.problems += [replace(each, file=name, line=each.line or 1) for each in tree.problems]
            self.raw += [one.prefix.encode(), raw]
            if isinstance(tree.data, dict):
                return self.read(tree, name, (*chain, path)), name
            if tree.data is not None:
                self.problems.append(
                    Problem("a mechanism is a mapping that starts with 'raison: 1'.", file=name, line=1)
                )
        self.lost()
        return None

    def read(self, tree: Document, name: str, chain: tuple[FilePath, ...]) -> _Part:
        """A mechanism's sections, its own includes taken in, each place with file and line."""
        fields = Fields(tree.bare)
        data: Any = tree.data
        if data.get("raison") != "1":
            fields.error(("raison",), "a mechanism starts with 'raison: 1'; add it.")
        refuse_rest(fields, data, name)
        for key in data:
            if key not in SECTIONS["model"]:
                hint = did_you_mean(key, [*BROUGHT, "include"]) or f"; it has {', '.join(BROUGHT)}."
                fields.error((key,), f"a mechanism has no key '{key[:60]}'{hint}")
        for key in BROUGHT:
            kind = list if key in _LISTS else dict
            if data.get(key) is not None and not isinstance(data[key], kind):
                fields.error((key,), f"'{key}' needs a {'list' if kind is list else 'mapping of names'}; got "
                             f"{given(data[key])}.")  # fmt: skip
                data[key] = None
        self.problems += [_placed(problem, name, tree.marks) for problem in fields.problems]
        part = self.host(tree, name, chain)
        own: dict[Path, Mark] = {path: (name, line) for path, line in tree.marks.items()}
        part.marks = {**part.marks, **own}
        return part

    def locate(self, one: _Wanted, fields: Fields, file: str) -> tuple[FilePath, str] | None:
        """The file of a mechanism, and its name in problems."""
        at, shipped = (*one.path, "from"), _SHIPPED.fullmatch(one.source)
        if shipped is not None:
            path = MECHANISMS / f"{shipped[1]}.yaml"
            if path.is_file():
                return path, str(path)
            known = sorted(each.stem for each in MECHANISMS.glob("*.yaml"))
            hint = did_you_mean(shipped[1], known) or f"; there are {', '.join(known)}."
            fields.error(at, f"there is no mechanism '{one.source}'{hint}")
        elif self.folder is None:
            fields.error(
                at,
                f"a text without a file includes only what ships, as in mechanisms/face, not '{one.source}'.",
            )
        elif not one.source.endswith((".yaml", ".yml")):
            fields.error(at, f"a mechanism of one's own is a file that ends in .yaml; got '{one.source}'.")
        else:
            root = self.folder.resolve()
            path = (FilePath(file).parent / one.source).resolve()
            if not path.is_relative_to(root):
                fields.error(at, f"a mechanism stands in the model's folder or below it; got '{one.source}'.")
                return None
            self.files.add(path)
            if not path.is_file():
                near = [each.name for each in sorted(path.parent.glob("*.yaml"))[:100]]
                hint = did_you_mean(path.name, near) or "; a path starts at the file that includes it."
                fields.error(at, f"there is no file '{one.source}'{hint}")
            else:
                return path, str(FilePath(file).parent / one.source)
        return None

    # --- merging --------------------------------------------------------------------------------------------

    def overrides(
        self,
        data: Mapping[str, Any],
        prefixes: list[str],
        mechanisms: list[tuple[_Wanted, tuple[_Part, str] | None]],
        fields: Fields,
    ) -> None:
        """Refuse names with a prefix that no mechanism has."""
        known = [
            f"{one.prefix}.{name}"
            for one, found in mechanisms
            if found is not None
            for name in _keys(found[0].data, "parameters")
        ]
        whole = all(found is not None for _, found in mechanisms)
        for name in _keys(data, "parameters"):
            if "." not in name or name in known or not whole:
                continue
            prefix = name.partition(".")[0]
            hint = did_you_mean(name, known) or (
                "; a model overrides parameters of what it includes." if prefix in prefixes
                else f"; the prefixes are {', '.join(prefixes) or 'none'}."
            )  # fmt: skip
            fields.error(("parameters", name), f"no mechanism brings the parameter '{name[:60]}'{hint}")
        for section in BROUGHT:
            for name in _keys(data, section):
                if section != "parameters" and name.partition(".")[0] in prefixes and "." in name:
                    fields.error(
                        (section, name),
                        f"'{name[:60]}' belongs to an include; only parameters are overridden. Rename it.",
                    )

    def merge(
        self,
        part: _Part,
        one: _Wanted,
        found: tuple[_Part, str],
        fields: Fields,
        host: tuple[str, Mapping[Path, int]],
    ) -> None:
        """Put a mechanism's sections into the host's under the prefix."""
        mechanism, _ = found
        names = Prefixed(mechanism.data, one.prefix)
        chosen = self.premises(one, mechanism, fields)
        lists = {key: len(part.data[key]) for key in _LISTS if isinstance(part.data.get(key), list)}
        offsets = {key: lists.get(key, 0) for key in _LISTS}
        for section in BROUGHT:
            entries = mechanism.data.get(section)
            into = part.data.get(section)
            if not entries or not (into is None or isinstance(into, type(entries))):
                continue
            if isinstance(entries, list):
                part.data[section] = [*(into or []), *(names.entry(section, "", each) for each in entries)]
                continue
            added = {key: value for key, value in entries.items() if section != "premises" or key in chosen}
            if section == "sets":
                added = {key: value for key, value in added.items() if _within(value, chosen)}
            renamed = {
                names.key(section, key): names.entry(section, key, value) for key, value in added.items()
            }
            if section == "premises":
                _keep_rivals(renamed, {names.name(name) for name in chosen})
            part.data[section] = {**(into or {}), **renamed}
            if section == "parameters":
                part.data[section] |= _overridden(into or {}, renamed)
        for path in mechanism.bare:
            if path[:1] and path[0] in BROUGHT:
                part.bare.add(moved(path, names, offsets))
        for path, mark in mechanism.marks.items():
            if path and path[0] in BROUGHT and not _is_valued(path, one.values):
                part.marks.setdefault(moved(path, names, offsets), mark)
        self.values(part, one, mechanism, fields, host)

    def premises(self, one: _Wanted, mechanism: _Part, fields: Fields) -> list[str]:
        """The names of the premises that come along."""
        there = _keys(mechanism.data, "premises")
        if one.premises is None:
            return there
        for index, name in enumerate(one.premises):
            if name not in there:
                hint = did_you_mean(name, there) or f"; it has {', '.join(there) or 'none'}."
                path = (*one.path, "premises", str(index))
                fields.error(path, f"the mechanism '{one.source}' has no premise '{name[:60]}'{hint}")
        return [name for name in there if name in one.premises]

    def values(
        self,
        part: _Part,
        one: _Wanted,
        mechanism: _Part,
        fields: Fields,
        host: tuple[str, Mapping[Path, int]],
    ) -> None:
        """Set parameters of the mechanism to what the host gives under `with`."""
        file, marks = host
        there = _keys(mechanism.data, "parameters")
        for name, formula in one.values.items():
            at, full = (*one.path, "with", name), f"{one.prefix}.{name}"
            line = marks.get(at, marks.get(one.path, 1))
            if name not in there:
                hint = did_you_mean(name, there) or f"; its parameters are {', '.join(there[:12]) or 'none'}."
                fields.error(at, f"the mechanism '{one.source}' has no parameter '{name[:60]}'{hint}")
            elif not isinstance(formula, str):
                fields.error(at, f"'{name}' needs a number, distribution or formula; got {given(formula)}.")
            elif ("parameters", full) not in marks:  # the host's own entry counts more
                try:
                    defined = parse_definition(formula)
                except FormulaError as fault:
                    fields.error(at, f"'{name}' of {one.prefix}: {fault}")
                    continue
                _set(part, full, formula, defined)
                part.marks[("parameters", full)] = part.marks[("quantities", full)] = (file, line)


def _set(part: _Part, name: str, text: str, defined: Definition) -> None:
    """Give an included parameter another value; a formula of other names makes a quantity of it."""
    entry = part.data["parameters"][name]
    long: dict[str, Any] = dict(entry) if isinstance(entry, dict) else {}
    kept = {key: value for key, value in long.items() if key in ("unit", "about")}
    part.data["parameters"] = {**part.data["parameters"], name: {"value": text, **kept}}
    if not isinstance(defined, Distribution):
        if defined.mentions - set(KNOWN_FUNCTIONS):
            del part.data["parameters"][name]
            part.data["quantities"] = {**(part.data.get("quantities") or {}), name: {"value": text, **kept}}
        _uncorrelate(part, name)


def _overridden(host: Mapping[str, Any], included: Mapping[str, Any]) -> dict[str, Any]:
    """Included parameters with what the host says about them; a new value rests on none of the old claims."""
    found: dict[str, Any] = {}
    for name, value in host.items():
        if name in included:
            old = included[name]
            kept: dict[str, Any] = dict(old) if isinstance(old, dict) else {"value": old}
            new: dict[str, Any] = value if isinstance(value, dict) else {"value": value}
            if "value" in new:
                kept.pop("because", None)
            found[name] = {**kept, **new}
    return found


def _uncorrelate(part: _Part, name: str) -> None:
    """Drop the correlations of a parameter that is not uncertain any more."""
    listed = part.data.get("correlations")
    if isinstance(listed, list):
        part.data["correlations"] = [each for each in listed if not _correlates(each, name)]


def _correlates(data: Any, name: str) -> bool:
    return isinstance(data, dict) and any(name in (data.get(key) or ()) for key in ("between", "among"))


def _within(group: Any, chosen: list[str]) -> bool:
    """Whether all premises of a set come along."""
    named = group.get("premises") if isinstance(group, dict) else None
    return isinstance(named, list) and set(map(str, named)) <= set(chosen)


def _keep_rivals(premises: dict[str, Any], chosen: set[str]) -> None:
    """A premise forgets the rivals that did not come along."""
    for premise in premises.values():
        if isinstance(premise, dict) and isinstance(premise.get("rival"), list):
            premise["rival"] = [name for name in premise["rival"] if name in chosen]


def _is_valued(path: Path, values: Mapping[str, Any]) -> bool:
    return path[0] == "parameters" and len(path) > 1 and path[1] in values


def _keys(data: Mapping[str, Any], section: str) -> list[str]:
    entries = data.get(section)
    return list(entries) if isinstance(entries, dict) else []


def _placed(problem: Problem, file: str, marks: Mapping[Path, int]) -> Problem:
    if problem.file is not None:
        return problem
    prefixes = (problem.path[:length] for length in range(len(problem.path), 0, -1))
    line = next((marks[prefix] for prefix in prefixes if prefix in marks), 1)
    return replace(problem, file=file, line=problem.line or line)
