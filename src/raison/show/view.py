"""What the report's page shows, row by row, in words and rounded numbers: the template only places it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raison.answer.records import NodeAnswer, RunRecord, Verdict
from raison.model.formula import Formula
from raison.model.records import Claim, Distribution, Model, Source
from raison.show import charts, numbers, words
from raison.show.premises import Cell, refs
from raison.show.text import one_line, opening, safe_url

RELIABILITY = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "cannot be judged",
}
"""The Admiralty scale for sources (NATO AJP-2.1), in words."""

CREDIBILITY = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "cannot be judged",
}
"""The Admiralty scale for claims, in words."""


SHORT_ABOUT = 110
"""Letters of a parameter's description that stand open; the rest is folded."""


@dataclass(frozen=True, slots=True)
class Following:
    """The outcomes that follow a move where it is chosen."""

    heading: str
    rows: tuple[tuple[str, str, float], ...]
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One question: its sentence and what else there is to know.

    Attributes:
        index: Place in the run.
        name: Of the question.
        short: The number that answers it, with its error.
        sentence: The same as a sentence.
        spread: How margin or amount spread over the draws.
        formula: What is asked, where the sentence has only the question's name.
        hinges: The premises it leans on.
        heaviest_set: The set of premises it leans on.
        caveats: What else a careful reader must know.
        strip: The share within its interval, to be drawn between 0 and 1.
        parts: How the draws divide by what their equilibria say, each with where its segment begins.
        unit: Of a difference, after a comma; empty where there is none.
        following: What follows the asked move; None for other questions.
    """

    index: int
    name: str
    short: str
    sentence: str
    spread: str | None
    formula: str | None
    hinges: tuple[str, ...]
    heaviest_set: str | None
    caveats: tuple[str, ...]
    strip: tuple[float, float, float] | None
    parts: tuple[tuple[words.Part, float], ...]
    unit: str
    following: Following | None


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter: what it is, how it was drawn, and the claims it rests on.

    `about` is in two parts, the second of them folded; `replaced` has what holds without a premise, with the
    premise and its anchor; `premise_only` is one that is uncertain only there.
    """

    name: str
    unit: str
    about: tuple[str, str]
    distribution: str
    quantiles: str | None
    labels: str | None
    claims: tuple[int, ...]
    plot: str | None
    anchor: str | None
    drawn: bool
    premise_only: bool
    replaced: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim as a footnote: what was said, where, and how far it can be trusted."""

    number: int
    says: str
    author: str | None
    title: str
    url: str | None
    details: str
    trust: str | None
    cited_by: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node over all draws."""

    name: str
    player: str
    css: str
    reached: Cell
    moves: tuple[tuple[str, str], ...]
    tied: str
    margin: str


def answers(model: Model, record: RunRecord) -> tuple[Answer, ...]:
    """Every question's answer, in the order of the file."""
    return tuple(
        Answer(
            index=index,
            name=one_line(verdict.name),
            short=words.short_answer(verdict),
            sentence=words.verdict_sentence(model, verdict, beliefs=record.model.beliefs),
            spread=words.margin_sentence(model, verdict, record.draws)
            or amount_sentence(verdict, record.draws),
            formula=_formula(verdict),
            hinges=words.hinge_sentences(record, index),
            heaviest_set=words.heaviest_set(record, index),
            caveats=words.caveats(
                verdict,
                record.draws,
                failures=index == 0 or verdict.failed != record.failed,
                concept=record.concept or "",
            ),
            strip=_strip(verdict),
            parts=_parts(verdict, record.draws),
            unit=words.unit_of_change(verdict),
            following=_following(model, record, verdict),
        )
        for index, verdict in enumerate(record.questions)
    )


def _parts(verdict: Verdict, draws: int) -> tuple[tuple[words.Part, float], ...]:
    placed: list[tuple[words.Part, float]] = []
    start = 0.0
    for part in words.equilibrium_parts(verdict, draws):
        placed.append((part, start))
        start += part.share
    return tuple(placed)


def _formula(verdict: Verdict) -> str | None:
    """What is asked, where its sentence has only the question's name."""
    asked = verdict.event or verdict.amount
    return one_line(asked) if asked and len(words.formula(asked)) > words.LONGEST_FORMULA else None


def amount_sentence(verdict: Verdict, draws: int) -> str | None:
    """The spread of an amount over the draws; None for other questions."""
    spread = verdict.quantiles
    if verdict.kind != "amount" or spread is None:
        return None
    places = numbers.quantile_places(spread, draws)
    q05, median, q95 = (numbers.fixed(q, places) for q in (spread.q05, spread.median, spread.q95))
    unit = words.amount_unit(verdict)
    return f"90% of the draws lie between {q05} and {q95}, with median {median} ({unit})."


def _strip(verdict: Verdict) -> tuple[float, float, float] | None:
    if verdict.share is None or verdict.interval is None:
        return None
    return verdict.interval.low, verdict.share, verdict.interval.high


def parameter_rows(model: Model, record: RunRecord, plots: charts.Charts) -> tuple[ParameterRow, ...]:
    """Every parameter in the order of the file."""
    drawn = {parameter.name: parameter for parameter in record.parameters}
    rows: list[ParameterRow] = []
    for position, (name, parameter) in enumerate(model.parameters.items(), start=1):
        answer = drawn.get(name)
        spread = None
        if answer is not None and answer.quantiles is not None:
            q = answer.quantiles
            places = numbers.quantile_places(q, record.draws)
            spread = " · ".join(numbers.fixed(v, places) for v in (q.q05, q.median, q.q95))
        labels = None
        if answer is not None and answer.labels:
            shares = (
                (one_line(k), numbers.share_of_draws(v, record.draws)) for k, v in answer.labels.items()
            )
            labels = ", ".join(f"{label} {share}" for label, share in shares)
        value = parameter.value
        text = value.text if isinstance(value, Distribution) else f"fixed at {value.text}"
        rows.append(
            ParameterRow(
                name=name,
                unit=charts.parameter_unit(model, name),
                about=opening(one_line(parameter.about or ""), SHORT_ABOUT),
                distribution=one_line(text),
                quantiles=spread,
                labels=labels,
                claims=refs(model, parameter.because),
                plot=plots.parameters.get(name),
                anchor=f"parameter-{position}",
                drawn=isinstance(value, Distribution),
                premise_only=answer is not None and answer.premise_only,
                replaced=_replaced(model, name),
            )
        )
    return tuple(rows)


def _replaced(model: Model, parameter: str) -> tuple[tuple[str, str, str], ...]:
    """What a parameter is without each premise that sets it: the definition, the premise, its anchor."""
    found: list[tuple[str, str, str]] = []
    for position, (name, premise) in enumerate(model.premises.items(), start=1):
        value = premise.without.get(parameter)
        if isinstance(value, Distribution | Formula):
            found.append((one_line(value.text), one_line(name), f"premise-{position}"))
    return tuple(found)


def claim_rows(model: Model) -> tuple[ClaimRow, ...]:
    """Every claim with its source, in words, and what rests on it."""
    rows: list[ClaimRow] = []
    for number, (name, claim) in enumerate(model.claims.items(), start=1):
        source = model.sources.get(claim.source)
        cited = [
            (f"premise-{i}", premise)
            for i, (premise, record) in enumerate(model.premises.items(), start=1)
            if name in record.claims
        ]
        cited += [
            (f"parameter-{i}", parameter)
            for i, (parameter, record) in enumerate(model.parameters.items(), start=1)
            if name in record.because
        ]
        rows.append(
            ClaimRow(
                number=number,
                says=one_line(claim.says),
                author=one_line(source.author) if source and source.author else None,
                title=one_line(source.title if source else claim.source),
                url=safe_url(source.url) if source else None,
                details=_details(claim, source),
                trust=_trust(claim, source),
                cited_by=tuple((anchor, one_line(text)) for anchor, text in cited),
            )
        )
    return tuple(rows)


def _details(claim: Claim, source: Source | None) -> str:
    parts = [source.kind if source else None, source.date if source else None, claim.at]
    said = f"said {claim.said}" if claim.said else None
    return ", ".join(one_line(part) for part in (*parts, said) if part)


def _trust(claim: Claim, source: Source | None) -> str | None:
    parts: list[str] = []
    if source is not None and source.reliability in RELIABILITY:
        parts.append(f"source {RELIABILITY[source.reliability]} ({source.reliability})")
    if claim.credibility in CREDIBILITY:
        parts.append(f"claim {CREDIBILITY[claim.credibility]} ({claim.credibility})")
    return ", ".join(parts) or None


def node_rows(model: Model, record: RunRecord, css: Sequence[str]) -> tuple[NodeRow, ...]:
    """Every node of the game.

    Args:
        model: Gives players their titles.
        record: What the run answers.
        css: Class of the player's colour, one per node.
    """
    return tuple(
        _node_row(model, record, node, colour) for node, colour in zip(record.nodes, css, strict=True)
    )


def _node_row(model: Model, record: RunRecord, node: NodeAnswer, css: str) -> NodeRow:
    margin = ""
    if node.margin is not None:
        places = numbers.quantile_places(node.margin, record.draws)
        q05, median, q95 = (
            numbers.fixed(q, places) for q in (node.margin.q05, node.margin.median, node.margin.q95)
        )
        margin = f"{median} ({q05} to {q95})"
    return NodeRow(
        name=one_line(node.name),
        player=words.player_title(model, node.player),
        css=css,
        reached=Cell(numbers.share_with_error(node.reached, node.reached_error, record.draws), node.reached),
        moves=tuple(
            (
                one_line(move),
                numbers.share_with_error(share, node.share_errors.get(move), record.draws),
            )
            for move, share in node.shares.items()
        ),
        tied="" if node.tied is None else numbers.share_of_draws(node.tied, record.draws),
        margin=margin,
    )


def _following(model: Model, record: RunRecord, verdict: Verdict) -> Following | None:
    """What follows an asked move where it is chosen, likeliest first."""
    if not verdict.outcomes or not verdict.share:
        return None
    chosen = max(1, round(verdict.share * record.draws))
    return Following(
        f"Where {words.what_is_asked(model, verdict)}",
        outcome_rows(verdict.outcomes, verdict.outcome_errors or {}, chosen),
        tuple(one_line(name) for name, p in verdict.outcomes.items() if not p > 0),
    )


def outcome_rows(
    shares: Mapping[str, float], errors: Mapping[str, float], draws: int
) -> tuple[tuple[str, str, float], ...]:
    """Outcomes that happen, likeliest first: name, probability with its error, and the number."""
    ranked = sorted(((name, p) for name, p in shares.items() if p > 0), key=lambda item: -item[1])
    return tuple(
        (one_line(name), numbers.share_with_error(p, errors.get(name), draws), p) for name, p in ranked
    )
