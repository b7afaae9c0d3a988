"""PRIM: planted boxes, the EMA Workbench, a second implementation without its shortcuts, invariants."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.challenge.methods.boxes import Box, Limit, quasi_p_values
from raison.challenge.methods.prim import (
    Trajectory,
    choose_box,
    drop_chance_limits,
    find_boxes,
    find_trajectory,
)

REAL = "continuous"


def planted(draws: int, seed: int, inside: float = 0.95, outside: float = 0.05, columns: int = 10) -> Any:
    """Draws of the unit cube; cases are dense where x0 > 0.4, x1 < 0.5 and x2 from 0.2 to 0.7."""
    rng = np.random.default_rng(seed)
    x = rng.random((columns, draws))
    box = (x[0] > 0.4) & (x[1] < 0.5) & (x[2] > 0.2) & (x[2] < 0.7)
    return x, (rng.random(draws) < np.where(box, inside, outside)).astype(float), box


def mixed(draws: int, seed: int) -> Any:
    """A continuous, an integer and a categorical column, one of each to no purpose."""
    rng = np.random.default_rng(seed)
    few, codes = rng.integers(0, 8, (2, draws)), rng.integers(0, 4, (2, draws))
    x = np.stack([*rng.random((2, draws)), *few, *codes]).astype(float)
    box = (x[0] > 0.3) & (x[2] >= 3) & (x[4] != 1)
    y = (rng.random(draws) < np.where(box, 0.9, 0.08)).astype(float)
    return x, y, (REAL, REAL, "integer", "integer", "categorical", "categorical")


def test_a_planted_box_in_10_dimensions_is_recovered():
    x, y, box = planted(20_000, seed=1, inside=1.0, outside=0.0)
    (found,) = find_boxes(x, y, (REAL,) * 10, density=0.99)
    assert found.reached
    assert found.box.restricted == (0, 1, 2)
    # cases alone decide, so a limit errs by what a peel of 5% may leave or take: 0.05 of the planted width
    assert found.box.low[0] == pytest.approx(0.4, abs=0.03)
    assert found.box.high[1] == pytest.approx(0.5, abs=0.025)
    assert (found.box.low[2], found.box.high[2]) == pytest.approx((0.2, 0.7), abs=0.025)
    assert found.coverage > 0.9
    assert (found.box.holds(x) & ~box).sum() <= 0.01 * box.sum()


def test_a_planted_box_with_noise_is_recovered_without_the_other_columns():
    x, y, box = planted(20_000, seed=2)
    (found,) = find_boxes(x, y, (REAL,) * 10, density=0.9)
    assert found.reached
    assert found.box.restricted == (0, 1, 2)
    inside = found.box.holds(x)
    assert (inside & box).sum() / (inside | box).sum() > 0.9


def peer_box(x: np.ndarray, y: np.ndarray, kinds: Any, **options: Any) -> Any:
    """The box that the EMA Workbench finds first, with its trajectory.

    Integers are given to it as floats: 2.5.3 cannot paste columns of integers with pandas 3.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pandas = pytest.importorskip("pandas", reason="needs pandas")
        prim = pytest.importorskip("ema_workbench.analysis.prim", reason="needs the EMA Workbench")
        named = lambda column: np.array([f"c{code:.0f}" for code in column], dtype=object)
        table = {f"x{j}": named(x[j]) if k == "categorical" else x[j] for j, k in enumerate(kinds)}
        return prim.Prim(pandas.DataFrame(table), y, threshold=0.1, **options).find_box()


def as_trajectory(peer: Any) -> Trajectory:
    steps = peer.peeling_trajectory
    numbers = [steps[name].to_numpy(dtype=float) for name in ("coverage", "density", "mass")]
    whole = Box.whole(1)
    return Trajectory((whole,) * len(steps), *numbers, steps["res_dim"].to_numpy(dtype=int), len(steps))


@pytest.mark.parametrize("asked", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("seed", [3, pytest.param(4, marks=pytest.mark.minutes)])
def test_density_and_coverage_are_those_of_the_ema_workbench(asked: float, seed: int):
    x, y, _ = planted(6_000, seed)
    peer = as_trajectory(peer_box(x, y, (REAL,) * 10))
    ours = find_trajectory(x, y, (REAL,) * 10)  # equally good peels are taken in another order
    (a, reached), (b, peer_reached) = choose_box(ours, asked), choose_box(peer, asked)
    assert reached == peer_reached
    assert ours.coverage[a] == pytest.approx(peer.coverage[b], abs=0.01)
    assert ours.density[a] == pytest.approx(peer.density[b], abs=0.01)


def test_without_equally_good_peels_the_boxes_are_those_of_the_ema_workbench():
    x, y, _ = planted(3_000, seed=12)
    y = 0.7 * y + 0.3 * np.random.default_rng(12).random(3_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        util = pytest.importorskip(
            "ema_workbench.analysis.scenario_discovery_util", reason="needs the EMA Workbench"
        )
    steps = peer_box(x, y, (REAL,) * 10, mode=util.RuleInductionType.REGRESSION).peeling_trajectory
    ours = find_trajectory(x, y, (REAL,) * 10)
    peeled = slice(0, 50)  # before the peer begins to paste
    assert ours.peels > 50
    np.testing.assert_allclose(ours.mass[peeled], steps["mass"][peeled], rtol=1e-12)
    np.testing.assert_allclose(ours.density[peeled], steps["mean"][peeled], rtol=1e-12)


@pytest.mark.parametrize("asked", [0.5, 0.7, 0.85])
def test_mixed_columns_do_as_well_as_the_ema_workbench(asked: float):
    x, y, kinds = mixed(6_000, seed=5)
    peer = as_trajectory(peer_box(x, y, kinds))
    ours = find_trajectory(x, y, kinds)
    (a, reached), (b, _) = choose_box(ours, asked), choose_box(peer, asked)
    assert reached
    assert ours.coverage[a] == pytest.approx(peer.coverage[b], abs=0.01)
    assert ours.density[a] == pytest.approx(peer.density[b], abs=0.01)


def test_quasi_p_values_are_those_of_the_ema_workbench():
    x, y, _ = planted(1_500, seed=6)
    peer = peer_box(x, y, (REAL,) * 10)
    for step in (5, 15, 25):
        limits = peer.box_lims[step]
        free = peer.box_lims[0]
        low, high = [], []
        for name in limits.columns:
            low.append(limits[name][0] if limits[name][0] > free[name][0] else -math.inf)
            high.append(limits[name][1] if limits[name][1] < free[name][1] else math.inf)
        box = Box(tuple(low), tuple(high), (frozenset(),) * 10)
        ours = quasi_p_values(box, x, y)
        theirs = {
            Limit(int(name[1:]), side): value
            for name, values in peer.qp[step].items()
            for side, value in zip(("low", "high"), values, strict=True)
            if value >= 0
        }
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-300)
        assert len(ours) >= 2


def plain_peels(x: np.ndarray, y: np.ndarray, kinds: Any, inside: np.ndarray, alpha: float) -> list[Any]:
    """Every peel as a mask of what is left, from the definition."""
    left: list[Any] = []
    count = int((inside.sum() - 1) * alpha) + 1
    for j, kind in enumerate(kinds):
        column = x[j, inside]
        if kind == "categorical":
            left += [(j, inside & (x[j] != value)) for value in np.unique(column)]
            continue
        ends = np.sort(column)
        left += [(j, inside & (x[j] > ends[count - 1])), (j, inside & (x[j] < ends[-count]))]
    return left


def plain_path(x: np.ndarray, y: np.ndarray, kinds: Any, alpha: float, mass_min: float) -> list[np.ndarray]:
    """The boxes of peeling as masks, by the definition."""
    inside = np.ones(len(y), dtype=bool)
    path, restricted = [inside], set()
    while True:
        best = None
        for j, mask in plain_peels(x, y, kinds, inside, alpha):
            number = mask.sum()
            if number == inside.sum() or number < max(mass_min * len(y), 1):
                continue
            gain = (y[mask].sum() / number - y[inside].sum() / inside.sum()) / (inside.sum() - number)
            key = (-gain, j not in restricted, int(np.flatnonzero(inside & ~mask).sum()))
            if best is None or key < best[0]:
                best = (key, j, mask)
        if best is None or y[inside].sum() in (0, inside.sum()):
            return path
        restricted.add(best[1])
        inside = best[2]
        path.append(inside)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", ["planted", "mixed", "ties", "shares"])
def test_peeling_is_what_its_definition_says(shape: str, seed: int):
    x, y, kinds = mixed(300, seed)
    if shape == "planted":
        (x, y, _), kinds = planted(300, seed, columns=4), (REAL,) * 4
    if shape == "ties":  # continuous columns in which many draws share a value
        x, kinds = np.round(x * 3) / 3, (REAL,) * 4 + ("categorical",) * 2
    if shape == "shares":
        y = np.round(np.random.default_rng(seed).random(300) * 8) / 8  # sums stay exact in any order
    found = find_trajectory(x, y, kinds, alpha=0.07, mass_min=0.1)
    expected = plain_path(x, y, kinds, alpha=0.07, mass_min=0.1)
    assert found.peels == len(expected)
    for box, mask, mass in zip(found.boxes, expected, found.mass, strict=False):
        np.testing.assert_array_equal(box.holds(x), mask)
        assert mass * len(y) == pytest.approx(mask.sum(), abs=1e-9)


def test_pasting_makes_the_box_larger_and_denser():
    x, y, kinds = mixed(2_000, seed=3)
    found = find_trajectory(x, y, kinds, alpha=0.2, paste_alpha=0.02)
    pasted = slice(found.peels - 1, None)
    assert len(found.boxes) > found.peels
    assert (np.diff(found.mass[pasted]) > 0).all()
    assert (np.diff(found.density[pasted]) > 0).all()


def test_pasting_takes_a_left_out_value_back():
    # value 1 is peeled first, being poor on the whole; among draws with x0 = 1 it is as rich as can be
    codes = np.repeat([0.0, 1.0], [400, 400])
    first = np.concatenate([np.tile([0.0, 1.0], 200), np.repeat([0.0, 1.0], [300, 100])])
    y = (first == 1).astype(float)
    found = find_trajectory(np.stack([codes, first]), y, ("categorical", "integer"), mass_min=0.01)
    last = found.boxes[-1]
    assert found.density[-1] == 1
    assert found.coverage[-1] == pytest.approx(1)
    assert last.without[0] == frozenset()


@given(seed=st.integers(0, 2**32 - 1), draws=st.integers(1, 400), whole=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_numbers_of_every_box_are_counts_of_what_lies_inside(seed: int, draws: int, whole: bool):
    x, y, kinds = mixed(draws, seed)
    if not whole:
        y = np.random.default_rng(seed).random(draws) * y
    found = find_trajectory(x, y, kinds)
    assert found.peels <= len(found.boxes) == len(found.mass)
    for k, box in enumerate(found.boxes):
        inside = box.holds(x)
        assert found.mass[k] * draws == pytest.approx(inside.sum(), abs=1e-6)
        assert found.density[k] * inside.sum() == pytest.approx(y[inside].sum(), abs=1e-6)
        if y.any():
            assert found.coverage[k] * y.sum() == pytest.approx(y[inside].sum(), abs=1e-6)
        assert found.restricted[k] == len(box.restricted)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_peeling_a_planted_box_loses_coverage_and_gains_density(seed: int):
    x, y, _ = planted(1_000, seed, columns=4, inside=1.0, outside=0.0)
    found = find_trajectory(x, y, (REAL,) * 4)
    found_it = int(np.argmax(found.density > 0.8))  # from here on a slab may be wider than what is left
    assert found_it > 10
    assert (np.diff(found.density[: found_it + 1]) > 0).all()
    assert (np.diff(found.coverage[: found.peels]) <= 0).all()
    assert (np.diff(found.mass[: found.peels]) < 0).all()


@given(
    seed=st.integers(0, 2**32 - 1),
    order=st.permutations(range(6)),
    up=st.lists(st.booleans(), min_size=6, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_monotone_functions_and_the_order_of_columns_change_no_box(
    seed: int, order: list[int], up: list[bool]
):
    x, y, kinds = mixed(500, seed)
    changed = np.stack([np.exp(3 * x[j]) if up[j] else -(x[j] ** 3) for j in order])
    ours = find_trajectory(x, y, kinds)
    theirs = find_trajectory(changed, y, [kinds[j] for j in order])
    assert len(ours.boxes) == len(theirs.boxes)
    for one, other in zip(ours.boxes, theirs.boxes, strict=True):
        np.testing.assert_array_equal(one.holds(x), other.holds(changed))


def trajectory(coverage: list[float], density: list[float], restricted: list[int]) -> Trajectory:
    mass = np.array(coverage) * 0.3 / np.array(density)
    number = len(coverage)
    return Trajectory((Box.whole(1),) * number, *map(np.array, (coverage, density, mass, restricted)), number)


@pytest.mark.parametrize(
    ("asked", "index", "reached"),
    [
        pytest.param(0.3, 0, True, id="everything"),
        pytest.param(0.6, 2, True, id="largest coverage, not the first that is dense enough"),
        pytest.param(0.85, 4, True, id="of equal coverage, fewer limits"),
        pytest.param(0.95, 5, False, id="none: the densest"),
    ],
)
def test_the_choice_is_the_largest_coverage_that_reaches_the_density(asked: float, index: int, reached: bool):
    found = trajectory([1.0, 0.7, 0.8, 0.5, 0.5, 0.1], [0.3, 0.62, 0.6, 0.85, 0.85, 0.9], [0, 1, 1, 3, 2, 3])
    assert choose_box(found, asked) == (index, reached)


def test_a_density_that_no_box_has_is_not_reached_and_the_densest_box_is_given():
    x, y, _ = planted(5_000, seed=7)
    (found,) = find_boxes(x, y, (REAL,) * 10, density=0.999, mass_min=0.1)
    assert not found.reached
    assert found.density > 0.9
    assert found.box.limits


def test_reached_is_said_of_the_box_that_is_given():
    for seed in range(5):
        x, y, kinds = mixed(400, seed)
        options = {"alpha": 0.2, "paste_alpha": 0.02, "mass_min": 0.1}
        best = find_trajectory(x, y, kinds, **options)
        asked = min(float(best.density.max()) + 1e-9, 1.0)
        (found,) = find_boxes(x, y, kinds, density=asked, **options)
        assert found.reached == (found.density >= asked)


@pytest.mark.parametrize(("answer", "reached"), [(0.0, False), (1.0, True)])
def test_answers_without_a_difference_give_the_whole_space_and_say_so(answer: float, reached: bool):
    x = np.random.default_rng(8).random((3, 100))
    (found,) = find_boxes(x, np.full(100, answer), (REAL,) * 3, density=0.8)
    assert found.box.limits == ()
    assert (found.reached, found.density) == (reached, answer)
    assert math.isnan(found.coverage) == (answer == 0)


def test_two_planted_boxes_are_covered_by_two():
    rng = np.random.default_rng(9)
    x = rng.random((5, 10_000))
    one, two = (x[0] < 0.4) & (x[1] < 0.7), (x[0] > 0.8) & (x[2] > 0.5)
    y = (rng.random(10_000) < np.where(one | two, 0.97, 0.03)).astype(float)
    first, second = find_boxes(x, y, (REAL,) * 5, density=0.9, most=2)
    assert first.reached
    assert second.reached
    both = first.box.holds(x) | second.box.holds(x)
    assert (both & (one | two)).sum() > 0.9 * (one | two).sum()
    outside = second.box.holds(x) & ~first.box.holds(x)
    assert second.mass * 10_000 == pytest.approx(outside.sum())
    assert second.coverage * y.sum() == pytest.approx(y[outside].sum())


def test_a_further_box_of_less_density_is_left_out():
    x, y, _ = planted(4_000, seed=10)
    assert len(find_boxes(x, y, (REAL,) * 10, density=0.85, most=4)) == 1


def test_limits_that_chance_explains_are_dropped_unless_the_density_needs_them():
    x, y, _ = planted(4_000, seed=11, columns=4)
    box = Box((0.4, -math.inf, 0.2, 0.1), (math.inf, 0.5, 0.7, math.inf), (frozenset(),) * 4)
    dropped = drop_chance_limits(box, x, y, chance=0.01)
    assert dropped == box.dropped(Limit(3, "low"))
    needed = y[box.holds(x)].mean()
    if y[dropped.holds(x)].mean() < needed:
        assert drop_chance_limits(box, x, y, chance=0.01, density=needed) == box


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"x": np.full((2, 4), np.nan)}, "finite", id="not finite"),
        pytest.param({"y": np.array([0.0, 2.0, 0.0, 1.0])}, "from 0 to 1", id="answer above 1"),
        pytest.param({"y": np.array([0.0, np.nan, 0.0, 1.0])}, "from 0 to 1", id="answer that is no number"),
        pytest.param({"y": np.zeros(3)}, "got \\(2, 4\\), \\(3,\\)", id="shapes"),
        pytest.param({"kinds": ("continuous",)}, "got 1 kinds", id="a kind is missing"),
        pytest.param({"kinds": ("continuous", "real")}, "got 'real'", id="unknown kind"),
        pytest.param({"alpha": 0.0}, "alpha must lie", id="no peel"),
        pytest.param({"mass_min": -0.1}, "mass_min must lie", id="negative mass"),
    ],
)
def test_what_does_not_fit_is_refused(change: Any, words: str):
    arguments = {"x": np.ones((2, 4)), "y": np.ones(4), "kinds": ("continuous", "integer")}
    with pytest.raises(ValueError, match=words):
        find_trajectory(**{**arguments, **change})
