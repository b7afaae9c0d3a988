"""The gallery's reference models against closed forms that were derived and checked apart from this program.

`reference-vectors.json` holds inputs and results by family. The table below says which model reproduces each
family, under which names, and where a result is found in the solution.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import raison

GALLERY = Path(raison.__file__).parent / "gallery"
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "reference-vectors.json").read_text(encoding="utf-8")
)

# The formulas are a handful of double-precision operations and at most one normal distribution function, so
# 1e-12 is what one expects; 1e-9 is what the reference promises of its own digits.
RELATIVE = 1e-9


@dataclass(frozen=True)
class Family:
    """Where a family of vectors is found in a model.

    Attributes:
        model: Path of the model below the gallery.
        parameters: The vector's parameter to one or more parameters of the model.
        results: The vector's result to a place: `quantity:NAME`, `choice:NODE`, `margin:NODE`, `value:PLAYER`
            or `outcome:NAME`; several places must all agree.
        fixed: Parameters of the model that the reference does not have.
        words: The reference's word for a value to the model's.
    """

    model: str
    parameters: Mapping[str, tuple[str, ...]]
    results: Mapping[str, tuple[str, ...]]
    fixed: Mapping[str, float | str]
    words: Mapping[object, object]


def family(
    model: str,
    parameters: Mapping[str, str],
    results: Mapping[str, str],
    fixed: Mapping[str, float | str] | None = None,
    words: Mapping[object, object] | None = None,
) -> Family:
    return Family(
        model,
        {name: tuple(names.split()) for name, names in parameters.items()},
        {name: tuple(places.split()) for name, places in results.items()},
        fixed or {},
        words or {},
    )


FAMILIES = {
    "C4_downs_rocke_normal": family(
        "downs-rocke1994/gambling-for-resurrection.yaml",
        {
            "mu": "drift",
            "sigma": "spread",
            "tau": "required",
            "z0": "standing",
            "rent": "office",
            "theta": "share_borne",
            "k": "cost",
        },
        {
            "q": "quantity:chance",
            "gain": "quantity:gain margin:opening",
            "gamble": "choice:opening",
            "rent_threshold": "quantity:office_threshold",
        },
        words={True: "gamble", False: "settle"},
    ),
    "C5_diversionary_bargaining": family(
        "tarar2006/diversionary-bargaining.yaml",
        {"p": "p_win", "cA": "cost_leader", "cB": "cost_rival", "D": "gain_at_home", "proposer": "proposer"},
        {"war": "outcome:war", "x": "quantity:settlement value:leader"},
        fixed={"left_over": 0},
        words={"A": "leader", "B": "rival", True: 1.0, False: 0.0},
    ),
    "C5b_jackson_morelli_bias": family(
        "jackson-morelli2007/political-bias.yaml",
        {"p": "p_win", "G": "spoils", "C": "cost", "wi": "own_wealth", "wj": "other_wealth"},
        {"bias_threshold": "quantity:bias_threshold"},
    ),
    "C7_selectorate_private": family(
        "buenodemesquita2003/selectorate-private.yaml",
        {"W": "coalition", "S": "selectorate", "R": "revenue", "delta": "patience"},
        {"z": "quantity:goods", "leader_rent": "quantity:leader_keeps", "rent_share": "quantity:kept_share"},
    ),
    "C7_selectorate_public_sqrt": family(
        "buenodemesquita2003/selectorate-public.yaml",
        {"W": "coalition", "S": "selectorate", "R": "revenue", "delta": "patience", "p": "price"},
        {
            "M": "quantity:spending",
            "g": "quantity:public_goods",
            "z": "quantity:private_goods",
            "leader_rent": "quantity:leader_keeps",
        },
    ),
    "C8_critical_risk": family(
        "ellsberg1968/critical-risk.yaml",
        {"win": "win", "quit": "quit", "disaster": "disaster"},
        {"R": "quantity:critical_risk"},
    ),
    "C10_cpm2010_risk_dominance": family(
        "chassang-padroimiquel2010/strategic-risk.yaml",
        {"peace": "peace", "first_strike": "first_strike", "surprised": "surprised", "war": "war"},
        {
            "nash_peace": "quantity:peace_is_equilibrium",
            "risk_dominant_peace": "quantity:peace_is_risk_dominant",
        },
        words={True: 1.0, False: 0.0},
    ),
    "C16_reference_dependence": family(
        "kahneman-tversky1979/gamble-at-a-loss.yaml",
        {"L": "loss", "M": "worse", "G": "success", "alpha": "curvature", "lam": "loss_aversion"},
        {"q_min": "quantity:least_chance"},
    ),
    "C17_face_bayes": family(
        "raison2026/face.yaml",
        {
            "b": "patience",
            "tau": "spread",
            "sigma": "noise_weak noise_strong",
            "mhat_minus_m": "gap_weak gap_strong",
        },
        {
            "bar_shift": "quantity:bar_weak quantity:bar_strong",
            "p_retain": "quantity:kept_weak quantity:kept_strong value:leader outcome:in_office",
        },
        fixed={"face_lost": 0},
    ),
    "C18_flagship_spe": family(
        "raison2026/strike-and-answer.yaml",
        {
            "sW": "kept_withdrawn",
            "sF": "kept_fighting",
            "sEN": "kept_unanswered",
            "sEL": "kept_hit",
            "R_": "office",
            "D_": "ruin_cost",
            "V2": "second_round",
            "delta": "patience",
            "chi": "answer_gain",
            "kL": "answer_cost",
            "chiX": "ending_gain",
            "kX": "ending_cost",
            "rho": "fall_value",
        },
        {
            "response": "choice:answer",
            "action": "choice:opening",
            "uW": "quantity:withdraw_value",
            "uF": "quantity:fight_value",
            "uE": "quantity:escalate_value",
            "u_strong": "quantity:strong_value",
        },
        words={
            "L": "limited",
            "N": "none",
            "X": "regime-ending",
            "W": "withdraw",
            "F": "fight on",
            "E": "escalate",
        },
    ),
    "C18_critical_ruin_probability": family(
        "raison2026/strike-and-answer.yaml",
        {"sE": "kept_hit", "s_alt": "kept_withdrawn kept_fighting", "R": "office", "D": "ruin_cost"},
        {"d_star": "quantity:ruin_bearable"},
    ),
}

CASES = [
    pytest.param(name, index, id=f"{name}-{index}")
    for name, vectors in VECTORS.items()
    for index in range(len(vectors))
]


def chosen(spec: Family, parameters: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The point of a vector, under the model's names."""
    point: dict[str, list[Any]] = {name: [value] for name, value in spec.fixed.items()}
    for name, value in parameters.items():
        for ours in spec.parameters[name]:
            point[ours] = [spec.words.get(value, value) if isinstance(value, str) else value]
    return point


@pytest.mark.parametrize(("name", "index"), CASES)
def test_a_model_reproduces_its_reference_vector(name: str, index: int) -> None:
    """Every field of the vector's result, to 1e-9 of its value."""
    vector, spec = VECTORS[name][index], FAMILIES[name]
    assert set(vector["params"]) == set(spec.parameters)
    assert set(vector["result"]) == set(spec.results)

    solution = raison.load(GALLERY / spec.model).solve(chosen(spec, vector["params"]))

    for field, expected in vector["result"].items():
        wanted = spec.words.get(expected, expected) if isinstance(expected, bool | str) else expected
        for place in spec.results[field]:
            kind, key = place.split(":")
            found = getattr(solution, kind)[key][0]
            if isinstance(wanted, str):
                assert found == wanted, place
            else:
                # the floor is for results that are exactly 0, where nothing is relative
                np.testing.assert_allclose(found, wanted, rtol=RELATIVE, atol=1e-300, err_msg=place)


def test_every_family_of_vectors_has_a_model_and_every_model_a_family() -> None:
    assert set(VECTORS) == set(FAMILIES)
    covered = {spec.model for spec in FAMILIES.values()}
    # the crisis with known types has a closed form instead of vectors: tests/test_crisis_closed_form.py
    others = {"fearon1994/three-step-crisis.yaml"}
    # games with amounts, errors, a root, rounds or a process, whose vectors other files here have
    others |= {
        "downs-rocke1994/gambling-month-by-month.yaml",
        "fearon1994/attrition-with-audience-costs.yaml",
        "fearon1994/crisis-private-resolve.yaml",
        "fearon1995/take-it-or-leave-it.yaml",
        "goemans2000/leaders-fate.yaml",
        "iida1993/private-floor.yaml",
        "morris-shin2003/elite-defection.yaml",
        "nalebuff1986/brinkmanship-private.yaml",
        "raison2026/mobilisation-pipeline.yaml",
        "raison2026/standoff-with-opposition.yaml",
        "schultz1998/crisis-with-opposition.yaml",
        "signorino1999/strategic-choice.yaml",
    }
    here = {path.relative_to(GALLERY).as_posix() for path in GALLERY.glob("*/*.yaml")}
    assert covered | others == {path for path in here if not path.startswith("threads2022/")}


# --- what the games must do besides their vectors ----------------------------------------------------------


def test_the_flagship_pays_the_leader_the_best_of_his_three_values() -> None:
    """Backward induction on the tree against the same values written as formulas, at random points."""
    rng = np.random.default_rng(18)
    model = raison.load(GALLERY / "raison2026/strike-and-answer.yaml")
    unit = ("kept_withdrawn", "kept_fighting", "kept_unanswered", "kept_hit", "second_round", "patience")
    wide = ("ruin_cost", "answer_gain", "answer_cost", "ending_gain", "ending_cost", "fall_value")
    point = {name: rng.uniform(0, 1, 5000) for name in unit} | {
        name: rng.uniform(0, 5, 5000) for name in wide
    }

    solution = model.solve(point)

    values = np.stack([solution.quantity[n] for n in ("fight_value", "withdraw_value", "escalate_value")])
    # both sides are the same few operations in another order: a few units in the last place of values up to 5
    np.testing.assert_allclose(solution.value["leader"], values.max(axis=0), rtol=0, atol=1e-14)
    moves = np.array(["fight on", "withdraw", "escalate"])[values.argmax(axis=0)]
    np.testing.assert_array_equal(np.asarray(solution.choice["opening"]), moves)
    strong = np.stack([solution.quantity[n] for n in ("strong_limited", "strong_none", "strong_ending")])
    answers = np.array(["limited", "none", "regime-ending"])[strong.argmax(axis=0)]
    np.testing.assert_array_equal(np.asarray(solution.choice["answer"]), answers)
    assert set(moves) == {"fight on", "withdraw", "escalate"}
    assert set(answers) == {"limited", "none", "regime-ending"}


def test_war_comes_only_if_the_gain_at_home_exceeds_what_war_destroys() -> None:
    """C5: with either proposer, and whatever the proposer leaves over, war iff D > c_A + c_B."""
    rng = np.random.default_rng(5)
    p = rng.uniform(0, 1, 2000)
    point = {
        "p_win": p,
        "cost_leader": rng.uniform(0, p),
        "cost_rival": rng.uniform(0, 1 - p),
        "gain_at_home": rng.uniform(0, 1, 2000),
        "left_over": rng.uniform(0.01, 0.5, 2000),
        "proposer": ["leader", "rival"] * 1000,
    }
    solution = raison.load(GALLERY / "tarar2006/diversionary-bargaining.yaml").solve(point)
    war = point["gain_at_home"] > point["cost_leader"] + point["cost_rival"]
    np.testing.assert_array_equal(solution.outcome["war"], war.astype(float))
    assert 0 < war.mean() < 1


@pytest.mark.parametrize(
    ("path", "node", "move", "quantity", "parameter"),
    [
        pytest.param(
            "ellsberg1968/critical-risk.yaml",
            "opening",
            "stand firm",
            "critical_risk",
            "risk",
            id="critical-risk",
        ),
        pytest.param(
            "kahneman-tversky1979/gamble-at-a-loss.yaml",
            "opening",
            "gamble",
            "least_chance",
            "chance",
            id="losses",
        ),
        pytest.param(
            "jackson-morelli2007/political-bias.yaml", "decision", "war", "bias_threshold", "bias", id="bias"
        ),
        pytest.param(
            "downs-rocke1994/gambling-for-resurrection.yaml",
            "opening",
            "gamble",
            "office_threshold",
            "office",
            id="office",
        ),
    ],
)
def test_the_game_turns_at_its_threshold(
    path: str, node: str, move: str, quantity: str, parameter: str
) -> None:
    """The closed form is the point at which the game's answer changes, and at no other."""
    model = raison.load(GALLERY / path)
    # 1 to any power is 1, and the median of the gain is 1: a gain of a half shows the curvature
    fixed = {"success": 0.5} if "success" in model.record.parameters else {}
    threshold = float(model.solve({parameter: 0.5, **fixed}).quantity[quantity][0])
    # a part in 10^6 on either side: far above rounding, far below anything that could hide another threshold
    near = model.solve({parameter: [threshold * (1 - 1e-6), threshold * (1 + 1e-6)], **fixed})
    far = model.solve({parameter: [threshold * 0.5, threshold * 1.5], **fixed})
    assert near.choice[node][0] != near.choice[node][1]
    assert list(near.choice[node]) == list(far.choice[node])
    assert move in near.choice[node]


def test_the_chance_to_be_kept_is_that_of_an_audience_that_reasons_by_bayes() -> None:
    """C17 from its definition: precision-weighted estimate, distribution of the result under the truth.

    Average competence, own strength and the opponent's true strength are random, since they must cancel.
    """
    rng = np.random.default_rng(1763)
    number = 2000
    b, own, true, average = (rng.uniform(-1, 1, number) for _ in range(4))
    gap, lost = rng.uniform(-2, 2, number), rng.uniform(-1, 1, number)
    tau, sigma, carried = (rng.uniform(0.3, 2, number) for _ in range(3))
    after_news = average - carried * lost  # what the audience expects before the contest
    precision = 1 / tau**2 + 1 / sigma**2
    believed = true + gap
    # (after_news / tau^2 + (x - own + believed) / sigma^2) / precision >= average - b, solved for x
    bar = ((average - b) * precision - after_news / tau**2) * sigma**2 + own - believed
    kept = norm.sf(bar, loc=after_news + own - true, scale=np.hypot(tau, sigma))

    point = {"patience": b, "spread": tau, "gap_strong": gap, "noise_strong": sigma}
    point |= {"face_lost": lost, "carried": carried}
    found = raison.load(GALLERY / "raison2026/face.yaml").solve(point).quantity

    # the reference adds numbers up to 100 and takes them off again; its tail is good to 1e-13 of what is left
    np.testing.assert_allclose(found["kept_strong"], kept, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(found["bar_strong"], bar - (after_news + own - true), rtol=0, atol=1e-11)


def test_without_misjudgement_noise_or_news_left_behind_the_opponent_does_not_matter() -> None:
    """C17: neutrality, for any patience, spread and noise."""
    rng = np.random.default_rng(17)
    noise = rng.uniform(0.2, 3, 1000)
    point = {
        "patience": rng.uniform(-1, 1, 1000),
        "spread": rng.uniform(0.5, 2, 1000),
        "noise_weak": noise,
        "noise_strong": noise,
        "gap_weak": np.zeros(1000),
        "gap_strong": np.zeros(1000),
        "face_lost": rng.uniform(-1, 1, 1000),
        "carried": np.ones(1000),
    }
    solution = raison.load(GALLERY / "raison2026/face.yaml").solve(point)
    # the same formula of the same numbers twice; a compiler may round the two copies differently
    np.testing.assert_allclose(solution.quantity["advantage"], 0, rtol=0, atol=4e-16)
    assert (solution.margin["opening"] == 0).all()  # a tie, in every draw


@pytest.mark.parametrize(
    ("patience", "sign"), [(0.5, 1), (-0.5, -1)], ids=["patient audience", "demanding audience"]
)
def test_noise_helps_exactly_if_the_audience_is_patient(patience: float, sign: int) -> None:
    """C17: with b > 0 the chance to be kept rises with the noise; with b < 0 it falls."""
    noise = np.linspace(0.2, 3, 50)
    point = {
        "patience": [patience] * 50,
        "noise_strong": noise,
        "gap_strong": [0.0] * 50,
        "face_lost": [0.0] * 50,
    }
    kept = raison.load(GALLERY / "raison2026/face.yaml").solve(point).quantity["kept_strong"]
    assert (sign * np.diff(kept) > 0).all()


def test_loss_aversion_alone_makes_nobody_seek_risk() -> None:
    """C16: with curvature 1 no unfair gamble attracts; if it can only get one even, the two chances agree."""
    model = raison.load(GALLERY / "kahneman-tversky1979/gamble-at-a-loss.yaml")
    point = {"curvature": [1.0, 1.0, 0.88], "success": [0.0, 0.5, 0.0], "loss": [1.0] * 3, "worse": [2.0] * 3}
    found = model.solve(point | {"loss_aversion": [2.25] * 3}).quantity
    gap = found["least_chance"] - found["fair_chance"]
    assert gap[0] == 0  # (4.5 - 2.25) / 4.5 and (2 - 1) / 2 are exact in binary
    assert gap[1] > 0
    assert gap[2] < 0
