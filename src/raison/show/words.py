"""The verdict in sentences.

A verdict is a share of the draws that the file allows. Only where the file says that its distributions are
beliefs is it called a probability, and then it gets its estimative word (ICD 203, 2015, section D.6.e.2.a).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from raison.answer.records import Change, Multiplicity, Removal, RunRecord, Verdict
from raison.model.records import Model, solved_by
from raison.show import numbers
from raison.show.text import inline, one_line, quoted

ESTIMATIVE_WORDS: tuple[tuple[float, str], ...] = (
    # up to this probability: the word (from 1%; outside 1% to 99% the number stands alone)
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (0.99, "almost certain"),
)

SPE = "subgame-perfect"
NO_UNIT = "no unit"
LONGEST_FORMULA = 60  # letters of a formula that stands in a sentence

_OUTCOME = re.compile(r"""\(*outcome == (['"])([^'"]+)\1\)*""")


@dataclass(frozen=True, slots=True)
class Hinge:
    """How much an answer moves when a premise, or a set of them, is removed.

    Attributes:
        removal: What was removed.
        change: What it does to the question.
        larger_than_error: Whether the difference is larger than the half-width of its 95% interval.
    """

    removal: Removal
    change: Change
    larger_than_error: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the draws, by what their equilibria say.

    Attributes:
        kind: The field of `Multiplicity`.
        share: Of the draws.
        text: The same with its error.
        label: In words.
    """

    kind: str
    share: float
    text: str
    label: str


def estimative_word(low: float, share: float, high: float) -> str | None:
    """The ICD 203 word of a probability; both words where its interval straddles a boundary.

    Args:
        low: Lower end of its 95% interval.
        share: The probability.
        high: Upper end.

    Returns:
        None below 1% and above 99%, where the number stands alone.
    """
    if not 0.01 <= share <= 0.99:
        return None
    first, last = (_word(min(max(bound, 0.01), 0.99)) for bound in (low, high))
    return first if first == last else f"{first} to {last}"


def _word(probability: float) -> str:
    return next(word for upper, word in ESTIMATIVE_WORDS if probability < upper or upper == 0.99)


def verdict_sentence(model: Model, verdict: Verdict, *, beliefs: bool) -> str:
    """The answer to one question as a sentence with its interval.

    Args:
        model: Gives players their titles.
        verdict: The answer.
        beliefs: Whether the distributions are beliefs (then a share is a probability).
    """
    given = f", given that {formula(verdict.given)}" if verdict.given else ""
    if is_mean(verdict):
        return _amount_sentence(verdict, given)
    asked, comma = what_is_asked(model, verdict), "," if given else ""
    if verdict.share is None:
        return f"There is no answer to whether {asked}{given}: no draw has one."
    share, near = verdict.share, _interval(verdict)
    if beliefs:
        word = None
        if verdict.interval is not None:
            word = estimative_word(verdict.interval.low, share, verdict.interval.high)
        inside = "; ".join(part for part in (near, word) if part)
        return f"With a probability of {_share(verdict)}{_bracket(inside)}, {asked}{given}."
    if is_averaged(model, verdict):
        mean = f"{_share(verdict)}{_bracket(near)}"
        return f"Over the draws, the mean probability that {asked}{given}{comma} is {mean}."
    whole = {0.0: "none", 1.0: "all"}.get(share, _share(verdict))
    return f"In {whole} of the draws{_bracket(near)}, {asked}{given}."


def is_averaged(model: Model, verdict: Verdict) -> bool:
    """Whether the number of some draw is a probability along play, so that no share of draws is reported.

    By subgame perfection a number between 0 and 1 may also be that of a tie.
    """
    mixed = verdict.mixed or 0.0
    if verdict.kind == "amount" or verdict.above is not None or mixed == 0:
        return False
    return verdict.kind == "event" or solved_by(model) != SPE or mixed > (verdict.tied or 0.0)


def what_is_asked(model: Model, verdict: Verdict) -> str:
    """The statement whose share is reported, as a clause: `“strike” is the rational move ...`."""
    if verdict.kind == "move":
        move, node = quoted(verdict.move or ""), quoted(verdict.node or "")
        if verdict.above is not None:
            return f"the probability of {move} at {node} is greater than {verdict.above:g}"
        if verdict.whom is not None:
            return f"{move} at {node} pays {player(model, verdict.whom)} at least as much as every other move"
        if is_averaged(model, verdict):
            return f"{player(model, verdict.player)} plays {move} at {node}"
        return f"{move} is the rational move for {player(model, verdict.player)} at {node}"
    if verdict.kind == "event":
        found = _OUTCOME.fullmatch(verdict.event or "")
        happens = f"play ends in {quoted(found[2])}" if found else f"{asked_formula(verdict)} holds"
        return (
            happens
            if verdict.above is None
            else f"the probability that {happens} is greater than {verdict.above:g}"
        )
    return f"the amount {asked_formula(verdict)} is greater than {verdict.above:g}"


def asked_formula(verdict: Verdict) -> str:
    """The event or amount that is asked; the question's name where that is too long for a sentence."""
    text = formula(verdict.event or verdict.amount)
    return text if len(text) <= LONGEST_FORMULA else quoted(verdict.name)


def amount_unit(verdict: Verdict) -> str:
    """Unit of an amount: that of the quantity it is, none, or the unit that its formula gives."""
    if verdict.unit:
        return one_line(verdict.unit)
    return NO_UNIT if (verdict.amount or "").isidentifier() else "in the unit of its formula"


def unit_of_change(verdict: Verdict) -> str:
    """What stands after `change` in a heading: `, points`, the unit of an amount, or nothing."""
    if not is_mean(verdict):
        return ", points"
    return f", {one_line(verdict.unit)}" if verdict.unit else ""


def formula(text: str | None) -> str:
    """A formula as it stands in a sentence: `outcome == 'war'` becomes `outcome = “war”`."""
    text = one_line(text or "").replace(" == ", " = ").replace(" != ", " ≠ ")
    return re.sub(r"""(['"])([^'"]*)\1""", r"“\2”", text.replace(" <= ", " ≤ ").replace(" >= ", " ≥ "))


def player(model: Model, name: str | None) -> str:
    """A player's title inside a sentence; `chance` for nobody."""
    return inline(player_title(model, name))


def player_title(model: Model, name: str | None) -> str:
    """A player's title as the file gives it; `chance` for nobody."""
    if name is None:
        return "chance"
    return one_line(model.players[name].title if name in model.players else name)


def margin_sentence(model: Model, verdict: Verdict, draws: int) -> str | None:
    """How much better or worse the asked move pays than the best other one; None where that is not known."""
    margin = verdict.margin
    if verdict.kind != "move" or margin is None:
        return None
    places = numbers.quantile_places(margin, draws)
    q05, median, q95 = (numbers.fixed(q, places) for q in (margin.q05, margin.median, margin.q95))
    who = player(model, verdict.whom or verdict.player)
    return (
        f"Its margin, what it pays {who} beyond the best other move, has the median {median}; 90% of the "
        f"draws lie between {q05} and {q95} (in units of {possessive(who)} payoff)."
    )


def possessive(words: str) -> str:
    """`the leader` becomes `the leader's`."""
    return f"{words}'" if words.endswith("s") else f"{words}'s"


def caveats(
    verdict: Verdict,
    draws: int,
    *,
    failures: bool = True,
    concept: str = "",
    after: Verdict | None = None,
) -> tuple[str, ...]:
    """What a careful reader must know besides the share: equilibria, ties, reach, condition, failures.

    Args:
        verdict: The answer.
        draws: Number of draws, for the error of shares that come without one.
        failures: Whether to tell failed draws too.
        concept: By which the game was solved; by others than subgame perfection, moves that tie may be mixed.
        after: An answer that stands above; why equilibria are not counted is not said again.
    """

    def share(value: float, field: str = "") -> str:
        return numbers.share_with_error(value, verdict.errors.get(field), draws)

    known = after is not None and after.equilibria_reason == verdict.equilibria_reason is not None
    parts: list[str] = [] if known else [_on_equilibria(verdict, draws)]
    if verdict.tied:
        is_move = verdict.kind == "move"
        where = "at the node" if is_move else "somewhere in the game"
        so = "; each counts in part" if is_move else "; the one listed first is played"
        so = "" if concept and concept != SPE else so
        tied = share(verdict.tied, "tied")
        parts.append(f"In {tied} of the draws the best moves tie {where}{so}.")
    if verdict.mixed and verdict.kind == "move":
        parts.append(
            f"In {share(verdict.mixed, 'mixed')} of the draws the move is made with a probability between 0 "
            "and 1."
        )
    if verdict.kind == "move" and verdict.reached is not None and verdict.reached < 1:
        parts.append(
            f"Play comes to {quoted(verdict.node or '')} with a mean probability of "
            f"{share(verdict.reached, 'reached')}; the answer counts all draws, reached or not."
        )
    if verdict.applies is not None and verdict.applies < 1:
        what = "mean" if is_mean(verdict) else "share"
        parts.append(
            f"The question applies to {share(verdict.applies)} of the draws; the {what} is of these."
        )
    if verdict.failed and failures:
        parts.append(f"{share(verdict.failed)} of the draws failed and are left out.")
    return tuple(part for part in parts if part)


def _on_equilibria(verdict: Verdict, draws: int) -> str:
    """That the answer differs between equilibria, or is not known for all; nothing where all agree."""
    parts = equilibrium_parts(verdict, draws)
    if parts and verdict.equilibria is not None:  # they are shown one by one
        return _on_missing(verdict.equilibria, next((p.text for p in parts if p.kind == "open"), ""))
    lowest, highest = verdict.all_equilibria, verdict.some_equilibrium
    if lowest is None or highest is None:
        reason = verdict.equilibria_reason
        return f"Other equilibria are not counted: {_as_clause(reason)}." if reason else ""
    bounds = ((lowest, "all_equilibria"), (highest, "some_equilibrium"))
    if is_mean(verdict):
        low, high = (
            numbers.with_error(bound, verdict.errors.get(field, verdict.mean_standard_error))
            for bound, field in bounds
        )
        return "" if low == high else f"Between equilibria the mean ranges from {low} to {high}."
    low, high = (numbers.share_with_error(bound, verdict.errors.get(field), draws) for bound, field in bounds)
    if low == high:
        return ""
    if verdict.kind == "event" and verdict.above is None:
        return f"Between equilibria its mean probability ranges from {low} to {high}."
    return f"It is so in all equilibria in {low} and in some in {high} of the draws."


def equilibrium_parts(verdict: Verdict, draws: int) -> tuple[Part, ...]:
    """How the draws divide by what their equilibria say; empty where all that is known has one answer.

    Args:
        verdict: The answer.
        draws: Number of draws, for the error of shares that come without one.
    """
    found = verdict.equilibria
    if found is None or not _differs(verdict, draws):
        return ()
    is_move = verdict.kind == "move" and verdict.above is None
    what = "made" if is_move else "so"
    parts = (
        ("in_all", found.in_all, f"{what} in all equilibria"),
        ("in_some", found.in_some, "in some but not in all"),
        ("mixed", found.mixed, "in all with one probability between 0 and 1"),
        ("in_none", found.in_none, "in none"),
        ("open", found.open, "not known, for one may be missing"),
    )
    return tuple(
        Part(kind, share, numbers.share_with_error(share, found.errors.get(kind), draws), label)
        for kind, share, label in parts
        if share > 0 or kind in ("in_all", "in_some", "in_none")
    )


def _differs(verdict: Verdict, draws: int) -> bool:
    """Whether the answer differs between equilibria by more than can be seen, or one may be missing."""
    found, bounds = verdict.equilibria, (verdict.all_equilibria, verdict.some_equilibrium)
    if bounds[0] is None or bounds[1] is None:
        return found is not None and found.in_some > 0
    fields = ("all_equilibria", "some_equilibrium")
    low, high = (
        numbers.share_with_error(bound, verdict.errors.get(field), draws)
        for bound, field in zip(bounds, fields, strict=True)
        if bound is not None
    )
    return low != high


def _on_missing(found: Multiplicity, text: str) -> str:
    """Why an equilibrium may be missing in some draws."""
    if not found.open or not found.open_reasons:
        return ""
    reason = _as_clause(found.open_reasons[0].reason)
    return f"In {text} of the draws an equilibrium may be missing: {reason}."


def hinges(record: RunRecord, question: int, *, sets: bool = False) -> tuple[Hinge, ...]:
    """What removing each premise (or each set of premises) does to a question, largest change first.

    Args:
        record: The run.
        question: Index of the question.
        sets: Named sets of premises instead of single ones.
    """
    found = [
        Hinge(removal, change, _is_larger(change))
        for removal in record.removals
        if (removal.premises != (removal.name,)) == sets
        for change in removal.changes[question : question + 1]
    ]
    return tuple(sorted(found, key=lambda hinge: -abs(hinge.change.difference or 0.0)))


def _is_larger(change: Change) -> bool:
    return change.difference is not None and abs(change.difference) > (half_width(change) or 0.0)


def half_width(change: Change) -> float | None:
    """Half of the 95% interval of a difference."""
    if change.interval is not None:
        return (change.interval.high - change.interval.low) / 2
    return numbers.half_width(change.difference_standard_error)


def hinge_sentences(record: RunRecord, question: int) -> tuple[str, ...]:
    """Which premise an answer leans on most, and how many change it by more than their error."""
    verdict = record.questions[question]
    single = [h for h in hinges(record, question) if h.change.difference is not None]
    larger = sum(hinge.larger_than_error for hinge in single)
    if not single:
        return ()
    if not larger:
        most = f", and not by more than {_size(verdict, single[0])}" if single[0].change.difference else ""
        return (f"No premise, removed alone, changes it by more than the error of the difference{most}.",)
    first = f"It leans most on {_named(single[0])}: without it {_effect(verdict, single[0])}."
    if len(single) == 1:
        return (first,)
    others = "None of the other premises, removed alone, changes"
    some = f"{larger} of {len(single)} premises, each removed alone, change"
    every = f"Each of the {len(single)} premises, removed alone, changes"
    which = others if larger == 1 else every if larger == len(single) else some
    return (first, f"{which} it by more than the error of the difference.")


def heaviest_set(record: RunRecord, question: int) -> str | None:
    """What an answer becomes without the named set of premises that changes it most; None without sets."""
    found = set_sentences(record, question)
    if len(found) < 2:
        return found[0] if found else None
    return f"{found[0]} Of the {len(found)} sets of premises that the model names, none changes it more."


def set_sentences(record: RunRecord, question: int) -> tuple[str, ...]:
    """What an answer becomes without each named set of premises, largest change first."""
    verdict = record.questions[question]
    sentences: list[str] = []
    for hinge in hinges(record, question, sets=True):
        if hinge.change.difference is not None:
            doubt = (
                ""
                if hinge.larger_than_error or not hinge.change.difference
                else ", which is within its error"
            )
            effect = f"{_effect(verdict, hinge)}{doubt}"
            sentences.append(f"Without the set {quoted(hinge.removal.name)} ({_says(hinge)}) {effect}.")
    return tuple(sentences)


def _named(hinge: Hinge) -> str:
    unstated = ", which the source does not state" if hinge.removal.unstated else ""
    return f"{quoted(hinge.removal.name)} ({_says(hinge)}{unstated})"


def _says(hinge: Hinge) -> str:
    return one_line(hinge.removal.says).rstrip(".")


def _effect(verdict: Verdict, hinge: Hinge) -> str:
    what = "the mean" if is_mean(verdict) else "the share"
    if not hinge.change.difference:
        return f"{what} does not change"
    direction = "rises" if hinge.change.difference > 0 else "falls"
    return f"{what} {direction} by {_size(verdict, hinge)}, to {value(verdict, hinge.change)}"


def _size(verdict: Verdict, hinge: Hinge) -> str:
    return difference(verdict, hinge.change, sign=False) + ("" if is_mean(verdict) else " points")


def is_mean(verdict: Verdict) -> bool:
    """Whether a question is answered by the mean of an amount, not by a share."""
    return verdict.kind == "amount" and verdict.above is None


def difference(verdict: Verdict, change: Change, *, sign: bool = True) -> str:
    """A change with the half-width of its 95% interval, in points or in the units of the amount."""
    if change.difference is None:
        return "no answer"
    size = change.difference if sign else abs(change.difference)
    error = half_width(change)
    if size == 0 and not error:
        return "no change"
    factor = 1 if is_mean(verdict) else 100
    return numbers.plus_minus(factor * size, None if error is None else factor * error, sign=sign)


def value(verdict: Verdict, change: Change) -> str:
    """The answer without a premise, rounded to its error."""
    if change.value is None:
        return "no answer"
    if is_mean(verdict):
        return numbers.with_error(change.value, change.standard_error)
    near = change.value_interval
    if near is not None and near.method == "clopper-pearson":  # too few draws differ for an error either way
        exact = numbers.interval(near).replace("Clopper-Pearson", "exact")
        return f"{numbers.percent(change.value, (near.high - near.low) / 2)} ({exact})"
    return numbers.share_with_error(change.value, change.standard_error)


def short_answer(verdict: Verdict) -> str:
    """The number that answers a question, with its error: `24.6% ± 0.2`, or a mean and its unit."""
    if is_mean(verdict):
        mean = "" if verdict.mean is None else numbers.with_error(verdict.mean, verdict.mean_standard_error)
        return (f"{mean} {one_line(verdict.unit)}" if verdict.unit else mean) if mean else "no answer"
    if verdict.share is None:
        return "no answer"
    near = verdict.interval
    if near is not None and near.method == "clopper-pearson":
        return _share(verdict)
    return numbers.share_with_error(verdict.share, verdict.standard_error)


def failure_sentence(record: RunRecord) -> str:
    """What share of the draws failed."""
    if not record.failed:
        return f"None of the {record.draws:,} draws failed."
    share = numbers.share_of_draws(record.failed, record.draws)
    return f"{share} of the {record.draws:,} draws failed and are left out of every answer."


def forked_sentence(record: RunRecord) -> str | None:
    """In what share of the draws a branch of logit equilibria forked; None where in none."""
    if not record.forked:
        return None
    share = numbers.share_of_draws(record.forked, record.draws)
    return (
        f"In {share} of the {record.draws:,} draws the branch of logit equilibria passes a bifurcation, as "
        "in symmetric games: its symmetric continuation is counted, and it does not say which equilibrium is "
        "played."
    )


def check_sentence(record: RunRecord) -> str | None:
    """What a check of a sample of the draws found; None where there was none."""
    check = record.check
    if check is None:
        return None
    gain = _at_most(check.largest_gain)
    said = f"In {check.draws:,} draws checked by other code nobody gains more than {gain} of his payoff range"
    thought = ""
    if check.belief_error is not None:
        thought = (
            f", and beliefs on the path differ from Bayes' rule by at most {_at_most(check.belief_error)}"
        )
    return f"{said} by deviating{thought}."


def _at_most(error: float) -> str:
    return f"{error:.1e}" if error > ROUNDING else f"{ROUNDING:.0e}"


ROUNDING = 1e-12
"""An error up to this is one of sums in floating point."""


def premise_note(record: RunRecord) -> str | None:
    """That the run was made without some premises; None for a run with all of them."""
    if not record.without:
        return None
    noun = "premise" if len(record.without) == 1 else "premises"
    return f"Asked without the {noun} {_list([quoted(name) for name in record.without])}."


def _amount_sentence(verdict: Verdict, given: str) -> str:
    what = asked_formula(verdict)
    if verdict.mean is None:
        return f"There is no answer to how much {what} is{given}: no draw has one."
    mean = numbers.with_error(verdict.mean, verdict.mean_standard_error)
    mean += f" ({one_line(verdict.unit)})" if verdict.unit else ""
    return f"Over the draws, the mean of {what}{given}{',' if given else ''} is {mean}."


def _interval(verdict: Verdict) -> str:
    near = verdict.interval
    if near is None or (near.high - near.low < numbers.NOISE and near.method == "replicates"):
        return ""
    return f"95% interval {numbers.interval(near)}"


def _bracket(inside: str) -> str:
    return f" ({inside})" if inside else ""


def _share(verdict: Verdict) -> str:
    near = verdict.interval
    error = (near.high - near.low) / 2 if near else numbers.half_width(verdict.standard_error)
    return numbers.percent(verdict.share or 0.0, error)


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _as_clause(sentence: str) -> str:
    sentence = one_line(sentence).rstrip(".")
    return sentence[:1].lower() + sentence[1:]
