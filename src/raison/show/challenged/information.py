"""What to find out first."""

from __future__ import annotations

from raison.challenge.findings import Information, Learned
from raison.model.records import Model
from raison.show import numbers, plots, words
from raison.show.challenged.section import Section, Table, ends, listed, measured, number, share, title
from raison.show.plots import BarRow, Span
from raison.show.text import one_line

_NAMED = 3
_DRAWN = 12


def section(model: Model, found: Information, several: bool) -> Section:
    """What to find out first about one question."""
    return Section(
        anchor="information",
        title=title("What to find out first", found.question, several),
        sentences=(_worth(model, found), _overturning(found)),
        picture=_picture(model, found),
        legend=(("yes", "worth"), ("dot", "what chance alone stays below")),
        table=_table(found),
    )


def _is_worth(learned: Learned) -> bool:
    worth = learned.worth
    return worth is not None and (worth.low or 0.0) > max(learned.null or 0.0, 0.0)


def _worth(model: Model, found: Information) -> str:
    if found.decider is None or found.perfect is None:
        return ""
    who = words.player(model, found.decider)
    first = [one for one in found.parameters if _is_worth(one)][:_NAMED]
    if not (found.perfect.low or 0.0) > 0:
        return (
            f"One move is best for {who} whatever is learned: for that choice nothing is worth finding out."
        )
    gain = measured(found.perfect)
    all_of_it = f"Choosing one move for all draws, {who} would gain {gain} of payoff by knowing everything"
    if not first:
        return f"{all_of_it}; no parameter by itself is worth anything that can be told from chance."
    named = [f"{one_line(one.parameters[0])} ({measured(one.worth)})" for one in first]
    return f"{all_of_it}; by itself most is worth {listed(named)}."


def _overturning(found: Information) -> str:
    able = [
        one
        for one in found.parameters
        if one.overturn is not None and (one.overturn.low or 0.0) > max(one.overturn_null or 0.0, 0.0)
    ]
    if not able:
        return "Learning no single parameter is likely to bring the answer to the other side of 50%."
    able.sort(key=lambda one: -number(one.overturn))
    first = able[0]
    then = (
        ""
        if first.share_if_overturned is None
        else f", to {share(first.share_if_overturned, first.share_error)}"
    )
    chance = share(number(first.overturn), None if first.overturn is None else first.overturn.standard_error)
    return (
        f"Learning {one_line(first.parameters[0])} would bring the answer to the other side of 50%{then}"
        f" with a chance of {chance}."
    )


def _picture(model: Model, found: Information) -> str | None:
    worth = found.decider is not None
    chosen = found.parameters[:_DRAWN]
    rows = [
        BarRow(
            one.parameters[0],
            [Span(0.0, max(number(one.worth if worth else one.overturn), 0.0), "yes")],
            at=one.null if worth else one.overturn_null,
            error=ends(one.worth if worth else one.overturn),
            text=numbers.significant(max(number(one.worth if worth else one.overturn), 0.0), 2),
        )
        for one in chosen
    ]
    top = max([r.error[1] for r in rows if r.error] + [s.high for r in rows for s in r.spans], default=0.0)
    if not top > 0:
        return None
    what = (
        f"worth of learning it, payoff of {one_line(found.decider or '')}"
        if worth
        else "chance that learning it overturns the conclusion"
    )
    return plots.bars(rows, 0.0, top, what, percent=not worth)


def _table(found: Information) -> Table:
    rows = [
        (
            " and ".join(one.parameters),
            measured(one.worth),
            "–" if one.null is None else numbers.significant(one.null, 2),
            "–" if one.overturn is None else share(one.overturn.value, one.overturn.standard_error),
            "–" if one.share_if_overturned is None else share(one.share_if_overturned, one.share_error),
            "–" if one.reduction is None else numbers.percent(max(one.reduction, 0.0), 0.005),
        )
        for one in (*found.parameters, *found.pairs)
    ]
    heads = ("learned", "worth", "by chance", "overturns", "answer then", "of the variance")
    return Table(heads, tuple(rows), "<>>>>>")
