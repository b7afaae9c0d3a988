"""A game that is played again: what the terminal and the report say and draw of its periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from raison.answer.records import PeriodAnswer, RoundsAnswer, RunRecord, StateAnswer
from raison.show import numbers
from raison.show.text import clean, quoted

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 360, 150, 48, 34, 8
_ROWS = 8  # periods in a table


def sentences(record: RunRecord) -> list[str]:
    """What is said of the periods: how long play goes on, when the move is made, and against playing once."""
    rounds = record.rounds
    if rounds is None:
        return []
    share = lambda value: numbers.share_of_draws(value, record.draws)
    unit = rounds.unit or "period"
    last = len(rounds.alive)
    found = [f"Play comes to the last of {last} periods ({unit}) in {share(rounds.alive[-1])} of it."]
    if rounds.horizon is None:
        found = [
            f"Play still goes on after {last} periods ({unit}) in {share(rounds.alive[-1])} of it, "
            f"and was broken "
            f"off before it ended in {share(rounds.going)}."
        ]
    if rounds.paths > 1:
        found.append(f"Each draw was played {rounds.paths} times, with chances of its own.")
    if rounds.clipped > 0:
        found.append(
            f"In {share(rounds.clipped)} of the periods a state left its grid and was brought back; "
            f"widen the grid "
            "if that is much."
        )
    return found + [
        sentence for answer in rounds.questions for sentence in _of_question(record, rounds, answer)
    ]


def _of_question(record: RunRecord, rounds: RoundsAnswer, answer: PeriodAnswer) -> list[str]:
    share = lambda value: numbers.share_of_draws(value, record.draws)
    found: list[str] = []
    name = quoted(answer.question)
    if (
        answer.once is not None
        and answer.differs is not None
        and answer.share
        and answer.share[0] is not None
    ):
        stands = (answer.once > 0.5) == (answer.share[0] > 0.5)
        verdict = "the same" if stands else "the other one"
        found.append(
            f"Played once, with nothing after it, {name} would be {share(answer.once)} instead of "
            f"{share(answer.share[0])}: {share(answer.differs)} of the draws have another answer, and "
            f"the verdict of "
            f"most draws is {verdict} when the game goes on."
        )
    if answer.mean_time is not None and answer.never is not None:
        found.append(
            f"{name} is first made in period {answer.mean_time:.1f} on average, where it is made at all; in "
            f"{share(answer.never)} of play it never is."
        )
    return found


def table(record: RunRecord) -> list[tuple[str, ...]]:
    """Rows of the verdict in some periods: the period, the share of play that comes there, each question."""
    rounds = record.rounds
    if rounds is None:
        return []
    share = lambda value: "-" if value is None else numbers.share_of_draws(value, record.draws)
    asked = [answer for answer in rounds.questions if answer.first is not None]
    count = len(rounds.alive)
    step = max(1, -(-count // _ROWS))
    picked = sorted({0, *range(step - 1, count, step), count - 1})
    heads = ("period", "play", *(clean(answer.question)[:24] for answer in asked))
    return [
        heads,
        *((str(t + 1), share(rounds.alive[t]), *(share(a.share[t]) for a in asked)) for t in picked),
    ]


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG element with its caption."""

    caption: str
    svg: str


def pictures(record: RunRecord) -> list[Picture]:
    """Survival, the verdict per period, and the policy map of each move that is asked about."""
    rounds = record.rounds
    if rounds is None:
        return []
    found = [Picture("Share of play that comes to each period", _curve(rounds.alive))]
    seen: set[tuple[float, ...]] = set()
    for answer in rounds.questions:
        if answer.first is None:
            continue
        found.append(
            Picture(
                f"{clean(answer.question)}: its share in each period, of the play that comes there",
                _curve(answer.share),
            )
        )
        if answer.policy is not None and answer.policy not in seen:
            seen.add(answer.policy)
            where = " by ".join(clean(state.name) for state in rounds.states[:2])
            rest = "" if len(rounds.states) < 3 else "; the other states in the middle of their grids"
            found.append(
                Picture(
                    f"{clean(answer.question)}: share of the draws in which it is made in the first "
                    f"period, by the "
                    f"state ({where}{rest}); dark is always",
                    _map(rounds.states, answer.policy),
                )
            )
    return found


def _frame(body: str, label: str) -> str:
    width, height = LEFT + WIDTH + 12, TOP + HEIGHT + BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" '
        f'role="img" font-size="11" fill="currentColor"><title>{escape(label)}</title>{body}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(clean(text))}</text>'


def _curve(values: Sequence[float | None]) -> str:
    """A curve of shares over the periods."""
    count = len(values)
    x = lambda t: LEFT + WIDTH * (t / max(count - 1, 1))
    y = lambda value: TOP + HEIGHT * (1 - value)
    body = "".join(
        f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="var(--rule)"/>'
        + _text(LEFT - 6, y(v) + 4, f"{100 * v:.0f}%", "end")
        for v in (0.0, 0.5, 1.0)
    )
    points = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in enumerate(values) if v is not None)
    body += f'<polyline points="{points}" fill="none" stroke="var(--accent)" stroke-width="2"/>'
    body += _text(LEFT, TOP + HEIGHT + 16, "1") + _text(LEFT + WIDTH, TOP + HEIGHT + 16, str(count))
    body += _text(LEFT + WIDTH / 2, TOP + HEIGHT + 30, "period")
    return _frame(body, "shares over the periods")


def _map(states: Sequence[StateAnswer], policy: Sequence[float]) -> str:
    """Shares on a grid of one state or two, as shades."""
    across = states[0]
    down = states[1] if len(states) > 1 else None
    rows = 1 if down is None else len(down.points)
    inner, skip = 1, 0
    for state in reversed(states[2:]):  # the middle of what is not drawn
        skip += inner * (len(state.points) // 2)
        inner *= len(state.points)
    wide, high = WIDTH / len(across.points), HEIGHT / rows
    body = ""
    for i in range(len(across.points)):
        for j in range(rows):
            value = policy[(i * rows + j) * inner + skip]
            corner = f'x="{LEFT + i * wide:.2f}" y="{TOP + HEIGHT - (j + 1) * high:.2f}"'
            body += (
                f'<rect {corner} width="{wide + 0.3:.2f}" height="{high + 0.3:.2f}" fill="var(--accent)" '
                f'fill-opacity="{0.06 + 0.94 * value:.3f}"/>'
            )
    ends = (across.points[0], across.points[-1])
    body += _text(LEFT, TOP + HEIGHT + 16, f"{ends[0]:g}") + _text(
        LEFT + WIDTH, TOP + HEIGHT + 16, f"{ends[1]:g}"
    )
    name = across.name + (" (share of its grid)" if across.relative else "")
    body += _text(LEFT + WIDTH / 2, TOP + HEIGHT + 30, name)
    if down is not None:
        body += _text(LEFT - 6, TOP + HEIGHT, f"{down.points[0]:g}", "end")
        body += _text(LEFT - 6, TOP + 10, f"{down.points[-1]:g}", "end")
        body += _text(LEFT - 6, TOP + HEIGHT / 2, down.name[:8], "end")
    return _frame(body, "policy by state")
