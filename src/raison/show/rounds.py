"""A game that is played again: what the terminal and the report say and draw of its periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from raison.answer.records import PeriodAnswer, RoundsAnswer, RunRecord, StateAnswer
from raison.show import numbers, plots
from raison.show.text import clean, quoted, wrap

_ROWS = 8  # periods in a table
_HEAD = 24  # letters of a question over its column


def sentences(record: RunRecord) -> list[str]:
    """What is said of the periods: how long play goes on, when the move is made, and against playing once."""
    rounds = record.rounds
    if rounds is None:
        return []
    share = lambda value: numbers.share_of_draws(value, record.draws)
    last = f"{len(rounds.alive)} periods" + (f" of one {rounds.unit}" if rounds.unit else "")
    if rounds.horizon is None:
        found = [
            f"Play still goes on after {last} in {share(rounds.alive[-1])} of all play, and was broken off"
            f" before it ended in {share(rounds.going)}."
        ]
    else:
        found = [f"In {share(rounds.alive[-1])} of all play it comes to the last of {last}."]
    if rounds.paths > 1:
        found.append(f"Each draw was played {rounds.paths} times, with chances of its own.")
    if rounds.clipped > 0:
        found.append(
            f"In {share(rounds.clipped)} of the periods a state left its grid and was brought back; widen the"
            " grid if that is much."
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
            f"{share(answer.share[0])}: {share(answer.differs)} of the draws have another answer, and the"
            f" verdict of most draws is {verdict} when the game goes on."
        )
    if answer.mean_time is not None and answer.never is not None:
        found.append(
            f"{name} is first made in period {answer.mean_time:.1f} on average, where it is made at all; in "
            f"{share(answer.never)} of play it never is."
        )
    return found


def in_first(record: RunRecord) -> str:
    """What a heading of what follows adds in a game that goes on: outcomes are those of its first period."""
    return "" if record.rounds is None else " in the first period"


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
    heads = ("period", "play", *(wrap(clean(answer.question), _HEAD, 1)[0] for answer in asked))
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
    caption = "Share of play that comes to each period"
    found = [Picture(caption, plots.curve(rounds.alive, "period", caption))]
    seen: set[tuple[float, ...]] = set()
    for answer in rounds.questions:
        if answer.first is None:
            continue
        name = clean(answer.question)
        caption = f"{name}: its share in each period, of the play that comes there"
        found.append(Picture(caption, plots.curve(answer.share, "period", caption)))
        if answer.policy is not None and answer.policy not in seen:
            seen.add(answer.policy)
            where = " by ".join(clean(state.name) for state in rounds.states[:2])
            rest = "" if len(rounds.states) < 3 else "; the other states in the middle of their grids"
            caption = (
                f"{name}: share of the draws in which it is made in the first period, by the state"
                f" ({where}{rest}); the full colour is always"
            )
            found.append(Picture(caption, _map(rounds.states, answer.policy, caption)))
    return found


def _map(states: Sequence[StateAnswer], policy: Sequence[float], title: str) -> str:
    """Shares on the grid of one state or two; of further states at the middle of theirs."""
    across, up = states[0], states[1] if len(states) > 1 else None
    height = 1 if up is None else len(up.points)
    inner, skip = 1, 0
    for state in reversed(states[2:]):  # the middle of what is not drawn
        skip += inner * (len(state.points) // 2)
        inner *= len(state.points)
    rows = [
        [policy[(i * height + j) * inner + skip] for i in range(len(across.points))] for j in range(height)
    ]
    return plots.shades(rows, _scale(across), None if up is None else _scale(up), title)


def _scale(state: StateAnswer) -> tuple[str, float, float]:
    name = state.name + (" (share of its grid, which differs between draws)" if state.relative else "")
    return name, state.points[0], state.points[-1]
