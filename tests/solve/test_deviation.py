"""The checker of hidden games: closed forms, a second implementation in fractions, and planted faults."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.exchange.best_reply import ends, regrets
from raison.exchange.efg import read_efg
from raison.exchange.game import NONE, ExtensiveGame
from raison.exchange.modelling import to_model
from raison.exchange.write import write_efg
from raison.model.formula import parse
from raison.model.records import (
    Case,
    Chance,
    Decision,
    Distribution,
    Model,
    Move,
    Parameter,
    Player,
    Scale,
    Spread,
)
from raison.program.form import Form, make_form
from raison.solve.as_tree import tree_at
from raison.solve.deviation import belief_error, nash_regret, sequential_regret

# sums of a few hundred products of numbers of order 1, each with an error of about 1e-16
ROUNDING = 1e-13


def column(*numbers: float) -> list[np.ndarray]:
    return [np.array([float(x)]) for x in numbers]


# --- closed forms ---


def pennies() -> tuple[Form, list]:
    model = Model(
        title="Matching pennies",
        players={"a": Player("A"), "b": Player("B")},
        game={
            "first": Decision("a", {"h": Move("second"), "t": Move("second")}),
            "second": Decision("b", {"h": Move("end"), "t": Move("end")}, hidden=("first",)),
        },
        outcomes={"end": {"a": parse("0"), "b": parse("0")}},
    )
    form = make_form(model)
    assert len(form.places) == 2
    return form, [column(x, -x) for x in (1, -1, -1, 1)]


@pytest.mark.parametrize(
    ("a", "b", "gains"),
    [
        pytest.param(0.5, 0.5, (0, 0), id="the-equilibrium"),
        pytest.param(1, 0.5, (0, 0.5), id="b-could-mismatch"),
        pytest.param(0.5, 0.75, (0.25, 0), id="a-could-match"),
        pytest.param(1, 0, (1, 0), id="b-always-wins"),
    ],
)
def test_matching_pennies(a: float, b: float, gains: tuple[float, float]) -> None:
    """The payoff range is 2. Against heads with probability q, a's best is |2q - 1|."""
    form, payoffs = pennies()
    played = [column(a, 1 - a), column(b, 1 - b)]
    found = nash_regret(form, payoffs, [None] * len(form.graph.states), played)
    assert found[:, 0].tolist() == pytest.approx(gains, abs=1e-15)


def test_a_whole_strategy_may_gain_where_no_single_move_does() -> None:
    """Out, out is no best reply for the one player, who gets 2 by in, in; one move alone gains nothing."""
    model = Model(
        title="Two steps",
        players={"a": Player("A")},
        game={
            "first": Decision("a", {"out": Move("out"), "in": Move("second")}),
            "second": Decision("a", {"out": Move("lost"), "in": Move("won")}),
        },
        outcomes={name: {"a": parse("0")} for name in ("out", "lost", "won")},
    )
    form = make_form(model)
    names = [form.graph.states[s].name for s in form.graph.outcomes]
    payoffs = [column({"out": 0, "lost": -1, "won": 2}[name]) for name in names]
    played = [column(1, 0), column(1, 0)]
    assert nash_regret(form, payoffs, [None] * 5, played).tolist() == [[pytest.approx(2 / 3)]]


# Cho and Kreps (1987), figure 1: surly with 0.9; beer for the surly and quiche for the wimp are worth 1, not
# duelling 2; the other gains 1 by duelling a wimp, or by not duelling a surly one
DUEL = {"duel": Move("end"), "not": Move("end")}
BEER = Model(
    title="Beer or quiche",
    players={"a": Player("A"), "b": Player("B")},
    game={
        "type": Chance({"wimp": Case("wimp", parse("0.1")), "surly": Case("surly", parse("0.9"))}),
        "wimp": Decision("a", {"beer": Move("after_beer"), "quiche": Move("after_quiche")}),
        "surly": Decision("a", {"beer": Move("after_beer"), "quiche": Move("after_quiche")}),
        "after_beer": Decision("b", DUEL, hidden=("type", "wimp", "surly")),
        "after_quiche": Decision("b", DUEL, hidden=("type", "wimp", "surly")),
    },
    outcomes={"end": {"a": parse("0"), "b": parse("0")}},
)  # fmt: skip


def beer(drinks: str, believed: float) -> tuple[Form, list, list, list, list]:
    """The pooling equilibrium on a drink, with the belief that off the path it is the wimp."""
    form = make_form(BEER)
    chance = [column(0.1, 0.9) if s.name == "type" else None for s in form.graph.states]
    payoffs = []
    for s in form.graph.outcomes:
        results = dict(form.graph.states[s].results)
        kind = results["type"]
        drink = results[kind]
        duel = results[f"after_{drink}"] == "duel"
        likes = drink == {"wimp": "quiche", "surly": "beer"}[kind]
        payoffs.append(column(likes + 2 * (not duel), float(duel == (kind == "wimp"))))
    played, beliefs = [], []
    for place in form.places:
        if place.player == 0:
            played.append(column(*(float(label == drinks) for label in place.labels)))
            beliefs.append(column(1))
            continue
        on_path = place.node == f"after_{drinks}"
        played.append(column(0, 1) if on_path else column(1, 0))
        wimp = [dict(form.graph.states[s].results)["type"] == "wimp" for s in place.states]
        beliefs.append(
            column(
                *(0.1 if w else 0.9 for w in wimp)
                if on_path
                else (believed if w else 1 - believed for w in wimp)
            )
        )
    return form, payoffs, chance, played, beliefs


@pytest.mark.parametrize("drinks", ["beer", "quiche"])
def test_pooling_stands_on_what_is_believed_off_the_path(drinks: str) -> None:
    """Duelling off the path needs a wimp with at least 1/2; else not duelling gains (1 - 2 p) of 1."""
    for believed, gain in ((1.0, 0.0), (0.5, 0.0), (0.3, 0.4), (0.0, 1.0)):
        form, payoffs, chance, played, beliefs = beer(drinks, believed)
        assert nash_regret(form, payoffs, chance, played).max() == pytest.approx(0, abs=1e-15)
        assert sequential_regret(form, payoffs, chance, played, beliefs).tolist() == [
            pytest.approx(gain, abs=1e-15)
        ]
        assert belief_error(form, chance, played, beliefs).tolist() == [pytest.approx(0, abs=1e-15)]


def test_a_wrong_belief_on_the_path_is_found_out() -> None:
    form, _, chance, played, beliefs = beer("beer", 1)
    index = next(k for k, place in enumerate(form.places) if place.node == "after_beer")
    beliefs[index] = column(0.25, 0.75)
    assert belief_error(form, chance, played, beliefs).tolist() == [pytest.approx(0.15)]
    off = next(k for k, place in enumerate(form.places) if place.node == "after_quiche")
    beliefs[index], beliefs[off] = column(0.1, 0.9), column(0.7, 0.7)
    assert belief_error(form, chance, played, beliefs).tolist() == [pytest.approx(0.4)]
    beliefs[off] = column(-0.2, 1.2)
    assert belief_error(form, chance, played, beliefs).tolist() == [pytest.approx(0.2)]


def test_what_is_no_strategy_is_no_equilibrium() -> None:
    form, payoffs = pennies()
    nobody = [None] * len(form.graph.states)
    for first in (column(0.6, 0.6), column(1.5, -0.5), column(0, 0)):
        assert np.isinf(nash_regret(form, payoffs, nobody, [first, column(0.5, 0.5)])).all()
    only_heads = [column(True, False), None]
    half = [column(0.5, 0.5)] * 2
    assert np.isinf(nash_regret(form, payoffs, nobody, half, available=only_heads)).all()


def test_what_is_not_available_is_no_deviation() -> None:
    form, payoffs = pennies()
    nobody = [None] * len(form.graph.states)
    played = [column(1, 0), column(1, 0)]
    assert nash_regret(form, payoffs, nobody, played).tolist() == [[0], [1]]
    only_heads = [None, [np.array([True]), np.array([False])]]
    assert nash_regret(form, payoffs, nobody, played, available=only_heads).tolist() == [[0], [0]]


def test_a_decision_without_a_move_is_nothing_to_deviate_to() -> None:
    """Where a goes right, b has no move: nobody gains by that, and off the path it is no fault of b's."""
    model = Model(
        title="Dead end",
        players={"a": Player("A"), "b": Player("B")},
        game={
            "first": Decision("a", {"left": Move("over"), "right": Move("second")}),
            "second": Decision("b", {"up": Move("over"), "down": Move("over")}),
        },
        outcomes={"over": {"a": parse("0"), "b": parse("0")}},
    )
    form = make_form(model)
    nobody = [None] * len(form.graph.states)
    payoffs = [column(-1, 1), column(5, 5), column(0, 0)]
    closed = [None, column(False, False)]
    off = [column(1, 0), column(0, 0)]
    beliefs = [column(1), column(1)]
    assert nash_regret(form, payoffs, nobody, off, available=closed).tolist() == [[0], [0]]
    with pytest.raises(ValueError, match="needs an available move; 'second' has none"):
        tree_at(form, model, payoffs, nobody, available=closed)
    half = [None, column(False, True)]
    tree = tree_at(form, model, payoffs, nobody, available=half)
    assert [place.moves for place in tree.sets] == [("left", "right"), ("down",)]
    down = [column(1, 0), column(0, 1)]
    assert nash_regret(form, payoffs, nobody, down, available=half).tolist() == [
        [pytest.approx(1 / 6)],  # down pays a 0 for -1, in a range of 6 that up still counts to
        [0],
    ]
    assert np.isinf(sequential_regret(form, payoffs, nobody, off, beliefs)).all()  # with moves, b plays none


def test_a_payoff_that_is_not_finite_counts_only_where_it_can_be_reached() -> None:
    form, payoffs = pennies()
    payoffs[0] = column(-np.inf, -np.inf)  # heads, heads
    nobody = [None] * len(form.graph.states)
    tails = [column(0, 1), column(0, 1)]
    # a gets 1 of his range 2 (from -1) where both show tails; b would gain 2 by heads
    assert nash_regret(form, payoffs, nobody, tails).tolist() == [[0], [1]]
    with pytest.raises(ValueError, match="must be a finite number to be written; 'end' pays"):
        tree_at(form, Model(title="x", players={"a": Player("A"), "b": Player("B")}), payoffs, nobody)


def test_probabilities_written_sum_to_exactly_one_or_are_refused() -> None:
    model = Model(
        title="Toss",
        players={"a": Player("A")},
        game={"toss": Chance({x: Case("end", None) for x in "uvw"})},
        outcomes={"end": {"a": parse("0")}},
    )
    form = make_form(model)
    tree = tree_at(form, model, [column(0)] * 3, [column(1 / 3, 1 / 3, 1 / 3), None, None, None])
    assert sum(tree.sets[0].probabilities) == 1
    for wrong in (column(0.5, 0.5, 0.1), column(1.5, -0.5, 0)):
        with pytest.raises(ValueError, match="probabilities at 'toss' must lie from 0 to 1 and sum to 1"):
            tree_at(form, model, [column(0)] * 3, [wrong, None, None, None])


def test_a_bad_draw_harms_no_other() -> None:
    form, payoffs = pennies()
    payoffs = [[np.repeat(x, 3) for x in row] for row in payoffs]
    payoffs[0][0] = np.array([1.0, np.nan, 1.0])
    played = [[np.array([1.0, 1, 1]), np.array([0.0, 0, 0])], column(0.5, 0.5)]
    found = nash_regret(form, payoffs, [None] * len(form.graph.states), played)
    assert np.isnan(found[0, 1])
    assert found[:, [0, 2]].tolist() == [[0, 0], [0.5, 0.5]]


# --- against a second implementation, in fractions on the game as a tree ---


def random_game(rng: np.random.Generator) -> tuple[Model, Form]:
    """Some nodes one after the other, each known to some players from then on: nobody forgets anything."""
    players = [f"p{k}" for k in range(rng.integers(1, 4))]
    game: dict = {}
    depth = int(rng.integers(2, 5))
    for k in range(depth):
        then = f"n{k + 1}" if k + 1 < depth else "end"
        known = tuple(p for p in players if rng.random() < 0.5)
        labels = [f"m{j}" for j in range(rng.integers(1, 4))]
        if rng.random() < 0.3:
            game[f"n{k}"] = Chance({x: Case(then, None) for x in labels}, known_to=known)
        else:
            # one move in four ends the game at once
            moves = {x: Move("end" if rng.random() < 0.25 else then) for x in labels}
            if all(m.then == "end" for m in moves.values()):
                moves[labels[0]] = Move(then)
            game[f"n{k}"] = Decision(str(rng.choice(players)), moves, known_to=known)
    model = Model(
        title="Random",
        players={p: Player(p) for p in players},
        game=game,
        outcomes={"end": {p: parse("0") for p in players}},
    )
    return model, make_form(model)


def mixture(rng: np.random.Generator, count: int, draws: int) -> list[np.ndarray]:
    """Probabilities of which some are 0."""
    weights = rng.random((count, draws)) * (rng.random((count, draws)) < 0.7)
    weights[rng.integers(count)] += 1e-3
    return list(weights / weights.sum(axis=0))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_regrets_agree_with_a_second_implementation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    draws = 2
    model, form = random_game(rng)
    payoffs = rng.integers(-5, 6, (len(form.graph.outcomes), len(model.players), draws)).astype(float)
    chance = [mixture(rng, len(s.children), draws) if s.mover == -1 else None for s in form.graph.states]
    played = [mixture(rng, len(place.labels), draws) for place in form.places]
    found = nash_regret(form, payoffs, chance, played)
    assert found.shape == (len(model.players), draws)
    for draw in range(draws):
        tree = tree_at(form, model, payoffs, chance, draw=draw)
        # nodes of the tree and states of the form are both numbered breadth first
        place_of = {n.information: form.place[s] for s, n in enumerate(tree.nodes) if n.information != NONE}
        profile = [
            [float(p[draw]) for p in played[place_of[k]]] if place.player >= 0 else []
            for k, place in enumerate(tree.sets)
        ]
        assert found[:, draw] == pytest.approx(regrets(tree, profile), abs=ROUNDING)


def by_enumeration(
    form: Form, payoffs: np.ndarray, chance: list, played: list, beliefs: list, place: int
) -> float:
    """The gain at one information set over every pure strategy of its mover, by plain recursion."""
    player = form.places[place].player
    own = [k for k, p in enumerate(form.places) if p.player == player]

    def value(s: int, strategy: Mapping[int, list]) -> float:
        state = form.graph.states[s]
        if not state.children:
            return payoffs[form.graph.outcomes.index(s), player, 0]
        chances = chance[s] if state.mover == -1 else strategy.get(form.place[s], played[form.place[s]])
        return sum(
            float(np.ravel(p)[0]) * value(c, strategy) for p, c in zip(chances, state.children, strict=True)
        )

    def total(strategy: Mapping[int, list]) -> float:
        states = form.places[place].states
        return sum(float(b[0]) * value(s, strategy) for b, s in zip(beliefs[place], states, strict=True))

    pure = itertools.product(*(range(len(form.places[k].labels)) for k in own))
    best = max(
        total(
            {
                k: [float(j == m) for j in range(len(form.places[k].labels))]
                for k, m in zip(own, moves, strict=True)
            }
        )
        for moves in pure
    )
    spread = float(np.ptp(payoffs[:, player, 0])) or 1.0
    return (best - total({})) / spread


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_sequential_regrets_agree_with_every_pure_strategy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, form = random_game(rng)
    strategies = np.prod([float(len(p.labels)) for p in form.places]) if form.places else 0
    if not form.places or strategies > 3_000:
        return  # too many to enumerate; another example comes
    payoffs = rng.integers(-5, 6, (len(form.graph.outcomes), len(model.players), 1)).astype(float)
    chance = [mixture(rng, len(s.children), 1) if s.mover == -1 else None for s in form.graph.states]
    played = [mixture(rng, len(place.labels), 1) for place in form.places]
    beliefs = [mixture(rng, len(place.states), 1) for place in form.places]
    gains = [by_enumeration(form, payoffs, chance, played, beliefs, k) for k in range(len(form.places))]
    found = sequential_regret(form, payoffs, chance, played, beliefs)
    assert found.tolist() == [pytest.approx(max(gains), abs=ROUNDING)]


# --- amounts: against the same game with every amount written out ---

UNIT = Scale(parse("0"), parse("1"), 4)
OFFERS = Model(
    title="An offer to a man of unknown patience",
    players={"a": Player("A"), "b": Player("B")},
    parameters={
        "cost": Parameter(Distribution("uniform", (parse("0"), parse("1"))), known_to=("b",), steps=3),
        "need": Parameter(Distribution("uniform", (parse("0"), parse("1"))), known_to=("a",), steps=2),
    },
    game={
        "offer": Decision("a", {"quit": Move("end"), "give": Move("luck", scale=UNIT)}),
        "luck": Spread(Distribution("uniform", (parse("0"), parse("1"))), "reply", 3, known_to=("a",)),
        "reply": Decision("b", {"no": Move("last"), "yes": Move("end")}),
        "last": Decision("a", {"war": Move("end"), "peace": Move("end")}),
    },
    outcomes={"end": {"a": parse("0"), "b": parse("0")}},
)  # fmt: skip


def offers(rng: np.random.Generator, draws: int) -> tuple[Form, list, list, list, dict]:
    form = make_form(OFFERS)
    steps = [axis.steps for axis in form.axes]

    def shape(axes: tuple[int, ...]) -> list[int]:
        return [n if k in axes else 1 for k, n in enumerate(steps)] + [draws]

    payoffs = [
        [rng.integers(-3, 4, shape(form.along[s])).astype(float) for _ in range(2)]
        for s in form.graph.outcomes
    ]
    luck = next(k for k, axis in enumerate(form.axes) if axis.name == "luck")
    types = {}
    for k, axis in enumerate(form.axes):
        if axis.kind == "type":
            weights = rng.random(shape((k,)))
            types[k] = weights / weights.sum(axis=k, keepdims=True)
    chance: list = []
    for state in form.graph.states:
        weights = rng.random(shape((0, luck)))  # what is drawn may hang on a type
        chance.append([weights / weights.sum(axis=luck, keepdims=True)] if state.name == "luck" else None)
    played = []
    for place in form.places:
        parts = [
            rng.random(shape((*place.axes, *(() if axis is None else (axis,))))) for axis in place.options
        ]
        total = sum(
            part if axis is None else part.sum(axis=axis, keepdims=True)
            for part, axis in zip(parts, place.options, strict=True)
        )
        played.append([part / total for part in parts])
    return form, payoffs, chance, played, types


def evenly(form: Form):
    """Amounts from 0 to 1 along every axis."""

    def amounts(name: str, results: tuple) -> np.ndarray:
        steps = next(axis.steps for axis in form.axes if axis.name == name)
        return np.linspace(0, 1, steps).reshape([-1 if axis.name == name else 1 for axis in form.axes] + [1])

    return amounts


def written_out(form: Form, tree: ExtensiveGame, played: list, draw: int) -> list[list[float]]:
    """The strategies at the tree's information sets, found by walking both in step."""
    private = [k for k, axis in enumerate(form.axes) if axis.kind == "type"]
    profile: list[list[float]] = [[] for _ in tree.sets]
    stack = [(0, 0, (0,) * len(form.axes), 0)]
    while stack:
        index, s, at, drawn = stack.pop()
        node = tree.nodes[index]
        if drawn < len(private):
            for step, child in enumerate(node.children):
                axis = private[drawn]
                stack.append((child, 0, (*at[:axis], step, *at[axis + 1 :]), drawn + 1))
            continue
        state = form.graph.states[s]
        chances: list[float] = []
        children = iter(node.children)
        for option, (below, axis) in enumerate(zip(state.children, state.amounts, strict=True)):
            for step in range(1 if axis is None else form.axes[axis].steps):
                here = at if axis is None else (*at[:axis], step, *at[axis + 1 :])
                if state.mover >= 0:
                    array = played[form.place[s]][option]
                    chances.append(
                        float(
                            array[
                                tuple(
                                    i if n > 1 else 0 for i, n in zip((*here, draw), array.shape, strict=True)
                                )
                            ]
                        )
                    )
                stack.append((next(children), below, here, drawn))
        if state.mover >= 0:
            assert profile[node.information] in ([], chances)
            profile[node.information] = chances
    return profile


@pytest.mark.parametrize("seed", range(4))
def test_regrets_over_amounts_are_those_of_the_game_written_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    form, payoffs, chance, played, types = offers(rng, 2)
    found = nash_regret(form, payoffs, chance, played, types=types)

    for draw in range(2):
        tree = tree_at(form, OFFERS, payoffs, chance, types=types, amounts=evenly(form), draw=draw)
        assert len(tree.nodes) == 1 + 3 + 6 * (1 + 1 + 4 * (1 + 3 * (1 + 2 + 2)))
        profile = written_out(form, tree, played, draw)
        assert found[:, draw] == pytest.approx(regrets(tree, profile), abs=ROUNDING)


def test_a_tree_with_its_amounts_written_out_is_read_again_with_the_same_play() -> None:
    """Gambit's file of a game with types and ranges is the same game: sets, chances, payoffs at the ends."""
    form, payoffs, chance, played, types = offers(np.random.default_rng(9), 1)
    tree = tree_at(form, OFFERS, payoffs, chance, types=types, amounts=evenly(form))
    again = read_efg(write_efg(tree))
    labels = [place.label for place in again.sets if place.player == 1]
    assert "reply (cost = 0.5, offer = 0.333333)" in labels
    assert len(labels) == 3 * 4
    assert len(to_model(again).game) == len([n for n in again.nodes if n.information != NONE])
    profile = written_out(form, tree, played, 0)
    order = {(s.player, s.number): k for k, s in enumerate(again.sets)}
    theirs: list[list[float]] = [[] for _ in again.sets]
    for place, chances in zip(tree.sets, profile, strict=True):
        theirs[order[place.player, place.number]] = chances
    assert regrets(again, theirs) == pytest.approx(regrets(tree, profile), abs=ROUNDING)
    assert sum(ends(again, theirs)) == pytest.approx(1, abs=ROUNDING)


def test_a_tree_too_large_to_write_is_refused_with_its_size() -> None:
    model = Model(
        title="Wide",
        players={"a": Player("A")},
        game={
            "x": Decision("a", {"x": Move("y", scale=Scale(parse("0"), parse("1"), 1001))}),
            "y": Decision("a", {"y": Move("end", scale=Scale(parse("0"), parse("1"), 1001))}),
        },
        outcomes={"end": {"a": parse("0")}},
    )
    form = make_form(model)
    with pytest.raises(ValueError, match=r"at most 100000 nodes is written; .* has 1003003\. Give"):
        tree_at(form, model, [[0.0]], [None] * 3, amounts=lambda name, results: np.zeros(1001))


def test_a_private_type_without_weights_is_refused() -> None:
    form, payoffs, chance, played, _ = offers(np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="private type needs its weights in 'types'; 'cost' has none"):
        nash_regret(form, payoffs, chance, played)
