"""Reading the nodes of a game from plain data: decisions, chance with cases, chance over a distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raison.model.fields import NOTHING, Fields
from raison.model.problem import Path, Problem
from raison.model.records import STEPS, Case, Chance, Decision, Move, Node, Scale, Spread

_NODE_KINDS: Mapping[str, tuple[str, ...]] = {
    # what makes a node what it is, and the keys that only such a node has
    "moves": ("player", "moves", "hidden", "information"),
    "cases": ("cases",),
    "chance": ("chance", "over", "steps", "then"),
}


class GameFields(Fields):
    """Readers for what a game is made of, and for what its sections share with the others."""

    def optional(self, path: Path, found: Mapping[str, Any], key: str, what: str) -> str | None:
        """A text that may be missing."""
        return self.text(path, found[key], what) if key in found else None

    def flag(self, path: Path, found: Mapping[str, Any], key: str, what: str) -> bool:
        """A truth that is false if missing."""
        return self.truth(path, found[key], what) if key in found else False

    def texts(self, path: Path, found: Mapping[str, Any], what: str, *keys: str) -> dict[str, str | None]:
        """Texts that may be missing, by key."""
        return {key: self.optional((*path, key), found, key, f"'{key}' of {what}") for key in keys}

    def listed(self, path: Path, found: Mapping[str, Any], key: str, what: str) -> tuple[str, ...]:
        """A list of names that is empty if missing."""
        return self.names((*path, key), found[key], f"'{key}' of {what}") if key in found else ()

    def seen(self, path: Path, found: Mapping[str, Any], what: str) -> tuple[str, ...] | None:
        """The players under `known_to`; None for everybody."""
        if "known_to" not in found:
            return None
        at = (*path, "known_to")
        players = self.known_to(at, found["known_to"], f"'known_to' of {what}")
        return None if self.is_broken(at) else players

    def steps(self, path: Path, found: Mapping[str, Any], what: str) -> int | None:
        """The number of steps, None if missing; its bounds are checked elsewhere."""
        if "steps" not in found:
            return None
        return self.whole((*path, "steps"), found["steps"], f"'steps' of {what}")

    def game(self, data: object) -> dict[str, Node]:
        """All nodes."""
        nodes: dict[str, Node] = {}
        for name, value, path in self.entries(("game",), data, "'game'"):
            what = f"node '{name}'"
            found = self.section(path, value, "node", what)
            if found is None:
                continue
            node = self.node(path, found, what)
            if node is not None:
                nodes[name] = node
        return nodes

    def node(self, path: Path, found: Mapping[str, Any], what: str) -> Node | None:
        """One node, None if it cannot be told what it is."""
        about = self.optional((*path, "about"), found, "about", f"'about' of {what}")
        known_to = self.seen(path, found, what)
        kinds = [kind for kind in _NODE_KINDS if kind in found or (kind == "moves" and "player" in found)]
        if len(kinds) > 1:
            self.error(
                path,
                f"{what} is a decision with 'player' and 'moves', or chance with 'cases', or with 'chance' "
                f"and 'then'; got {' and '.join(repr(kind) for kind in kinds)}.",
            )
            return None
        if not kinds:
            if not any(where[: len(path)] == path for where in self.broken):
                self.error(
                    path,
                    f"{what} needs 'player' and 'moves', or 'cases', or 'chance' and 'then'; got neither.",
                )
            return None
        for kind, keys in _NODE_KINDS.items():
            for key in keys if kind != kinds[0] else ():
                if key in found and not self.is_broken((*path, key)):
                    self.error(
                        (*path, key),
                        f"'{key}' of {what} goes with '{kind}', not with '{kinds[0]}'; delete it.",
                    )
        if kinds[0] == "cases":
            return Chance(self.cases(path, found["cases"], what), about, known_to)
        if kinds[0] == "chance":
            return self.spread(path, found, what, about, known_to)
        return self.decision(path, found, what, about, known_to)

    def spread(
        self,
        path: Path,
        found: Mapping[str, Any],
        what: str,
        about: str | None,
        known_to: tuple[str, ...] | None,
    ) -> Spread:
        """Chance over a distribution."""
        over = None
        if "over" in found:
            over = self.ends((*path, "over"), found["over"], f"'over' of {what}")
        if "then" not in found and not self.is_broken((*path, "then")):
            self.add(Problem(f"{what} has no then; add 'then: <node or outcome>'.", path))
            self.broken.add((*path, "then"))
        then = self.target((*path, "then"), found["then"], what) if "then" in found else ""
        distribution = self.distribution((*path, "chance"), found["chance"], f"'chance' of {what}")
        steps = self.steps(path, found, what)
        return Spread(distribution, then, STEPS if steps is None else steps, over, about, known_to)

    def decision(
        self,
        path: Path,
        found: Mapping[str, Any],
        what: str,
        about: str | None,
        known_to: tuple[str, ...] | None,
    ) -> Decision:
        """A decision."""
        for key in ("player", "moves"):
            if key not in found and not self.is_broken((*path, key)):
                self.add(Problem(f"{what} has no {key}; add '{key}: ...'.", path))
                self.broken.add((*path, key))
        player = self.optional((*path, "player"), found, "player", f"'player' of {what}")
        moves: dict[str, Move] = {}
        for move, value, at in self.entries((*path, "moves"), found.get("moves"), f"'moves' of {what}"):
            moves[move] = self.move(at, value, f"move '{move}' of {what}")
        hidden = self.listed(path, found, "hidden", what)
        label = self.optional((*path, "information"), found, "information", f"'information' of {what}")
        return Decision(player or "", moves, about, hidden, known_to, label)

    def move(self, path: Path, value: object, what: str) -> Move:
        """A move, in its short form or its long."""
        if not isinstance(value, dict):
            return Move(self.target(path, value, what))
        found = self.section(path, value, "move", what) or {}
        then = self.optional((*path, "then"), found, "then", f"'then' of {what}")
        when = None
        if "when" in found:
            when = self.formula((*path, "when"), found["when"], f"'when' of {what}")
        scale, steps = None, self.steps(path, found, what)
        if "range" in found:
            ends = self.ends((*path, "range"), found["range"], f"'range' of {what}")
            scale = Scale(*ends, STEPS if steps is None else steps)
        elif steps is not None:
            self.error((*path, "steps"), f"'steps' of {what} goes with 'range'; add it or delete 'steps'.")
        return Move(then or "", when, scale)

    def target(self, path: Path, value: object, what: str) -> str:
        """The node or outcome that follows."""
        if value is None and path not in self.broken:
            self.error(path, f"{what} needs the node or outcome that follows; got nothing.")
        return self.text(path, value, f"{what}, the node or outcome that follows,") or ""

    def cases(self, path: Path, data: object, what: str) -> dict[str, Case]:
        """The cases of a chance node."""
        cases: dict[str, Case] = {}
        for name, value, at in self.entries((*path, "cases"), data, f"'cases' of {what}"):
            inner = f"case '{name}' of {what}"
            found = self.section(at, value, "case", inner) or {}
            then = self.optional((*at, "then"), found, "then", f"'then' of {inner}")
            probability = NOTHING
            if found.get("probability") == "otherwise":
                probability = None
            elif "probability" in found:
                where = (*at, "probability")
                probability = self.formula(where, found["probability"], f"the probability of {inner}")
            cases[name] = Case(then or "", probability)
        return cases
