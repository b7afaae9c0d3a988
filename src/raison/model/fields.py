"""Reading one section of plain data by the table of keys: problems are collected, and the reader goes on.

What could not be read is remembered as broken, so that nothing that follows from it is reported again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from raison.model.definition import parse_definition, parse_formula
from raison.model.formula import Formula, FormulaError, Number
from raison.model.keys import SECTIONS, Key, did_you_mean, nearest
from raison.model.problem import MAX_PROBLEMS, Path, Problem, TooManyProblemsError
from raison.model.records import Definition, Distribution

NOTHING = Formula("?", Number("0"))
"""Stands where a formula could not be read."""

_NAME = re.compile(r"[^\W\d]\w*")


class Fields:
    """The problems of one file so far, and readers for each shape of value."""

    def __init__(self, bare: frozenset[Path] = frozenset()) -> None:
        self.bare = bare
        self.problems: list[Problem] = []
        self.broken: set[Path] = set()

    def error(self, path: Path, message: str) -> None:
        """Report a problem and remember that what stands at `path` is not to be trusted."""
        self.add(Problem(message, path))
        self.broken.add(path)

    def add(self, problem: Problem) -> None:
        """Report a problem.

        Raises:
            TooManyProblemsError: there are too many.
        """
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblemsError

    # --- mappings and lists ---------------------------------------------------------------------------------

    def section(self, path: Path, data: object, kind: str, what: str) -> dict[str, Any] | None:
        """The values of a mapping with fixed keys, by key; None if it is no mapping.

        Unknown keys are reported with the nearest spelling (and read under it, so that nothing is reported as
        missing), needed ones that are missing are reported too.
        """
        keys = SECTIONS[kind]
        if not isinstance(data, dict):
            needed = ", ".join(f"'{key}'" for key in keys if keys[key].needed) or "its keys"
            self.error(path, f"{what} needs a mapping with {needed}; got {given(data)}.")
            return None
        found: dict[str, Any] = {}
        for key, value, at in self.uncut(path, data, lambda key: key not in keys):
            if key not in keys:
                close = nearest(key, [name for name in keys if name not in data])
                self.error(at, self._unknown(key, keys, what))
                if close is not None and close not in found:
                    found[close] = value
                    self.broken.add((*path, close))
            else:
                found[key] = value
        self._missing(path, found, keys, what)
        return found

    @staticmethod
    def _unknown(key: str, keys: Mapping[str, Key], what: str) -> str:
        if not _NAME.fullmatch(key):
            hint = "; if this is text with a comma or ': ' in it, quote the text."
        else:
            hint = did_you_mean(key, keys) or f"; the keys here are {', '.join(keys)}."
        return f"{what} has no key '{key[:60]}'{hint}"

    def _missing(self, path: Path, found: Mapping[str, Any], keys: Mapping[str, Key], what: str) -> None:
        if path in self.broken or any((*path, key) in self.broken for key in found):
            return
        for key, rule in keys.items():
            if rule.needed and key not in found and (*path, key) not in self.broken:
                self.add(Problem(f"{what} has no {key}; add '{key}: ...'.", path))
                self.broken.add((*path, key))

    def entries(self, path: Path, data: object, what: str) -> Iterator[tuple[str, Any, Path]]:
        """Names with what stands under them; nothing for an empty section."""
        if data is None:
            return
        if not isinstance(data, dict):
            self.error(path, f"{what} needs a mapping of names; got {given(data)}.")
            return
        yield from self.uncut(path, data, lambda key: not _NAME.fullmatch(key) and " " not in key)

    def items(self, path: Path, data: object, what: str) -> Iterator[tuple[Any, Path]]:
        """The items of a list; nothing for an empty section."""
        if data is None:
            return
        if not isinstance(data, list):
            self.error(path, f"{what} needs a list; got {given(data)}.")
            return
        for index, item in enumerate(data):
            yield item, (*path, str(index))

    def uncut(
        self, path: Path, data: Mapping[str, Any], strange: Callable[[str], bool]
    ) -> Iterator[tuple[str, Any, Path]]:
        """Entries of a mapping that YAML did not cut; each run of pieces is reported once, where it begins.

        A text with a comma in `{...}` leaves its first piece as the value of its key, and each further piece
        as a key with nothing after it.
        """
        whole: list[tuple[str, Any]] = []
        pieces: dict[str, list[str]] = {}
        for key, value in data.items():
            at = (*path, key)
            is_piece = at in self.bare and (strange(key) or unbalanced(key))
            if is_piece and whole and isinstance(whole[-1][1], str):
                pieces.setdefault(whole[-1][0], [whole[-1][1]]).append(key)
            elif unbalanced(key):
                self.broken.add(at)
                if not (whole and unbalanced(whole[-1][0])):
                    self.error(at, f"'{key[:60]}' is cut at a comma; quote it.")
                whole.append((key, value))
            else:
                whole.append((key, value))
        for key, parts in pieces.items():
            text = ", ".join(parts)
            self.error((*path, key), f"'{text[:120]}' is cut at a comma; quote it.")
        for key, value in whole:
            if not unbalanced(key):
                yield key, (None if key in pieces else value), (*path, key)

    # --- single values --------------------------------------------------------------------------------------

    def is_broken(self, path: Path) -> bool:
        """Whether what stands at `path`, or anything around it, was reported already."""
        return any(path[:length] in self.broken for length in range(len(path) + 1))

    def text(self, path: Path, value: object, what: str, limit: int = 20_000) -> str | None:
        """A text, or None if there is none."""
        if isinstance(value, str) and len(value) <= limit:
            return value
        if path not in self.broken:
            got = f"{len(value)} characters; the limit is {limit}" if isinstance(value, str) else given(value)
            self.error(path, f"{what} needs text; got {got}.")
        return None

    def truth(self, path: Path, value: object, what: str) -> bool:
        """`true` or `false`."""
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if path not in self.broken:
            self.error(path, f"{what} is true or false; got {given(value)}.")
        return False

    def number(self, path: Path, value: object, what: str) -> float | None:
        """A finite number."""
        try:
            result = float(value) if isinstance(value, str) else math.nan
        except ValueError:
            result = math.nan
        if math.isfinite(result):
            return result
        if path not in self.broken:
            self.error(path, f"{what} needs a finite number; got {given(value)}.")
        return None

    def whole(self, path: Path, value: object, what: str) -> int | None:
        """A whole number of at most nine digits."""
        if re.fullmatch(r"[+-]?\d{1,9}", str(value)):
            return int(str(value))
        if path not in self.broken:
            self.error(path, f"{what} is a whole number; got {given(value)}.")
        return None

    def distribution(self, path: Path, value: object, what: str) -> Distribution:
        """A distribution; a placeholder if it cannot be read."""
        found = self.definition(path, value, what)
        if isinstance(found, Distribution):
            return found
        if path not in self.broken:
            self.error(path, f"{what} needs a distribution, as in normal(0, 1); got {given(value)}.")
        return Distribution("uniform", (NOTHING, NOTHING))

    def ends(self, path: Path, value: object, what: str) -> tuple[Formula, Formula]:
        """A lowest and a highest value, both formulas; placeholders if they cannot be read."""
        if path in self.broken:
            return NOTHING, NOTHING
        if not isinstance(value, list) or len(value) != 2:
            got = f"{len(value)} values" if isinstance(value, list) else given(value)
            self.error(path, f"{what} needs a lowest and a highest value, as in [0, 1]; got {got}.")
            return NOTHING, NOTHING
        low, high = (self.formula((*path, str(i)), end, f"an end of {what}") for i, end in enumerate(value))
        return low, high

    def known_to(self, path: Path, value: object, what: str) -> tuple[str, ...] | None:
        """A list of players, or None for `all`."""
        return None if value == "all" else self.names(path, value, what)

    def formula(self, path: Path, value: object, what: str) -> Formula:
        """A formula; `NOTHING` if it cannot be read."""
        return self._parsed(path, value, what, "a formula", parse_formula, NOTHING)

    def definition(self, path: Path, value: object, what: str) -> Definition:
        """A distribution or formula; `NOTHING` if it cannot be read."""
        return self._parsed(path, value, what, "a number or a distribution", parse_definition, NOTHING)

    def _parsed(
        self, path: Path, value: object, what: str, needed: str, parse: Callable[[str], Any], instead: Any
    ) -> Any:
        if path in self.broken:
            return instead
        if not isinstance(value, str):
            self.error(path, f"{what} needs {needed}; got {given(value)}.")
            return instead
        try:
            return parse(value)
        except FormulaError as fault:
            self.error(path, f"{what}: {fault}")
            return instead

    def names(self, path: Path, value: object, what: str) -> tuple[str, ...]:
        """A list of names; a single name counts as a list of one."""
        if isinstance(value, str):
            return (value,)
        if path in self.broken:
            return ()
        if not isinstance(value, list):
            self.error(path, f"{what} needs a list of names, as in [a, b]; got {given(value)}.")
            return ()
        for index, item in enumerate(value):
            if not isinstance(item, str):
                hint = " Quote a name that is null." if item is None else ""
                self.error((*path, str(index)), f"{what} needs names; got {given(item)}.{hint}")
                return ()
            if unbalanced(item):
                self.error((*path, str(index)), f"'{item[:60]}' is cut at a comma; quote it.")
                return ()
        return tuple(value)

    def numbers(self, path: Path, value: object, what: str) -> tuple[float, ...] | None:
        """A list of finite numbers."""
        if path in self.broken:
            return None
        if not isinstance(value, list):
            self.error(path, f"{what} needs a list of numbers, as in [0, 1]; got {given(value)}.")
            return None
        read = [
            self.number((*path, str(index)), item, f"a number in {what}") for index, item in enumerate(value)
        ]
        whole = tuple(number for number in read if number is not None)
        return whole if len(whole) == len(read) else None


def given(value: object) -> str:
    """What stands in the file, for the second half of a message."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    flat = " ".join(str(value).split())
    return f"'{flat}'" if len(flat) <= 60 else f"'{flat[:57]}...'"


def unbalanced(text: str) -> bool:
    """Whether a round bracket opens or closes without its other half."""
    return text.count("(") != text.count(")")
