"""The verdict in sentences: a table of cases, each written out as a reader sees it."""

from dataclasses import replace

import pytest
import sample

from raison.answer.records import Change, Interval, Removal
from raison.model.records import Solution
from raison.show import words
from raison.show.challenged.section import share as challenged_share

MODEL = sample.model()


def near(low, high, method="replicates"):
    return Interval(low=low, high=high, method=method)


EVENT = {"kind": "event", "player": None, "node": None, "move": None, "event": "outcome == 'ended'"}
AMOUNT = {"kind": "amount", "player": None, "node": None, "move": None, "amount": "s_held", "share": None}

SENTENCES = {
    "a share with its interval": (
        {},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), “strike” is the rational move for the "
        "leader at "
        "“opening”.",
    ),
    "few draws round to whole percent": (
        {"interval": near(0.27, 0.36)},
        "In 31% of the draws (95% interval 27% to 36%), “strike” is the rational move for the leader at "
        "“opening”.",
    ),
    "none, by Clopper and Pearson": (
        {"share": 0.0, "interval": near(0, 0.000037, "clopper-pearson")},
        "In none of the draws (95% interval 0% to 0.004%, Clopper-Pearson), “strike” is the rational "
        "move for the "
        "leader at “opening”.",
    ),
    "all": (
        {"share": 1.0, "interval": near(0.999963, 1, "clopper-pearson")},
        "In all of the draws (95% interval 99.996% to 100%, Clopper-Pearson), “strike” is the rational "
        "move for "
        "the leader at “opening”.",
    ),
    "for another player": (
        {"whom": "strong"},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), “strike” at “opening” pays the stronger "
        "state at "
        "least as much as every other move.",
    ),
    "a condition": (
        {"given": "theta > 0.2"},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), “strike” is the rational move for the "
        "leader at "
        "“opening”, given that theta > 0.2.",
    ),
    "an event that is certain in each draw": (
        EVENT,
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), play ends in “ended”.",
    ),
    "an event with a probability in each draw": (
        {**EVENT, "mixed": 0.3},
        "Over the draws, the mean probability that play ends in “ended” is 31.2% (95% interval 30.9% to "
        "31.5%).",
    ),
    "an event above a threshold": (
        {**EVENT, "mixed": 0.3, "above": 0.2},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), the probability that play ends in “ended” is "
        "greater than 0.2.",
    ),
    "an event that is a formula": (
        {**EVENT, "event": "demand >= 0.5 and reply == 'none'"},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), demand ≥ 0.5 and reply = “none” holds.",
    ),
    "an amount": (
        {**AMOUNT, "mean": 0.61234, "mean_standard_error": 0.0004},
        "Over the draws, the mean of s_held is 0.6123 ± 0.0009.",
    ),
    "an amount given something": (
        {**AMOUNT, "mean": -12.34, "mean_standard_error": 0.4, "given": "opening == 'strike'"},
        "Over the draws, the mean of s_held, given that opening = “strike”, is −12.3 ± 0.9.",
    ),
    "an amount above a threshold": (
        {**AMOUNT, "share": 0.3121, "above": 2.5},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), the amount s_held is greater than 2.5.",
    ),
    "no answer": (
        {"share": None, "interval": None},
        "There is no answer to whether “strike” is the rational move for the leader at “opening”: no "
        "draw has one.",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_verdict_is_the_sentence_that_is_expected(name):
    fields, sentence = SENTENCES[name]
    fields = {"interval": near(0.309, 0.315), **fields}
    assert words.verdict_sentence(MODEL, sample.verdict("asked", 0.3121, **fields), beliefs=False) == sentence


WORDS = {
    # low, share, high: the ICD 203 word
    "stands alone below 1%": (0.004, 0.006, 0.02, None),
    "stands alone above 99%": (0.98, 0.995, 1.0, None),
    "almost no chance": (0.02, 0.03, 0.04, "almost no chance"),
    "an interval that reaches below 1% has one word": (0.005, 0.02, 0.04, "almost no chance"),
    "very unlikely": (0.1, 0.12, 0.13, "very unlikely"),
    "unlikely": (0.309, 0.312, 0.315, "unlikely"),
    "roughly even": (0.47, 0.5, 0.53, "roughly even chance"),
    "likely": (0.6, 0.62, 0.64, "likely"),
    "very likely": (0.85, 0.86, 0.87, "very likely"),
    "almost certain": (0.96, 0.97, 0.98, "almost certain"),
    "both words at 5%": (0.04, 0.048, 0.055, "almost no chance to very unlikely"),
    "both words at 45%": (0.445, 0.449, 0.453, "unlikely to roughly even chance"),
    "both words at 95%": (0.94, 0.951, 0.96, "very likely to almost certain"),
    "first and last of three": (0.4, 0.5, 0.6, "unlikely to likely"),
}


@pytest.mark.parametrize("name", WORDS)
def test_the_estimative_word_is_that_of_icd_203(name):
    low, share, high, word = WORDS[name]
    assert words.estimative_word(low, share, high) == word


def test_with_beliefs_a_share_is_a_probability_with_its_word():
    verdict = sample.verdict("asked", 0.3121, interval=near(0.309, 0.315))
    assert words.verdict_sentence(MODEL, verdict, beliefs=True) == (
        "With a probability of 31.2% (95% interval 30.9% to 31.5%; unlikely), “strike” is the rational "
        "move for "
        "the leader at “opening”."
    )


def test_the_margin_names_its_unit():
    verdict = sample.record().questions[0]
    assert words.margin_sentence(MODEL, verdict, 100_000) == (
        "Its margin, what it pays the leader beyond the best other move, has the median −0.123; 90% of "
        "the draws "
        "lie between −0.841 and 0.462 (in units of the leader's payoff)."
    )


def test_caveats_tell_equilibria_ties_reach_condition_and_failures():
    verdict = sample.verdict(
        "asked", 0.5, all_equilibria=0.4, some_equilibrium=0.6, tied=0.2, mixed=0.2, reached=0.3, applies=0.7,
        failed=0.01,
    )  # fmt: skip
    assert words.caveats(verdict, 1_000_000) == (
        "It is so in all equilibria in 40.00% and in some in 60.00% of the draws.",
        "In 20.00% of the draws the best moves tie at the node; each counts in part.",
        "In 20.00% of the draws the move is made with a probability between 0 and 1.",
        "Play comes to “opening” with a mean probability of 30.00%; the answer counts all draws, "
        "reached or not.",
        "The question applies to 70.00% of the draws; the share is of these.",
        "1.00% of the draws failed and are left out.",
    )


MIXED = {
    "ties alone, by subgame perfection": (
        None,
        {"mixed": 0.2, "tied": 0.2},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), “strike” is the rational move for the leader "
        "at “opening”.",
    ),
    "chance before the node": (
        None,
        {"mixed": 0.3, "tied": 0.2},
        "Over the draws, the mean probability that the leader plays “strike” at “opening” is 31.2% (95% "
        "interval 30.9% to 31.5%).",
    ),
    "a mixed equilibrium": (
        "sequential",
        {"mixed": 0.2, "tied": 0.2, "given": "theta > 0.2"},
        "Over the draws, the mean probability that the leader plays “strike” at “opening”, given that theta "
        "> 0.2, is 31.2% (95% interval 30.9% to 31.5%).",
    ),
    "an equilibrium that is pure in every draw": (
        "sequential",
        {"mixed": 0.0},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), “strike” is the rational move for the leader "
        "at “opening”.",
    ),
    "a threshold": (
        "sequential",
        {"mixed": 0.2, "above": 0.4},
        "In 31.2% of the draws (95% interval 30.9% to 31.5%), the probability of “strike” at “opening” is "
        "greater than 0.4.",
    ),
}


def test_an_interval_as_narrow_as_arithmetic_is_not_shown():
    verdict = sample.verdict("asked", 0.67499999996, interval=near(0.67499999992, 0.675))
    assert words.verdict_sentence(MODEL, verdict, beliefs=False) == (
        "In 67.5% of the draws, “strike” is the rational move for the leader at “opening”."
    )


@pytest.mark.parametrize(("concept", "fields", "sentence"), MIXED.values(), ids=MIXED)
def test_a_probability_averaged_over_draws_is_no_share_of_draws(concept, fields, sentence):
    model = replace(MODEL, solution=Solution(concept))
    verdict = sample.verdict("asked", 0.3121, **fields)
    assert words.verdict_sentence(model, verdict, beliefs=False) == sentence


def test_with_beliefs_a_mixed_move_has_the_probability_of_being_played():
    model = replace(sample.model(beliefs=True), solution=Solution("sequential"))
    assert words.verdict_sentence(model, sample.verdict("asked", 0.3121, mixed=0.2), beliefs=True) == (
        "With a probability of 31.2% (95% interval 30.9% to 31.5%; unlikely), the leader plays “strike” at "
        "“opening”."
    )


def test_moves_that_tie_in_a_mixed_equilibrium_are_not_said_to_count_in_part():
    verdict = sample.verdict("asked", 0.5, tied=0.2, failed=0.0)
    assert words.caveats(verdict, 1_000_000, concept="sequential") == (
        "In 20.00% of the draws the best moves tie at the node.",
    )


def test_a_plain_verdict_has_no_caveat():
    assert words.caveats(sample.verdict("asked", 0.5, failed=0.0), 10_000) == ()


def test_a_mean_that_differs_between_equilibria_says_so_in_its_own_unit():
    fields = {
        **AMOUNT,
        "mean": 2.0,
        "mean_standard_error": 0.01,
        "all_equilibria": 1.5,
        "some_equilibrium": 2.5,
    }
    said = words.caveats(sample.verdict("asked", 2.0, failed=0.0, **{"reached": None, **fields}), 10_000)
    assert said == ("Between equilibria the mean ranges from 1.50 ± 0.02 to 2.50 ± 0.02.",)


def run_with(*differences, sets=()):
    """A run of one question whose premises make these differences, each with a standard error of 0.001."""

    def removal(name, members, difference):
        change = Change(
            question="q", value=0.3121 + difference, standard_error=0.0014, difference=difference,
            difference_standard_error=0.001 if difference else 0.0, failed=0.0,
        )  # fmt: skip
        return Removal(
            name=name, premises=members, says=f"{name} holds.", unstated=name == "p0", changes=(change,)
        )

    removals = [removal(f"p{i}", (f"p{i}",), d) for i, d in enumerate(differences)]
    removals += [removal(name, ("p0", "p1"), d) for name, d in sets]
    questions = sample.record().questions[:1]
    return sample.record().model_copy(update={"questions": questions, "removals": tuple(removals)})


def test_the_premise_that_changes_most_is_named_with_its_error():
    assert words.hinge_sentences(run_with(-0.123, 0.05, 0.001), 0) == (
        "It leans most on “p0” (p0 holds, which the source does not state): without it the share falls by "
        "12.3 ± 0.2 points, to 18.9% ± 0.3.",
        "2 of 3 premises, each removed alone, change it by more than the error of the difference.",
    )


def test_a_single_strong_premise_leaves_none_of_the_others():
    said = words.hinge_sentences(run_with(0.001, 0.05), 0)
    assert said[0].startswith(
        "It leans most on “p1” (p1 holds): without it the share rises by 5.0 ± 0.2 points"
    )
    assert (
        said[1]
        == "None of the other premises, removed alone, changes it by more than the error of the difference."
    )


def test_a_difference_within_its_error_is_not_called_a_change():
    assert words.hinge_sentences(run_with(0.002, -0.001), 0) == (
        "No premise, removed alone, changes it by more than the error of the difference, and not by "
        "more than "
        "0.2 ± 0.2 points.",
    )


def test_premises_that_change_nothing_are_said_to_change_nothing():
    assert words.hinge_sentences(run_with(0.0), 0) == (
        "No premise, removed alone, changes it by more than the error of the difference.",
    )


def test_every_named_set_is_told():
    said = words.set_sentences(run_with(0.1, sets=[("neutrality", -0.2), ("idle", 0.0)]), 0)
    assert said == (
        "Without the set “neutrality” (neutrality holds) the share falls by 20.0 ± 0.2 points, to 11.2% "
        "± 0.3.",
        "Without the set “idle” (idle holds) the share does not change.",
    )


def test_a_run_without_premises_says_so():
    assert words.premise_note(sample.record()) is None
    record = sample.record().model_copy(update={"without": ("a", "b", "c")})
    assert words.premise_note(record) == "Asked without the premises “a”, “b” and “c”."


def test_failures_are_a_share_of_the_draws():
    record = sample.record()
    assert (
        words.failure_sentence(record)
        == "0.012% of the 100,000 draws failed and are left out of every answer."
    )
    assert (
        words.failure_sentence(record.model_copy(update={"failed": 0.0}))
        == "None of the 100,000 draws failed."
    )


def test_an_error_of_arithmetic_is_no_error_of_a_share():
    assert challenged_share(0.34375, 1e-16) == "34.4%"
    assert challenged_share(0.34375, 1e-4) == "34.38% ± 0.02"
