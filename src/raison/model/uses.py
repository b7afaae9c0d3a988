"""Which names depend on which: the graph among parameters, quantities and functions, and its circles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from raison.model.formula import Formula, Name, Number, rewritten
from raison.model.process.records import Process
from raison.model.records import Definition, Distribution, Model

Graph = Mapping[str, Collection[str]]


def formulas(definition: Definition) -> tuple[Formula, ...]:
    """The formulas in a definition: itself, or the arguments of a distribution."""
    return definition.arguments if isinstance(definition, Distribution) else (definition,)


def mentioned(definition: Definition) -> set[str]:
    """Names, functions and fractions (by their text) that a definition mentions."""
    found: set[str] = set()
    for formula in formulas(definition):
        found |= formula.mentions
    return found


def definitions(model: Model) -> Iterator[tuple[str, Definition]]:
    """Every named definition: parameters, then quantities."""
    for name, parameter in model.parameters.items():
        yield name, parameter.value
    for name, quantity in model.quantities.items():
        yield name, quantity.value


def graph(model: Model) -> dict[str, set[str]]:
    """For each parameter, quantity, function and process what it mentions."""
    edges = {name: mentioned(definition) for name, definition in definitions(model)}
    for name, function in model.functions.items():
        edges[name] = mentioned(function.body) - set(function.arguments)
    for name, process in model.processes.items():
        edges[name] = of_process(process)
    return edges


def of_process(process: Process) -> set[str]:
    """What a process mentions of the file: names, functions and processes that are not its own names."""
    own, found = process.names(), set[str]()
    for place, formula in process.formulas():
        found |= outside(formula, () if place[0] == "inputs" else own).mentions
    return found


def outside(formula: Formula, own: Collection[str]) -> Formula:
    """A formula without names that have another meaning where it stands; functions keep theirs."""
    hidden = lambda name: Number("0") if name in own else Name(name)
    return Formula(formula.text, rewritten(formula.expression, hidden))


def circles(edges: Graph) -> list[list[str]]:
    """One circle `[a, b, ..., a]` for each set of names that depend on each other, begun at its first."""
    order = {name: index for index, name in enumerate(edges)}
    found: list[list[str]] = []
    for group in _components(edges):
        start = min(group, key=order.__getitem__)
        if len(group) > 1 or start in edges[start]:
            found.append(_circle(start, set(group), edges))
    return sorted(found, key=lambda circle: order[circle[0]])


def _circle(start: str, group: set[str], edges: Graph) -> list[str]:
    """A shortest way from `start` back to itself inside its group."""
    came: dict[str, str] = {}
    queue = [start]
    for name in queue:
        if start in edges[name]:
            way = [start, name]
            while way[-1] != start:
                way.append(came[way[-1]])
            return way[::-1]
        for target in sorted(edges[name]):
            if target in group and target not in came:
                came[target] = name
                queue.append(target)
    return [start, start]


def in_order(edges: Graph) -> list[str]:
    """Every name after all that it depends on (in circles the order is any)."""
    return [name for group in _components(edges) for name in group]


def _components(edges: Graph) -> list[list[str]]:
    """Strongly connected components (Tarjan 1972), without recursion."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()
    groups: list[list[str]] = []
    for root in edges:
        if root in number:
            continue
        work: list[tuple[str, Iterator[str]]] = []
        _enter(root, edges, number, low, open_names, is_open, work)
        while work:
            name, targets = work[-1]
            for target in targets:
                if target not in edges:
                    continue
                if target not in number:
                    _enter(target, edges, number, low, open_names, is_open, work)
                    break
                if target in is_open:
                    low[name] = min(low[name], number[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    group = [open_names.pop()]
                    while group[-1] != name:
                        group.append(open_names.pop())
                    is_open.difference_update(group)
                    groups.append(group)
    return groups


def _enter(
    name: str,
    edges: Graph,
    number: dict[str, int],
    low: dict[str, int],
    open_names: list[str],
    is_open: set[str],
    work: list[tuple[str, Iterator[str]]],
) -> None:
    number[name] = low[name] = len(number)
    open_names.append(name)
    is_open.add(name)
    work.append((name, iter(edges[name])))


def reach(edges: Graph, starts: Iterable[str]) -> set[str]:
    """Everything that can be reached from `starts`, which are included."""
    seen = set(starts)
    queue = list(seen)
    for name in queue:
        for target in edges.get(name, ()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen
