"""A printed model as the page's script and data: functions as JavaScript, everything else as plain JSON.

Names of the model are in the data only; the script knows them by number.
"""

from __future__ import annotations

from typing import Any

from raison.model.records import Decision, Model, branches
from raison.program.graph import CHANCE, Graph, State
from raison.program.program import Program, failure_reasons
from raison.solve.javascript.printed import Printed


def functions_of(printed: Printed) -> str:
    """The script that defines the simulations, and `PARTS`, the functions of the parts in their order."""
    parts = ",\n".join(part.source for part in printed.parts)
    return "\n".join([*printed.processes, f"const PARTS = [\n{parts}\n];"])


def data_of(program: Program, printed: Printed) -> dict[str, Any]:
    """What the engine knows of a model; see `engine.js`."""
    model, graph = program.model, program.graph
    reasons = list(failure_reasons(model).items())
    nodes = list(model.game)
    return {
        "inputs": list(printed.inputs),
        "size": printed.size,
        "constants": [[slot, value] for slot, value in printed.constants.items()],
        "faults": list(printed.faults),
        "always": printed.always,
        "reasons": ["", *(sentence for _, sentence in reasons)],
        "stuck": [_code(reasons, f"stuck:{name}") for name in nodes],
        "parts": [
            {"p": list(part.purposes), "r": list(part.reads), "w": list(part.writes)}
            for part in printed.parts
        ],
        "players": list(model.players),
        "nodes": [_node(model, name) for name in nodes],
        "outcomes": list(model.outcomes),
        "states": []
        if graph is None
        else [_state(model, graph, printed, s) for s in range(len(graph.states))],
        "names": [[name, slot] for name, slot in printed.names.items()],
        "questions": [_question(model, printed, number) for number in range(len(model.questions))],
        "costs": [list(cost) for cost in printed.costs],
        "costPurpose": printed.cost_purpose,
    }


def _code(reasons: list[tuple[str, str]], key: str) -> int:
    """The number of a reason, from 1 on; 0 where there is none."""
    return next((number for number, (other, _) in enumerate(reasons, 1) if other == key), 0)


def _node(model: Model, name: str) -> dict[str, Any]:
    node = model.game[name]
    player = list(model.players).index(node.player) if isinstance(node, Decision) else CHANCE
    return {"name": name, "player": player, "branches": list(branches(node))}


def _state(model: Model, graph: Graph, printed: Printed, s: int) -> dict[str, Any]:
    state: State = graph.states[s]
    named = list(model.game) if state.name in model.game else list(model.outcomes)
    found: dict[str, Any] = {
        "name": named.index(state.name),
        "mover": state.mover,
        "children": list(state.children),
    }
    if s in printed.payoffs:
        found["pays"] = list(printed.payoffs[s])
    elif s in printed.chance:
        found["chances"] = list(printed.chance[s])
    else:
        found["when"] = list(printed.available[s])
        if s in printed.choices:
            found["best"] = printed.choices[s]
            found["purpose"] = printed.choice_purposes[s]
    return found


def _question(model: Model, printed: Printed, number: int) -> dict[str, Any]:
    question, shown = model.questions[number], printed.questions[number]
    players, nodes = list(model.players), list(model.game)
    move = -1
    if question.node is not None and question.move is not None:
        move = list(branches(model.game[question.node])).index(question.move)
    return {
        "label": question.label,
        "kind": question.kind,
        "node": -1 if question.node is None else nodes.index(question.node),
        "move": move,
        "player": -1 if question.player is None else players.index(question.player),
        "above": question.above,
        "isEvent": question.event is not None,
        "onResults": shown.on_results,
        "givenOnResults": shown.given_on_results,
        "holds": list(shown.holds),
        "values": list(shown.values),
        "purpose": shown.purpose,
    }
