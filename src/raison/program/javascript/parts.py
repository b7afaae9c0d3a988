"""A tape cut into parts that depend on the same inputs: nothing is computed more often than it changes.

Where a map runs over two inputs, what depends on neither is computed once, what depends on one once for each
of its values, and only the rest in every cell. A part never depends on an input on which a part that uses it
does not, so parts in the order of how much they depend on can be computed one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from raison.program.javascript.tape import Node, Operand
from raison.program.javascript.text import Printer, needed, outside

LARGEST = 400
"""Nodes of a function; compilers in browsers give up on very long ones."""
BASE = 0
"""The purpose of everything that is needed whatever is asked."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some computations that depend on the same inputs, as a function of arrays.

    Attributes:
        source: JavaScript: `(n, v, m) => {...}` computes `n` values of each of its results from arrays `v` by
            number, where `i & m` is the place of value `i`.
        inputs: Numbers of the inputs that it depends on, also through other parts.
        purposes: What it is for; `BASE` alone for everything.
        reads: Numbers of what it uses.
        writes: Numbers of what it gives.
    """

    source: str
    inputs: tuple[int, ...]
    purposes: tuple[int, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A tape in parts.

    Attributes:
        parts: In an order in which they can be computed.
        slots: Of each node that has an array of its own, its number.
        faults: Numbers of the arrays that say which fault there is, 0 for none.
        size: How many arrays there are.
    """

    parts: tuple[Part, ...]
    slots: Mapping[Node, int]
    faults: tuple[int, ...]
    size: int


def cut(
    inputs: Sequence[Node],
    wanted: Mapping[int, Iterable[Operand]],
    faults: Sequence[tuple[int, Operand]],
    process: Callable[[object], str],
) -> Cut:
    """Cut the computation of some results into parts.

    Args:
        inputs: In the order of their numbers.
        wanted: By purpose what is to be known; purpose `BASE` comes with every other.
        faults: Codes from 1 on and where they apply; of several the smallest code counts.
        process: The name of the function that simulates.
    """
    known = set(inputs)
    roots = {p: [n for n in nodes if isinstance(n, Node)] for p, nodes in wanted.items()}
    roots[BASE] = [*roots.get(BASE, ()), *(n for _, n in faults if isinstance(n, Node))]
    purposes = _purposes(roots, known)
    depends = _depends(inputs, purposes)
    groups: dict[tuple[int, int], list[Node]] = {}
    for node in purposes:
        if node not in known:
            groups.setdefault((depends[node], purposes[node]), []).append(node)
    order = sorted(groups, key=lambda key: (key[0].bit_count(), key[1] != 1, -key[1].bit_count(), key))
    pieces: list[tuple[tuple[int, int], list[Node]]] = []
    for key in order:
        nodes = groups[key]
        starts = range(0, len(nodes), LARGEST)
        pieces += [(key, nodes[start : start + LARGEST]) for start in starts]
    home = {node: place for place, (_, nodes) in enumerate(pieces) for node in nodes}
    kept: set[Node] = {node for nodes in roots.values() for node in nodes} - known
    for node, place in home.items():
        kept.update(o for o in outside(node) if o in home and home[o] != place)
    kept = _without_simulations(kept)
    slots = {node: number for number, node in enumerate([*inputs, *sorted(kept, key=lambda n: n.index)])}
    coded = {node: code for code, node in reversed(faults) if isinstance(node, Node)}
    parts: list[Part] = []
    fault_slots: list[int] = []
    size = len(slots)
    for (mask, purpose), nodes in pieces:
        wrong = sorted((coded[node], node) for node in nodes if node in coded)
        flag = None
        if wrong:
            flag, size = size, size + 1
            fault_slots.append(flag)
        bits = _bits(mask)
        parts.append(_part(nodes, slots, wrong, flag, bits, _bits(purpose), process))
    return Cut(tuple(parts), slots, tuple(fault_slots), size)


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(k for k in range(mask.bit_length()) if mask >> k & 1)


def _purposes(roots: Mapping[int, list[Node]], known: set[Node]) -> dict[Node, int]:
    """What each node is for, as bits; what is for everything has that bit alone. In the order of the tape."""
    found: dict[Node, int] = {}
    for purpose, nodes in roots.items():
        for node in needed(nodes, {}):
            found[node] = found.get(node, 0) | 1 << purpose
    base = 1 << BASE
    found = {node: base if bits & base else bits for node, bits in found.items()}
    for node in sorted(found, key=lambda n: n.index, reverse=True):
        if node.op == "output":  # what a simulation gives is not kept as a whole, so it is read at once
            simulation = node.arguments[0]
            found[node] = found[simulation]
    return dict(sorted(found.items(), key=lambda item: item[0].index))


def _depends(inputs: Sequence[Node], nodes: Iterable[Node]) -> dict[Node, int]:
    """The inputs that each node depends on, as bits."""
    found: dict[Node, int] = {node: 1 << number for number, node in enumerate(inputs)}
    for node in nodes:
        if node not in found:
            mask = 0
            for other in outside(node):
                mask |= found[other]
            found[node] = mask
    return found


def _without_simulations(kept: set[Node]) -> set[Node]:
    return {node for node in kept if node.op != "simulate"}


def _part(
    nodes: Sequence[Node],
    slots: Mapping[Node, int],
    wrong: Sequence[tuple[int, Node]],
    flag: int | None,
    inputs: tuple[int, ...],
    purposes: tuple[int, ...],
    process: Callable[[object], str],
) -> Part:
    own = set(nodes)
    reads = sorted({slots[o] for node in nodes for o in outside(node) if o not in own})
    by_slot = {slot: node for node, slot in slots.items()}
    leaves = {by_slot[slot]: f"x{slot}" for slot in reads}
    printer = Printer(leaves, process)
    for node in nodes:
        printer.name(node)
    writes = [(slots[node], node) for node in nodes if node in slots]
    head = [f"const a{slot}=v[{slot}],m{slot}=m[{slot}];" for slot in reads]
    head += [f"const r{slot}=v[{slot}];" for slot, _ in writes]
    loads = [f"const x{slot}=a{slot}[i&m{slot}]{'!==0' if by_slot[slot].is_truth else ''};" for slot in reads]
    stores = [f"r{slot}[i]={printer.truth_as_number(node)};" for slot, node in writes]
    found = [slot for slot, _ in writes]
    if flag is not None:
        head.append(f"const r{flag}=v[{flag}];")
        tests = "".join(f"{printer.name(node)}?{code}:" for code, node in wrong)
        stores.append(f"r{flag}[i]={tests}0;")
        found.append(flag)
    inner = [_joined([*loads, *printer.lines]), *stores]
    text = "".join([_joined(head), "for(let i=0;i<n;i++){", *inner, "}"])
    return Part(f"(n,v,m)=>{{{text}}}", inputs, purposes, tuple(reads), tuple(found))


def _joined(lines: Sequence[str]) -> str:
    """Lines that declare constants as one declaration: a page has thousands of them."""
    said = [line.removeprefix("const ").removesuffix(";") for line in lines]
    return f"const {','.join(said)};" if said else ""
