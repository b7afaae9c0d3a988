"""What kind of game it is, once its tails are folded: two layers of decisions, or a signalling game.

In a game of two layers every play passes at most two decisions that are not folded: one to which only chance
leads (*first*), and one after it (*second*). Signalling games are of this kind: senders, one place for each
type, then receivers, one place for each message; so are two players who move at the same time, receivers
with types of their own, and messages that arrive with noise. What makes them tractable: the values of first
moves are linear in the second movers' probabilities, and the weights that second movers put on their states
are linear in the first movers' ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from raison.program.form import Form
from raison.program.graph import CHANCE
from raison.solve.sequential.numbers import tails

Path = tuple[tuple[int, int], ...]
"""Chance states with the case that came."""
Source = tuple[int, int]
"""Number of a first place, in the order of `Layers.first`, and the move made there."""


@dataclass(frozen=True, slots=True)
class Layers:
    """A game of two layers.

    Attributes:
        first: Places to which only chance leads.
        second: Places after them.
        starts: Per first place the chance paths of its states.
        ends: By source, tails that it leads to without a second decision: chance path and state.
        arrivals: Per second place, per state: chance path and source; None for a state to which chance leads.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    starts: tuple[tuple[Path, ...], ...]
    ends: dict[Source, tuple[tuple[Path, int], ...]]
    arrivals: tuple[tuple[tuple[Path, Source | None], ...], ...]


@dataclass(frozen=True, slots=True)
class Signalling:
    """A signalling game: chance draws a type, which the sender alone sees; receivers see his message.

    Attributes:
        types: The sender's place for each type.
        messages: How many.
        receivers: Per message the place that answers it; None if it ends the game for every type.
        members: Per message the types, by number, whose message is answered there, in the order of the
            place's states; the message ends the game for the others.
        replies: Per message the number of replies, 1 where there are none.
        paths: Per type the chance path that leads to it.
    """

    types: tuple[int, ...]
    messages: int
    receivers: tuple[int | None, ...]
    members: tuple[tuple[int, ...], ...]
    replies: tuple[int, ...]
    paths: tuple[Path, ...]

    @property
    def is_small(self) -> bool:
        """Whether it has two types, two messages and at most two replies, which all types can meet."""
        return (
            len(self.types) == self.messages == 2
            and max(self.replies) <= 2
            and all(len(members) in (0, 2) for members in self.members)
        )


def find_layers(form: Form) -> Layers | None:
    """The two layers of a game; None for a game that has more."""
    tail = tails(form)
    depth: dict[int, int] = {}
    _measure(form, tail, 0, 0, depth)
    if any(found > 1 for found in depth.values()):
        return None
    first = tuple(place for place in sorted(depth) if depth[place] == 0)
    second = tuple(place for place in sorted(depth) if depth[place] == 1)
    starts: dict[int, Path] = {}
    ends: dict[Source, list[tuple[Path, int]]] = {}
    arrivals: dict[int, tuple[Path, Source | None]] = {}

    def walk(s: int, path: Path, source: Source | None) -> None:
        state = form.graph.states[s]
        if tail[s]:
            if source is not None:
                ends.setdefault(source, []).append((path, s))
        elif state.mover == CHANCE:
            for case, child in enumerate(state.children):
                walk(child, (*path, (s, case)), source)
        elif form.place[s] in first:
            starts[s] = path
            for option, child in enumerate(state.children):
                walk(child, path, (first.index(form.place[s]), option))
        else:
            arrivals[s] = (path, source)

    walk(0, (), None)
    return Layers(
        first,
        second,
        tuple(tuple(starts[s] for s in form.places[place].states) for place in first),
        {source: tuple(found) for source, found in ends.items()},
        tuple(tuple(arrivals[s] for s in form.places[place].states) for place in second),
    )


def _measure(form: Form, tail: tuple[bool, ...], s: int, passed: int, depth: dict[int, int]) -> None:
    """Per place, the most live decisions on the way to one of its states."""
    if tail[s]:
        return
    place = form.place[s]
    if place >= 0:
        depth[place] = max(depth.get(place, 0), passed)
        passed += 1
    for child in form.graph.states[s].children:
        _measure(form, tail, child, passed, depth)


def find_signalling(form: Form) -> Signalling | None:
    """The signalling game that a game is once its tails are folded; None if it is none.

    Every type has a place of its own with the same number of messages, each message leads all or some types
    to one place of a receiver and ends the game for the rest, and no chance comes between.
    """
    layers = find_layers(form)
    if layers is None or not layers.second or len(layers.first) < 2:
        return None
    senders = [form.places[place] for place in layers.first]
    messages = len(senders[0].labels)
    if any(len(place.states) > 1 or len(place.labels) != messages for place in senders):
        return None
    paths = tuple(start[0] for start in layers.starts)
    receivers: list[int | None] = [None] * messages
    members: list[tuple[int, ...]] = [()] * messages
    for place, arrivals in zip(layers.second, layers.arrivals, strict=True):
        sources = [source for _, source in arrivals]
        found = {source[1] for source in sources if source is not None}
        if None in sources or len(found) != 1:
            return None
        message = found.pop()
        types = tuple(source[0] for source in sources if source is not None)
        direct = all(path == paths[t] for (path, _), t in zip(arrivals, types, strict=True))
        if receivers[message] is not None or len(set(types)) != len(types) or not direct:
            return None
        receivers[message], members[message] = place, types
    if any(path != paths[source[0]] for source, ends in layers.ends.items() for path, _ in ends):
        return None
    replies = tuple(1 if place is None else len(form.places[place].labels) for place in receivers)
    return Signalling(layers.first, messages, tuple(receivers), tuple(members), replies, paths)
