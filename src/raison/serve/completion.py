"""What can stand at a place of a model file that is being written, for an editor.

The text need not be right, nor even YAML: the place is found by indentation, the names by where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from raison.model.distribution import KINDS
from raison.model.formula import KNOWN_FUNCTIONS, SPECIAL
from raison.model.keys import CONCEPTS, OPTIONS, SECTIONS, Key

_LINE = re.compile(
    r"^(?P<indent> *(?:- +)*)"
    r"(?P<key>[\w.-]+\([^)]*\)|[^\s:#'\"{}\[\],][^:#'\"{}\[\],]*|'[^']*'|\"[^\"]*\"):(?:\s|$)"
)
_IN_FORMULAS = ("parameters", "quantities", "functions", "outcomes", "game", "processes")
_NAMED = {
    "player": ("players",), "for": ("players",), "known_to": ("players",),
    "then": ("game", "outcomes"), "moves": ("game", "outcomes"), "node": ("game",), "hidden": ("game",),
    "claims": ("claims",), "because": ("claims",), "source": ("sources",),
    "premises": ("premises",), "rival": ("premises",), "between": ("parameters",), "among": ("parameters",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """One word that can stand at a place.

    Attributes:
        text: What is written.
        kind: `key`, `name`, `function`, `distribution` or `value`.
        about: What it means or how it is called; may be empty.
    """

    text: str
    kind: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    indent: int
    key: str


def complete(text: str, line: int, column: int, known: Sequence[Offer] = ()) -> tuple[Offer, ...]:
    """What can stand where the cursor is.

    Args:
        text: The file's text, right or wrong.
        line: Of the cursor, from 1.
        column: Letters before the cursor in its line.
        known: Names from the last time that the model could be read.

    Returns:
        Offers, the fitting ones; the editor narrows them by what is typed.
    """
    lines = text.splitlines()
    if not 1 <= line <= len(lines):
        lines.append("")
        line = len(lines)
    before = lines[line - 1][:column]
    if before.lstrip().startswith("#"):
        return ()
    entries = list(_entries(lines))
    found = _LINE.match(before + ("" if before.endswith(" ") else " "))
    if found and ":" in before:
        path = [*_path(entries, line, len(found["indent"])), found["key"].strip()]
        return _values(path, before[found.end("key") + 1 :], entries, known)
    if re.fullmatch(r" *(- +)*[\w.-]*", before):
        indent = len(before) - len(before.lstrip(" -"))
        return _keys(_path(entries, line, indent), entries, known)
    return _values(_path(entries, line, len(before) - len(before.lstrip())), before, entries, known)


def names(text: str) -> tuple[Offer, ...]:
    """The names that a file defines, with the section in which each stands."""
    return tuple(
        Offer(entry.key, "name", path[0])
        for entry, path in _with_paths(list(_entries(text.splitlines())))
        if len(path) == 1 and path[0] in SECTIONS["model"]
    )


def _entries(lines: Sequence[str]) -> Iterator[_Entry]:
    for number, line in enumerate(lines, 1):
        found = _LINE.match(line)
        if found:
            yield _Entry(number, len(found["indent"]), found["key"].strip().strip("'\""))


def _with_paths(entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, list[str]]]:
    above: list[_Entry] = []
    for entry in entries:
        while above and above[-1].indent >= entry.indent:
            above.pop()
        yield entry, [each.key for each in above]
        above.append(entry)


def _path(entries: Sequence[_Entry], line: int, indent: int) -> list[str]:
    """The keys above a line, from the top, by indentation."""
    path: list[str] = []
    for entry in reversed(entries):
        if entry.line < line and entry.indent < indent:
            path.insert(0, entry.key)
            indent = entry.indent
    return path


def _section(path: Sequence[str]) -> tuple[str | None, Key | None]:
    """The section in which a path ends, None inside a mapping of names; and the last key met."""
    section, last, inside = "model", None, False
    for part in path:
        if inside:
            inside = False
            continue
        key = SECTIONS[section].get(part)
        if key is None:
            return None, last
        last = key
        shape = key.shape.removesuffix("[]").removesuffix("*")
        if shape not in SECTIONS:
            return None, key
        section, inside = shape, key.shape.endswith("*")
    return (None if inside else section), last


def _keys(path: Sequence[str], entries: Sequence[_Entry], known: Sequence[Offer]) -> tuple[Offer, ...]:
    section, key = _section(path)
    if section is not None:
        return tuple(Offer(name, "key", one.about) for name, one in SECTIONS[section].items())
    if path and path[-1] in {"with", "without", "next", "payoffs"}:
        return _named(("parameters", "quantities", "players"), entries, known)
    if key is not None and key.shape == "outcome*":
        return ()
    return _named(("players",), entries, known) if path[:1] == ["levers"] else ()


def _values(
    path: Sequence[str], typed: str, entries: Sequence[_Entry], known: Sequence[Offer]
) -> tuple[Offer, ...]:
    last = path[-1] if path else ""
    section, around = _section(path[:-1])
    key = SECTIONS[section].get(last) if section is not None else None
    if last in _NAMED and (key is None or key.shape in {"name", "names", "move*"}):
        return _named(_NAMED[last], entries, known)
    if last == "concept":
        return tuple(Offer(name, "value") for name in CONCEPTS)
    if path[:1] == ["solution"] and last in OPTIONS:
        return tuple(Offer(name, "value") for name in OPTIONS[last])
    if last == "from" and path[:1] == ["include"]:
        return ()
    if key is not None and key.shape == "truth":
        return (Offer("true", "value"), Offer("false", "value"))
    if key is not None and key.shape.removesuffix("*") in {"text", "version", "whole", "letter"}:
        return ()
    if path[:1] == ["game"] and section is None and len(path) >= 3:  # MOVE: node
        return _named(("game", "outcomes"), entries, known)
    of = key or around
    with_distributions = of is not None and of.shape in {"definition", "replacements", "parameter*", "noise*"}
    return (
        *_named(_IN_FORMULAS, entries, known),
        *(Offer(name, "function", _call(name, counts)) for name, counts in KNOWN_FUNCTIONS.items()),
        *(Offer(name, "function", shown) for name, shown in SPECIAL.items()),
        *(
            (Offer(n, "distribution", kind.signature) for n, kind in KINDS.items())
            if with_distributions
            else ()
        ),
    )


def _call(name: str, counts: tuple[int, int]) -> str:
    least, most = counts
    letters = ", ".join("xyz"[:least])
    return f"{name}({letters})" if least == most else f"{name}({letters}, ...)"


def _named(sections: Sequence[str], entries: Sequence[_Entry], known: Sequence[Offer]) -> tuple[Offer, ...]:
    here = [
        Offer(entry.key.partition("(")[0].strip(), "name", path[0])
        for entry, path in _with_paths(entries)
        if len(path) == 1
    ]
    found = {offer.text: offer for offer in (*known, *here) if offer.about in sections}
    return tuple(found.values())
