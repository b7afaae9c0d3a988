"""Pictures of a run that stand alone, by what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from raison.model.records import Decision, branches

if TYPE_CHECKING:
    from raison.api.run import Run
    from raison.challenge.findings import Challenge
    from raison.program.process.trajectory import Trajectories
    from raison.show.challenged import Section
    from raison.show.pictures import Picture

STEPS = 72
"""Points along each side of a decision map."""


def tree(run: Run) -> Picture:
    """The game as a tree: who moves where, what is chosen in which share of the draws, what follows.

    Raises:
        ValueError: the model has no game.
    """
    from raison.show import tree as drawing
    from raison.show.pictures import Picture

    model = run.model.record
    drawn = drawing.draw_tree(model, run.record)
    if drawn is None:
        raise ValueError(f"'{run.model.name}' has no game, so there is no tree to draw.")
    return Picture(model.title, drawn)


def margin(run: Run, question: int = 0) -> Picture:
    """A question's margin, or its amount, over the draws.

    Raises:
        ValueError: the question has neither.
    """
    from raison.show import charts
    from raison.show.pictures import Picture

    found = charts.draw_charts(run.model.record, run.record)
    drawn = found.margins.get(question) or found.amounts.get(question)
    if drawn is None:
        raise ValueError(f"question {question} of '{run.model.name}' has no margin or amount to draw.")
    return Picture(run.verdicts[question].name, drawn)


def decision_map(
    run: Run, node: str | None = None, across: str | None = None, up: str | None = None, *, steps: int = STEPS
) -> Picture:
    """What is chosen at a node over two parameters, the others at their central value.

    Args:
        run: Says over which values the parameters were drawn.
        node: The decision; None for that of the first question, else the root.
        across: Horizontal parameter; None for one that moves the margin there most.
        up: Vertical parameter; None for the one that moves it most after that.
        steps: Points along each side.

    Raises:
        ValueError: there is no such decision or parameter, or fewer than two are uncertain.
    """
    import numpy as np

    from raison.show.pictures import decision_map as drawing

    model = run.model.record
    decisions = [name for name, one in model.game.items() if isinstance(one, Decision)]
    asked = next((verdict.node for verdict in run.verdicts if verdict.node in decisions), None)
    node = node or asked or next(iter(decisions), None)
    if node not in decisions:
        raise ValueError(
            f"a map needs a decision of the model: {', '.join(decisions) or 'it has none'}; got {node}."
        )
    ranges = _ranges(run)
    for name in (across, up):
        if name is not None and name not in ranges:
            raise ValueError(f"a map needs an uncertain number: {', '.join(ranges)}; got '{name}'.")
    others = [name for name in _by_effect(run, node, ranges) if name not in (across, up)]
    if len(others) + (across is not None) + (up is not None) < 2 or (across is not None and across == up):
        raise ValueError("a map needs two different uncertain parameters.")
    across = across or others.pop(0)
    up = up or others.pop(0)
    sides = [np.linspace(*ranges[name], steps) for name in (across, up)]
    x, y = np.meshgrid(*sides)
    chosen = run.model.solve({across: x.ravel(), up: y.ravel()}).choice[node]
    rows = [chosen[k : k + steps] for k in range(0, steps * steps, steps)]
    moves = list(branches(model.game[node]))
    return drawing.draw(model, node, rows, (across, *ranges[across]), (up, *ranges[up]), moves)


def _ranges(run: Run) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of each uncertain number, as drawn."""
    return {
        parameter.name: (parameter.histogram.edges[0], parameter.histogram.edges[-1])
        for parameter in run.record.parameters
        if parameter.histogram is not None and parameter.labels is None
    }


def _by_effect(run: Run, node: str, ranges: Mapping[str, tuple[float, float]]) -> list[str]:
    """Uncertain numbers by how much the margin at a node differs between the ends of each, largest first."""
    import numpy as np

    names = list(ranges)
    if not names:
        return []
    count = 2 * len(names)
    centre = run.model.solve().points.quantity
    points = {name: np.full(count, float(np.asarray(centre[name]).ravel()[0])) for name in names}
    for place, name in enumerate(names):
        points[name][2 * place : 2 * place + 2] = ranges[name]
    margin = np.asarray(run.model.solve(points).margin[node], np.float64).reshape(-1, 2)
    chosen = run.model.solve(points).choice[node]
    moved = [
        (
            chosen[2 * k] != chosen[2 * k + 1],
            float(np.nan_to_num(abs(margin[k, 1] - margin[k, 0]), posinf=0.0)),
        )
        for k in range(len(names))
    ]
    return [names[k] for k in sorted(range(len(names)), key=lambda k: moved[k], reverse=True)]


def regions(run: Run, challenged: Challenge | None = None) -> Picture:
    """Boxes of parameters in which the answer is yes: how much of it they hold against how pure they are.

    Raises:
        ValueError: the answer has no region.
    """
    return _section(run, challenged, "where", "a region")


def tornado(run: Run, challenged: Challenge | None = None) -> Picture:
    """What the first question's answer varies with, largest share first.

    Raises:
        ValueError: it varies with nothing.
    """
    return _section(run, challenged, "sensitivity-", "anything that it varies with")


def _section(run: Run, challenged: Challenge | None, anchor: str, what: str) -> Picture:
    from raison.show import challenged as shown
    from raison.show.pictures import Picture

    found: tuple[Section, ...] = shown.sections(run.model.record, challenged or run.challenge())
    for part in found:
        if part.anchor.startswith(anchor) and part.picture:
            legend = tuple((f"key-{kind}", meaning) for kind, meaning in part.legend or ())
            return Picture(f"{part.title}: {run.verdicts[0].name}", part.picture, legend)
    raise ValueError(f"the answer of '{run.model.name}' does not have {what} to draw.")


def premises(run: Run) -> Picture:
    """What becomes of the first question's answer without each premise.

    Raises:
        ValueError: no premise was removed.
    """
    from raison.show import plots
    from raison.show.pictures import Picture

    changes = [
        (one.name, one.changes[0]) for one in run.record.removals if one.changes[0].difference is not None
    ]
    if not changes:
        raise ValueError(f"the run of '{run.model.name}' removed no premise, so there is nothing to draw.")
    changes.sort(key=lambda pair: -abs(pair[1].difference or 0.0))
    rows = [
        plots.BarRow(
            name,
            (plots.Span(min(change.difference, 0.0), max(change.difference, 0.0), "yes"),),
            at=change.difference,
            error=None if change.interval is None else (change.interval.low, change.interval.high),
        )
        for name, change in changes
        if change.difference is not None
    ]
    ends = [end for row in rows for end in (*(row.error or ()), row.at or 0.0)]
    verdict = run.verdicts[0]
    drawn = plots.bars(
        rows,
        min(0.0, *ends),
        max(0.0, *ends),
        "change without the premise",
        percent=verdict.share is not None,
    )
    return Picture(f"Premises removed: {verdict.name}", drawn)


def policy(run: Run) -> Picture:
    """Of a game in rounds, in which states the move that is asked about is made.

    Raises:
        ValueError: it is no game in rounds, or has no states to draw.
    """
    from raison.show import rounds
    from raison.show.pictures import Picture

    for found in rounds.pictures(run.record):
        if 'class="drawn shades"' in found.svg:
            return Picture(found.caption, found.svg)
    raise ValueError(
        f"'{run.model.name}' has no policy over states to draw: it needs rounds, a question about a move and "
        "draws that do not fail."
    )


def process(run: Run, name: str | None = None) -> Picture:
    """A process over time: its stocks, delays and sinks, parameters at their central value.

    Args:
        run: Of the model.
        name: Of the process; None for the first.

    Raises:
        ValueError: the model has no process, or not this one.
    """
    from raison.show.pictures import process as drawing

    return drawing.draw(run.model.record, _simulated(run, name))


def pipeline(run: Run, name: str | None = None) -> Picture:
    """A process as a diagram: what flows where, with what is in each stock, delay and sink over time.

    Args:
        run: Of the model.
        name: Of the process; None for the first.

    Raises:
        ValueError: the model has no process, or not this one.
    """
    from raison.show.pictures import flows as drawing

    return drawing.draw(run.model.record, _simulated(run, name))


def _simulated(run: Run, name: str | None) -> Trajectories:
    """A process at the central values."""
    known = list(run.model.record.processes)
    name = name or next(iter(known), None)
    if name not in known:
        raise ValueError(
            f"a picture needs a process of the model: {', '.join(known) or 'it has none'}; got {name}."
        )
    return run.model.simulate(name)


PICTURES: Mapping[str, Callable[..., Picture]] = {
    "tree": tree,
    "map": decision_map,
    "margin": margin,
    "premises": premises,
    "regions": regions,
    "tornado": tornado,
    "policy": policy,
    "process": process,
    "pipeline": pipeline,
}
"""Every picture by its name on the command line."""
