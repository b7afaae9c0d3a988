"""What models, solutions, runs and verdicts show of themselves in a notebook: HTML that stands alone.

A notebook gives no style to what it shows, may be light or dark, and must not be trusted with what a model
says: everything is escaped, pictures have their own paper, and there is no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from raison.answer.records import RunRecord
from raison.model.records import Decision, Model, branches
from raison.model.writer import to_data
from raison.show import charts, tree, view, words
from raison.show.pictures.sheet import Picture
from raison.show.solution import choices, short
from raison.show.text import clean, cut, one_line
from raison.solve.points import PointSolution

_MOST = 40  # rows of a table
_POINTS = 8  # points of a solution side by side
_CELL = "padding:2px 12px 2px 0;text-align:left;vertical-align:top;border:0"
_WIDEST = 130  # letters of a cell


def of_model(model: Model) -> str:
    """A model: what it asks, its players and decisions, and its parameters as they are written."""
    written = to_data(model).get("parameters", {})
    decisions = [
        (name, node.player, ", ".join(branches(node)))
        for name, node in model.game.items()
        if isinstance(node, Decision)
    ]
    parameters = [
        (name, _definition(written[name]), one.unit or "", one.about or "")
        for name, one in model.parameters.items()
    ]
    parts = [
        _heading(model.title),
        _said(model.about or ""),
        _table(("decision", "who", "moves"), decisions),
        _table(("parameter", "value", "unit", "what it is"), parameters),
    ]
    return _whole(parts)


def of_run(model: Model, record: RunRecord) -> str:
    """A run: its verdicts in words, the tree, the first question's chart, and the premises."""
    answers = view.answers(model, record)
    parts = [_heading(model.title)]
    parts += [f'<p style="font-size:115%;margin:6px 0">{_text(a.sentence)}</p>' for a in answers[:1]]
    parts += [_table(("question", "answer"), [(a.name, a.short) for a in answers[1:]])]
    parts += [_said(sentence) for answer in answers[:1] for sentence in (*answer.hinges, *answer.caveats)]
    drawn = tree.draw_tree(model, record)
    if drawn is not None:
        parts.append(Picture("The game: what is chosen, and what follows", drawn).svg())
    found = charts.draw_charts(model, record)
    chart = found.margins.get(0) or found.amounts.get(0)
    if chart is not None:
        parts.append(Picture(f"Over the draws: {answers[0].name}", chart).svg())
    unit = answers[0].unit.replace(",", "", 1) if answers else ""
    removed = [
        (one.name, one.says, words.difference(record.questions[0], one.changes[0]) + unit)
        for one in record.removals
        if one.changes
    ]
    parts.append(_table(("without", "which says", "the answer changes by"), removed))
    parts.append(_said(f"{record.draws:,} draws, seed {record.seed}; {record.command}"))
    return _whole(parts)


def of_solution(points: PointSolution, model: Model, reasons: Sequence[Any]) -> str:
    """A solution: at each point what is chosen at each decision and by what margin, and who gets what."""
    count = len(points.status)
    shown = range(min(count, _POINTS))
    heads = ("", *(f"point {k + 1}" if count > 1 else "" for k in shown))
    rows: list[tuple[str, ...]] = [("status", *(str(reasons[int(points.status[k])]) for k in shown))]
    for name, node in model.game.items():
        if isinstance(node, Decision) and name in points.probability:
            chosen = choices(points, model, name)
            margins = points.margin.get(name)
            rows.append((f"chosen at {name}", *(chosen[k] or "–" for k in shown)))
            if margins is not None:
                rows.append((f"its margin at {name}", *(short(float(margins[k])) for k in shown)))
    rows += [
        (f"worth to {name}", *(short(float(row[k])) for k in shown)) for name, row in points.value.items()
    ]
    rows += [
        (f"probability of {name}", *(short(float(row[k])) for k in shown))
        for name, row in points.outcome.items()
    ]
    more = _said(f"and {count - _POINTS:,} more points") if count > _POINTS else ""
    return _whole([_heading(model.title), _table(heads, rows), more])


def _definition(written: Any) -> str:
    return str(written.get("value", "")) if isinstance(written, dict) else str(written)


def _heading(text: str) -> str:
    return f'<p style="font-weight:600;font-size:110%;margin:4px 0">{_text(text)}</p>'


def _said(text: str) -> str:
    return f'<p style="opacity:0.75;margin:4px 0">{_text(text)}</p>' if text.strip() else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th style="{_CELL};font-weight:600">{_text(one)}</th>' for one in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL}">{_text(cut(one_line(cell), _WIDEST))}</td>' for cell in row)
        + "</tr>"
        for row in rows[:_MOST]
    )
    more = _said(f"and {len(rows) - _MOST} more") if len(rows) > _MOST else ""
    return f'<table style="border-collapse:collapse;margin:8px 0"><tr>{head}</tr>{body}</table>{more}'


def _text(text: str) -> str:
    return escape(clean(one_line(text)))


def _whole(parts: Sequence[str]) -> str:
    return f'<div style="max-width:60em;overflow-x:auto">{"".join(parts)}</div>'
