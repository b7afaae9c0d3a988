"""Rival models in a terminal: answers side by side, where they part, what would tell them apart."""

from __future__ import annotations

from raison.challenge.compare import FINISHED, Compared, Difference, Observation, Pair, Rivals
from raison.show import numbers
from raison.show.challenged.section import listed
from raison.show.terminal import INDENT, Writer, make_console
from raison.show.text import cut, one_line

MOST_DIFFERENCES = 12
"""Differences of the files that are printed; `--json` has all."""
_MOST_OBSERVATIONS = 5
_MOST_CAUSES = 3  # parameters on which it depends whether two models agree
_LONGEST = 60  # letters of a text that differs


def print_comparison(found: Rivals) -> None:
    """Prints rival models side by side on standard output."""
    writer = Writer(make_console())
    writer.text(one_line(" and ".join(found.models)), "bold")
    shared = f"{len(found.shared)} parameters" if len(found.shared) != 1 else "1 parameter"
    writer.text(f"{found.draws:,} draws · seed {found.seed} · {shared} in common, drawn alike in all", "dim")
    for asked in found.questions:
        _print_question(writer, found, asked)
    _print_observations(writer, found)
    _print_differences(writer, found.differences)


def _print_question(writer: Writer, found: Rivals, asked: Compared) -> None:
    writer.heading(asked.question)
    rows: list[tuple[str, ...]] = []
    for answer in asked.answers:
        value = "no answer" if answer.number is None else _value(answer.number, answer.standard_error)
        applies = (
            ""
            if answer.number is None or answer.applies > 1 - 1e-12
            else f"in {numbers.percent(answer.applies, 0.01)} of draws"
        )
        rows.append((answer.model, value, applies))
    writer.table(rows, aligned="<><")
    for pair in asked.pairs:
        if pair.disagree is not None and pair.difference is not None:
            apart = _value(pair.disagree, pair.disagree_error)
            size = _value(pair.difference, pair.standard_error)
            half = numbers.half_width(pair.standard_error) or 0.0
            if pair.disagree > 0 and abs(pair.difference) <= half:
                size = f"{size}, no more than its error"
            writer.text(
                f"{one_line(pair.second)} less {one_line(pair.first)}: {size}; they are {apart} apart in the"
                f" mean of the draws{_because(pair)}.",
                indent=INDENT,
            )


def _because(pair: Pair) -> str:
    named = [
        f"{one_line(c.parameter)} ({numbers.percent(c.share, 0.05)},"
        f" {numbers.percent(c.low, 0.05)} to {numbers.percent(min(c.high, 1.0), 0.05)})"
        for c in pair.because[:_MOST_CAUSES]
    ]
    if not named:
        return ""
    return f"; how far depends most on {listed(named)}"


def _value(number: float, error: float | None) -> str:
    """A number with the half-width of its 95% interval, to the places that this supports."""
    half = numbers.half_width(error)
    places = 4 if not half else min(numbers.decimals(half), 6)
    text = numbers.fixed(number, places)
    return text if not half else f"{text} ± {numbers.fixed(half, places)}"


def _print_observations(writer: Writer, found: Rivals) -> None:
    told = [o for o in found.observations if o.bits > (numbers.half_width(o.standard_error) or 0.0)]
    some = told[:_MOST_OBSERVATIONS]
    if not some:
        beyond = " by more than the error" if any(o.bits > 0 for o in found.observations) else ""
        writer.text(f"Nothing that both foresee would tell them apart{beyond}.", indent=INDENT)
        return
    writer.heading(
        "What would tell them apart: bits that one observation gives, of 1 that decide between two"
    )
    writer.table([(o.what, _value(o.bits, o.standard_error), _extreme(o)) for o in some], aligned="<><",
                 longest=_LONGEST + 20)  # fmt: skip


def _extreme(seen: Observation) -> str:
    """The thing seen on which the models differ most."""
    labels = {label for chances in seen.chances.values() for label in chances}

    def spread(label: str) -> float:
        known = [chances.get(label, 0.0) for chances in seen.chances.values()]
        return max(known) - min(known)

    label = max(sorted(labels), key=spread)
    each = ", ".join(f"{numbers.percent(c.get(label, 0.0), 0.01)} in {m}" for m, c in seen.chances.items())
    what = "it ends with" if seen.what == FINISHED else "seen:"
    return f"{what} '{one_line(label)}' {each}"


def _print_differences(writer: Writer, differences: tuple[Difference, ...]) -> None:
    if not differences:
        writer.text("The files say the same.", indent=INDENT)
        return
    writer.heading(f"The files differ in {len(differences)} {'place' if len(differences) == 1 else 'places'}")
    for difference in differences[:MOST_DIFFERENCES]:
        writer.text(difference.where, indent=INDENT)
        for model, text in difference.texts.items():
            said = "nothing" if text is None else cut(one_line(text), _LONGEST)
            writer.text(f"{model}: {said}", "dim", indent=2 * INDENT)
    if len(differences) > MOST_DIFFERENCES:
        writer.text(f"and {len(differences) - MOST_DIFFERENCES} more; --json has all.", "dim", indent=INDENT)
