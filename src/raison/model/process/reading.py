"""Reading processes from plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raison.model.constant import constant
from raison.model.fields import NOTHING
from raison.model.formula import Formula
from raison.model.nodes import GameFields
from raison.model.problem import Path
from raison.model.process.records import (
    END,
    EULER,
    EXACT,
    FOLDS,
    Delay,
    Event,
    Flow,
    Input,
    Noise,
    Output,
    Process,
    Stock,
    Time,
)
from raison.model.records import Quantity


class ProcessFields(GameFields):
    """Readers for what processes are made of."""

    def processes(self, data: object) -> dict[str, Process]:
        """All processes."""
        found: dict[str, Process] = {}
        for name, value, path in self.entries(("processes",), data, "'processes'"):
            given = self.section(path, value, "process", f"process '{name}'")
            if given is not None:
                found[name] = self._process(path, given, f"process '{name}'")
        return found

    def _process(self, path: Path, found: Mapping[str, Any], what: str) -> Process:
        at: Mapping[str, Any] = {key: found.get(key) for key in FIELDS}

        def entries(kind: str) -> Any:
            return self.entries((*path, kind), at[kind], f"'{kind}' of {what}")

        return Process(
            time=self._time((*path, "time"), found.get("time"), what),
            inputs={
                name: self._input(here, value, f"input '{name}'") for name, value, here in entries("inputs")
            },
            stocks={
                name: self._stock(here, value, f"stock '{name}'") for name, value, here in entries("stocks")
            },
            flows={name: self._flow(here, value, f"flow '{name}'") for name, value, here in entries("flows")},
            delays={
                name: self._delay(here, value, f"delay '{name}'") for name, value, here in entries("delays")
            },
            sinks=self.listed(path, found, "sinks", what),
            quantities={
                name: self.quantity(here, value, f"quantity '{name}'")
                for name, value, here in entries("quantities")
            },
            events={
                name: self._event(here, value, f"event '{name}'") for name, value, here in entries("events")
            },
            noise={
                name: self._noise(here, value, f"noise '{name}'") for name, value, here in entries("noise")
            },
            outputs={
                name: self._output(here, value, f"output '{name}'")
                for name, value, here in entries("outputs")
            },
            about=self.optional((*path, "about"), found, "about", f"'about' of {what}"),
        )

    def quantity(self, path: Path, value: Any, what: str) -> Quantity:
        """A named formula, with or without unit."""
        if not isinstance(value, dict):
            return Quantity(self.formula(path, value, what))
        found = self.section(path, value, "quantity", what) or {}
        formula = NOTHING
        if "value" in found:
            formula = self.formula((*path, "value"), found["value"], what)
        return Quantity(formula, **self.texts(path, found, what, "unit", "about"))

    def _time(self, path: Path, value: Any, what: str) -> Time:
        what = f"'time' of {what}"
        found = {} if self.is_broken(path) else self.section(path, value, "time", what) or {}
        step = self._fixed((*path, "step"), found, "step", what)
        horizon = self._fixed((*path, "horizon"), found, "horizon", what)
        texts = self.texts(path, found, what, "unit", "method")
        if step is None or horizon is None:
            self.broken.add(path)
        return Time(step or 1.0, horizon or 1.0, texts["unit"], texts["method"] or EULER)

    def _fixed(self, path: Path, found: Mapping[str, Any], key: str, what: str) -> float | None:
        """A number that is the same in all draws, as `0.05` or `1 / 12`; None if there is none."""
        if key not in found:
            return None
        formula = self.formula(path, found[key], f"'{key}' of {what}")
        if self.is_broken(path):
            return None
        number = constant(formula.expression)
        if number is None or number - number != 0:
            self.error(
                path, f"'{key}' of {what} is a number, the same in all draws; got '{formula.text[:60]}'."
            )
            return None
        return number

    def _needed(self, path: Path, found: Mapping[str, Any], key: str, what: str) -> Formula:
        if key not in found:
            return NOTHING
        return self.formula((*path, key), found[key], f"'{key}' of {what}")

    def _maybe(self, path: Path, found: Mapping[str, Any], key: str, what: str) -> Formula | None:
        return self.formula((*path, key), found[key], f"'{key}' of {what}") if key in found else None

    def _input(self, path: Path, value: Any, what: str) -> Input:
        if value is not None and not isinstance(value, dict):
            return Input(self.formula(path, value, f"the default of {what}"))
        found = (self.section(path, value, "input", what) or {}) if value is not None else {}
        default = self._maybe(path, found, "default", what)
        return Input(default, **self.texts(path, found, what, "unit", "about"))

    def _stock(self, path: Path, value: Any, what: str) -> Stock:
        if not isinstance(value, dict):
            return Stock(self.formula(path, value, f"the start of {what}"))
        found = self.section(path, value, "stock", what) or {}
        return Stock(
            start=self._needed(path, found, "start", what),
            negative=self.flag((*path, "negative"), found, "negative", f"'negative' of {what}"),
            **self.texts(path, found, what, "unit", "about"),
        )

    def _flow(self, path: Path, value: Any, what: str) -> Flow:
        found = self.section(path, value, "flow", what) or {}
        texts = self.texts(path, found, what, "from", "to", "about")
        rate = self._needed(path, found, "rate", what)
        return Flow(rate, texts["to"] or "", texts["from"], texts["about"])

    def _delay(self, path: Path, value: Any, what: str) -> Delay:
        found = self.section(path, value, "delay", what) or {}
        texts = self.texts(path, found, what, "from", "to", "kind", "about")
        order = None
        if "order" in found:
            order = self.whole((*path, "order"), found["order"], f"'order' of {what}")
        return Delay(
            rate=self._needed(path, found, "rate", what),
            takes=self._needed(path, found, "takes", what),
            target=texts["to"] or "",
            source=texts["from"],
            kind=texts["kind"] or EXACT,
            order=order,
            start=self._maybe(path, found, "start", what),
            about=texts["about"],
        )

    def _event(self, path: Path, value: Any, what: str) -> Event:
        found = self.section(path, value, "event", what) or {}
        texts = self.texts(path, found, what, "from", "to", "about")
        at, amount = self._needed(path, found, "at", what), self._needed(path, found, "amount", what)
        return Event(at, amount, texts["to"] or "", texts["from"], texts["about"])

    def _noise(self, path: Path, value: Any, what: str) -> Noise:
        found = self.section(path, value, "noise", what) or {}
        return Noise(
            distribution=self.distribution((*path, "value"), found.get("value"), what),
            seed=self._needed(path, found, "seed", what),
            every=self._fixed((*path, "every"), found, "every", what),
            **self.texts(path, found, what, "unit", "about"),
        )

    def _output(self, path: Path, value: Any, what: str) -> Output:
        found = self.section(path, value, "output", what) or {}
        about = self.optional((*path, "about"), found, "about", f"'about' of {what}")
        folds = [fold for fold in FOLDS if fold in found]
        if len(folds) != 1:
            got = " and ".join(f"'{fold}'" for fold in folds) or "none of them"
            if not any(where[: len(path)] == path for where in self.broken):
                self.error(
                    path,
                    f"{what} is one of 'at' (with 'of'), 'max', 'min', 'mean' or 'first_time'; got {got}.",
                )
            return Output("at", NOTHING)
        for key, fold in (("of", "at"), ("otherwise", "first_time")):
            if (key in found) != (folds[0] == fold) and not self.is_broken((*path, key)):
                lacks = f"'{fold}' of {what} needs '{key}'; add it."
                self.error(
                    path, lacks if folds[0] == fold else f"'{key}' of {what} goes with '{fold}'; delete it."
                )
        if folds[0] == "at":
            at = None if found["at"] == END else self.formula((*path, "at"), found["at"], f"'at' of {what}")
            return Output("at", self._needed(path, found, "of", what), at, about=about)
        of = self.formula((*path, folds[0]), found[folds[0]], f"'{folds[0]}' of {what}")
        otherwise = self._maybe(path, found, "otherwise", what)
        return Output(folds[0], of, otherwise=otherwise, about=about)


FIELDS = (
    "time",
    "inputs",
    "stocks",
    "flows",
    "delays",
    "sinks",
    "quantities",
    "events",
    "noise",
    "outputs",
)
"""The sections of a process that have entries of their own."""
