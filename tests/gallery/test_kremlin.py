"""The flagship model: its rows, its closed forms, a second implementation, and what its premises do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

import raison
from raison.answer.records import RunRecord
from raison.model.evaluate import FLOATS, evaluate
from raison.model.reader import read_file
from raison.model.records import Distribution, Model

FILE = Path(raison.__file__).parent / "gallery" / "threads2022" / "kremlin-2022.yaml"
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "reference-vectors.json").read_text(encoding="utf-8")
)
ROWS = [f"M{row:02d}" for row in range(1, 34)] + [f"H{row}" for row in range(1, 7)]
NEUTRALITY = ("M04-strength-misjudged", "M05-news-sunk", "M12-blame-diluted")
SWITCH = "switching opponents gains in advance"
STRIKE = "the strike is rational"

# At most a dozen operations, a normal quantile and a normal distribution function stand between a point and
# its closed form, each good to a few units of the last place.
RELATIVE = 1e-12
# The two survivals are the same sum of three products, which a compiler may contract in two ways.
ROUNDING = 1e-15


@cache
def read() -> Model:
    reading = read_file(FILE)
    assert reading.model is not None, reading.problems
    return reading.model


@cache
def ran() -> RunRecord:
    """4,096 draws: enough for a premise that matters in one draw in a thousand to show."""
    return flagship().run(draws=4096, seed=1).record


@cache
def flagship() -> raison.Model:
    return raison.gallery("kremlin-2022")


def solve(point: Mapping[str, Any]) -> raison.Solution:
    return flagship().solve(point)


# --- the file ---------------------------------------------------------------------------------------------


def test_the_file_has_neither_error_nor_warning() -> None:
    assert [str(problem) for problem in read_file(FILE).problems] == []


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_a_premise_with_its_claim_or_is_said_to_be_unstated(row: str) -> None:
    model = read()
    premises = [premise for name, premise in model.premises.items() if name.split("-")[0] == row]
    assert premises, row
    for premise in premises:
        places = {model.claims[claim].at for claim in premise.claims}
        assert (
            premise.unstated
            if row.startswith("H")
            else any(place and place.startswith("row M") for place in places)
        )


def test_every_row_of_the_threads_up_to_33_is_claimed() -> None:
    assert {claim.at for claim in read().claims.values() if claim.source == "threads"} == {
        f"row {row}" for row in ROWS if row.startswith("M")
    }


def test_every_uncertain_parameter_says_what_it_is_in_which_unit_and_on_what_it_rests() -> None:
    for name, parameter in read().parameters.items():
        if (
            isinstance(parameter.value, Distribution) and "." not in name
        ):  # mechanisms have tests of their own
            assert parameter.about, name
            assert parameter.unit, name
            assert parameter.because, name


def test_effects_whose_direction_is_the_claim_are_drawn_around_no_effect() -> None:
    """The premise gives the direction, not the prior: as much of it lies on either side of no effect."""
    for name, parameter in read().parameters.items():
        if not name.endswith(("_draw", "noise_step")) or name == "core_draw":
            continue
        assert isinstance(parameter.value, Distribution)
        low, mode, high = (float(argument.text) for argument in parameter.value.arguments)
        neutral = 1.0 if name == "carried_draw" else 0.0
        assert (low + high) / 2 == mode == neutral, name


# --- what the premises do -----------------------------------------------------------------------------------


def changes(*premises: str) -> dict[str, Any]:
    found = [removal for removal in ran().removals if set(removal.premises) == set(premises)]
    assert len(found) == 1, premises
    return {change.question: change for change in found[0].changes}


@pytest.mark.parametrize("premise", [pytest.param(name, id=name) for name in read().premises])
def test_removing_any_premise_changes_some_answer(premise: str) -> None:
    assert any(change.difference for change in changes(premise).values())


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in read().sets])
def test_the_named_sets_are_removed_together(name: str) -> None:
    assert any(change.difference for change in changes(*read().sets[name].premises).values())


def test_without_the_neutrality_set_switching_opponents_gains_exactly_nothing() -> None:
    """C17: the mean over draws is 0 and so is its spread, which takes 0 in every draw."""
    change = changes(*NEUTRALITY)[SWITCH]
    assert abs(change.value) < ROUNDING
    assert change.standard_error < ROUNDING


@pytest.mark.parametrize("premise", NEUTRALITY)
def test_no_single_premise_of_the_neutrality_set_brings_the_gain_to_nothing(premise: str) -> None:
    change = changes(premise)[SWITCH]
    assert change.value is not None
    assert abs(change.value) > 10 * change.standard_error


def test_the_strike_needs_an_answer_unless_striking_pleases_by_itself() -> None:
    """C18: left unanswered, it brings what fighting on brings, less alarm and isolation."""
    assert changes("strike-may-please")["the strike would pay if it went unanswered"].value == 0


def test_a_sober_audience_leaves_next_to_nothing_of_the_strike() -> None:
    """What the survival terms owe to the named mechanisms is all that they have."""
    assert 0 <= changes(*read().sets["sober-audience"].premises)[STRIKE].value < 0.005


def test_the_verdict_is_neither_certain_nor_excluded() -> None:
    """A share near 0 or 1 would come from a one-sided prior or from a form that decides alone."""
    share = ran().questions[0].share
    assert share is not None
    assert 0.05 < share < 0.95


def test_two_judgements_after_a_war_that_goes_on_leave_less_than_one() -> None:
    """H5 in its two forms: chances that multiply against face that adds up."""
    one, two = changes("H5-war-stops"), changes("H5-war-stops-two-verdicts")
    assert two[STRIKE].value < one[STRIKE].value < ran().questions[0].share


# --- closed forms -------------------------------------------------------------------------------------------

# One audience, no news, nothing at stake but office, and a front, an order and an exchange that are sure.
BARE: dict[str, float] = {
    **dict.fromkeys(
        ("theta", "lean_core", "underrated_draw", "awe", "noise_step", "lost_draw", "flow_draw"), 0
    ),
    **dict.fromkeys(("identity_draw", "by_choice", "standing_draw", "triumph_draw", "rally_size"), 0),
    **dict.fromkeys(("humiliation", "alarm", "defeat", "slide", "round_draw", "blow_damage", "isolation"), 0),
    **dict.fromkeys(("shame_draw", "harm"), 0),
    **dict.fromkeys(("core_draw", "p_front_now", "ruin_risk", "ruin_on_table", "foresight"), 1),
    # neither guns nor clique have a part, and nobody would bear a call-up
    **dict.fromkeys(("tempted", "bite"), 0),
    "call_alarm": 50,
}


def test_survival_before_either_opponent_is_the_closed_form() -> None:
    """C17, against the weaker (a front that holds) and the stronger (giving way at no further cost)."""
    vectors = VECTORS["C17_face_bayes"]
    b, tau, sigma, gap = (
        np.array([vector["params"][name] for vector in vectors], float)
        for name in ("b", "tau", "sigma", "mhat_minus_m")
    )
    point = {
        **BARE,
        "as_claimed": 0,  # so that the gap may have either sign
        "face.spread": tau,
        "noise_weak": sigma,
        "kept": ndtr(b * np.hypot(tau, sigma) / tau**2),
        "underrated_draw": -gap,
        "awe": gap,
    }
    solution, wanted = solve(point), [vector["result"]["p_retain"] for vector in vectors]
    for name in ("s_held", "s_yielded"):
        np.testing.assert_allclose(solution.quantity[name], wanted, rtol=RELATIVE, err_msg=name)


def skeleton(params: Mapping[str, float]) -> dict[str, float]:
    """C18's numbers as the flagship's: patience is that of fighting on, and face makes the rest."""
    fighting, withdrawn, unanswered, hit = (ndtri(params[name]) for name in ("sF", "sW", "sEN", "sEL"))
    return {
        **BARE,
        "noise_weak": 0,
        "kept": params["sF"],
        "by_choice": fighting - withdrawn,
        "alarm": fighting - unanswered,
        "standing_draw": hit - unanswered,
        "ruin_cost": params["D_"] / params["R_"],  # the flagship counts in offices
        "round_draw": params["V2"] / params["R_"],
        "patience_time": params["delta"],
        "answer_gain": params["chi"],
        "answer_cost": params["kL"],
        "end_gain": params["chiX"],
        "end_cost": params["kX"],
        "rho": params["rho"],
    }


def together(points: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {name: [point[name] for point in points] for name in points[0]}


def test_the_skeleton_is_the_closed_form() -> None:
    """C18: replies, openings, the leader's values and the stronger state's."""
    vectors = VECTORS["C18_flagship_spe"]
    replies = {"L": "limited", "N": "none", "X": "regime-ending"}
    openings = {"W": "withdraw", "F": "fight on", "E": "strike"}

    solution = solve(together([skeleton(vector["params"]) for vector in vectors]))

    for index, vector in enumerate(vectors):
        params, result = vector["params"], vector["result"]
        assert solution.choice["reply"][index] == replies[result["response"]]
        assert solution.choice["opening"][index] == openings[result["action"]]
        values = {name: result[name] / params["R_"] for name in ("uW", "uF", "uE")}
        best, second = sorted(values.values())[:0:-1]
        wanted = {"v_withdrawn": values["uW"], "v_fight": values["uF"]}
        found = {name: solution.quantity[name][index] for name in wanted}
        assert found == pytest.approx(wanted, rel=RELATIVE)
        assert solution.value["leader"][index] == pytest.approx(best, rel=RELATIVE)
        # a difference of two numbers that are up to ten times larger
        assert solution.margin["opening"][index] == pytest.approx(best - second, rel=10 * RELATIVE)
        if result["action"] == "E":
            assert solution.value["strong"][index] == pytest.approx(result["u_strong"], rel=RELATIVE)


def test_foresight_alone_can_refuse_the_honourable_fight() -> None:
    """C18 where the stronger state wants the leader gone: if it sees the mechanism, it does not answer."""
    point = skeleton(VECTORS["C18_flagship_spe"][2]["params"])

    solution = solve({**point, "foresight": [0, 1]})

    assert solution.choice["reply"] == ["limited", "none"]
    assert solution.choice["opening"] == ["strike", "fight on"]


def test_the_strike_turns_at_the_ruin_that_is_just_bearable() -> None:
    """C18: d* = (s_E - s_alt) R / (s_E R + D), as the chance that the exchange slides."""
    vector = VECTORS["C18_critical_ruin_probability"][0]
    params, bearable = vector["params"], vector["result"]["d_star"]
    leader = {"sEL": params["sE"], "sF": params["s_alt"], "R_": params["R"], "D_": params["D"], "V2": 0}
    rest = {"sW": 0.1, "sEN": 0.05, "delta": 1, "chi": 9, "kL": 0, "chiX": 0, "kX": 9, "rho": 0}
    point = skeleton({**leader, **rest})

    solution = solve({**point, "slide": [bearable * (1 - 1e-6), bearable * (1 + 1e-6)]})

    assert solution.choice["opening"] == ["strike", "fight on"]


def test_an_audience_as_in_neutrality_gives_nothing_for_the_opponent_at_any_point() -> None:
    """C17's identity at 200 points: whatever else holds, with equal noise, no misjudgement and no news."""
    generator = np.random.default_rng(5)
    free = (
        "kept",
        "core_draw",
        "clique_part",
        "echo_clique",
        "echo_public",
        "carried_draw",
        "p_front_now",
        "framing",
        "bite",
    )
    point = {name: generator.uniform(0.05, 0.95, 200) for name in free}
    point |= {
        name: generator.normal(0, 0.3, 200) for name in ("lean_core", "lean_clique", "lean_public", "alarm")
    }
    point["noise_weak"] = generator.lognormal(0, 0.5, 200)
    quiet = ("underrated_draw", "awe", "noise_step", "lost_draw", "flow_draw")
    point |= {name: np.zeros(200) for name in quiet}
    assert np.all(np.abs(solve(point).quantity["switch_gain"]) < ROUNDING)


SWITCHES = (
    "as_claimed",
    "ruin_on_table",
    "war_goes_on",
    "one_verdict",
    "sure_to_obey",
    "only_if_weak",
    "one_hand",
    "no_guards",
    "guns_at_home",
    "outside_the_law",
    "hawks_count",
    "valued_abroad",
    "substitutes",
)

# --- a second implementation --------------------------------------------------------------------------------


def even(own: Any, p: Mapping[str, Any]) -> Any:
    return own / (own + p["guns.foe"])


def pulled(p: Mapping[str, Any], snubbed: Any, shown: Any) -> Any:
    """M29-M33: face with the clique, by what the leader brings it and what a show makes up for."""
    rest, tiers = 1 - snubbed, [p[f"clique.{name}"] for name in ("top", "middle", "near")]
    first, second, third = (np.where(p["valued_abroad"] == 1, rest * tier, 1.0) for tier in tiers)
    second = second * (1 - p["clique.follow"] * (1 - first))
    third = third * (1 - p["clique.follow"] * (1 - second))
    weights = [p[f"clique.weight_{name}"] for name in ("top", "middle", "near")]
    brought = sum(w * t for w, t in zip(weights, (first, second, third), strict=True))
    brought = brought + p["clique.enforcement"] + p["clique.replacing"]
    show, instead = shown * p["clique.show_worth"], p["substitutes"] == 1
    short = np.maximum(0, p["clique.rent"] - brought - np.where(instead, show, 0))
    return p["bite"] * (np.where(instead, 0, show) - short)


def order(p: Mapping[str, Any], home: Any) -> Callable[[Any, Any, Any], Any]:
    """M16-M18, M23, M24, M26, M27: survival by what is judged, the share called up and its idle part."""
    strength = p["strength_at_home"] * p["guns.unseen"] * np.where(p["guns_at_home"] == 1, 2 * home, 1)

    def revolt(share: Any, idle: Any) -> Any:
        weight = p["street.pool"] * (1 - p["street.drain"] * share)
        weight = weight + share * (p["street.unrest"] + p["street.idle_unrest"] * idle)
        return p["street.crisis"] * ndtr((weight - strength) / p["street.doubt"])

    def coup(obedient: Any) -> Any:
        others = obedient * (p["guns.forces"] - 1)
        chance = 1 / (1 + others ** p["guns.decisive"])
        return np.where(chance * p["guns.prize"] > 1 - chance, chance, 0)

    def mutiny(prosecuted: Any) -> Any:
        promised = p["guns.mutiny_succeeds"] * p["guns.spoils"]
        breaks = promised > p["guns.fee"] + prosecuted * p["guns.sentence"]
        return np.where(breaks, p["guns.mutiny_succeeds"], 0)

    guards = np.where(p["guns.guard"] > p["guns.gathers"], p["guns.unity"], 0)
    usual = (coup(p["guns.obedient"]), guards, mutiny(0))
    here = (coup(1), 0, mutiny(p["guns.prosecuted"]))
    switches = ("one_hand", "no_guards", "outside_the_law")
    here = tuple(np.where(p[s] == 1, h, u) for s, h, u in zip(switches, here, usual, strict=True))
    fall_usual, fall_here = (
        p["tempted"] * (1 - np.prod([1 - x for x in xs], axis=0)) for xs in (usual, here)
    )

    def stays(judged: Any, share: Any, idle: Any) -> Any:
        weak = np.where(p["only_if_weak"] == 1, 1 - judged, 1)
        street = (1 - weak * revolt(share, idle)) / (1 - weak * revolt(0, 0))
        guns = (1 - (1 - judged) * fall_here) / (1 - (1 - judged) * fall_usual)
        return np.minimum(1, judged * street * guns)

    return stays


def would_obey(p: Mapping[str, Any], lasts: Any) -> Any:
    """H4: C13, with what each sees of whether the leader lasts."""
    critical = 1 - p["clique.cost"] + p["clique.noise"] * ndtri(1 - p["clique.cost"])
    stay = 1 - ndtr((critical - lasts) / p["clique.noise"])
    return stay * np.where(p["one_hand"] == 1, 1, p["guns.obedient"])


def by_hand(p: Mapping[str, Any]) -> dict[str, Any]:
    """The flagship in NumPy: survival, payoffs and backward induction written out, `[B]` each."""
    said = np.where(p["as_claimed"] == 1, 1, 0)

    def sized(name: str) -> Any:
        return np.where(said, np.abs(p[name]), p[name])

    def tilted(name: str) -> Any:
        return np.where(said, np.maximum(p[name], 1 - p[name]), p[name])

    core = np.where(said, np.maximum(p["core_draw"], 1 - p["core_draw"]), p["core_draw"])
    audiences = (
        (core, p["lean_core"], 1.0, 0),
        ((1 - core) * p["clique_part"], p["lean_clique"], p["echo_clique"], 1),
        ((1 - core) * (1 - p["clique_part"]), p["lean_public"], p["echo_public"], 0),
    )
    noise, noise_strong = p["noise_weak"], p["noise_weak"] * np.exp(sized("noise_step"))
    scale = np.sqrt(1 + noise**2)
    patience, defeat = ndtri(p["kept"]) / scale, p["defeat"] / scale
    carried = np.where(said, 1 - np.abs(1 - p["carried_draw"]), p["carried_draw"])
    lost, flow, identity = sized("lost_draw"), sized("flow_draw"), sized("identity_draw")
    theta, home = p["theta"], tilted("guns.budget_home")
    # M25: the split of forces, against an even one
    moved = np.where(p["guns_at_home"] == 1, 0, ndtri(even(0.5, p)) - ndtri(even(1 - home, p)))
    drift = ndtri(p["p_front_now"]) + moved
    front = ndtr(drift)
    hold = order(p, home)
    beaten = defeat + identity / 2
    coming = flow + (1 - front) * beaten
    goes_on, one = p["war_goes_on"] == 1, p["one_verdict"] == 1

    def kept(
        face: Any, story: Any, pull: Any, gap: Any, sigma: Any, share: Any = 0.0, idle: Any = 0.0
    ) -> Any:
        root = np.sqrt(1 + sigma**2)
        judged = sum(
            w * ndtr((patience + lean + face + echo * story + pull * feels) * root + gap / root)
            for w, lean, echo, feels in audiences
        )
        return hold(judged, share, idle)

    now, struck, shown = (pulled(p, *at) for at in ((0, 0), (p["snub"], 0), (0, p["complied"])))

    def weak(face: Any, pull: Any = now) -> Any:
        return kept(face - lost, 0, pull, -sized("underrated_draw"), noise)

    def along(face: Any, pull: Any = now) -> Any:
        return front * weak(face - flow, pull) + (1 - front) * weak(face - flow - beaten, pull)

    drag = (
        carried * lost
        + p["alarm"]
        + p["inferred"] * coming
        + p["derecognition"]
        + np.where(goes_on & one, coming, 0)
    )

    def strong(face: Any, story: Any) -> Any:
        return kept(face - drag, story, struck, p["awe"], noise_strong) * np.where(
            goes_on & ~one, along(0), 1
        )

    def hit(face: Any, story: Any) -> Any:
        taken, failed = strong(face, story + p["rally_size"]), strong(face - p["humiliation"], story)
        return p["framing"] * taken + (1 - p["framing"]) * failed

    unanswered, refused = along(-p["alarm"] - p["derecognition"], struck), weak(-flow - p["refusal"])
    yielded = hit(-defeat, sized("standing_draw") + identity / 2)
    stood = hit(0, sized("standing_draw") + sized("triumph_draw"))
    fight = front * weak(-flow) + (1 - front) * (weak(-flow - beaten) - theta)
    withdraw = weak(-beaten - p["by_choice"]) - theta

    def called(men: Any, idle: Any, face: Any) -> Any:
        """M16, M18-M22: what calling up is worth, by what the pipeline gives."""
        holds = ndtr(drift + p["relief"] * np.clip(men / p["need"], 0, 1))
        share, story = np.minimum(1, p["call_up.called"] / p["pool_of_men"]), p["hawks_count"] * p["hawks"]
        ends = [
            kept(
                f - lost - flow - p["call_alarm"], story, shown, -sized("underrated_draw"), noise, share, idle
            )
            for f in (face, face - beaten)
        ]
        return holds * ends[0] + (1 - holds) * ends[1] - theta * (1 - holds + p["call_burden"])

    trained = called(p["fit"], p["idle_trained"], 0)
    rushed = called(p["rushed"], p["idle_rushed"], -p["raw_men"])
    ended = (-p["ruin_cost"], p["end_gain"] - p["end_cost"] + p["rho"] - p["harm"])

    def after_blow(survival: Any, value: Any) -> tuple[Any, Any]:
        foreseen = p["foresight"] * survival + (1 - p["foresight"]) * unanswered
        answered = p["answer_gain"] - p["answer_cost"] - sized("shame_draw") - p["harm"]
        return value, answered + p["rho"] * (1 - foreseen)

    gives_way = after_blow(
        yielded,
        yielded * (1 + p["patience_time"] * sized("round_draw"))
        - theta * (1 + p["isolation"] + p["blow_damage"]),
    )
    survives = after_blow(stood, stood - theta * (1 - front + p["isolation"] + 2 * p["blow_damage"]))
    presses = tuple(
        p["ruin_risk"] * e + (1 - p["ruin_risk"]) * s for e, s in zip(ended, survives, strict=True)
    )
    goes = gives_way[0] >= presses[0]
    calm = [np.where(goes, a, b) for a, b in zip(gives_way, presses, strict=True)]
    limited = [p["slide"] * e + (1 - p["slide"]) * c for e, c in zip(ended, calm, strict=True)]
    none = (unanswered - theta * (1 - front + p["isolation"]), p["rho"] * (1 - unanswered) - p["harm"])
    ending = np.where(p["ruin_on_table"] == 1, ended[1], -np.inf)
    reply = np.argmax(np.broadcast_arrays(none[1], limited[1], ending), axis=0)
    answered = np.choose(reply, np.broadcast_arrays(none[0], limited[0], ended[0]))
    obeyed = np.where(p["sure_to_obey"] == 1, 1, would_obey(p, along(0)))
    strike = obeyed * answered + (1 - obeyed) * (refused - theta * (1 - front))
    values = np.array(np.broadcast_arrays(fight, np.maximum(trained, rushed), withdraw, strike))
    ordered = np.sort(values, axis=0)
    return {
        "opening": np.array(["fight on", "mobilise", "withdraw", "strike"])[np.argmax(values, axis=0)],
        "reply": np.array(["none", "limited", "regime-ending"])[reply],
        "after_blow": np.where(goes, "withdraw", "press on"),
        "value": ordered[-1],
        "margin": ordered[-1] - ordered[-2],
    }


def test_a_second_implementation_finds_the_same_choices_and_values() -> None:
    """At 2,000 points over more than the file allows, with the premises' switches on and off."""
    generator = np.random.default_rng(11)
    size = 2000
    point: dict[str, Any] = {}
    for name, parameter in read().parameters.items():
        if not isinstance(parameter.value, Distribution):
            if "." not in name:
                whole = name in SWITCHES
                point[name] = (
                    generator.integers(0, 2, size).astype(float) if whole else generator.uniform(0, 1, size)
                )
        elif "." in name or name in ("need", "years", "pool_of_men"):
            if parameter.value.kind == "uniform":
                ends = [evaluate(a.expression, point.__getitem__, FLOATS) for a in parameter.value.arguments]
                point[name] = generator.uniform(*ends, size)
        elif (
            name.endswith(("_draw", "_step", "awe", "_alarm"))
            or name.startswith("lean")
            or name in ("alarm", "by_choice")
        ):
            point[name] = generator.normal(0, 0.5, size)
        elif name in ("ruin_cost", "answer_gain", "answer_cost", "end_gain", "end_cost", "rho", "noise_weak"):
            point[name] = generator.uniform(0.2, 3, size)
        else:
            point[name] = generator.uniform(0.02, 0.98, size)
    point["core_draw"] = generator.uniform(0, 1, size)
    point["slide"] = generator.beta(0.5, 3.5, size)

    solution = solve(point)
    # the pipeline has tests of its own
    pipeline = ("fit", "rushed", "idle_trained", "idle_rushed")
    wanted = by_hand(point | {name: solution.quantity[name] for name in pipeline})

    # Payoffs are below 10 and each is some thirty operations: 1e-12 leaves a factor of ten.
    np.testing.assert_allclose(solution.value["leader"], wanted["value"], rtol=0, atol=1e-12)
    # the margin of a tie is 0, and what ties is within 1e-9 of the payoffs' range
    np.testing.assert_allclose(solution.margin["opening"], wanted["margin"], rtol=0, atol=1e-8)
    clear = wanted["margin"] > 1e-8
    assert np.mean(clear) > 0.99
    assert np.all(np.asarray(solution.choice["opening"])[clear] == wanted["opening"][clear])
    assert len(set(wanted["opening"])) == 4
    assert len(set(wanted["reply"])) == 3
