"""The mechanisms that ship, as a host includes them, against closed forms, reference vectors and each other.

Each is included under a prefix, so that what is tested is what a model gets: functions and quantities by
their dotted names. The closed forms are written out here a second time, in numpy and scipy.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize
from scipy.stats import norm

import raison
from raison.model.include import MECHANISMS
from raison.model.reader import read_file, read_text
from raison.model.records import Distribution
from raison.model.writer import write

HERE = Path(__file__).parent
VECTORS: dict[str, list[dict[str, Any]]] = {
    family: vectors
    for kind in ("reference", "hidden", "process", "mechanism")
    for family, vectors in json.loads((HERE / f"{kind}-vectors.json").read_text("utf-8")).items()
}
PAGE = Path(__file__).parents[2] / "docs" / "mechanisms.md"
FILES = sorted(MECHANISMS.glob("*.yaml"))
EXPECTED = ("apparatus", "clique", "face", "mobilisation", "revolt", "war")

# A handful of double-precision operations and at most one normal distribution function or quantile.
CLOSE = {"rtol": 1e-11, "atol": 1e-13}

every_mechanism = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])


def hosted(mechanism: str, *, asks: dict[str, str] | None = None) -> raison.Model:
    """A model that includes one mechanism as `it` and asks what it is told to."""
    lines = ["raison: 1", "title: A host", f"include: {{it: mechanisms/{mechanism}}}"]
    if asks:
        lines += ["quantities:", *(f"  {name}: {json.dumps(text)}" for name, text in asks.items())]
    reading = read_text("\n".join(lines), "host.yaml")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    return raison.Model(reading.model, reading.sha256, reading.problems)


def solved(mechanism: str, points: dict[str, Any], asks: dict[str, str] | None = None) -> Any:
    """The quantities of a host at chosen values of the mechanism's parameters."""
    named = {f"it.{name}": value for name, value in points.items()}
    return hosted(mechanism, asks=asks).solve(named).quantity


def drawn(seed: int, count: int, **ranges: tuple[float, float]) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(low, high, count) for name, (low, high) in ranges.items()}


# --- all of them ------------------------------------------------------------------------------------------


def test_the_mechanisms_are_those_that_are_documented() -> None:
    assert tuple(path.stem for path in FILES) == EXPECTED
    text = PAGE.read_text(encoding="utf-8")
    for path in FILES:
        assert f"\n## {path.stem}\n" in text, f"docs/mechanisms.md has no section on {path.stem}"


@every_mechanism
def test_it_is_a_sound_model_of_its_own_without_warnings(path: Path) -> None:
    reading = read_file(path)
    assert [str(problem) for problem in reading.problems] == []
    assert reading.model is not None
    about = reading.model.about or ""
    assert "EXACT" in about or "STYLISED" in about
    for name, parameter in reading.model.parameters.items():
        assert parameter.because or not isinstance(parameter.value, Distribution), name
    for name, premise in reading.model.premises.items():
        assert premise.says, name
        assert premise.claims, name


@cache
def run_of(path: Path) -> Any:
    return raison.load(path).run(draws=2048, seed=1)


@every_mechanism
def test_it_answers_its_questions_in_every_draw(path: Path) -> None:
    for verdict in run_of(path).verdicts:
        assert verdict.failed == 0, verdict.name
        number = verdict.mean if verdict.kind == "amount" else verdict.share
        assert number is not None, verdict.name
        assert np.isfinite(number), verdict.name


@every_mechanism
def test_every_premise_of_it_moves_an_answer(path: Path) -> None:
    model = read_file(path).model
    assert model is not None
    before = answers(run_of(path))
    for name in model.premises:
        changed = raison.load(path).run(draws=2048, seed=1, without=[name])
        assert answers(changed) != before, f"nothing that {path.stem} asks depends on {name}"


def answers(run: Any) -> list[float | None]:
    return [verdict.mean if verdict.kind == "amount" else verdict.share for verdict in run.verdicts]


@every_mechanism
def test_two_of_it_stand_side_by_side_and_say_the_same(path: Path) -> None:
    text = f"raison: 1\ntitle: Two\ninclude: {{one: {path.stem}, two: mechanisms/{path.stem}}}\n"
    reading = read_text(text, "two.yaml")
    assert [str(p) for p in reading.problems if "asks nothing" not in p.message] == []
    assert reading.model is not None
    again = read_text(write(reading.model), "two")
    assert again.model == reading.model
    solution = raison.Model(reading.model, reading.sha256).solve()
    alone = raison.load(path).solve()
    for name, value in alone.quantity.items():
        np.testing.assert_array_equal(solution.quantity[f"one.{name}"], value)
        np.testing.assert_array_equal(solution.quantity[f"two.{name}"], value)


# --- face: C17, C21 ---------------------------------------------------------------------------------------


def retained(b: Any, tau: Any, sigma: Any, gap: Any) -> Any:
    seen = np.sqrt(tau**2 + sigma**2)
    return norm.cdf(b * seen / tau**2 + gap / seen)


@pytest.mark.parametrize("vector", VECTORS["C17_face_bayes"])
def test_face_is_the_reference(vector: dict[str, Any]) -> None:
    given, wanted = vector["params"], vector["result"]
    point = {"patience": given["b"], "spread": given["tau"], "noise": given["sigma"]}
    found = solved("face", point | {"gap": given["mhat_minus_m"], "old_news": 0})
    np.testing.assert_allclose(found["it.kept"], wanted["p_retain"], **CLOSE)
    np.testing.assert_allclose(found["it.bar"], wanted["bar_shift"], **CLOSE)


def test_face_is_what_bayes_rule_says_in_a_simulated_audience() -> None:
    """Competence and results are drawn, the audience updates, and the share of leaders kept is counted."""
    rng = np.random.default_rng(17)
    b, tau, sigma, gap, count = 0.3, 1.2, 0.8, -0.5, 1_000_000
    competence = rng.normal(0, tau, count)
    result = competence + rng.normal(0, sigma, count)  # own less true strength of the opponent set to 0
    estimate = tau**2 / (tau**2 + sigma**2) * (result + gap)  # it expected the opponent's believed strength
    share = float(np.mean(estimate >= -b))
    found = solved("face", {"patience": b, "spread": tau, "noise": sigma, "gap": gap, "old_news": 0})
    # five standard errors of the share
    assert found["it.kept"][0] == pytest.approx(share, abs=5 * np.sqrt(0.25 / count))


def test_face_blows_and_news_shift_what_the_audience_allows() -> None:
    p = drawn(1, 50, patience=(-1, 1), spread=(0.5, 2), noise=(0.2, 3), gap=(-2, 2), old_news=(-1, 1))
    p |= drawn(2, 50, carried=(0, 1), rally=(0, 1), humiliation=(0, 1), framing=(0, 1), survival=(0, 1))
    found = solved("face", p)
    b = p["patience"] - p["carried"] * p["old_news"]
    kept = lambda news: retained(b + news, p["spread"], p["noise"], p["gap"])
    np.testing.assert_allclose(found["it.kept"], kept(0), **CLOSE)
    np.testing.assert_allclose(found["it.kept_lasting"], kept(p["survival"]), **CLOSE)
    hit = p["framing"] * kept(p["rally"]) + (1 - p["framing"]) * kept(-p["humiliation"])
    np.testing.assert_allclose(found["it.kept_hit"], hit, **CLOSE)


def test_face_is_neutral_between_opponents_of_equal_noise_who_are_rightly_judged() -> None:
    shared = ("patience", "spread", "noise", "old_news", "carried")
    both = ", ".join(f"{name}: weak.{name}" for name in shared)
    text = (
        "raison: 1\ntitle: Two opponents\ninclude:\n  weak: face\n"
        f"  strong: {{from: face, with: {{{both}}}, premises: [bar-depends-on-opponent]}}\n"
    )
    reading = read_text(text, "two.yaml")
    assert reading.model is not None, reading.problems
    p = drawn(18, 200, patience=(-1, 1), spread=(0.5, 2), noise=(0.2, 3), old_news=(-1, 1), carried=(0, 1))
    points = {f"weak.{name}": value for name, value in p.items()}
    model = raison.Model(reading.model, reading.sha256)
    found = model.solve(points | {"weak.gap": 0.0, "strong.gap": 0.0}).quantity
    np.testing.assert_array_equal(found["strong.kept"], found["weak.kept"])
    found = model.solve(points | {"weak.gap": 0.0, "strong.gap": 0.5}).quantity
    assert np.all(found["strong.kept"] >= found["weak.kept"])  # equal only where both round to 0 or 1
    assert np.mean(found["strong.kept"] > found["weak.kept"]) > 0.9


@pytest.mark.parametrize("rest", [{"forgetting": 0.2}, {"forgetting": 0.0}])
def test_face_as_a_stock_solves_its_differential_equation(rest: dict[str, float]) -> None:
    phi, kappa, start, gap, t = 0.5, rest["forgetting"], 0.7, 1.3, 6.0
    exact = integrate.solve_ivp(lambda _, f: -phi * gap - kappa * f, (0, t), [start], rtol=1e-10, atol=1e-12)
    asks = {"face": f"it.at({t}, {gap})", "hazard": f"it.hazard(it.at({t}, {gap}))"}
    found = solved("face", rest | {"drain": phi, "start": start, "base": -3, "weight": 0.4}, asks)
    np.testing.assert_allclose(found["face"], exact.y[0, -1], rtol=1e-8)
    np.testing.assert_allclose(found["hazard"], np.exp(-3 - 0.4 * exact.y[0, -1]), rtol=1e-8)


def test_face_as_a_stock_is_the_reference() -> None:
    (vector,) = VECTORS["C21_face_stock"]
    given = vector["params"]
    point = {"start": given["F0"], "drain": given["phi"], "forgetting": given["kappa"]}
    found = solved("face", point, {"face": f"it.at({given['t']}, {given['gap']})"})
    np.testing.assert_allclose(found["face"], vector["result"]["F"], **CLOSE)


# --- mobilisation: C19 ------------------------------------------------------------------------------------


def test_mobilisation_is_the_reference() -> None:
    (vector,) = VECTORS["C19_mobilisation_fluid"]
    given, wanted = vector["params"], vector["result"]
    point = {"called": given["a"] * given["T0"], "intake": given["a"], "deadline": given["T"]}
    for stage, rate, time in zip(
        ("examining", "training", "equipping"), given["mus"], given["Ls"], strict=True
    ):
        point |= {stage: rate, f"{stage}_time": time}
    point |= {"cadre": given["cadre"], "led_by_one": given["ratio"]}
    found = solved("mobilisation", point, {"t": f"it.through({given['T']})", "l": f"it.led_by({given['T']})"})
    assert found["t"][0] == wanted["trained"]
    assert found["l"][0] == wanted["led"]
    assert found["it.led_in_time"][0] == wanted["led"]


def test_the_pipeline_of_mobilisation_comes_to_its_closed_form() -> None:
    p = drawn(19, 40, called=(2e5, 4e5), intake=(4e4, 8e4), examining=(4e4, 1e5), training=(5e3, 4e4))
    p |= drawn(20, 40, equipping=(1e4, 6e4), examining_time=(0.5, 2), training_time=(2, 8))
    p |= {"equipping_time": 1.0, "cadre": 1e6, "deadline": 25.0}
    found = solved("mobilisation", p, {"exact": "it.led_by(25)"})
    # by Euler's method each of four stocks holds what passes it in a step of a quarter of a week
    slowest = np.minimum.reduce([p["intake"], p["examining"], p["training"], p["equipping"]])
    assert np.all(np.abs(found["it.led_in_time"] - found["exact"]) <= 4 * 0.25 * slowest)


def test_what_men_are_worth_is_what_the_places_were_where_they_trained() -> None:
    """The process keeps the two tiers apart to the front; the closed form has only their places."""
    p = drawn(22, 40, called=(2e5, 4e5), intake=(1e3, 8e4), training=(1e3, 4e4), modern=(100, 5e3))
    p |= drawn(23, 40, worth_at_grounds=(0.3, 1), worth_untrained=(0.1, 0.9), training_time=(2, 8))
    p |= {"deadline": 25.0, "equipping": np.linspace(500, 6e4, 40)}
    found = solved(
        "mobilisation", p, {"exact": "it.fit_by(25)", "led": "it.led_by(25)", "sent": "it.rushed(25)"}
    )
    share = found["it.fighting_worth"] / found["it.led_in_time"]
    np.testing.assert_allclose(share, found["exact"] / found["led"], rtol=1e-9)
    well = np.minimum(p["modern"] / p["training"], 1)
    np.testing.assert_allclose(share, well + (1 - well) * p["worth_at_grounds"], rtol=1e-9)
    skipped = solved("mobilisation", p | {"untrained": 1.0})
    np.testing.assert_allclose(skipped["it.fighting_worth"], found["sent"], rtol=1e-12)
    untrained = p["worth_at_grounds"] * p["worth_untrained"] * skipped["it.led_in_time"]
    np.testing.assert_allclose(found["sent"], untrained, rtol=1e-12)


def test_capacity_in_peace_is_the_newsvendors_and_decays() -> None:
    p = drawn(21, 50, short=(1, 20), demand=(5e4, 3e5), demand_spread=(2e4, 1e5))
    found = solved("mobilisation", p)
    covered = norm.cdf((found["it.spare"] - p["demand"]) / p["demand_spread"])
    np.testing.assert_allclose(covered, p["short"] / (p["short"] + 1), rtol=1e-12)
    best = optimize.minimize_scalar(  # the expected cost itself, of the first draw
        lambda k: integrate.quad(
            lambda z: (
                (
                    p["short"][0] * max(p["demand"][0] + p["demand_spread"][0] * z - k, 0)
                    + max(k - p["demand"][0] - p["demand_spread"][0] * z, 0)
                )
                * norm.pdf(z)
            ),
            -8,
            8,
            limit=200,
        )[0],
        bounds=(0, 6e5),
        method="bounded",
        options={"xatol": 1},
    )
    assert found["it.spare"][0] == pytest.approx(best.x, rel=2e-3)  # the cost is flat at its least
    left = solved(
        "mobilisation", {"decay": 0.05, "upkeep": 0, "capacity_once": 5e4}, {"k": "it.capacity_after(30)"}
    )
    np.testing.assert_allclose(left["k"], 5e4 * np.exp(-1.5), **CLOSE)


# --- revolt: C12, C13, and where the sign turns -------------------------------------------------------------


def test_the_threat_of_revolution_is_the_reference() -> None:
    (vector,) = VECTORS["C12_acemoglu_robinson"]
    given, wanted = vector["params"], vector["result"]
    point = {"income_rich": given["theta"], "share_rich": given["delta"], "destroyed": given["mu"]}
    found = solved("revolt", point | {"patience": given["beta"], "often": given["q"]})
    assert bool(found["it.threat_binds"][0]) == wanted["revolution_binds"]
    np.testing.assert_allclose(found["it.tax"], wanted["tau_dem"], **CLOSE)
    np.testing.assert_allclose(found["it.concession"], wanted["tau_hat"], **CLOSE)
    np.testing.assert_allclose(found["it.static_limit"], wanted["mu_star_static"], **CLOSE)
    np.testing.assert_allclose(found["it.limit"], wanted["mu_star_dynamic"], **CLOSE)


@pytest.mark.parametrize("mechanism", ["revolt", "clique"])
def test_desertion_is_the_reference(mechanism: str) -> None:
    (vector,) = VECTORS["C13_global_game_elite_defection"]
    c, sigma = vector["params"]["c"], vector["params"]["sigma"]
    asks = {"strength": f"it.critical_strength({c})", "signal": f"it.critical_signal({c}, {sigma})"}
    found = solved(mechanism, {}, asks)
    np.testing.assert_allclose(found["strength"], vector["result"]["theta_star"], **CLOSE)
    np.testing.assert_allclose(found["signal"], vector["result"]["x_star"], **CLOSE)


def test_calling_up_turns_from_stabilising_to_destabilising_at_the_stated_idle_share() -> None:
    p = drawn(
        12, 200, crisis=(0.1, 0.5), pool=(0.5, 1.5), drain=(0.2, 1), unrest=(0, 0.3), idle_unrest=(0.3, 2)
    )
    p |= drawn(13, 200, strength=(0, 2), doubt=(0.2, 1))
    turns = (p["pool"] * p["drain"] - p["unrest"]) / p["idle_unrest"]
    near = {"idle_below": turns - 1e-3, "idle_above": turns + 1e-3}
    model = hosted("revolt", asks={})
    found = model.solve({f"it.{name}": value for name, value in p.items()}).quantity
    np.testing.assert_allclose(found["it.turns"], turns, **CLOSE)
    chance = lambda called, idle: (
        p["crisis"]
        * norm.cdf(
            (
                p["pool"] * (1 - p["drain"] * called)
                + p["unrest"] * called
                + p["idle_unrest"] * called * idle
                - p["strength"]
            )
            / p["doubt"]
        )
    )
    assert np.all(chance(0.2, near["idle_below"]) < chance(0, 0))
    assert np.all(chance(0.2, near["idle_above"]) > chance(0, 0))
    asks = {
        "called": "it.chance(0.2, 0.5)",
        "turns_at": "it.chance(0.2, it.turns)",
        "slope": "it.slope(it.turns)",
    }
    found = hosted("revolt", asks=asks).solve({f"it.{name}": value for name, value in p.items()}).quantity
    np.testing.assert_allclose(found["called"], chance(0.2, 0.5), **CLOSE)
    np.testing.assert_allclose(found["turns_at"], found["it.before"], rtol=1e-12)
    np.testing.assert_allclose(found["slope"], 0, atol=1e-14)


def test_each_rival_premise_of_revolt_alone_gives_its_own_sign() -> None:
    path = MECHANISMS / "revolt.yaml"
    lowers = lambda run, name: next(v.share for v in run.verdicts if v.name == name)
    drain_only = raison.load(path).run(draws=512, seed=1, without=["call-up-destabilises"])
    chaos_only = raison.load(path).run(draws=512, seed=1, without=["drain-stabilises"])
    for name in ("calling up a tenth with none idle lowers it", "calling up a tenth with all idle lowers it"):
        assert lowers(drain_only, name) == 1
        assert lowers(chaos_only, name) == 0


# --- clique: C7, M28-M33 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["C7_selectorate_private"])
def test_the_selectorate_is_the_reference(vector: dict[str, Any]) -> None:
    given, wanted = vector["params"], vector["result"]
    point = {"coalition": given["W"], "selectorate": given["S"], "patience": given["delta"]}
    found = solved("clique", point)
    np.testing.assert_allclose(found["it.per_member"], wanted["z"], **CLOSE)
    np.testing.assert_allclose(found["it.most_kept"], wanted["rent_share"], **CLOSE)


def test_a_show_at_home_makes_up_for_exactly_what_is_missing_abroad() -> None:
    p = drawn(
        30, 200, top=(0, 1), middle=(0, 1), near=(0, 1), weight_top=(0.2, 0.8), weight_middle=(0.1, 0.5)
    )
    p |= drawn(31, 200, weight_near=(0, 0.3), follow=(0, 1), enforcement=(0, 0.6), replacing=(0, 0.6))
    p |= drawn(32, 200, rent=(0.2, 1.5), show_worth=(0.1, 1))
    found = solved("clique", p)
    second = p["middle"] * (1 - p["follow"] * (1 - p["top"]))
    third = p["near"] * (1 - p["follow"] * (1 - second))
    foreign = p["weight_top"] * p["top"] + p["weight_middle"] * second + p["weight_near"] * third
    np.testing.assert_allclose(found["it.foreign"], foreign, **CLOSE)
    most = foreign + p["enforcement"] + p["replacing"]
    np.testing.assert_array_equal(found["it.needed"], (most >= p["rent"]).astype(float))
    made_up = most + found["it.show"] * p["show_worth"]
    np.testing.assert_allclose(made_up, np.maximum(most, p["rent"]), **CLOSE)


def test_the_show_falls_with_recognition_abroad() -> None:
    levels = np.linspace(0, 1, 21)
    show = solved("clique", {"top": levels, "rent": 2.0})["it.show"]
    assert np.all(np.diff(show) < 0)  # M33: dM/df < 0 wherever there is something to make up


def test_four_explanations_share_one_belief() -> None:
    names = ("far_right", "control", "isolation", "manpower")
    p = drawn(33, 50, **{f"prior_{name}": (0.5, 2) for name in names})
    p |= drawn(34, 50, **{f"fits_{name}": (0.05, 0.95) for name in names})
    found = solved("clique", p)
    weights = np.stack([p[f"prior_{name}"] * p[f"fits_{name}"] for name in names])
    for name, weight in zip(names, weights, strict=True):
        np.testing.assert_allclose(found[f"it.{name}"], weight / weights.sum(axis=0), **CLOSE)


# --- apparatus: C14 ---------------------------------------------------------------------------------------


def test_counterbalancing_is_the_reference() -> None:
    (vector,) = VECTORS["C14_counterbalancing"]
    given, wanted = vector["params"], vector["result"]
    point = {"forces": given["K"], "decisive": given["m"], "prize": given["B"] / given["P"], "obedient": 1.0}
    found = solved("apparatus", point)
    np.testing.assert_allclose(found["it.chance"], wanted["p_success"], **CLOSE)
    assert bool(found["it.deterred"][0]) == wanted["deterred"]
    np.testing.assert_allclose(found["it.forces_needed"], wanted["K_min"], **CLOSE)


def test_an_attempt_pays_exactly_below_the_number_of_forces_that_is_needed() -> None:
    p = drawn(14, 300, forces=(1.1, 6), decisive=(0.5, 3), prize=(0.5, 20), obedient=(0.5, 1))
    found = solved("apparatus", p)
    np.testing.assert_array_equal(
        found["it.deterred"], (p["forces"] >= found["it.forces_needed"]).astype(float)
    )
    assert 0 < found["it.deterred"].mean() < 1
    against = p["obedient"] * (p["forces"] - 1)
    chance = 1 / (1 + against ** p["decisive"])
    np.testing.assert_allclose(
        found["it.coup"], np.where(chance * p["prize"] > 1 - chance, chance, 0), **CLOSE
    )


def test_illegality_holds_a_private_army() -> None:
    p = {
        "mutiny_succeeds": 0.4,
        "spoils": 3.0,
        "fee": 0.5,
        "sentence": 2.0,
        "prosecuted": [0.0, 0.34, 0.36, 1.0],
    }
    np.testing.assert_array_equal(solved("apparatus", p)["it.mutiny"], [1, 1, 0, 0])


# --- war: C1, C4, C8, C9, C10 -------------------------------------------------------------------------------


def test_the_demand_is_the_best_one_on_a_fine_grid() -> None:
    p = drawn(40, 30, p_win=(0.2, 0.8), cost=(0.02, 0.3), most=(0.1, 0.6))
    found = solved("war", p)
    for i in range(30):
        top, cost, chance = p["most"][i], p["cost"][i], p["p_win"][i]
        demands = np.linspace(0, 1, 100_001)
        fights = np.clip((demands - chance) / top, 0, 1)  # those whose cost is below demand - p
        worth = (1 - fights) * demands + fights * (chance - cost)
        best = worth.argmax()
        assert found["it.demand"][i] == pytest.approx(demands[best], abs=2e-5)
        assert found["it.breaks_down"][i] == pytest.approx(fights[best], abs=2e-5 / top)


def test_gambling_is_the_reference() -> None:
    (vector,) = VECTORS["C4_downs_rocke_normal"]
    given, wanted = vector["params"], vector["result"]
    names = {
        "mu": "drift",
        "sigma": "spread",
        "tau": "required",
        "z0": "standing",
        "rent": "rent",
        "k": "price",
    }
    point = {names[name]: given[name] for name in names} | {"theta": given["theta"]}
    found = solved("war", point)
    np.testing.assert_allclose(found["it.chance"], wanted["q"], **CLOSE)
    np.testing.assert_allclose(found["it.going_on"], wanted["gain"], **CLOSE)
    np.testing.assert_allclose(found["it.rent_needed"], wanted["rent_threshold"], **CLOSE)
    assert bool(found["it.gambles_on"][0]) == wanted["gamble"]
    (walk,) = VECTORS["C4_brownian_gambler"]
    w = walk["params"]
    asks = {
        "p": f"it.before_ruin({w['x']}, {w['lo']}, {w['hi']}, {w['mu']}, {w['sigma']})",
        "level": f"it.before_ruin({w['x']}, {w['lo']}, {w['hi']}, 0, {w['sigma']})",
    }
    found = solved("war", {}, asks)
    np.testing.assert_allclose(found["p"], walk["result"]["p_hi"], **CLOSE)
    np.testing.assert_allclose(found["level"], 2 / 3, **CLOSE)


def test_brinkmanship_fate_and_risk_dominance_are_the_reference() -> None:
    (brink,) = VECTORS["C8_nalebuff_neutrality"]
    g = brink["params"]
    point = {"disaster_own": g["D1"] / g["v1"], "disaster_other": g["D2"] / g["v2"]}
    np.testing.assert_allclose(solved("war", point)["it.falls_over"], brink["result"]["p_disaster"], **CLOSE)
    (critical,) = VECTORS["C8_critical_risk"]
    g = critical["params"]
    found = solved("war", {}, {"r": f"it.critical_risk({g['win']}, {g['quit']}, {g['disaster']})"})
    np.testing.assert_allclose(found["r"], critical["result"]["R"], **CLOSE)
    (fate,) = VECTORS["C9_leader_fate_scaling"]
    g = fate["params"]
    point = {"p_win": g["p"], "cost": g["cA"], "most": g["cBbar"], "slope": g["betaA"], "office": g["YA"]}
    found = solved("war", point | {"punishment": g["psiA"]})
    np.testing.assert_allclose(found["it.felt_cost"], fate["result"]["eff_cA"], **CLOSE)
    np.testing.assert_allclose(found["it.breaks_down_by_fate"], fate["result"]["pwar"], **CLOSE)
    (fear,) = VECTORS["C10_cpm2010_risk_dominance"]
    g = fear["params"]
    point = {
        "peace": g["peace"],
        "first_strike": g["first_strike"],
        "surprised": g["surprised"],
        "both": g["war"],
    }
    assert bool(solved("war", point)["it.peace_holds"][0]) == fear["result"]["risk_dominant_peace"]
