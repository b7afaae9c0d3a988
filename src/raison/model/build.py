"""Plain data to a Model: every key is read by its shape, and all that is wrong is said at once.

What the names in a model mean, and whether it hangs together, is `raison.model.check`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raison.model.fields import NOTHING, given
from raison.model.keys import OPTIONS, PATH_ROOTS, SECTIONS, did_you_mean, is_known_to
from raison.model.problem import Path, Problem, TooManyProblemsError
from raison.model.process.reading import ProcessFields
from raison.model.records import (
    Claim,
    Correlation,
    Function,
    Lever,
    Model,
    Parameter,
    Player,
    Premise,
    PremiseSet,
    Quantity,
    Question,
    Solution,
    Source,
)
from raison.model.round_fields import RoundFields

VERSION = "1"
_HEADER = re.compile(r"\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*\(([^()]*)\)\s*")


@dataclass(frozen=True, slots=True)
class Draft:
    """A model as far as it could be read.

    Attributes:
        model: With placeholders where something could not be read.
        problems: Why.
        broken: Where; nothing that follows from these is worth reporting.
    """

    model: Model
    problems: tuple[Problem, ...]
    broken: frozenset[Path]


def build(data: object, *, bare: frozenset[Path] = frozenset()) -> tuple[Model | None, tuple[Problem, ...]]:
    """Read a model from plain data: nested dicts and lists of text and None.

    Args:
        data: The whole file, as `document.parse` gives it or as one writes it in Python; numbers and truths
            may be Python's own.
        bare: Paths of keys in `{...}` with nothing after them, so that a text cut at a comma is recognised.

    Returns:
        The model, or None if there are problems; and the problems, one per cause.
    """
    made = draft(data, bare=bare)
    return (None if made.problems else made.model), made.problems


def draft(data: object, *, bare: frozenset[Path] = frozenset()) -> Draft:
    """Like `build`, but keeps what could be read, so that the rest can be checked too."""
    builder = _Builder(bare)
    try:
        model = builder.model(_as_text(data))
    except TooManyProblemsError:
        model = Model("")
        builder.broken.add(())
    return Draft(model, tuple(builder.problems), frozenset(builder.broken))


def _as_text(data: Any) -> Any:
    """Plain data in which Python's numbers and truths are text, as they are in a file."""
    if isinstance(data, Mapping):
        return {str(key): _as_text(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_as_text(item) for item in data]
    if isinstance(data, bool):
        return "true" if data else "false"
    return repr(data) if isinstance(data, int | float) else data


class _Builder(ProcessFields, RoundFields):
    """One method per section."""

    def model(self, data: object) -> Model:
        if not isinstance(data, dict):
            self.error((), f"a model file is a mapping that starts with 'raison: 1'; got {given(data)}.")
            return Model("")
        found = self.section((), data, "model", "the model") or {}
        if "raison" in found and found["raison"] != VERSION and not self.is_broken(("raison",)):
            got = given(found["raison"])
            self.error(
                ("raison",), f"this version reads version 1 of the language; got {got}. Write 'raison: 1'."
            )
        at: Mapping[str, Any] = {key: found.get(key) for key in SECTIONS["model"]}
        return Model(
            title=self.optional(("title",), found, "title", "the model's title") or "",
            about=self.optional(("about",), found, "about", "the model's 'about'"),
            beliefs=self.flag(("beliefs",), found, "beliefs", "'beliefs'"),
            players=self.players(at["players"]),
            parameters=self.parameters(at["parameters"]),
            correlations=self.correlations(at["correlations"]),
            functions=self.functions(at["functions"]),
            quantities=self.quantities(at["quantities"]),
            game=self.game(at["game"]),
            outcomes=self.outcomes(at["outcomes"]),
            premises=self.premises(at["premises"], at),
            sets=self.sets(at["sets"]),
            claims=self.claims(at["claims"]),
            sources=self.sources(at["sources"]),
            questions=self.questions(at["questions"]),
            levers=self.levers(at["levers"]),
            solution=self.solution(at["solution"]),
            processes=self.processes(at["processes"]),
            rounds=self.rounds(at["rounds"], tuple(at["players"] or ())),
            next=self.next_states(at["outcomes"]),
            ends=self.endings(at["outcomes"]),
        )

    # --- numbers --------------------------------------------------------------------------------------------

    def players(self, data: object) -> dict[str, Player]:
        players: dict[str, Player] = {}
        for name, value, path in self.entries(("players",), data, "'players'"):
            what = f"player '{name}'"
            found = self.section(path, value, "player", what) if isinstance(value, dict) else {"title": value}
            title, many = None, False
            if found is not None and ("title" in found) == ("name" in found) and path not in self.broken:
                self.error(path, f"{what} needs a title, once; write '{name}: <title>'.")
            elif found is not None:
                key = "name" if "name" in found else "title"
                where = (*path, key) if isinstance(value, dict) else path
                title = self.text(where, found.get(key), f"{what}, the title,")
                many = self.flag((*path, "many"), found, "many", f"'many' of {what}")
            players[name] = Player(title or name, many)
        return players

    def parameters(self, data: object) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {}
        for name, value, path in self.entries(("parameters",), data, "'parameters'"):
            what = f"parameter '{name}'"
            if isinstance(value, dict):
                found = self.section(path, value, "parameter", what) or {}
                defined = NOTHING
                if "value" in found:
                    defined = self.definition((*path, "value"), found["value"], what)
                texts = self.texts(path, found, what, "unit", "about")
                because = self.listed(path, found, "because", what)
                known_to = self.seen(path, found, what)
                steps = self.steps(path, found, what)
                if steps is not None and "known_to" not in found and not self.is_broken((*path, "known_to")):
                    self.error((*path, "steps"), f"'steps' of {what} goes with 'known_to'; add it or delete "
                               "'steps'.")  # fmt: skip
                parameters[name] = Parameter(defined, texts["unit"], texts["about"], because, known_to, steps)
            else:
                parameters[name] = Parameter(self.definition(path, value, what))
        return parameters

    def quantities(self, data: object) -> dict[str, Quantity]:
        quantities: dict[str, Quantity] = {}
        for name, value, path in self.entries(("quantities",), data, "'quantities'"):
            quantities[name] = self.quantity(path, value, f"quantity '{name}'")
        return quantities

    def functions(self, data: object) -> dict[str, Function]:
        functions: dict[str, Function] = {}
        for header, body, path in self.entries(("functions",), data, "'functions'"):
            match = _HEADER.fullmatch(header)
            arguments = (
                tuple(part.strip() for part in match[2].split(",")) if match and match[2].strip() else ()
            )
            if match is None or any(not re.fullmatch(r"[^\W\d]\w*", part) for part in arguments):
                self.error(
                    path,
                    f"a function is written 'name(x, y): formula'; got '{header[:60]}'. Name its arguments.",
                )
            elif len(set(arguments)) < len(arguments):
                self.error(
                    path, f"function '{match[1]}' needs arguments with different names; got '{match[2]}'."
                )
            elif match[1] in functions:
                self.error(path, f"function '{match[1]}' stands twice; delete or rename one.")
            else:
                what = f"function '{match[1]}'"
                functions[match[1]] = Function(arguments, self.formula(path, body, what))
                if path in self.broken:
                    self.broken.add(("functions", match[1]))
        return functions

    def correlations(self, data: object) -> tuple[Correlation, ...]:
        correlations: list[Correlation] = []
        for value, path in self.items(("correlations",), data, "'correlations'"):
            what = "a correlation"
            found = self.section(path, value, "correlation", what)
            if found is None or any(where[: len(path)] == path for where in self.broken):
                continue
            if ("between" in found) == ("among" in found):
                self.error(
                    path, "a correlation is 'between' two parameters or 'among' several; give one of them."
                )
                continue
            key = "between" if "between" in found else "among"
            names = self.listed(path, found, key, what)
            rank = self.number((*path, "rank"), found["rank"], "'rank' of a correlation")
            if (key == "between" and len(names) != 2) or len(names) < 2:
                needed = "two" if key == "between" else "at least two"
                if (*path, key) not in self.broken:
                    self.error((*path, key), f"'{key}' needs {needed} parameters; got {len(names)}.")
            elif rank is not None:
                correlations.append(Correlation(names, rank))
        return tuple(correlations)

    # --- game -----------------------------------------------------------------------------------------------

    def outcomes(self, data: object) -> dict[str, dict[str, Any]]:
        outcomes: dict[str, dict[str, Any]] = {}
        for name, value, path in self.entries(("outcomes",), data, "'outcomes'"):
            what = f"outcome '{name}'"
            outcomes[name] = {}
            if value is None and path not in self.broken:
                self.error(path, f"{what} needs a payoff for every player; got nothing.")
            for player, payoff, at in self.entries(path, value, what):
                if player not in SECTIONS["outcome"]:
                    outcomes[name][player] = self.formula(at, payoff, f"the payoff of {player} in {what}")
        return outcomes

    def solution(self, data: object) -> Solution:
        if data is None:
            return Solution()
        found = self.section(("solution",), data, "solution", "'solution'") or {}
        texts = self.texts(("solution",), found, "'solution'", "concept", *OPTIONS)
        precision = None
        if "precision" in found:
            precision = self.formula(
                ("solution", "precision"), found["precision"], "'precision' of 'solution'"
            )
        return Solution(**texts, precision=precision)

    # --- argument -------------------------------------------------------------------------------------------

    def premises(self, data: object, model: Mapping[str, Any]) -> dict[str, Premise]:
        premises: dict[str, Premise] = {}
        for name, value, path in self.entries(("premises",), data, "'premises'"):
            what = f"premise '{name}'"
            found = self.section(path, value, "premise", what) or {}
            premises[name] = Premise(
                says=self.optional((*path, "says"), found, "says", f"'says' of {what}") or "",
                without=self.replacements((*path, "without"), found.get("without"), what, model),
                claims=self.listed(path, found, "claims", what),
                unstated=self.flag((*path, "unstated"), found, "unstated", f"'unstated' of {what}"),
                rival=self.listed(path, found, "rival", what),
            )
        return premises

    def replacements(
        self, path: Path, data: object, what: str, model: Mapping[str, Any]
    ) -> dict[str, object]:
        without: dict[str, object] = {}
        sections = (model["parameters"], model["quantities"])
        prefixed = [name for each in sections if isinstance(each, dict) for name in each if "." in name]
        for key, value, at in self.entries(path, data, f"'without' of {what}"):
            first, dot, _ = key.partition(".")
            if not dot or key in prefixed:
                without[key] = self.definition(at, value, f"'{key}' without {what}")
            elif is_known_to(key):
                players = None if value is None else self.known_to(at, value, f"'{key}' in {what}")
                if at not in self.broken:
                    without[key] = "all" if players is None else list(players)
            elif first not in PATH_ROOTS:
                hint = did_you_mean(key, prefixed) or did_you_mean(first, PATH_ROOTS)
                hint = hint or f"; a path begins with {_either(PATH_ROOTS)}."
                self.error(at, f"'{key[:60]}' in {what} leads nowhere{hint}")
            elif at not in self.broken:
                without[key] = value
        return without

    def sets(self, data: object) -> dict[str, PremiseSet]:
        sets: dict[str, PremiseSet] = {}
        for name, value, path in self.entries(("sets",), data, "'sets'"):
            what = f"set '{name}'"
            found = self.section(path, value, "set", what) or {}
            says = self.optional((*path, "says"), found, "says", f"'says' of {what}")
            sets[name] = PremiseSet(self.listed(path, found, "premises", what), says or "")
        return sets

    def claims(self, data: object) -> dict[str, Claim]:
        claims: dict[str, Claim] = {}
        for name, value, path in self.entries(("claims",), data, "'claims'"):
            what = f"claim '{name}'"
            found = self.section(path, value, "claim", what) or {}
            texts = self.texts(path, found, what, "says", "source", "at", "said")
            credibility = None
            if "credibility" in found:
                where = (*path, "credibility")
                if re.fullmatch(r"[+-]?\d{1,9}", str(found["credibility"])):
                    credibility = int(found["credibility"])
                elif where not in self.broken:
                    got = given(found["credibility"])
                    self.error(where, f"the credibility of {what} is a whole number from 1 to 6; got {got}.")
            claims[name] = Claim(
                texts["says"] or "", texts["source"] or "", texts["at"], credibility, texts["said"]
            )
        return claims

    def sources(self, data: object) -> dict[str, Source]:
        sources: dict[str, Source] = {}
        for name, value, path in self.entries(("sources",), data, "'sources'"):
            what = f"source '{name}'"
            found = self.section(path, value, "source", what) or {}
            title = self.optional((*path, "title"), found, "title", f"'title' of {what}")
            rest = (key for key in SECTIONS["source"] if key != "title")
            sources[name] = Source(title or "", **self.texts(path, found, what, *rest))
        return sources

    def questions(self, data: object) -> tuple[Question, ...]:
        questions: list[Question] = []
        for value, path in self.items(("questions",), data, "'questions'"):
            what = f"question {len(questions) + 1}"
            found = self.section(path, value, "question", what) or {}
            texts = self.texts(path, found, what, "name", "node", "move", "for")
            formulas = {
                key: self.formula((*path, key), found[key], f"'{key}' of {what}")
                for key in ("event", "amount", "given")
                if key in found
            }
            above = None
            if "above" in found:
                above = self.number((*path, "above"), found["above"], f"'above' of {what}")
            questions.append(
                Question(
                    texts["node"],
                    texts["move"],
                    **formulas,
                    above=above,
                    player=texts["for"],
                    name=texts["name"],
                    period=self.whole((*path, "period"), found["period"], f"'period' of {what}")
                    if "period" in found
                    else None,
                    state=self.asked_state((*path, "state"), found["state"], what)
                    if "state" in found
                    else None,
                )
            )
        return tuple(questions)

    def levers(self, data: object) -> dict[str, dict[str, Lever]]:
        levers: dict[str, dict[str, Lever]] = {}
        for player, mapping, path in self.entries(("levers",), data, "'levers'"):
            levers[player] = {}
            for name, value, at in self.entries(path, mapping, f"'levers' of {player}"):
                what = f"lever '{name}' of {player}"
                if isinstance(value, list):
                    levers[player][name] = Lever(range=self.interval(at, value, what))
                    continue
                found = self.section(at, value, "lever", what)
                if found is None:
                    continue
                cost = (
                    self.formula((*at, "cost"), found["cost"], f"the cost of {what}")
                    if "cost" in found
                    else None
                )
                levers[player][name] = Lever(
                    range=self.interval((*at, "range"), found["range"], what) if "range" in found else None,
                    values=self.numbers((*at, "set"), found["set"], what) if "set" in found else None,
                    commit=self.listed(at, found, "commit", what) if "commit" in found else None,
                    cost=cost,
                )
        return levers

    def interval(self, path: Path, value: object, what: str) -> tuple[float, float] | None:
        numbers = self.numbers(path, value, what)
        if numbers is not None and len(numbers) != 2:
            self.error(
                path, f"{what} needs a lowest and a highest value, as in [0, 1]; got {len(numbers)} numbers."
            )
        return (numbers[0], numbers[1]) if numbers is not None and len(numbers) == 2 else None


def _either(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
