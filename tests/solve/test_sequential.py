"""All sequential equilibria: published examples, closed forms, pygambit's enumeration, grids, invariants."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalling_games import gambit_game, payoff_array, place_of, random_payoffs, signalling_form

from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Player
from raison.program.form import make_form
from raison.solve.deviation import sequential_regret
from raison.solve.sequential import KINDS, REASONS, SHAPES, solve_sequential
from raison.solve.sequential.consistency import find_clusters
from raison.solve.sequential.mixed import solve_mixed
from raison.solve.sequential.numbers import make_numbers
from raison.solve.sequential.pure import solve_pure
from raison.solve.sequential.record import completed, joined
from raison.solve.sequential.shape import find_layers, find_signalling

CLOSE = 1e-12  # payoffs of size 1, a handful of operations each


def beer_quiche(weak=0.1):
    """Cho and Kreps (1987): message 0 is beer, 1 quiche; reply 0 is to fight."""
    form = signalling_form(2, 2, (2, 2))  # type 0 is the wimp
    tables = {}
    for t, m, r in product(range(2), repeat=3):
        liked = m == (1 if t == 0 else 0)
        tables[f"o{t}{m}{r}"] = (liked + 2 * r, float((t == 0) == (r == 0)))
    return form, payoff_array(form, tables), {0: (weak, 1 - weak)}


def test_beer_and_quiche_has_its_two_pooling_outcomes_with_the_published_beliefs():
    form, payoffs, chance = beer_quiche()
    found = solve_sequential(form, payoffs, chance)
    assert REASONS[found.status[0]] == REASONS[0]
    assert {SHAPES[s] for s in found.shape[: found.count[0], 0]} == {"pooling"}
    sent = found.probability[place_of(form, "sender0")].central[:, : found.count[0], 0]
    assert set(sent[0]) == {0.0, 1.0}
    for message in range(2):
        off = place_of(form, f"receiver0{1 - message}")
        here = [
            k for k in range(found.count[0]) if sent[message, k] == 1 and KINDS[found.kind[k, 0]] == "pure"
        ]
        assert len(here) == 1  # fight whoever takes the other breakfast
        low, high = found.belief[off].low[0, here[0], 0], found.belief[off].high[0, here[0], 0]
        assert (low, high) == (0.5, 1.0)  # the wimp is believed at least as likely
        mixed = [k for k in range(found.count[0]) if sent[message, k] == 1 and k not in here]
        (k,) = mixed  # at an even belief fighting with probability of at least one half deters
        assert found.belief[off].central[0, k, 0] == 0.5
        assert found.continuum[k, 0]
        assert found.probability[off].low[0, k, 0] == pytest.approx(0.5, abs=CLOSE)
        assert found.probability[off].high[0, k, 0] == 1.0


def crisis(p=0.5, a=0.3, low=0.2, high=2.0, defender=0.9, strong=0.4):
    """C3 with two types of challenger and a known cost of the defender."""
    model = Model(
        title="Crisis",
        players={"A": Player("A"), "B": Player("B")},
        game={
            "nature": Chance(
                {"low": Case("open0", parse("0")), "high": Case("open1", parse("0"))}, known_to=("A",)
            ),
            **{
                f"open{t}": Decision("A", {"stay": Move(f"quo{t}"), "challenge": Move(f"reply{t}")})
                for t in range(2)
            },
            **{
                f"reply{t}": Decision(
                    "B", {"resist": Move(f"last{t}"), "concede": Move(f"gain{t}")}, information="challenged"
                )
                for t in range(2)
            },
            **{
                f"last{t}": Decision("A", {"fight": Move(f"war{t}"), "back down": Move(f"back{t}")})
                for t in range(2)
            },
        },
        outcomes={
            f"{name}{t}": {"A": parse("0"), "B": parse("0")}
            for t in range(2)
            for name in ("quo", "gain", "war", "back")
        },
    )
    form = make_form(model)
    tables = {}
    for t, cost in enumerate((low, high)):
        tables |= {
            f"quo{t}": (0, 1),
            f"gain{t}": (1, 0),
            f"back{t}": (-np.asarray(a), 1),
            f"war{t}": (p - np.asarray(cost), 1 - np.asarray(p) - defender),
        }
    return form, payoff_array(form, tables), {0: (strong, 1 - np.asarray(strong))}


def test_a_crisis_with_two_types_pools_where_the_defender_yields_to_the_prior():
    # the strong type fights, the weak one backs down; resisting pays 1 - s + s (1 - p - k) against 0, so
    # the defender resists if s < 1 / (p + k) = 1 / 1.4; at s = 0.8 both challenge and he concedes
    form, payoffs, chance = crisis(strong=0.8)
    found = solve_sequential(form, payoffs, chance)
    pooled = [k for k in range(found.count[0]) if SHAPES[found.shape[k, 0]] == "pooling"]
    challenging = [k for k in pooled if found.probability[place_of(form, "open1")].central[1, k, 0] == 1.0]
    assert len(challenging) == 1
    assert found.probability[place_of(form, "reply0")].central[1, challenging[0], 0] == 1.0
    assert found.belief[place_of(form, "reply0")].central[0, challenging[0], 0] == pytest.approx(0.8)


def test_a_crisis_with_two_types_is_semi_separating_where_he_would_resist_at_the_prior():
    a, s, p, k = 0.3, 0.4, 0.5, 0.9
    form, payoffs, chance = crisis(p=p, a=a, strong=s, defender=k)
    found = solve_sequential(form, payoffs, chance)
    assert found.count[0] == 1
    assert SHAPES[found.shape[0, 0]] == "semi-separating"
    belief = 1 / (p + k)  # s*, at which resisting pays as much as conceding
    bluff = s * (1 - belief) / (belief * (1 - s))
    assert found.belief[place_of(form, "reply0")].central[0, 0, 0] == pytest.approx(belief, abs=CLOSE)
    assert found.probability[place_of(form, "open1")].central[1, 0, 0] == pytest.approx(bluff, abs=CLOSE)
    resist = found.probability[place_of(form, "reply0")].central[0, 0, 0]
    assert resist == pytest.approx(1 / (1 + a), abs=CLOSE)
    # P(war) = s0 / (1 + a), as C3 has it; the strong fight when resisted
    assert resist * s == pytest.approx(s / (1 + a), abs=CLOSE)
    assert found.probability[place_of(form, "last0")].central[0, 0, 0] == 1.0
    assert found.probability[place_of(form, "last1")].central[1, 0, 0] == 1.0


def test_education_separates_where_it_costs_the_able_less_than_the_wage_gap():
    """Spence (1973) with two types and wages: message 1 is education, reply 1 the high wage."""
    form = signalling_form(2, 2, (2, 2))
    costs = (1.5, 0.5)
    tables = {f"o{t}{m}{r}": (r - m * costs[t], float(r == t)) for t, m, r in product(range(2), repeat=3)}
    found = solve_sequential(form, payoff_array(form, tables), {0: (0.7, 0.3)})
    separating = [k for k in range(found.count[0]) if SHAPES[found.shape[k, 0]] == "separating"]
    assert len(separating) == 1
    assert found.probability[place_of(form, "sender1")].central[1, separating[0], 0] == 1.0
    np.testing.assert_array_equal(found.value[0, separating[0]], [0.3 * (1 - 0.5)])


def entries(found, draw):
    return np.array(
        [
            np.concatenate(
                [side[:, k, draw] for rows in (*found.probability, *found.belief) for side in rows]
            )
            for k in range(found.count[draw])
        ]
    )


def test_the_closed_form_equals_enumeration_of_supports_and_of_pure_profiles():
    form, rng = signalling_form(2, 2, (2, 2)), np.random.default_rng(5)
    payoffs, p = random_payoffs(form, rng, 400), rng.uniform(0.05, 0.95, 400)
    fast = solve_sequential(form, payoffs, {0: (p, 1 - p)})
    numbers = make_numbers(form, payoffs, {0: (p, 1 - p)}, None)
    layers = find_layers(form)
    assert layers is not None
    for every in (False, True):
        other = completed(joined(solve_mixed(numbers, layers, every=every)[0], form), numbers)
        np.testing.assert_array_equal(np.bincount(other.row, minlength=400), fast.count)
        for draw in range(400):
            mine = entries(fast, draw)
            at = np.flatnonzero(other.row == draw)
            theirs = np.array(
                [
                    np.concatenate(
                        [side[:, k] for rows in (*other.probability, *other.belief) for side in rows]
                    )
                    for k in at
                ]
            )
            apart = np.abs(mine[:, None] - theirs[None]).max(axis=-1)
            # two ways to solve the same 2 x 2 systems, of which the worst of 400 is ill-conditioned
            assert apart.min(axis=1).max() < 1e-9
    pure = joined(solve_pure(numbers)[0], form)
    np.testing.assert_array_equal(
        np.bincount(pure.row, minlength=400), (fast.kind == KINDS.index("pure")).sum(axis=0)
    )


@pytest.mark.parametrize(
    "shape", [(2, 2, (2, 2)), (2, 2, (1, 2)), (2, 3, (2, 2, 2)), (3, 2, (2, 2)), (2, 2, (3, 3))]
)
def test_every_equilibrium_passes_the_independent_checker_and_every_game_has_one(shape):
    form, rng = signalling_form(*shape), np.random.default_rng(sum(map(str.__len__, map(str, shape))))
    count = 60
    payoffs = random_payoffs(form, rng, count)
    prior = rng.dirichlet(np.ones(shape[0]), count).T
    found = solve_sequential(form, payoffs, {0: tuple(prior)})
    assert (found.status == 0).all()
    assert (found.count > 0).all()
    assert np.nanmax(found.residual) < 1e-9  # what is promised
    chance = [tuple(prior) if s == 0 else None for s in range(len(form.graph.states))]
    for k in range(int(found.count.max())):
        rows = np.flatnonzero(found.count > k)
        strategy = [interval.central[:, k, rows] for interval in found.probability]
        belief = [interval.central[:, k, rows] for interval in found.belief]
        weights = [None if c is None else tuple(p[rows] for p in c) for c in chance]
        regret = sequential_regret(form, payoffs[..., rows], weights, strategy, belief)
        assert np.max(regret) < 1e-9


def test_supporting_beliefs_are_those_that_a_grid_finds():
    form, rng = signalling_form(2, 2, (3, 3)), np.random.default_rng(11)
    payoffs = random_payoffs(form, rng, 40)
    found = solve_sequential(form, payoffs, {0: (0.4, 0.6)}, keep=40)
    grid = np.linspace(0, 1, 2_001)
    seen = 0
    for draw in range(40):
        for k in range(found.count[draw]):
            for m in range(2):
                sent = sum(
                    found.probability[place_of(form, f"sender{t}")].central[m, k, draw] for t in range(2)
                )
                place = place_of(form, f"receiver0{m}")
                played = found.probability[place].central[:, k, draw]
                if sent > 0 or played.max() < 1:
                    continue
                worth = np.array([[payoffs[t * 6 + m * 3 + r, 1, draw] for r in range(3)] for t in range(2)])
                values = (1 - grid)[:, None] * worth[0] + grid[:, None] * worth[1]
                good = grid[values.argmax(axis=1) == played.argmax()]
                low, high = found.belief[place].low[1, k, draw], found.belief[place].high[1, k, draw]
                # a grid of 2,000 cells misses an end by at most a cell
                assert abs(low - good.min()) < 1 / 2_000
                assert abs(high - good.max()) < 1 / 2_000
                seen += 1
    assert seen > 20


def supported(form, payoffs, prior, x, y):
    """Whether a profile with given behaviour is sequential, worked out here for 2 x 2 x 2 by hand."""
    worth = payoffs.reshape(2, 2, 2, 2)  # type, message, reply, player
    weights = np.array([prior, 1 - prior])[:, None] * x
    for t in range(2):
        sends = (worth[t, :, :, 0] * y).sum(axis=1)
        if sends @ x[t] < sends.max() - 1e-9:
            return False
    for m in range(2):
        gain = worth[:, m, 1, 1] - worth[:, m, 0, 1]
        if weights[:, m].sum() > 1e-12:
            wanted = [weights[:, m] @ gain / weights[:, m].sum()]
            low = high = wanted[0]
        else:
            low, high = gain.min(), gain.max()
        if (y[m, 1] > 1e-9 and high < -1e-9) or (y[m, 0] > 1e-9 and low > 1e-9):
            return False
    return True


@pytest.mark.parametrize(("largest", "count"), [(1_000, 200), (2, 100)], ids=["general", "with ties"])
def test_every_nash_equilibrium_of_gambit_that_is_sequential_is_among_ours(largest, count):
    import pygambit

    form, rng = signalling_form(2, 2, (2, 2)), np.random.default_rng(23)
    payoffs = rng.integers(-largest, largest + 1, (8, 2, count)) / 64.0  # exact for rational arithmetic
    prior = rng.integers(1, 64, count) / 64.0
    found = solve_sequential(form, payoffs, {0: (prior, 1 - prior)}, keep=64)
    order = [
        int(name[1]) * 4 + int(name[2]) * 2 + int(name[3])
        for s in form.graph.outcomes
        for name in [form.graph.states[s].name]
    ]
    compared = mixed = 0
    for draw in range(count):
        game = gambit_game(form, payoffs[..., draw], prior[draw])
        ordered = np.empty((8, 2))
        ordered[order] = payoffs[..., draw]
        for profile in pygambit.nash.enummixed_solve(game, rational=True).equilibria:
            behaviour = profile.as_behavior()
            x, y = (
                np.array([[float(p) for _, p in moves] for _, moves in behaviour[player]])
                for player in ("sender", "receiver")
            )
            if not supported(form, ordered, prior[draw], x, y):
                continue
            compared += 1
            mixed += bool(((x > 0) & (x < 1)).any())
            assert any(_holds(form, found, draw, k, x, y) for k in range(found.count[draw])), draw
    assert compared > count  # a game has more than one on average
    assert mixed > 10


def _holds(form, found, draw, k, x, y):
    near = 1e-9  # exact fractions beside float64
    for names, given_ in ((("sender0", "sender1"), x), (("receiver00", "receiver01"), y)):
        for number, name in enumerate(names):
            rows = found.probability[place_of(form, name)]
            if (given_[number] < rows.low[:, k, draw] - near).any():
                return False
            if (given_[number] > rows.high[:, k, draw] + near).any():
                return False
    return True


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_renaming_messages_renames_the_equilibria(seed, whole):
    form, rng = signalling_form(2, 2, (2, 2)), np.random.default_rng(seed)
    payoffs = random_payoffs(form, rng, 4)
    if whole:
        payoffs = np.round(payoffs)  # payoffs that tie
    names = [form.graph.states[s].name for s in form.graph.outcomes]
    swapped = payoffs[[names.index(f"o{name[1]}{1 - int(name[2])}{name[3]}") for name in names]]
    one = solve_sequential(form, payoffs, {0: (0.3, 0.7)}, keep=64)
    other = solve_sequential(form, swapped, {0: (0.3, 0.7)}, keep=64)
    np.testing.assert_array_equal(one.count, other.count)
    for draw in range(4):
        mine = np.sort(np.round(one.value[:, : one.count[draw], draw], 9), axis=1)
        theirs = np.sort(np.round(other.value[:, : other.count[draw], draw], 9), axis=1)
        np.testing.assert_allclose(mine, theirs, atol=1e-8)  # values are rounded to 1e-9
    assert (one.count > 0).all()


def test_a_bad_row_is_marked_and_harms_no_other():
    form, rng = signalling_form(2, 2, (2, 2)), np.random.default_rng(3)
    payoffs = random_payoffs(form, rng, 3)
    alone = solve_sequential(form, payoffs, {0: (0.5, 0.5)})
    payoffs[2, 0, 1] = np.nan
    found = solve_sequential(form, payoffs, {0: (0.5, 0.5)})
    assert "not finite" in REASONS[found.status[1]]
    assert found.count[1] == 0
    for draw in (0, 2):
        np.testing.assert_array_equal(entries(found, draw), entries(alone, draw))


def test_groups_of_states_reached_by_the_same_errors_keep_their_chance_weights():
    left, right = (0, 0), (0, 1)
    clusters, exact = find_clusters({5: (frozenset([left]), frozenset([left]), frozenset([right]))})
    assert exact
    assert sorted(map(len, clusters[0].groups[0])) == [1, 2]


def test_a_state_that_needs_more_errors_than_another_is_not_believed_in():
    one, both = frozenset([(0, 1)]), frozenset([(0, 1), (1, 1)])
    clusters, exact = find_clusters({5: (one, both)})
    assert exact
    assert clusters[0].groups == (((0,),),)


def test_beliefs_that_errors_tie_to_each_other_are_said_to_be_weak():
    a, b, c = (0, 1), (1, 1), (2, 1)
    exact = find_clusters(
        {
            5: (frozenset([a]), frozenset([b])),
            6: (frozenset([b]), frozenset([c])),
            7: (frozenset([a]), frozenset([c])),
        }
    )[1]
    assert not exact


def test_selten_horse_has_only_the_equilibrium_in_which_nobody_would_err():
    """Selten (1975): (D, c, L) is a Nash equilibrium that is not sequential."""
    model = Model(
        title="Horse",
        players={name: Player(name) for name in "123"},
        game={
            "one": Decision("1", {"C": Move("two"), "D": Move("three0")}),
            "two": Decision("2", {"c": Move("end"), "d": Move("three1")}),
            "three0": Decision("3", {"L": Move("DL"), "R": Move("DR")}, information="three"),
            "three1": Decision("3", {"L": Move("dL"), "R": Move("dR")}, information="three"),
        },
        outcomes={name: {p: parse("0") for p in "123"} for name in ("end", "DL", "DR", "dL", "dR")},
    )
    form = make_form(model)
    pays = {"end": (1, 1, 1), "DL": (3, 3, 2), "DR": (0, 0, 0), "dL": (4, 4, 0), "dR": (0, 0, 1)}
    payoffs = np.array([pays[form.graph.states[s].name] for s in form.graph.outcomes], float)[..., None]
    found = solve_sequential(form, payoffs, {})
    assert "mixed strategies" in REASONS[found.status[0]]
    assert found.count[0] == 1
    played = {
        name: found.probability[place_of(form, name)].central[:, 0, 0] for name in ("one", "two", "three0")
    }
    assert [row.argmax() for row in played.values()] == [0, 0, 1]
    beliefs = found.belief[place_of(form, "three0")]
    assert beliefs.low[0, 0, 0] == 0.0
    assert beliefs.high[0, 0, 0] == pytest.approx(1 / 3, abs=CLOSE)  # R needs 2 b <= 1 - b


def test_a_game_with_too_many_profiles_is_refused_with_its_size():
    moves = [f"m{i}" for i in range(70)]
    nothing = {p: parse("0") for p in "ab"}
    game = {
        "one": Decision("a", {m: Move(f"two{m}") for m in moves}, known_to=("a",)),
        **{
            f"two{m}": Decision("b", {o: Move(f"three{m}{o}") for o in moves[:60]}, information="two")
            for m in moves
        },
    }
    game |= {
        f"three{m}{o}": Decision("a", {"x": Move("end"), "y": Move("end")}, information="three")
        for m in moves
        for o in moves[:60]
    }
    form = make_form(
        Model(title="x", players={p: Player(p) for p in "ab"}, game=game, outcomes={"end": nothing})
    )
    payoffs = np.zeros((len(form.graph.outcomes), 2, 1))
    with pytest.raises(ValueError, match="at most 4096 pure profiles; the game has 8400"):
        solve_sequential(form, payoffs, {})


def test_the_shape_of_a_crisis_is_seen_through_its_last_step():
    form, _, _ = crisis()
    shape = find_signalling(form)
    assert shape is not None
    assert shape.replies == (1, 2)
    assert shape.is_small


def test_where_everything_ties_every_support_is_an_equilibrium():
    nothing = {p: parse("0") for p in "ab"}
    game = {"one": Decision("a", {"x": Move("two0"), "y": Move("two1")})}
    for number in range(2):
        game[f"two{number}"] = Decision("b", {"x": Move("end"), "y": Move("end")}, information="two")
    form = make_form(
        Model(title="x", players={p: Player(p) for p in "ab"}, game=game, outcomes={"end": nothing})
    )
    found = solve_sequential(form, np.zeros((4, 2, 1)), {})
    assert found.count[0] == 9  # three supports each
    assert found.continuum[:9, 0].sum() == 5  # all but the four pure profiles
    matching = np.array([[1, -1], [-1, 1], [-1, 1], [1, -1]], float)[..., None]
    found = solve_sequential(form, matching, {})
    assert found.count[0] == 1
    np.testing.assert_allclose(found.probability[0].central[:, 0, 0], 0.5, atol=CLOSE)
    np.testing.assert_allclose(found.belief[1].central[:, 0, 0], 0.5, atol=CLOSE)


def test_a_receiver_with_types_of_his_own_is_solved_and_his_beliefs_off_the_path_hang_together():
    """Both sides of a crisis have two types, independent of each other."""
    nothing = {p: parse("0") for p in "AB"}
    game, outcomes = (
        {"kinds": Chance({f"a{t}": Case(f"other{t}", parse("0")) for t in range(2)}, known_to=("A",))},
        [],
    )
    for t in range(2):
        game[f"other{t}"] = Chance(
            {f"b{r}": Case(f"open{t}{r}", parse("0")) for r in range(2)}, known_to=("B",)
        )
        for r in range(2):
            game[f"open{t}{r}"] = Decision(
                "A", {"stay": Move(f"quo{t}{r}"), "challenge": Move(f"reply{t}{r}")}, information=f"A{t}"
            )
            game[f"reply{t}{r}"] = Decision(
                "B", {"resist": Move(f"war{t}{r}"), "concede": Move(f"gain{t}{r}")}, information=f"B{r}"
            )
            outcomes += [f"{name}{t}{r}" for name in ("quo", "war", "gain")]
    form = make_form(
        Model(
            title="x",
            players={p: Player(p) for p in "AB"},
            game=game,
            outcomes=dict.fromkeys(outcomes, nothing),
        )
    )
    rng, count = np.random.default_rng(4), 60
    payoffs = rng.normal(size=(len(outcomes), 2, count))
    chance = [
        ((0.3, 0.7) if state.name == "kinds" else (0.6, 0.4)) if state.mover == -1 else None
        for state in form.graph.states
    ]
    found = solve_sequential(form, payoffs, chance, keep=30)
    assert (found.status == 0).all()
    assert (found.count > 0).all()
    shared = 0
    for k in range(int(found.count.max())):
        rows = np.flatnonzero(found.count > k)
        strategy = [interval.central[:, k, rows] for interval in found.probability]
        belief = [interval.central[:, k, rows] for interval in found.belief]
        regret = sequential_regret(form, payoffs[..., rows], chance, strategy, belief)
        assert np.max(regret) < 1e-9  # what is promised
        apart = np.abs(
            belief[form.place[form.graph.of_node["reply00"][0]]]
            - belief[form.place[form.graph.of_node["reply01"][0]]]
        )
        assert apart.max() < 1e-9  # independent types: both defenders believe the same, on and off the path
        shared += len(rows)
    assert shared >= count


def test_a_move_that_cannot_be_made_is_as_if_it_were_not_there():
    form, rng = signalling_form(2, 2, (2, 2)), np.random.default_rng(9)
    payoffs = random_payoffs(form, rng, 30)
    shut = {s: (True, True) for s, state in enumerate(form.graph.states) if state.mover >= 0}
    for state in form.graph.states:
        if state.name in ("receiver01", "receiver11"):
            shut[form.graph.states.index(state)] = (True, np.zeros(30, bool))
    found = solve_sequential(form, payoffs, {0: (0.4, 0.6)}, shut)
    smaller = payoffs.copy()
    names = [form.graph.states[s].name for s in form.graph.outcomes]
    for t in range(2):  # the same as a reply that both hate
        smaller[names.index(f"o{t}11")] = -50.0
    hated = solve_sequential(form, smaller, {0: (0.4, 0.6)})
    for draw in range(30):
        mine = np.sort(np.round(found.value[:, : found.count[draw], draw], 8), axis=1)
        theirs = np.sort(np.round(hated.value[:, : hated.count[draw], draw], 8), axis=1)
        np.testing.assert_allclose(mine, theirs, atol=1e-7)  # rounded to 1e-8
    assert (found.count == hated.count).all()
