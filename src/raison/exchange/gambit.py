"""Gambit's own solvers on a game, and ours held against them (the extra `gambit`)."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import json
import math
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from raison.exchange.best_reply import Profile, ends, regrets
from raison.exchange.game import CHANCE, NONE, ExtensiveGame
from raison.exchange.write import move_labels, player_labels, write_efg

TOLERANCE = 1e-6
"""Regrets and differences of probabilities up to this count as none when both are compared."""
MAX_PROFILES = 2_000
"""Profiles of pure strategies up to which all equilibria of a game of two are asked for."""
MAX_COUNTED = 1_000_000
"""Moves at all of a player's information sets, multiplied, up to which Gambit counts his strategies."""
MAX_NODES = 2_000
"""Nodes up to which a game with more strategies than that is handed to Gambit."""
MAX_SUPPORTS = 2_000
"""Profiles of supports up to which all equilibria of a game of three or more are looked for."""


@dataclass(frozen=True, slots=True)
class GambitAnswer:
    """What Gambit found.

    Attributes:
        version: Of pygambit.
        solver: Its function.
        complete: Whether the solver finds every equilibrium, or the extreme points of their components.
        equilibria: Probabilities of the moves at each information set, in the order of `ExtensiveGame.sets`;
            empty at chance, uniform where the player's own moves exclude the set.
    """

    version: str
    solver: str
    complete: bool
    equilibria: tuple[tuple[tuple[Fraction, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """One equilibrium held against those of the other side.

    Attributes:
        regret: The most that a player gains by deviating, relative to his payoff range; of Gambit's by our
            count, of ours by Gambit's.
        nearest: Which of the other side is nearest; None if it has none.
        difference: From that, the largest difference of the probability that play ends at some node.
    """

    regret: float
    nearest: int | None
    difference: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours and Gambit's equilibria of one game.

    Attributes:
        answer: Gambit's.
        theirs: For each of Gambit's equilibria.
        ours: For each of ours.
        difference: The largest from one of ours to the nearest of Gambit's; inf if Gambit found none.
        sentences: What that means.
    """

    answer: GambitAnswer
    theirs: tuple[Match, ...]
    ours: tuple[Match, ...]
    difference: float
    sentences: tuple[str, ...]


def solve_with_gambit(game: ExtensiveGame, *, seconds: float = 30.0) -> GambitAnswer:
    """Equilibria of a game by Gambit.

    Of two players all, by `enummixed_solve` in rationals, or for games with more than `MAX_PROFILES` profiles
    one, by `lcp_solve`. Of others all that `enumpoly_solve` finds, or where there are more than
    `MAX_SUPPORTS` profiles of supports one, by `logit_solve`. Where all are not found in time, one is asked
    for.

    Args:
        game: With perfect recall.
        seconds: That each of its solvers may take.

    Raises:
        ImportError: pygambit is not installed.
        ValueError: Gambit cannot solve the game; the message has its reason.
    """
    gambit = _gambit()
    if len(game.nodes) > MAX_NODES and max(_most(game)) > MAX_COUNTED:
        raise ValueError(
            f"Gambit is asked about games of up to {MAX_NODES:,} nodes where a player has more than "
            f"{MAX_COUNTED:,} strategies, or it would fill the memory; this one has {len(game.nodes):,}. "
            "Take fewer steps."
        )
    theirs = _as_gambit_has_it(gambit, game)
    for solver, complete, options in _choice(_sizes(theirs, game)):
        found = _in_time(game, solver, options, seconds)
        if found is not None:
            return GambitAnswer(_version(), solver, complete, found)
    raise ValueError(
        f"Gambit does not solve this game in {seconds:g} seconds; give it more, or a smaller one."
    )


def told(answer: GambitAnswer, game: ExtensiveGame) -> tuple[str, ...]:
    """Gambit's equilibria in words, with the regret that we compute of each."""
    number = len(answer.equilibria)
    noun = "equilibrium" if number == 1 else "equilibria"
    found = [
        f"Gambit ({answer.solver} of pygambit {answer.version}) finds {number} {noun}"
        + ("." if answer.complete else "; there may be others.")
    ]
    for k, profile in enumerate(answer.equilibria, start=1):
        found.append(f"{k}: largest gain from deviating {float(max(regrets(game, profile))):.2g}")
        for place, chances in zip(game.sets, profile, strict=True):
            if place.player != CHANCE:
                moves = zip(move_labels(place), chances, strict=True)
                name = place.label or f"information set {place.number} of player {place.player + 1}"
                found.append(f"   {name}: " + ", ".join(f"{move} {float(p):.6g}" for move, p in moves))
    return tuple(found)


def compare(
    ours: Sequence[Profile], game: ExtensiveGame, *, notes: Sequence[str] = (), seconds: float = 30.0
) -> Comparison:
    """Our equilibria of a game held against Gambit's.

    A peer's answer is not trusted more than ours: the regret of each is computed by the other side.

    Args:
        ours: Each with the probabilities of the moves at each information set, in the order of `game.sets`;
            at chance they are not looked at.
        game: With perfect recall.
        notes: Sentences about ours, which come after the numbers of both.
        seconds: That each of Gambit's solvers may take.

    Raises:
        ImportError: pygambit is not installed.
        ValueError: Gambit cannot solve the game.
    """
    answer = solve_with_gambit(game, seconds=seconds)
    our_ends = [ends(game, profile) for profile in ours]
    their_ends = [ends(game, profile) for profile in answer.equilibria]
    their_matches = tuple(
        Match(max(regrets(game, profile)), *_nearest(their_ends[k], our_ends))
        for k, profile in enumerate(answer.equilibria)
    )
    our_matches = tuple(
        Match(gambit_regret(game, profile), *_nearest(our_ends[k], their_ends))
        for k, profile in enumerate(ours)
    )
    difference = max((match.difference for match in our_matches), default=0.0)
    numbers, *said = _sentences(answer, their_matches, our_matches)
    sentences = (numbers, *notes, *said)
    return Comparison(answer, their_matches, our_matches, difference, sentences)


def gambit_regret(game: ExtensiveGame, profile: Profile) -> float:
    """The most that a player gains by deviating from a profile, as Gambit counts it.

    Returns:
        Relative to the widest payoff range of a player.

    Raises:
        ImportError: pygambit is not installed.
    """
    gambit = _gambit()
    theirs = _as_gambit_has_it(gambit, game)
    played = theirs.mixed_behavior_profile(rational=False)
    for information, way in _ways(game).items():
        place = game.sets[information]
        if place.player == CHANCE:
            continue
        chances = [float(p) for p in profile[information]]
        played.set_mixed_action(gambit.H.path(*way), dict(zip(move_labels(place), chances, strict=True)))
    paid = [game.paid()[k] for k, node in enumerate(game.nodes) if node.information == NONE]
    spreads = [float(max(amounts) - min(amounts)) for amounts in zip(*paid, strict=True)]
    return float(played.max_regret()) / (max(spreads) or 1.0)


def _gambit() -> Any:
    try:
        return importlib.import_module("pygambit")
    except ImportError as error:
        raise ImportError(
            "a check with Gambit needs pygambit, which is not installed; pip install 'raison[gambit]'."
        ) from error


def _version() -> str:
    return importlib.metadata.version("pygambit")


def _as_gambit_has_it(gambit: Any, game: ExtensiveGame) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return gambit.read_efg(io.BytesIO(write_efg(game).encode()))
        except Exception as error:
            raise ValueError(f"Gambit does not read this game: {error}") from error


def _sizes(theirs: Any, game: ExtensiveGame) -> list[int]:
    """By player how many strategies he has, of those with very many no fewer than that.

    Gambit writes them out to count them, and an offer on 65 steps to 64 types would fill the memory.
    """
    counts = zip(player_labels(game), _most(game), strict=True)
    return [most if most > MAX_COUNTED else len(theirs.get_strategies(label)) for label, most in counts]


def _most(game: ExtensiveGame) -> list[int]:
    """By player the number of his moves at all information sets, multiplied."""
    return [
        math.prod(len(place.moves) for place in game.sets if place.player == index)
        for index in range(len(player_labels(game)))
    ]


def _choice(sizes: Sequence[int]) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """Which solvers, whether they find all, and how they are called."""
    if len(sizes) <= 2:
        if math.prod(sizes) <= MAX_PROFILES:
            yield "enummixed_solve", True, {"rational": True}
        yield "lcp_solve", False, {"rational": True}
    elif math.prod(2**size - 1 for size in sizes) <= MAX_SUPPORTS:
        yield "enumpoly_solve", False, {"use_strategic": True}
    yield "logit_solve", False, {}


def _in_time(
    game: ExtensiveGame, solver: str, options: Mapping[str, Any], seconds: float
) -> tuple[tuple[tuple[Fraction, ...], ...], ...] | None:
    """What a solver finds in a process of its own; None if it takes too long."""
    ways = _ways(game)
    task = {
        "efg": write_efg(game),
        "solver": solver,
        "options": options,
        "ways": [None if s.player == CHANCE else ways[k] for k, s in enumerate(game.sets)],
        "moves": [move_labels(place) for place in game.sets],
    }
    command = [sys.executable, "-m", "raison.exchange.gambit_worker"]
    try:
        done = subprocess.run(
            command, input=json.dumps(task), capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        reason = (done.stderr.strip() or "it ended without a word").splitlines()[-1]
        raise ValueError(f"Gambit's {solver} does not solve this game: {reason}")
    return tuple(
        tuple(_mixture([Fraction(text) for text in chances]) for chances in profile)
        for profile in json.loads(done.stdout)
    )


def _mixture(chances: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Probabilities that sum to one; uniform where Gambit gives none."""
    total = sum(chances, Fraction(0))
    return tuple(p / total if total else Fraction(1, len(chances)) for p in chances)


def _ways(game: ExtensiveGame) -> dict[int, tuple[str, ...]]:
    """For each information set the moves that lead to its first node, as they are called in the file."""
    way: list[tuple[str, ...]] = [()] * len(game.nodes)
    found: dict[int, tuple[str, ...]] = {}
    names = [move_labels(place) for place in game.sets]
    for index, node in enumerate(game.nodes):
        if node.information == NONE:
            continue
        found.setdefault(node.information, way[index])
        for child, move in zip(node.children, names[node.information], strict=True):
            way[child] = (*way[index], move)
    return found


def _nearest(mine: Sequence[Any], others: Sequence[Sequence[Any]]) -> tuple[int | None, float]:
    far = [
        max((abs(float(a) - float(b)) for a, b in zip(mine, other, strict=True)), default=0.0)
        for other in others
    ]
    return (far.index(min(far)), min(far)) if far else (None, math.inf)


def _sentences(answer: GambitAnswer, theirs: Sequence[Match], ours: Sequence[Match]) -> list[str]:
    kind = "all that there are" if answer.complete else "not necessarily all"
    said = [
        f"Gambit {answer.version} ({answer.solver}) found {_count(len(theirs))}, {kind}; "
        f"we found {_count(len(ours))}."
    ]
    for k, match in enumerate(theirs):
        if not match.regret <= TOLERANCE:
            said.append(
                f"Gambit's number {k + 1} is no equilibrium: a player gains {match.regret:.3g} of his payoff "
                "range by deviating."
            )
    for k, match in enumerate(ours):
        if not match.regret <= TOLERANCE:
            said.append(
                f"Our number {k + 1} is no equilibrium by Gambit's count: a player gains {match.regret:.3g} "
                "of the payoff range by deviating."
            )
        elif match.nearest is not None and match.difference <= TOLERANCE:
            near = f"to {match.difference:.1g}" if match.difference else "exactly"
            said.append(f"Play in our number {k + 1} is that in Gambit's number {match.nearest + 1} {near}.")
        else:
            why = "; it may lie between extreme points of a component" if answer.complete else ""
            said.append(f"Our number {k + 1} is not among Gambit's{why}.")
    others = [k for k, match in enumerate(theirs) if match.regret <= TOLERANCE < match.difference]
    if others:
        least = min(theirs[k].difference for k in others)
        near = f"; the probability of some end differs by at least {least:.3g}" if ours else ""
        said.append(f"Not among ours: Gambit's {', '.join(str(k + 1) for k in others)}{near}.")
    return said


def _count(number: int) -> str:
    return "one equilibrium" if number == 1 else f"{number or 'no'} equilibria"
