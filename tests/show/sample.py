"""A model and a run of flagship size, made up: 36 parameters, 20 premises, 5 questions. Nothing is solved."""

from __future__ import annotations

import itertools
import math
import random

from raison.answer.records import (
    Change,
    Failure,
    Histogram,
    Interval,
    ModelIdentity,
    NodeAnswer,
    ParameterAnswer,
    Quantiles,
    Removal,
    RunRecord,
    Verdict,
)
from raison.model.formula import number, parse
from raison.model.records import (
    Case,
    Chance,
    Claim,
    Decision,
    Distribution,
    Model,
    Move,
    Parameter,
    Player,
    Premise,
    PremiseSet,
    Question,
    Source,
)

DRAWS = 100_000

UNCERTAIN = {
    # name: low, high, unit, about, claims
    "theta": (0, 0.5, None, "weight of the national result against office (= 1)", ("power-first",)),
    "ruin_cost": (0, 5, "offices", "loss of life and all in a regime-ending answer", ()),
    "core_weight": (0.2, 0.8, None, "weight of the core among the audiences", ("target-audience",)),
    "spread": (0.5, 1.5, "standard deviations", "how unsure the audience is of the leader's competence", ()),
    "patience_core": (-0.5, 1, "standard deviations", "how far below average the core still keeps him", ()),
    "patience_clique": (-1, 0.5, "standard deviations", None, ()),
    "gap_weak": (-2, 0.5, "strength", "believed minus true strength of the weaker opponent", ("inferior",)),
    "gap_strong": (-0.5, 1.5, "strength", None, ("low-bar",)),
    "noise_weak": (0.3, 2, "strength", "noise of a war against the weaker", ()),
    "noise_strong": (0.3, 5, "strength", None, ("honourable-fight", "low-bar")),
    "face_lost": (
        0,
        1,
        "standard deviations",
        "sunk bad news about the war against the weaker",
        ("loses-face",),
    ),
    "face_flow": (0, 0.5, "standard deviations", "further loss while the war goes on", ("loses-face",)),
    "yield_weak": (0, 1.5, "standard deviations", "face lost by yielding to the weaker", ()),
    "yield_strong": (0, 1, "standard deviations", "face lost by yielding to the stronger", ("yield-up",)),
    "standing": (0, 1, "standard deviations", "face won by merely not being destroyed", ("not-destroyed",)),
    "rally": (0, 1, "standard deviations", "support from being hit", ("martyr",)),
    "framing": (0, 1, None, "chance that the story of honour takes hold", ("martyr",)),
    "p_front": (0.1, 0.7, None, "chance that the front holds", ()),
    "win_bonus": (0, 1, "standard deviations", None, ()),
    "ruin_risk": (0, 0.5, None, "chance of ruin in pressing on after the limited blow", ()),
    "round_two": (0, 1, "offices", "value of a second round", ("second-round",)),
    "patience_time": (0.5, 1, None, "discount of the second round", ()),
    "answer_gain": (0, 3, "units of the stronger state's payoff", "what a limited answer is worth to it", ()),
    "answer_cost": (0, 3, "units of the stronger state's payoff", None, ()),
    "end_gain": (0, 3, "units of the stronger state's payoff", None, ()),
    "end_cost": (1, 10, "units of the stronger state's payoff", None, ()),
    "rho": (0, 3, None, "what the leader's fall is worth to the stronger state", ()),
    "draw_shame": (0, 1, None, "what his survival costs its own leader at home", ("american-loss",)),
    "replacement": (0, 1, None, "cost of putting another in his place", ()),
}
FIXED = ("ruin_on_table", "foresight", "inference", "p_obeyed", "war_goes_on", "derecognition")

PREMISES = {
    "office-first": ("Keeping power comes first.", ("power-first",), -0.041),
    "bar-depends-on-opponent": ("The audience's bar is set by who the opponent is.", ("low-bar",), -0.152),
    "strength-misjudged": ("The weaker side was thought far weaker.", ("inferior",), -0.094),
    "blame-diluted": ("A fight with the strong says little about skill.", ("honourable-fight",), -0.021),
    "news-sunk": ("The bad news is already in.", ("loses-face",), -0.063),
    "two-bars": ("A draw shames the stronger side at home.", ("american-loss",), 0.0004),
    "conditional-survival": ("Surviving the blow is a win.", ("not-destroyed",), -0.012),
    "martyrdom": ("Being hit rallies support.", ("martyr",), -0.034),
    "audience-of-his-own": ("The core judges like nobody else.", ("target-audience",), -0.051),
    "standing-is-winning": ("Not being destroyed counts as a win.", ("not-destroyed",), -0.081),
    "better-before-strong": ("Yielding to the strong is cheaper.", ("yield-up",), -0.027),
    "second-round": ("A defeat by the strong leaves a second round.", ("second-round",), -0.072),
    "way-out": ("The strike is followed by withdrawal before the strong.", ("yield-up",), -0.101),
    "H1-limited": ("The stronger state answers in a limited way.", (), -0.183),
    "H2-answers-anyway": ("It answers although that helps the leader.", (), -0.166),
    "H3-no-inference": ("The audience does not infer why he struck.", (), -0.119),
    "H4-obeyed": ("Those who carry out the order obey.", (), -0.058),
    "H5-war-stops": ("The war against the weaker side stops.", (), -0.193),
    "H6-recognised": ("Third parties keep recognising him.", (), -0.064),
    "round-is-the-same": ("The second round is fought over the same prize.", ("second-round",), 0.0),
}

WITHOUT = {"H2-answers-anyway": {"foresight": Distribution("uniform", (number(0), number(1)))}}
MOVES = ("fight on", "withdraw", "strike")

NEUTRAL = "An audience that judges by Bayes gains nothing in advance from a change of opponent."

CLAIMS = {
    "power-first": ("Foreign policy serves the keeping of power.", "threads", 3),
    "low-bar": ("Against a stronger opponent the bar is lower.", "threads", 4),
    "inferior": ("The opponent had been held inferior.", "threads", 3),
    "loses-face": ("Face is lost and goes on being lost.", "threads", 3),
    "american-loss": ("A draw would be seen as the stronger side's loss.", "threads", 4),
    "martyr": ("A retaliatory strike may boost the regime.", "threads", 4),
    "target-audience": ("What counts is the leader's own audience.", "threads", 3),
    "honourable-fight": ("Losing to the stronger is easier to frame as honourable.", "threads", 4),
    "not-destroyed": ("Not being destroyed is winning.", "study", 2),
    "yield-up": ("Withdrawing before the stronger is preferable.", "threads", 4),
    "second-round": ("One may prepare for a second round.", "threads", 6),
}


def model(*, beliefs: bool = False) -> Model:
    """The flagship's skeleton without formulas that matter."""
    parameters = {
        name: Parameter(Distribution("uniform", (number(low), number(high))), unit, about, because)
        for name, (low, high, unit, about, because) in UNCERTAIN.items()
    }
    parameters |= {name: Parameter(number(1 if name == "p_obeyed" else 0)) for name in FIXED}
    outcomes = ("held", "broken", "withdrawn", "refused", "unanswered", "yielded", "stood", "ended")
    return Model(
        title="Is a strike at the stronger side rational for a leader who is failing against the weaker?",
        name="kremlin-2022",
        about="STYLISED composition after the threads of autumn 2022. Distributions are wide and state "
        "ignorance, not belief.",
        beliefs=beliefs,
        players={"leader": Player("The leader"), "strong": Player("The stronger state")},
        parameters=parameters,
        game={
            "opening": Decision(
                "leader", {"fight on": Move("front"), "withdraw": Move("withdrawn"), "strike": Move("order")}
            ),
            "front": Chance({"holds": Case("held", parse("p_front")), "breaks": Case("broken", None)}),
            "order": Chance({"obeyed": Case("reply", parse("p_obeyed")), "refused": Case("refused", None)}),
            "reply": Decision(
                "strong",
                {
                    "none": Move("unanswered"),
                    "limited": Move("after_blow"),
                    "regime-ending": Move("ended", parse("ruin_on_table == 1")),
                },
            ),
            "after_blow": Decision("leader", {"withdraw": Move("yielded"), "press on": Move("second_blow")}),
            "second_blow": Chance(
                {"ruined": Case("ended", parse("ruin_risk")), "survives": Case("stood", None)}
            ),
        },
        outcomes={name: {"leader": number(0), "strong": number(0)} for name in outcomes},
        premises={
            name: Premise(
                says, WITHOUT.get(name, {"theta": number(0)}), claims, unstated=name.startswith("H")
            )
            for name, (says, claims, _) in PREMISES.items()
        },
        sets={"neutrality": PremiseSet(("strength-misjudged", "blame-diluted", "news-sunk"), NEUTRAL)},
        claims={
            name: Claim(says, source, f"M{i + 1:02d}", credibility, "2022-10-01")
            for i, (name, (says, source, credibility)) in enumerate(CLAIMS.items())
        },
        sources={
            "threads": Source(
                "Threads of autumn 2022",
                "as in the inventory",
                "commentary",
                "C",
                "2022-10-01",
                "https://example.org/t",
            ),
            "study": Source("Why big nations lose small wars", "A. Mack", "article", "B", "1975-01-01"),
        },
        questions=(
            Question(node="opening", move="strike"),
            Question(node="reply", move="limited", name="the blow is limited"),
            Question(amount=parse("s_yielded"), given=parse("opening == 'strike'"), name="he holds on"),
            Question(event=parse("outcome == 'ended'"), name="regime ends"),
            Question(node="opening", move="strike", player="strong", name="for the stronger"),
        ),
    )


def histogram(low: float, high: float, *, middle: float, spread: float, bins: int = 40) -> Histogram:
    """Counts that fall off on both sides of the middle."""
    edges = tuple(low + (high - low) * i / bins for i in range(bins + 1))
    centres = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    counts = [1 + int(9_000 * math.exp(-(((c - middle) / spread) ** 2))) for c in centres]
    return Histogram(edges=edges, counts=tuple(counts))


def interval(share: float, error: float) -> Interval:
    """The usual one around a share."""
    return Interval(low=max(share - 2.13 * error, 0), high=min(share + 2.13 * error, 1), method="replicates")


def verdict(name: str, answer: float, **fields: object) -> Verdict:
    """An answer about a move, unless fields say otherwise."""
    base: dict[str, object] = {
        "name": name, "kind": "move", "player": "leader", "node": "opening", "move": "strike", "share":
        answer, "standard_error": 0.0014, "interval": interval(answer, 0.0014), "all_equilibria": answer,
        "some_equilibrium": answer, "best_reply": answer, "mixed": 0.0, "tied": 0.0, "reached": 1.0,
        "margin": None, "mean": None, "quantiles": None, "applies": 1.0, "failed": 0.00012,
    }  # fmt: skip
    return Verdict(**(base | fields))  # type: ignore[arg-type]


def _questions() -> tuple[Verdict, ...]:
    return (
        verdict(
            "opening: strike", 0.3121, margin=Quantiles(q05=-0.8412, median=-0.1231, q95=0.4623),
            margin_histogram=histogram(-1.6, 1.1, middle=-0.15, spread=0.45),
            outcomes={"yielded": 0.712, "unanswered": 0.2011, "stood": 0.0731, "ended": 0.0138},
            outcome_errors={"yielded": 0.0017, "unanswered": 0.0012, "stood": 0.0006, "ended": 0.0003},
        ),
        verdict(
            "the blow is limited", 0.4471, player="strong", node="reply", move="limited", reached=0.3121,
            all_equilibria=0.4463, some_equilibrium=0.4479, tied=0.0016, mixed=0.0016,
            margin=Quantiles(q05=-2.1, median=-0.2, q95=2.2),
            margin_histogram=histogram(-3.2, 3.4, middle=-0.1, spread=1.4),
            outcomes={"yielded": 0.9, "stood": 0.08, "ended": 0.02},
        ),
        verdict(
            "he holds on", 0.0, kind="amount", player=None, node=None, move=None, share=None, interval=None,
            amount="s_yielded", unit="chance to stay", given="opening == 'strike'", mean=0.6123,
            mean_standard_error=0.0004, standard_error=None, best_reply=None,
            quantiles=Quantiles(q05=0.2134, median=0.6312, q95=0.9571),
            histogram=histogram(0, 1, middle=0.6, spread=0.25), applies=0.3121, all_equilibria=None,
            some_equilibrium=None, reached=None, tied=None, mixed=None,
        ),
        verdict(
            "regime ends", 0.0043, kind="event", player=None, node=None, move=None, reached=None,
            event="outcome == 'ended'", standard_error=0.00004, interval=interval(0.0043, 0.00004),
            mixed=0.04, best_reply=None,
        ),
        verdict("for the stronger", 0.0, whom="strong", standard_error=0.00001,
                interval=Interval(low=0, high=0.000037, method="clopper-pearson"),
                margin=Quantiles(q05=-2.9, median=-1.2, q95=-0.1),
                margin_histogram=histogram(-3.2, 0.4, middle=-1.2, spread=0.9)),
    )  # fmt: skip


def _removals() -> tuple[Removal, ...]:
    chance = random.Random(7)
    questions = _questions()

    def changes(size: float) -> tuple[Change, ...]:
        made: list[Change] = []
        for i, question in enumerate(questions):
            base = question.share if question.share is not None else question.mean or 0.0
            move = size if i == 0 else size * chance.uniform(-1, 1) * (0 if base == 0 else 0.5)
            value = min(max(base + move, 0.0), 1.0)
            error = abs(value - base) * 0.004 + (0.0004 if value != base else 0.0)
            made.append(
                Change(question=question.name, value=value, standard_error=0.0013, difference=value - base,
                       difference_standard_error=error, failed=0.0)
            )  # fmt: skip
        return tuple(made)

    single = tuple(
        Removal(name=name, premises=(name,), says=says, unstated=name.startswith("H"), changes=changes(size))
        for name, (says, _, size) in PREMISES.items()
    )
    neutral = ("strength-misjudged", "blame-diluted", "news-sunk")
    return (
        *single,
        Removal(name="neutrality", premises=neutral, says=NEUTRAL, unstated=False, changes=changes(-0.271)),
    )


def _nodes() -> tuple[NodeAnswer, ...]:
    margin = Quantiles(q05=0.01, median=0.21, q95=0.82)
    return (
        NodeAnswer(name="opening", player="leader", reached=1.0, tied=0.0, margin=margin,
                   shares={"fight on": 0.4432, "withdraw": 0.2447, "strike": 0.3121},
                   along={"fight on": 0.4432, "withdraw": 0.2447, "strike": 0.3121},
                   reached_error=0.0, share_errors=dict.fromkeys(MOVES, 0.0014),
                   along_errors=dict.fromkeys(MOVES, 0.0014)),
        NodeAnswer(name="front", player=None, reached=0.4432, tied=None, margin=None,
                   shares={"holds": 0.4, "breaks": 0.6}, along={"holds": 0.1873, "breaks": 0.2559}),
        NodeAnswer(name="order", player=None, reached=0.3121, tied=None, margin=None,
                   shares={"obeyed": 1.0, "refused": 0.0}, along={"obeyed": 0.3121, "refused": 0.0}),
        NodeAnswer(name="reply", player="strong", reached=0.3121, reached_error=0.0014, tied=0.0016,
                   margin=margin,
                   shares={"none": 0.5529, "limited": 0.4471, "regime-ending": 0.0},
                   along={"none": 0.0628, "limited": 0.2493, "regime-ending": 0.0}),
        NodeAnswer(name="after_blow", player="leader", reached=0.2493, tied=0.0, margin=margin,
                   shares={"withdraw": 0.8112, "press on": 0.1888},
                   along={"withdraw": 0.2222, "press on": 0.0271}),
        NodeAnswer(name="second_blow", player=None, reached=0.0271, tied=None, margin=None,
                   shares={"ruined": 0.25, "survives": 0.75}, along={"ruined": 0.0043, "survives": 0.0228}),
    )  # fmt: skip


def record(*, beliefs: bool = False) -> RunRecord:
    """What a run of the model might answer."""
    parameters = [
        ParameterAnswer(
            name=name, fixed=None,
            quantiles=Quantiles(
                q05=0.95 * low + 0.05 * high, median=(low + high) / 2, q95=0.05 * low + 0.95 * high
            ),
            histogram=histogram(low, high, middle=low, spread=1e3),
        )
        for name, (low, high, *_) in UNCERTAIN.items()
    ]  # fmt: skip
    parameters += [
        ParameterAnswer(
            name=n,
            fixed=1.0 if n == "p_obeyed" else 0.0,
            quantiles=None,
            histogram=None,
            premise_only=n == "foresight",
        )
        for n in FIXED
    ]
    return RunRecord(
        version="0.1.0",
        versions={"jax": "0.10.0", "numpy": "2.4.0", "python": "3.12.3"},
        model=ModelIdentity(name="kremlin-2022", title=model().title, sha256="3f" * 32, beliefs=beliefs),
        draws=DRAWS,
        seed=1,
        design="sobol",
        command="raison run kremlin-2022 --draws 100000 --seed 1",
        questions=_questions(),
        removals=_removals(),
        nodes=_nodes(),
        outcomes={"held": 0.1873, "broken": 0.2559, "withdrawn": 0.2447, "refused": 0.0, "unanswered": 0.0628,
                  "yielded": 0.2222, "stood": 0.0228, "ended": 0.0043},
        outcome_errors={"held": 0.0012, "ended": 0.00004},
        parameters=tuple(parameters),
        failures=(Failure(reason="A quantity is not a number: the logarithm of -0.1.", share=0.00012),),
        failed=0.00012,
    )  # fmt: skip
