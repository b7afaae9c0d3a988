"""Boxes in words, their scores, and regions found on one half and scored on the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raison.challenge.methods.boxes import (
    Box,
    Column,
    Limit,
    Score,
    Share,
    quasi_p_values,
    score_box,
    score_mask,
    split_halves,
)
from raison.challenge.methods.region_words import describe_box, describe_region, round_box
from raison.challenge.methods.regions import find_regions

INF = math.inf
NONE: frozenset[float] = frozenset()
COLUMNS = (
    Column("audience_cost", unit="of the prize"),
    Column("p_win"),
    Column("delay", "integer", "weeks"),
    Column("regime", "categorical", labels=("autocracy", "hybrid", "democracy")),
)


def box(*limits: tuple[float, float], without: frozenset[float] = NONE) -> Box:
    ends = [*limits, *[(-INF, INF)] * (len(COLUMNS) - len(limits))]
    low, high = zip(*ends, strict=True)
    return Box(low, high, (NONE, NONE, NONE, without))


def sample(draws: int, seed: int) -> Any:
    """The planted box is audience_cost > 0.4, p_win < 0.5, delay >= 3, regime not hybrid."""
    rng = np.random.default_rng(seed)
    x = np.stack([*rng.random((2, draws)), rng.integers(1, 7, draws), rng.integers(0, 3, draws)])
    inside = (x[0] > 0.4) & (x[1] < 0.5) & (x[2] >= 3) & (x[3] != 1)
    return x, (rng.random(draws) < np.where(inside, 0.9, 0.03)).astype(float), inside


def share(mean: float, low: float, high: float) -> Share:
    return Share(mean, math.nan, low, high)


@pytest.mark.parametrize(
    ("given_box", "words"),
    [
        (box(), ""),
        (box((0.4, INF), (-INF, 0.5)), "audience_cost > 0.4 of the prize and p_win < 0.5"),
        (box((-INF, INF), (0.25, 0.5)), "p_win between 0.25 and 0.5"),
        (box((-INF, INF), (-INF, -1e-3)), "p_win < −0.001"),
        (box((-INF, INF), (-INF, INF), (3, INF)), "delay ≥ 3 weeks"),
        (box((-INF, INF), (-INF, INF), (2, 4)), "delay from 2 to 4 weeks"),
        (box((-INF, INF), (-INF, INF), (3, 3)), "delay = 3 weeks"),
        (box(without=frozenset([1.0])), "regime is not hybrid"),
        (box(without=frozenset([1.0, 2.0])), "regime is autocracy"),
    ],
)
def test_a_box_is_said_in_the_names_of_the_model(given_box: Box, words: str):
    assert describe_box(given_box, COLUMNS) == words


def test_without_labels_the_values_are_said():
    only = Box((-INF,), (INF,), (frozenset([2.0, 0.5, 1.0]),))
    assert describe_box(only, [Column("rate", "categorical")]) == "rate is not 0.5, 1 or 2"


SCORE = Score(share(0.61, 0.597, 0.624), share(0.83, 0.82, 0.84), share(0.2, 0.19, 0.21))
PLAIN = box((0.4, INF), (-INF, 0.5))
CONDITIONS = "audience_cost > 0.4 of the prize and p_win < 0.5"
NUMBERS = "83% (82% to 84%) of such draws, 61% (60% to 62%) of all cases"


@pytest.mark.parametrize(
    ("given_box", "options", "words"),
    [
        pytest.param(PLAIN, {}, f"nearly always when {CONDITIONS}: {NUMBERS}", id="reached"),
        pytest.param(
            PLAIN, {"further": True}, f"else nearly always when {CONDITIONS}: {NUMBERS}", id="a further one"
        ),
        pytest.param(
            PLAIN,
            {"asked": 0.95, "reached": False},
            f"no region was found that reaches the asked 95%; the densest is where {CONDITIONS}: {NUMBERS}",
            id="not reached",
        ),
        pytest.param(
            PLAIN,
            {"asked": 0.845},
            f"nearly always when {CONDITIONS}: {NUMBERS}; on these draws, which it was not found on, "
            "the asked 84.5% is not reached",
            id="reached only where it was found",
        ),
        pytest.param(
            box(), {}, "everywhere, without a condition: 83% (82% to 84%) of all draws", id="everything"
        ),
        pytest.param(
            box(),
            {"reached": False, "asked": 0.9},
            "no region was found that reaches the asked 90%, none even denser than the whole: "
            "83% (82% to 84%) of all draws",
            id="nothing stands out",
        ),
    ],
)
def test_a_region_is_said_with_its_numbers_and_what_it_misses(given_box: Box, options: Any, words: str):
    said = describe_region(given_box, SCORE, COLUMNS, **{"asked": 0.8, "reached": True, **options})
    assert said == words


@pytest.mark.parametrize(
    ("density", "words"),
    [
        (share(1.0, 0.996, 1.0), "always when p_win < 0.5: 100.0% (99.6% to 100.0%)"),
        (share(0.9997, 0.999, 0.9999), "nearly always when p_win < 0.5: 99.97% (99.90% to 99.99%)"),
        (share(0.9961, 0.98, 0.9999), "nearly always when p_win < 0.5: under 100% (98% to 100%)"),
        (share(0.45, 0.2, 0.7), "about every other time when p_win < 0.5: 45% (20% to 70%)"),
        (share(0.0012, 0.0001, 0.02), "seldom when p_win < 0.5: over 0% (0% to 2%)"),
        (share(math.nan, math.nan, math.nan), "perhaps when p_win < 0.5: an unknown part"),
    ],
)
def test_a_share_is_said_to_the_digits_that_its_interval_justifies(density: Share, words: str):
    score = Score(SCORE.coverage, density, SCORE.mass)
    said = describe_region(box((-INF, INF), (-INF, 0.5)), score, COLUMNS, asked=0.0, reached=True)
    assert said.startswith(f"{words} of such draws, 61%")


def test_rounding_gives_short_numbers_that_hold_the_same_draws():
    x, y, inside = sample(20_000, seed=1)
    found = box((0.40123, INF), (-INF, 0.49877), (2.5, INF), without=frozenset([1.0]))
    rounded = round_box(found, x, y, COLUMNS)
    assert rounded == box((0.4, INF), (-INF, 0.5), (3.0, INF), without=frozenset([1.0]))
    assert rounded.holds(x).sum() == pytest.approx(found.holds(x).sum(), rel=0.03)
    np.testing.assert_array_equal(rounded.holds(x), inside)


def test_rounding_is_finer_where_a_coarse_number_would_change_more():
    x, y, _ = sample(20_000, seed=1)
    found = box((0.43217, INF))
    assert round_box(found, x, y, COLUMNS, tolerance=0.01).low[0] == 0.43
    assert round_box(found, x, y, COLUMNS, tolerance=0.1).low[0] == 0.4
    assert round_box(found, x, y, COLUMNS, tolerance=0.001).low[0] == 0.432


def test_rounding_does_not_fall_below_the_asked_density():
    x = np.linspace(0.0005, 0.9995, 1_000)[None]
    y = (x[0] > 0.5).astype(float)
    found = Box((0.502,), (INF,), (NONE,))
    columns = [Column("a")]
    assert round_box(found, x, y, columns, tolerance=0.05, density=1.0).low[0] == 0.5
    assert round_box(found, x, y, columns, tolerance=0.05).low[0] == 0.5
    y[504] = 0.0  # at 0.5045: keeping it out needs a limit above it
    tight = Box((0.507,), (INF,), (NONE,))
    rounded = round_box(tight, x, y, columns, tolerance=0.05, density=1.0)
    assert rounded.low[0] == 0.51
    assert y[rounded.holds(x)].mean() == 1


@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-9, 1.0, 3e7]),
    tolerance=st.sampled_from([0.0, 0.01]),
)
@settings(max_examples=50, deadline=None)
def test_a_rounded_box_differs_by_no_more_than_is_allowed(seed: int, scale: float, tolerance: float):
    rng = np.random.default_rng(seed)
    x = np.stack([scale * rng.lognormal(size=500), rng.normal(0, scale, 500)])
    y = (rng.random(500) < 0.5).astype(float)
    low, high = np.sort(rng.choice(x[0], 2, replace=False))
    found = Box((float(low), -INF), (float(high), float(rng.choice(x[1]))), (NONE, NONE))
    rounded = round_box(found, x, y, [Column("a"), Column("b")], tolerance=tolerance)
    changed = (found.holds(x) ^ rounded.holds(x)).sum()
    assert changed <= 3 * tolerance * 1.1 * found.holds(x).sum()
    for limit in rounded.limits:  # so that "above" and "not below" say the same
        number = getattr(rounded, limit.side)[limit.column]
        assert not (x[limit.column] == number).any()
        assert rounded.violates(x, limit).any()


def test_a_score_of_yes_and_no_has_binomial_errors():
    x, y, _ = sample(4_000, seed=2)
    found = box((0.4, INF), (-INF, 0.5))
    score, inside = score_box(found, x, y), found.holds(x)
    k, n, cases = int(y[inside].sum()), int(inside.sum()), int(y.sum())
    for got, part, whole in ((score.density, k, n), (score.coverage, k, cases), (score.mass, n, 4_000)):
        p = part / whole
        assert got.mean == pytest.approx(p, rel=1e-12)
        assert got.standard_error == pytest.approx(math.sqrt(p * (1 - p) / whole), rel=1e-9)
        interval = stats.binomtest(part, whole).proportion_ci(0.95, method="exact")
        assert (got.low, got.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_the_errors_of_shares_are_what_repetition_shows():
    rng = np.random.default_rng(3)
    made: list[Score] = []
    for _ in range(2_000):
        x = rng.random(400)
        y = rng.random(400) ** 2 * np.where(x < 0.4, 1.0, 0.3)
        made.append(score_mask(x < 0.4, y))
    for name in ("coverage", "density", "mass"):
        spread = np.std([getattr(score, name).mean for score in made])
        said = np.mean([getattr(score, name).standard_error for score in made])
        assert said == pytest.approx(spread, rel=0.05)  # three errors of a spread of 2,000


def test_a_score_of_nothing_is_unknown_not_nought():
    x = np.array([[0.1, 0.2]])
    score = score_box(Box((0.5,), (INF,), (NONE,)), x, np.zeros(2))
    assert math.isnan(score.density.mean)
    assert math.isnan(score.coverage.mean)
    assert score.mass.mean == 0


def test_a_quasi_p_value_is_the_binomial_tail():
    x, y, _ = sample(3_000, seed=4)
    found = box((0.4, INF), (-INF, 0.5), (-INF, 5.0), without=frozenset([1.0]))
    values = quasi_p_values(found, x, y)
    assert set(values) == {Limit(0, "low"), Limit(1, "high"), Limit(2, "high"), Limit(3, "without")}
    inside = found.holds(x)
    for limit, value in values.items():
        more = found.dropped(limit).holds(x)
        test = stats.binomtest(int(y[inside].sum()), int(inside.sum()), y[more].mean(), alternative="greater")
        assert value == pytest.approx(test.pvalue, rel=1e-9)
    assert values[Limit(2, "high")] > 0.05
    assert values[Limit(0, "low")] < 1e-6


def test_limits_that_exclude_nothing_are_explained_by_chance():
    x, y, _ = sample(200, seed=5)
    assert quasi_p_values(box(), x, y) == {}
    assert quasi_p_values(box((-1.0, INF)), x, y) == {Limit(0, "low"): 1.0}
    assert quasi_p_values(box((2.0, INF)), x, y) == {Limit(0, "low"): 1.0}


@pytest.mark.parametrize("draws", [2, 3, 100, 101])
def test_halves_share_out_the_draws_and_depend_on_the_seed(draws: int):
    first, second = split_halves(draws, 0)
    assert sorted([*first, *second]) == list(range(draws))
    assert len(first) - len(second) in (0, 1)
    np.testing.assert_array_equal(first, split_halves(draws, 0)[0])
    if draws == 100:
        assert not np.array_equal(first, split_halves(draws, 1)[0])


def test_one_draw_has_no_halves():
    with pytest.raises(ValueError, match="at least 2 draws; got 1"):
        split_halves(1, 0)


def test_a_planted_region_is_found_said_and_scored_on_other_draws():
    x, y, inside = sample(20_000, seed=6)
    found = find_regions(x, y, COLUMNS, seed=0, density=0.85)
    (region,) = found.regions
    assert region.words.startswith(f"nearly always when {describe_box(region.box, COLUMNS)}: ")
    assert (region.box.low[0], region.box.high[1]) == pytest.approx((0.4, 0.5), abs=0.011)
    assert (region.box.low[2], region.box.without[3]) == (3, {1})
    second = split_halves(20_000, 0)[1]
    held = region.box.holds(x)[second]
    assert region.held_out.density.mean == pytest.approx(y[second][held].mean())
    assert region.held_out.coverage.mean == pytest.approx(y[second][held].sum() / y[second].sum())
    assert region.held_out.density.low < 0.9 < region.held_out.density.high
    assert max(region.quasi_p.values()) < 1e-6
    assert found.together == region.held_out
    assert found.everything.density.mean == pytest.approx(y[second].mean())
    assert inside[second][held].mean() > 0.95
    assert {cut.column for node in found.tree.nodes if (cut := node.cut)} <= {0, 1, 2, 3}
    assert sum(leaf.held_out.mass.mean for leaf in found.leaves) == pytest.approx(1, abs=0.03)


def test_noise_is_not_sold_as_a_region():
    rng = np.random.default_rng(7)
    x, y = rng.random((5, 2_000)), (rng.random(2_000) < 0.3).astype(float)
    (region,) = find_regions(x, y, [Column(f"p{j}") for j in range(5)], seed=1).regions
    assert not region.reached
    assert region.words.startswith("no region was found that reaches the asked 80%")
    # the half that it was found on flatters it, the other does not
    assert region.found.density.mean > 0.34
    assert region.held_out.density.low < 0.3 < region.held_out.density.high


def test_regions_depend_on_draws_and_seed_only():
    x, y, _ = sample(3_000, seed=8)
    one, other = (find_regions(x, y, COLUMNS, seed=0).regions[0] for _ in range(2))
    assert (one.box, one.words, one.held_out) == (other.box, other.words, other.held_out)
    assert find_regions(x, y, COLUMNS, seed=1).regions[0].held_out != one.held_out


def test_further_regions_count_only_what_earlier_ones_left():
    rng = np.random.default_rng(9)
    x = rng.random((3, 20_000))
    one, two = (x[0] < 0.4) & (x[1] < 0.7), (x[0] > 0.8) & (x[2] > 0.5)
    y = (rng.random(20_000) < np.where(one | two, 0.97, 0.03)).astype(float)
    found = find_regions(x, y, [Column(name) for name in "abc"], seed=0, density=0.9, most=3)
    first, second = found.regions
    assert second.words.startswith("else nearly always when a ")
    sums = first.held_out.coverage.mean + second.held_out.coverage.mean
    assert found.together.coverage.mean == pytest.approx(sums)
    assert found.together.coverage.mean > 0.85


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_an_answer_that_never_changes_is_said(answer: float):
    x = np.random.default_rng(10).random((2, 500))
    (region,) = find_regions(x, np.full(500, answer), [Column("a"), Column("b")], seed=0).regions
    beginning = "everywhere" if answer else "no region was found that reaches the asked 80%, none even denser"
    assert region.words.startswith(beginning)
    assert region.box.limits == ()
