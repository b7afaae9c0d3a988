"""A model back to plain data and to the text of a file, which reads back as an equal model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from raison.model.process.writing import process_data
from raison.model.records import (
    STEPS,
    Carried,
    Chance,
    Definition,
    Lever,
    Model,
    Move,
    Node,
    Parameter,
    Player,
    Premise,
    Quantity,
    Question,
    Rounds,
    Solution,
    Spread,
)

WIDTH = 100  # a mapping or list that fits is written on one line

Data = dict[str, Any]


def to_data(model: Model) -> Data:
    """The model as nested dicts and lists of text and None, as `build` takes it and a file has it.

    The name is not part of it: a model is named after its file.
    """
    data: Data = {"raison": "1", "title": model.title, "about": model.about}
    data["beliefs"] = "true" if model.beliefs else None
    data["players"] = {name: _player(player) for name, player in model.players.items()}
    data["parameters"] = {name: _parameter(parameter) for name, parameter in model.parameters.items()}
    data["correlations"] = [
        {("between" if len(c.among) == 2 else "among"): list(c.among), "rank": _number(c.rank)}
        for c in model.correlations
    ]
    data["functions"] = {
        f"{name}({', '.join(function.arguments)})": function.body.text
        for name, function in model.functions.items()
    }
    data["quantities"] = {name: _quantity(quantity) for name, quantity in model.quantities.items()}
    data["processes"] = process_data(model.processes)
    data |= game_data(model)
    data["premises"] = {name: _premise(premise) for name, premise in model.premises.items()}
    data["sets"] = {
        name: {"premises": list(group.premises), "says": group.says} for name, group in model.sets.items()
    }
    data["claims"] = {
        name: _present(
            says=claim.says,
            source=claim.source,
            at=claim.at,
            credibility=None if claim.credibility is None else str(claim.credibility),
            said=claim.said,
        )
        for name, claim in model.claims.items()
    }
    data["sources"] = {
        name: _present(
            title=source.title,
            author=source.author,
            kind=source.kind,
            reliability=source.reliability,
            date=source.date,
            url=source.url,
        )
        for name, source in model.sources.items()
    }
    data["questions"] = [_question(question) for question in model.questions]
    data["levers"] = {
        player: {name: _lever(lever) for name, lever in levers.items()}
        for player, levers in model.levers.items()
    }
    data["solution"] = solution_data(model.solution)
    return {key: value for key, value in data.items() if value not in (None, {}, [])}


def game_data(model: Model) -> Data:
    """The game and its outcomes as plain data."""
    outcomes: Data = {
        name: {player: payoff.text for player, payoff in payoffs.items()}
        for name, payoffs in model.outcomes.items()
    }
    for name, following in model.next.items():
        outcomes[name]["next"] = {state: formula.text for state, formula in following.items()}
    for name in model.ends:
        outcomes[name]["ends"] = "true"
    data: Data = {"game": {name: _node(node) for name, node in model.game.items()}, "outcomes": outcomes}
    if model.rounds is not None:
        data["rounds"] = _rounds(model.rounds)
    return data


def _rounds(rounds: Rounds) -> Data:
    return _present(
        unit=rounds.unit,
        horizon="stationary" if rounds.horizon is None else str(rounds.horizon),
        discount={player: formula.text for player, formula in rounds.discount.items()},
        state={name: _carried(state) for name, state in rounds.state.items()} or None,
        terminal={player: formula.text for player, formula in rounds.terminal.items()} or None,
    )


def _carried(state: Carried) -> Data:
    return _present(
        start=state.start.text,
        grid=None if state.grid is None else [end.text for end in state.grid],
        steps=None if state.grid is None else str(state.steps),
        values=[_number(value) for value in state.values] or None,
    )


def solution_data(solution: Solution) -> Data:
    """The solution's concept and options as plain data."""
    return _present(
        concept=solution.concept,
        precision=None if solution.precision is None else solution.precision.text,
        select=solution.select,
        link=solution.link,
        error=solution.error,
        refinement=solution.refinement,
        amounts=solution.amounts,
    )


def _present(**fields: Any) -> Data:
    return {key.rstrip("_"): value for key, value in fields.items() if value is not None}


def _number(value: float) -> str:
    text = repr(float(value))
    return text.removesuffix(".0")


def _player(player: Player) -> str | Data:
    return {"title": player.title, "many": "true"} if player.many else player.title


def _parameter(parameter: Parameter) -> str | Data:
    known_to = _names(parameter.known_to)
    if known_to is None and parameter.steps is not None:
        known_to = "all"  # steps that count once a premise makes it private
    long = _present(
        value=parameter.value.text,
        unit=parameter.unit,
        about=parameter.about,
        because=list(parameter.because) or None,
        known_to=known_to,
        steps=None if parameter.steps is None else str(parameter.steps),
    )
    return long if len(long) > 1 else parameter.value.text


def _quantity(quantity: Quantity) -> str | Data:
    long = _present(value=quantity.value.text, unit=quantity.unit, about=quantity.about)
    return long if len(long) > 1 else quantity.value.text


def _names(names: tuple[str, ...] | None) -> Any:
    return None if names is None else list(names)


def _node(node: Node) -> Data:
    if isinstance(node, Spread):
        return _present(
            about=node.about,
            chance=node.distribution.text,
            over=None if node.over is None else [end.text for end in node.over],
            steps=None if node.steps == STEPS else str(node.steps),
            known_to=_names(node.known_to),
            then=node.then,
        )
    if isinstance(node, Chance):
        cases = {
            name: {
                "probability": "otherwise" if case.probability is None else case.probability.text,
                "then": case.then,
            }
            for name, case in node.cases.items()
        }
        return _present(about=node.about, known_to=_names(node.known_to), cases=cases)
    return _present(
        about=node.about,
        player=node.player,
        hidden=list(node.hidden) or None,
        known_to=_names(node.known_to),
        information=node.information,
        moves={name: _move(move) for name, move in node.moves.items()},
    )


def _move(move: Move) -> str | Data:
    scale = move.scale
    long = _present(
        range=None if scale is None else [scale.low.text, scale.high.text],
        steps=None if scale is None or scale.steps == STEPS else str(scale.steps),
        then=move.then,
        when=None if move.when is None else move.when.text,
    )
    return long if len(long) > 1 else move.then


def _premise(premise: Premise) -> Data:
    return _present(
        says=premise.says,
        claims=list(premise.claims) or None,
        unstated="true" if premise.unstated else None,
        rival=list(premise.rival) or None,
        without={key: _replacement(value) for key, value in premise.without.items()},
    )


def _replacement(value: Any) -> Any:
    return value.text if isinstance(value, Definition) else value


def _question(question: Question) -> Data:
    return _present(
        name=question.name,
        node=question.node,
        move=question.move,
        event=None if question.event is None else question.event.text,
        amount=None if question.amount is None else question.amount.text,
        given=None if question.given is None else question.given.text,
        above=None if question.above is None else _number(question.above),
        for_=question.player,
        period=None if question.period is None else str(question.period),
        state=None
        if question.state is None
        else {name: _number(value) for name, value in question.state.items()},
    )


def _lever(lever: Lever) -> Data | list[str]:
    if lever.range is not None and lever.values is None and lever.commit is None and lever.cost is None:
        return [_number(value) for value in lever.range]
    return _present(
        range=None if lever.range is None else [_number(value) for value in lever.range],
        set=None if lever.values is None else [_number(value) for value in lever.values],
        commit=None if lever.commit is None else list(lever.commit),
        cost=None if lever.cost is None else lever.cost.text,
    )


# --- text ---------------------------------------------------------------------------------------------------


def write(model: Model) -> str:
    """The text of a model file.

    Returns:
        YAML that `reader.read_text` reads back as an equal model (up to its name).
    """
    lines: list[str] = []
    for key, value in to_data(model).items():
        if isinstance(value, str):
            lines += _entry(key, value, 0)
            continue
        lines += ["", f"{key}:"] if lines else [f"{key}:"]
        lines += _items(value, 2) if isinstance(value, list) else _block(value, 2)
    return "\n".join(lines) + "\n"


def _block(mapping: Mapping[str, Any], indent: int) -> list[str]:
    return [line for key, value in mapping.items() for line in _entry(key, value, indent)]


def _entry(key: str, value: Any, indent: int) -> list[str]:
    """A key and its value: on one line if that fits, else as a block."""
    head = f"{' ' * indent}{scalar(key, flow=False)}:"
    if not isinstance(value, dict | list):
        return [f"{head} {scalar(value, flow=False)}"]
    line = f"{head} {_flow(value)}"
    if len(line) <= WIDTH or not value:
        return [line]
    if isinstance(value, list):
        return [head, *_items(value, indent + 2)]
    return [head, *_block(value, indent + 2)]


def _items(values: Sequence[Any], indent: int) -> list[str]:
    lines: list[str] = []
    for value in values:
        flow = f"{' ' * indent}- {_flow(value)}"
        if len(flow) <= WIDTH or not isinstance(value, dict):
            lines.append(flow)
        else:
            block = _block(value, indent + 2)
            lines += [f"{' ' * indent}- {block[0].lstrip()}", *block[1:]]
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        inner = (f"{scalar(key, flow=True)}: {_flow(item)}" for key, item in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(item) for item in value)}]"
    return scalar(value, flow=True)


_PLAIN = re.compile(r"[\w(.+/-](?:[^\n]*[^\s:])?")
_NULLS = frozenset({"~", "null", "Null", "NULL"})


def scalar(text: str | None, *, flow: bool) -> str:
    """The text as a YAML scalar, quoted only where the parser would read something else."""
    if text is None:
        return "null"
    plain = (
        _PLAIN.fullmatch(text) is not None
        and text.isprintable()
        and not text.startswith(("- ", "---", "..."))
        and text != "-"
        and ": " not in text
        and " #" not in text
        and text not in _NULLS
        and not (flow and any(character in text for character in ",[]{}:?"))
    )
    if plain:
        return text
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=False)
