"""Premises in all combinations: who carries the conclusion, which only together, what overturns it."""

from __future__ import annotations

from raison.challenge.findings import Found, OverturningSet, PremisePair, Together
from raison.show import plots
from raison.show.challenged.section import (
    Section,
    Table,
    ends,
    is_clear,
    listed,
    measured,
    share,
    signed,
    title,
)
from raison.show.plots import BarRow, Span
from raison.show.text import quoted

_NAMED = 3  # premises that a sentence names
_DRAWN = 12  # rows of the picture
_SUBSETS = 64  # whole tables of at most so many rows are shown


def section(found: Together, several: bool) -> Section:
    """What the premises do for one conclusion."""
    return Section(
        anchor="premises-together",
        title=title("What carries it", found.question, several),
        sentences=(_carried(found), _overturned(found), _paired(found)),
        picture=_picture(found) if found.premises else None,
        table=_subset_table(found) if 0 < len(found.subsets) <= _SUBSETS else _table(found),
    )


def _carried(found: Together) -> str:
    whole, bare = _answer(found, found.whole), _answer(found, found.bare)
    clear = [one for one in found.premises if is_clear(one.share)]
    begin = f"With all {len(found.premises)} premises the answer is {whole}, without any {bare}"
    if not clear:
        return f"{begin}; no premise's share of the difference can be told from nothing."
    named = [f"{quoted(one.premise)} ({_change(found, one.share)})" for one in clear[:_NAMED]]
    verb = "carry" if len(named) > 1 else "carries"
    return f"{begin}; of the difference, fairly divided, {listed(named)} {verb} most."


def _bare(value: float | None, error: float | None = None) -> Found:
    return Found(value=value, standard_error=error, low=None, high=None)


def _answer(found: Together, number: Found) -> str:
    if found.is_share:
        return share(number.value, number.standard_error)
    return measured(number)


def _change(found: Together, number: Found) -> str:
    if found.is_share:
        return f"{share(number.value, number.standard_error, points=True)} points"
    return signed(number.value, number.standard_error)


def _overturned(found: Together) -> str:
    line = f"{100 * found.threshold:g}%" if found.is_share else f"{found.threshold:g}"
    side = "below" if found.holds else "above"
    least = found.overturning[0] if found.overturning else None
    if least is None:
        size = "a single premise" if found.searched == 1 else f"up to {found.searched} premises"
        return f"No removal of {size} brings it {side} {line}."
    tail = "" if least.is_sure and least.overturns else "; that is within the error of the draws"
    others = len(found.overturning) - 1
    more = f" (and {others} other set{'s' if others > 1 else ''} as well)" if others else ""
    return (
        f"Without {_set(least)} it is {share(least.number, least.standard_error)}, {side} {line}{more}{tail}."
    )


def _set(one: OverturningSet) -> str:
    return listed([quoted(name) for name in one.premises])


def _paired(found: Together) -> str:
    if not found.pairs:
        return ""
    pair = found.pairs[0]
    both = f"{quoted(pair.first)} and {quoted(pair.second)}"
    return {
        "together": f"{both} work only together: neither has a share without the other.",
        "either": f"{both} stand in for each other: one of them is enough.",
        "partly": f"The strongest pair is {both}: {_pair_words(found, pair)}.",
    }[pair.kind]


def _pair_words(found: Together, pair: PremisePair) -> str:
    size = pair.interaction.value or 0.0
    amount = _change(found, pair.interaction.model_copy(update={"value": abs(size)})).lstrip("+")
    return f"each carries {amount} {'more' if size > 0 else 'less'} beside the other than without it"


def _picture(found: Together) -> str:
    rows = found.premises[:_DRAWN]
    values = [0.0, *(v for one in rows for v in (one.share.low, one.share.high) if v is not None)]
    bars = [
        BarRow(
            one.premise,
            [Span(min(0.0, one.share.value or 0.0), max(0.0, one.share.value or 0.0), "yes")],
            error=ends(one.share),
            text=share(one.share.value, None, points=True)
            if found.is_share
            else signed(one.share.value, None),
        )
        for one in rows
    ]
    what = "part of the answer that the premise carries"
    return plots.bars(bars, min(values), max(values), what, percent=found.is_share)


def _table(found: Together) -> Table:
    rows = [
        (
            one.premise,
            _change(found, one.share),
            "no model" if one.alone is None else _change(found, _bare(one.alone)),
        )
        for one in found.premises
    ]
    return Table(("premise", "carries", "removed alone"), tuple(rows), "<>>")


def _subset_table(found: Together) -> Table:
    ordered = sorted(found.subsets, key=lambda one: (len(one.removed), one.removed))
    rows = [
        (", ".join(one.removed) or "nothing", _answer(found, _bare(one.number, one.standard_error)))
        for one in ordered
    ]
    return Table(("removed", "answer"), tuple(rows), "<>")
