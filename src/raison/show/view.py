"""What the report's page shows, row by row, in words and rounded numbers: the template only places it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from raison.answer.records import NodeAnswer, RunRecord, Verdict
from raison.model.records import Claim, Distribution, Model, Source
from raison.show import charts, numbers, words
from raison.show.text import one_line, safe_url

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


@dataclass(frozen=True, slots=True)
class Answer:
    """One question: its sentence and what else there is to know.

    `strip` has the share within its interval; `unit` stands in the heading of a column of differences.
    """

    index: int
    name: str
    sentence: str
    margin: str | None
    formula: str | None
    hinges: tuple[str, ...]
    sets: tuple[str, ...]
    caveats: tuple[str, ...]
    strip: tuple[float, float, float] | None
    unit: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in words, and the same for sorting."""

    text: str
    sort: float
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PremiseRow:
    """A premise or a set of them: its statement and what its removal does to each question."""

    name: str
    members: tuple[str, ...]
    says: str
    unstated: bool
    claims: tuple[int, ...]
    without: str
    cells: tuple[Cell, ...]
    anchor: str | None


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter: what it is, how it was drawn, and the claims it rests on."""

    name: str
    unit: str
    about: str | None
    distribution: str
    quantiles: str | None
    labels: str | None
    claims: tuple[int, ...]
    plot: str | None
    anchor: str | None


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
    moves: tuple[tuple[str, str, float], ...]
    tied: str
    margin: str


@dataclass(frozen=True, slots=True)
class Following:
    """The outcomes that follow a move where it is chosen."""

    heading: str
    rows: tuple[tuple[str, str, float], ...]
    never: tuple[str, ...]


def answers(model: Model, record: RunRecord) -> tuple[Answer, ...]:
    """Every question's answer, in the order of the file."""
    return tuple(
        Answer(
            index,
            one_line(verdict.name),
            words.verdict_sentence(model, verdict, beliefs=record.model.beliefs),
            words.margin_sentence(model, verdict, record.draws)
            or amount_sentence(model, verdict, record.draws),
            _formula(verdict),
            words.hinge_sentences(record, index),
            words.set_sentences(record, index),
            words.caveats(verdict, record.draws, failures=index == 0 or verdict.failed != record.failed),
            _strip(verdict),
            "" if words.is_mean(verdict) else ", points",
        )
        for index, verdict in enumerate(record.questions)
    )


def _formula(verdict: Verdict) -> str | None:
    """What is asked, where its sentence has only the question's name."""
    asked = verdict.event or verdict.amount
    return one_line(asked) if asked and len(words.formula(asked)) > words.LONGEST_FORMULA else None


def amount_sentence(model: Model, verdict: Verdict, draws: int) -> str | None:
    """The spread of an amount over the draws; None for other questions."""
    spread = verdict.quantiles
    if verdict.kind != "amount" or spread is None:
        return None
    places = numbers.quantile_places(spread, draws)
    q05, median, q95 = (numbers.fixed(q, places) for q in (spread.q05, spread.median, spread.q95))
    unit = charts.amount_unit(model, verdict)
    return f"90% of the draws lie between {q05} and {q95}, with median {median} ({unit})."


def _strip(verdict: Verdict) -> tuple[float, float, float] | None:
    if verdict.share is None or verdict.interval is None:
        return None
    return verdict.interval.low, verdict.share, verdict.interval.high


def claim_numbers(model: Model) -> dict[str, int]:
    """Footnote number of each claim, in the order of the file."""
    return {name: number for number, name in enumerate(model.claims, start=1)}


def _refs(model: Model, names: Iterable[str]) -> tuple[int, ...]:
    known = claim_numbers(model)
    return tuple(sorted({known[name] for name in names if name in known}))


def premise_rows(model: Model, record: RunRecord, *, sets: bool) -> tuple[PremiseRow, ...]:
    """Premises, or named sets of them, by what their removal does to the first question, largest first."""
    anchors = {name: f"premise-{i}" for i, name in enumerate(model.premises, start=1)}
    rows: list[PremiseRow] = []
    for hinge in words.hinges(record, 0, sets=sets):
        names = hinge.removal.premises
        known = [model.premises[name] for name in names if name in model.premises]
        cells: list[Cell] = []
        for verdict, change in zip(record.questions, hinge.removal.changes, strict=False):
            bound = numbers.half_width(change.difference_standard_error) or 0.0
            size = change.difference or 0.0
            cells.append(Cell(words.difference(verdict, change), abs(size), abs(size) > bound))
        rows.append(
            PremiseRow(
                name=one_line(hinge.removal.name),
                members=tuple(one_line(name) for name in names) if sets else (),
                says=one_line(hinge.removal.says),
                unstated=hinge.removal.unstated,
                claims=_refs(model, (claim for p in known for claim in p.claims)),
                without=words.value(record.questions[0], hinge.change),
                cells=tuple(cells),
                anchor=None if sets else anchors.get(names[0]),
            )
        )
    return tuple(rows)


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
                about=one_line(parameter.about) if parameter.about else None,
                distribution=one_line(text),
                quantiles=spread,
                labels=labels,
                claims=_refs(model, parameter.because),
                plot=plots.parameters.get(name),
                anchor=f"parameter-{position}",
            )
        )
    return tuple(rows)


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
        reached=Cell(numbers.share_of_draws(node.reached, record.draws), node.reached),
        moves=tuple(
            (one_line(move), numbers.share_of_draws(share, record.draws), share)
            for move, share in node.shares.items()
        ),
        tied="" if node.tied is None else numbers.share_of_draws(node.tied, record.draws),
        margin=margin,
    )


def followings(model: Model, record: RunRecord) -> tuple[Following, ...]:
    """What follows each asked move where it is chosen, likeliest first."""
    found: list[Following] = []
    for verdict in record.questions:
        if verdict.outcomes and verdict.share:
            chosen = max(1, round(verdict.share * record.draws))
            rows = sorted(((n, p) for n, p in verdict.outcomes.items() if p > 0), key=lambda item: -item[1])
            found.append(
                Following(
                    words.what_is_asked(model, verdict),
                    tuple((one_line(name), numbers.share_of_draws(p, chosen), p) for name, p in rows),
                    tuple(one_line(name) for name, p in verdict.outcomes.items() if not p > 0),
                )
            )
    return tuple(found)
