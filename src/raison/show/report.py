"""The report: one self-contained HTML file, readable offline, on a phone and in print.

The page allows itself nothing but its own style and scripts, by their hashes, and workers made from them;
every text of the model is escaped and cleaned. It is complete without its scripts: one sorts tables, the
other lets the reader play with the model.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raison.answer.records import RunRecord
from raison.challenge.findings import Challenge
from raison.model.records import Model
from raison.show import challenged as challenges
from raison.show import charts, numbers, premises, rounds, tree, view, words
from raison.show.text import clean, one_line, opening

if TYPE_CHECKING:
    from raison.show.live.page import Live

_TEMPLATES = Path(__file__).parent / "templates"
_GENERATOR = re.compile(r'<meta name="generator" content="raison [^"]*">')
_WRITTEN_FOR = re.compile(r'<meta name="raison-model" content="([^"]*) [0-9a-f]+">')
SHORT_ABOUT = 260  # letters of what a model says of itself that stand open
QUESTIONS_IN_A_TABLE = 5  # columns that can be read side by side
_HEAD = 4_096  # bytes at the beginning of a file in which the report says what it is


def write_report(
    path: Path | str,
    model: Model,
    record: RunRecord,
    *,
    force: bool = False,
    challenged: Challenge | None = None,
    live: Live | None = None,
) -> Path:
    """Writes the report as one file, all of it or nothing.

    Args:
        path: Where to.
        model: The model that was run.
        record: What the run answers.
        force: Overwrite whatever is there.
        challenged: What challenges its verdict.
        live: What makes it possible to play with the model in the page.

    Returns:
        The path.

    Raises:
        FileExistsError: there is a file that raison did not write for this model.
    """
    path = Path(path)
    check_overwrite(path, record.model.name, force)
    page = render_report(model, record, challenged, live).encode()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(page)
        partial.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    return path


def check_overwrite(path: Path | str, model: str, force: bool = False) -> None:
    """Does nothing if a report on a model may be written to a path.

    Args:
        path: Where to.
        model: Name of the model.
        force: Anything may be overwritten.

    Raises:
        FileExistsError: there is a file that raison did not write for this model.
    """
    path = Path(path)
    if force or not path.exists():
        return
    owner = written_by_raison_for(path)
    if owner != one_line(model):
        whose = f"it is raison's report on {owner!r}" if owner else "it is not a report by raison"
        raise FileExistsError(
            f"A report on {model!r} needs a file of its own; {path} exists and {whose}: "
            "give another path, or --force to overwrite."
        )


def written_by_raison_for(path: Path | str) -> str | None:
    """Name of the model that a file is raison's report on; None if it is anything else, or unreadable."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return None
    found = _WRITTEN_FOR.search(head)
    return html.unescape(found[1]) if found and _GENERATOR.search(head) else None


def render_report(
    model: Model,
    record: RunRecord,
    challenged: Challenge | None = None,
    live: Live | None = None,
    *,
    with_charts: bool = True,
) -> str:
    """The report's page as text.

    Args:
        model: The model that was run.
        record: What the run answers.
        challenged: What challenges its verdict.
        live: What makes it possible to play with the model in the page.
        with_charts: Whether histograms are drawn, which takes seconds where there are many.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    context = _context(model, record, charts.draw_charts(model, record) if with_charts else charts.Charts())
    context["challenges"] = [] if challenged is None else challenges.sections(model, challenged)
    context["left_out"] = "" if challenged is None else challenges.left_out(challenged)
    style = _asset("report.css") + _asset("live.css") + _tree_style(context["tree"])
    scripts = [_asset("report.js"), *([live.script] if live is not None and live.script else [])]
    return environment.get_template("report.html").render(
        style=_safe(style),
        script=_safe(scripts[0]),
        style_hash=_hash(style),
        script_hashes=[_hash(script) for script in scripts],
        live=None if live is None else _shown(live),
        **context,
    )


def _shown(live: Live) -> dict[str, Any]:
    """The live part as the template puts it in: what is in it is escaped already."""
    return {
        "script": _safe(live.script or ""),
        "data": _safe(live.data or ""),
        "reason": live.reason,
    }


def _context(model: Model, record: RunRecord, plots: charts.Charts) -> dict[str, Any]:
    from raison.show.pictures import flows

    game = tree.draw_tree(model, record)
    nodes = [tree.player_class(model, node.player) for node in record.nodes]
    parameters = view.parameter_rows(model, record, plots)
    moving = {node.player for node in record.nodes}
    return {
        "model": model,
        "record": record,
        "model_name": one_line(record.model.name),
        "about": opening(one_line(model.about or ""), SHORT_ABOUT),
        "answers": view.answers(model, record),
        "plots": {i: _safe(plot) for i, plot in (*plots.amounts.items(), *plots.margins.items())},
        "premise_note": words.premise_note(record),
        "tree": _safe(game) if game else None,
        "tree_note": tree.left_out(model, record),
        "players": [
            (tree.player_class(model, name), player.title)
            for name, player in model.players.items()
            if name in moving
        ],
        "has_chance": None in moving,
        "scale": premises.premise_scale(record),
        "plot_width": premises.WIDTH,
        "premises": premises.premise_rows(model, record, sets=False),
        "sets": premises.premise_rows(model, record, sets=True),
        "blocks": premises.blocks(record.questions, QUESTIONS_IN_A_TABLE),
        "outcomes": view.outcome_rows(record.outcomes, record.outcome_errors, record.draws),
        "never": [one_line(name) for name, share in record.outcomes.items() if not share > 0],
        "nodes": view.node_rows(model, record, nodes),
        "drawn": [(row, _safe(row.plot) if row.plot else None) for row in parameters if row.drawn],
        "fixed": [row for row in parameters if not row.drawn],
        "claims": view.claim_rows(model),
        "failure_sentence": words.failure_sentence(record),
        "forked_sentence": words.forked_sentence(record),
        "check_sentence": words.check_sentence(record),
        "failures": [(f.reason, numbers.share_of_draws(f.share, record.draws)) for f in record.failures],
        "in_first": rounds.in_first(record),
        "rounds": rounds.sentences(record),
        "rounds_table": rounds.table(record),
        "rounds_pictures": [(picture.caption, _safe(picture.svg)) for picture in rounds.pictures(record)],
        "processes": [
            (one_line(name), _safe(flows.diagram(process))) for name, process in model.processes.items()
        ],
        "largest_error": numbers.fixed(100 * numbers.of_independent_draws(0.5, record.draws), 2),
        "versions": {"raison": record.version, **record.versions},
    }


def _tree_style(drawing: str | None) -> str:
    """Lets a wide tree shrink to three quarters where that fits it into the window; elsewhere it scrolls."""
    width = re.search(r' width="(\d+)"', drawing or "")
    if not width:
        return ""
    least, small = (round(int(width[1]) * scale) for scale in (0.75, 0.9))
    return (
        f"@media screen {{ svg.game {{ min-width: {small}px; }} }}\n"
        f"@media screen and (min-width: 60rem) {{ svg.game {{ min-width: {least}px; }} }}\n"
    )


def _asset(name: str) -> str:
    # A parser reads CRLF as LF before it hashes; the file must say what the parser sees.
    return (_TEMPLATES / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _safe(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _finalize(value: object) -> object:
    if type(value) is not str:
        return value
    # A number stays on the line of its error.
    return clean(value).replace(" ± ", "\u00a0±\u00a0")
