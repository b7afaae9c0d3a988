"""The keys of a model file, described once: `build` reads by this table, the JSON Schema is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section.

    Attributes:
        about: What it holds, for editors.
        shape: How its value is written: `text`, `truth`, `number`, `whole`, `steps`, `letter`, `formula`,
            `definition`, `name`, `names`, `numbers`, `order`, `interval`, or the name of another section,
            with `*` for a mapping of names to it and `[]` for a list of it.
        needed: Whether the section is incomplete without it.
    """

    about: str
    shape: str = "text"
    needed: bool = False


SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "model": {
        "raison": Key("Version of the model language: 1.", "version", needed=True),
        "title": Key("The question that the model is about, in one line.", needed=True),
        "about": Key("What the model is, after whom, and what it leaves out."),
        "beliefs": Key(
            "true: the distributions are beliefs, so that shares of draws are probabilities.", "truth"
        ),
        "players": Key("Who moves or is paid: name and title.", "player*"),
        "parameters": Key("Numbers that are fixed, or uncertain with a distribution.", "parameter*"),
        "correlations": Key("Rank correlations between uncertain parameters.", "correlation[]"),
        "functions": Key("Named formulas with arguments: 'name(x, y): formula'.", "formula*"),
        "quantities": Key("Named formulas.", "quantity*"),
        "game": Key("Decisions and chance nodes; the root is the one that nothing points to.", "node*"),
        "outcomes": Key("What each ending of the game pays each player.", "outcome*"),
        "premises": Key("What the argument rests on, and what holds without it.", "premise*"),
        "sets": Key("Premises that are removed together, by name.", "set*"),
        "claims": Key("What somebody said.", "claim*"),
        "sources": Key("Where it was said.", "source*"),
        "questions": Key("What is asked of each draw.", "question[]"),
        "levers": Key("What each player can set: parameters and commitments.", "levers*"),
        "solution": Key("How the game is solved.", "solution"),
        "processes": Key(
            "Stock-and-flow models, called in formulas as 'name(input=...).output'.", "process*"
        ),
        "rounds": Key("A game that is played again, with state carried over.", "rounds"),
        "include": Key(
            "Mechanisms taken in: a prefix and the mechanism; its names become 'prefix.name'.", "include*"
        ),
    },
    "include": {
        "from": Key(
            "A mechanism that ships with raison, as in mechanisms/face, or a file in the model's folder.",
            "name",
            needed=True,
        ),
        "with": Key("Parameters of the mechanism that are formulas of this model.", "formula*"),
        "premises": Key("The premises that come along; all if left out.", "names"),
    },
    "player": {
        "title": Key("Who this is, in words."),
        "name": Key("The same as 'title'."),
        "many": Key("true: a continuum of identical members, each with private types of his own.", "truth"),
    },
    "parameter": {
        "value": Key("A number, or a distribution such as uniform(0, 1).", "definition", needed=True),
        "unit": Key("Unit, or a label such as 'share of the prize'."),
        "about": Key("What it is."),
        "because": Key("The claims that its value rests on.", "names"),
        "known_to": Key("The players that know it, for a private type; or all.", "names"),
        "steps": Key("How finely a private type is cut.", "steps"),
    },
    "quantity": {
        "value": Key("A formula of parameters, functions and other quantities.", "formula", needed=True),
        "unit": Key("Unit, or a label."),
        "about": Key("What it is."),
    },
    "correlation": {
        "between": Key("Two uncertain parameters.", "names"),
        "among": Key("Two or more uncertain parameters, each correlated with each.", "names"),
        "rank": Key("Spearman rank correlation, from -1 to 1.", "number", needed=True),
    },
    "node": {
        "player": Key("Who moves here.", "name"),
        "moves": Key("What the player can do: the move's name and the node or outcome it leads to.", "move*"),
        "cases": Key("What chance can do here.", "case*"),
        "about": Key("What happens here."),
        "hidden": Key("Earlier nodes whose results the player does not see here.", "names"),
        "known_to": Key("Who sees the result from then on, besides the mover; or all.", "names"),
        "information": Key(
            "Decisions of one player with the same label here are one information set.", "name"
        ),
        "chance": Key("The distribution that chance draws a number from.", "definition"),
        "over": Key("The lowest and highest value between which chance is cut.", "interval"),
        "steps": Key("How finely it is cut.", "steps"),
        "then": Key("The node or outcome that follows a chance draw from a distribution.", "name"),
    },
    "move": {
        "then": Key("The node or outcome that follows.", "name", needed=True),
        "when": Key("The move is available where this is true.", "formula"),
        "range": Key("Lowest and highest value of a move on a scale.", "interval"),
        "steps": Key("How finely the scale is cut.", "steps"),
    },
    "case": {
        "probability": Key(
            "Its probability, or 'otherwise' for what the other cases leave.", "formula", needed=True
        ),
        "then": Key("The node or outcome that follows.", "name", needed=True),
    },
    "outcome": {
        "next": Key("The state in the next round, by name; what is not named stays.", "formula*"),
        "ends": Key("true: the rounds end here.", "truth"),
    },
    "rounds": {
        "horizon": Key("Number of periods, or 'stationary'.", "horizon", needed=True),
        "discount": Key(
            "How much the next period's worth counts in this one, for all or by player.",
            "discount",
            needed=True,
        ),
        "state": Key("What is carried over from period to period.", "state*"),
        "terminal": Key("By player, what the state is worth after the last period.", "formula*"),
        "unit": Key("What a period is, such as month."),
    },
    "state": {
        "start": Key("Its value in the first period.", "formula", needed=True),
        "grid": Key("Its lowest and highest value.", "interval"),
        "steps": Key("How finely the grid is cut.", "steps"),
        "values": Key("The values that it can have.", "numbers"),
    },
    "set": {
        "premises": Key("The premises, two or more.", "names", needed=True),
        "says": Key("What they state together.", needed=True),
    },
    "premise": {
        "says": Key("The statement.", needed=True),
        "claims": Key("The claims that make it.", "names"),
        "without": Key(
            "What holds if the premise does not: a name and its number, distribution or formula, or a "
            "dotted path into game, outcomes, solution or processes and what stands there instead.",
            "replacements",
            needed=True,
        ),
        "unstated": Key("true: the source does not state it.", "truth"),
        "rival": Key("Premises that contradict it.", "names"),
    },
    "claim": {
        "says": Key("What was said, in the project's own words.", needed=True),
        "source": Key("Where it was said: a name under 'sources'.", "name", needed=True),
        "at": Key("The place in the source: page or paragraph."),
        "credibility": Key("Admiralty scale, 1 (confirmed) to 6 (cannot be judged).", "whole"),
        "said": Key("Date on which it was said."),
    },
    "source": {
        "title": Key("Its title.", needed=True),
        "author": Key("Who wrote it."),
        "kind": Key("Article, book, commentary, data, ..."),
        "reliability": Key("Admiralty scale, A (reliable) to F (cannot be judged).", "letter"),
        "date": Key("Date of publication."),
        "url": Key("Address."),
    },
    "question": {
        "name": Key("What to call the question."),
        "node": Key("Where the move is made.", "name"),
        "move": Key("Is this move made at the node?", "name"),
        "event": Key("With what probability is this true along play?", "formula"),
        "amount": Key("What is this number along play, on average?", "formula"),
        "given": Key("Asked only where this is true.", "formula"),
        "above": Key("Ask whether the number is greater than this.", "number"),
        "for": Key("Is the move, for this player's payoff, at least as good as every other?", "name"),
        "period": Key("The round that is asked about.", "period"),
        "state": Key("The state that is asked about: name and value.", "number*"),
    },
    "lever": {
        "range": Key("Lowest and highest value that the player can set.", "numbers"),
        "set": Key("The values that the player can set.", "numbers"),
        "commit": Key("The moves that the player can commit to at this node.", "names"),
        "cost": Key("What it costs the player.", "formula"),
    },
    "solution": {
        "concept": Key(
            "How the game is solved; subgame-perfect if left out, or sequential where something is hidden.",
            "name",
        ),
        "precision": Key("Of logit: in units of the payoff range; the limit if left out.", "formula"),
        "select": Key(
            "Of sequential and nash: the equilibrium that is played where there are several.", "name"
        ),
        "link": Key("Of strategic-choice: the distribution of the errors.", "name"),
        "error": Key("Of strategic-choice: who errs about what.", "name"),
        "refinement": Key("Of sequential: which beliefs off the path are allowed.", "name"),
        "amounts": Key(
            "Of sequential: stepped, or refined: the best amount lies between the steps of its scale.", "name"
        ),
    },
    "process": {
        "about": Key("What it models, and after whom."),
        "inputs": Key("What a call can set.", "input*"),
        "time": Key("Unit of time, step, horizon and method.", "time", needed=True),
        "stocks": Key("What accumulates.", "stock*"),
        "flows": Key("What moves from one stock to another, per unit of time.", "flow*"),
        "delays": Key("What moves and takes its time.", "delay*"),
        "sinks": Key("Where things may end up that no stock counts.", "names"),
        "quantities": Key("Named formulas inside the process.", "quantity*"),
        "events": Key("Amounts that move at once, at a time.", "event*"),
        "noise": Key("Numbers that are drawn anew every so often.", "noise*"),
        "outputs": Key("What a call can ask for.", "output*", needed=True),
    },
    "time": {
        "unit": Key("Unit of time, as in month."),
        "step": Key("Time step, which divides the horizon.", "formula", needed=True),
        "horizon": Key("When the process ends; it starts at 0.", "formula", needed=True),
        "method": Key("How it goes from step to step; euler if left out.", "name"),
    },
    "input": {
        "default": Key("Its value where a call does not give it.", "formula"),
        "unit": Key("Unit, or a label; a plain number passed has this unit."),
        "about": Key("What it is."),
    },
    "stock": {
        "start": Key("What is in it at the start.", "formula", needed=True),
        "unit": Key("Unit, or a label."),
        "about": Key("What it is."),
        "negative": Key("true: it may fall below zero, and caps nothing that leaves it.", "truth"),
    },
    "flow": {
        "from": Key("The stock that it leaves; left out if it comes from outside.", "name"),
        "to": Key("The stock or sink that it enters.", "name", needed=True),
        "rate": Key("The wished amount per unit of time; the stock caps it.", "formula", needed=True),
        "about": Key("What it is."),
    },
    "delay": {
        "from": Key("The stock that it leaves; left out if it comes from outside.", "name"),
        "to": Key("The stock or sink in which it comes out.", "name", needed=True),
        "rate": Key("The wished inflow per unit of time; the stock caps it.", "formula", needed=True),
        "takes": Key("How long it takes.", "formula", needed=True),
        "kind": Key(
            "exact: the same time for all, fixed at the start; erlang: a mean time, with 'order'.", "name"
        ),
        "order": Key("Number of stages of an Erlang delay.", "order"),
        "start": Key("What is inside at the start.", "formula"),
        "about": Key("What it is."),
    },
    "event": {
        "at": Key("When it happens: at the first time step from then on.", "formula", needed=True),
        "amount": Key("How much moves at once; the stock caps it.", "formula", needed=True),
        "from": Key("The stock that it leaves; left out if it comes from outside.", "name"),
        "to": Key("The stock or sink that it enters.", "name", needed=True),
        "about": Key("What it is."),
    },
    "noise": {
        "value": Key("The distribution that it is drawn from.", "definition", needed=True),
        "seed": Key("A number; the same seed gives the same noise.", "formula", needed=True),
        "every": Key("For how long each number stays; one time step if left out.", "formula"),
        "unit": Key("Unit, or a label."),
        "about": Key("What it is."),
    },
    "output": {
        "at": Key("'end', or a formula: when 'of' is read.", "formula"),
        "of": Key("What is read at that time.", "formula"),
        "max": Key("Its largest value over time.", "formula"),
        "min": Key("Its smallest value over time.", "formula"),
        "mean": Key("Its mean over time.", "formula"),
        "first_time": Key("When this condition is first true.", "formula"),
        "otherwise": Key("Instead of the first time, where the condition is never true.", "formula"),
        "about": Key("What it is."),
    },
}
"""Every section of a model file and its keys."""

CONCEPTS: Mapping[str, tuple[str, ...]] = {
    "subgame-perfect": (),
    "logit": ("precision",),
    "sequential": ("select", "refinement", "amounts"),
    "nash": ("select",),
    "strategic-choice": ("link", "error"),
}
"""Solution concepts with the options that each has."""

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "select": ("logit-limit",),
    "link": ("probit", "logit"),
    "error": ("agent", "private"),
    "refinement": ("intuitive", "d1"),
    "amounts": ("stepped", "refined"),
}
"""What each option of a solution can be; `precision` is a formula."""

MOST_STAGES = 100
"""The most stages of an Erlang delay."""

MAX_STEPS = 100_000
"""The most steps that an amount may be cut into; the fewest are 2."""

PATH_ROOTS = ("game", "outcomes", "solution", "processes", "rounds")
"""Where a dotted path in `without` may begin."""

KNOWN_TO = ".known_to"


def is_known_to(key: str) -> bool:
    """Whether a key under `without` is `NAME.known_to`, and so says who knows a parameter."""
    return key.endswith(KNOWN_TO) and key.partition(".")[0] not in PATH_ROOTS


RESERVED = frozenset({"outcome", "ended", "period", "periods", "otherwise", "all", "next", "ends", "about"})
"""Names that a parameter, quantity, function, node or player cannot have."""


MAX_COMPARED = 500  # names that a misspelt one is compared with; each comparison costs 20 microseconds


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelled most like `name`, or None if none is near."""
    by_lower = {choice.lower(): choice for choice in reversed(list(islice(known, MAX_COMPARED)))}
    close = get_close_matches(name[:100].lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'audience_cost'?`, or the empty text."""
    close = nearest(name, known)
    return f"; did you mean '{close}'?" if close is not None else ""
