"""The JSON Schema of the model language, for editors; `python -m raison.model.schema` writes `schema.json`.

It is made from the table that `build` reads by. It describes what this version can use, and says less than
`raison check`: formulas are text to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from raison.model.distribution import KINDS
from raison.model.keys import CONCEPTS, MAX_STEPS, MOST_STAGES, OPTIONS, SECTIONS, Key
from raison.model.process.records import KINDS as DELAYS
from raison.model.process.records import METHODS

SCHEMA_FILE = Path(__file__).with_name("schema.json")

Fragment = dict[str, Any]

_SCALAR = ["string", "number", "boolean"]
_SHAPES: dict[str, Fragment] = {
    "version": {"enum": [1, "1"]},
    "text": {"type": _SCALAR},
    "name": {"type": _SCALAR},
    "truth": {"type": "boolean"},
    "number": {"type": "number"},
    "whole": {"type": "integer", "minimum": 1, "maximum": 6},
    "period": {"type": "integer", "minimum": 1},
    "horizon": {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "stationary"}]},
    "discount": {"anyOf": [{"type": _SCALAR}, {"type": "object", "additionalProperties": {"type": _SCALAR}}]},
    "steps": {"type": "integer", "minimum": 2, "maximum": MAX_STEPS},
    "letter": {"enum": list("ABCDEF")},
    "formula": {"type": _SCALAR},
    "definition": {
        "type": _SCALAR,
        "examples": [0.3, *(kind.signature for kind in KINDS.values())],
    },
    "names": {"anyOf": [{"type": "array", "items": {"type": _SCALAR}}, {"type": _SCALAR}]},
    "order": {"type": "integer", "minimum": 1, "maximum": MOST_STAGES},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "interval": {"type": "array", "items": {"type": _SCALAR}, "minItems": 2, "maxItems": 2},
    "replacements": {"type": "object", "minProperties": 1},
}
# What may stand for a whole section in short, and what a section needs beyond its needed keys.
_SHORT: dict[str, Fragment] = {
    "player": _SHAPES["text"],
    "parameter": _SHAPES["definition"],
    "quantity": _SHAPES["formula"],
    "include": _SHAPES["name"],
    "move": _SHAPES["name"],
    "input": _SHAPES["formula"],
    "stock": _SHAPES["formula"],
    "lever": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
}
_ONE_OF: dict[str, tuple[tuple[str, ...], ...]] = {
    "player": (("title",), ("name",)),
    "node": (("player", "moves"), ("cases",), ("chance", "then")),
    "correlation": (("between",), ("among",)),
    "question": (("node", "move"), ("event",), ("amount",)),
    "lever": (("range",), ("set",), ("commit",)),
    "output": (("at", "of"), ("max",), ("min",), ("mean",), ("first_time", "otherwise")),
    "state": (("grid",), ("values",)),
}


def make_schema() -> Fragment:
    """The schema, as JSON data."""
    sections = {name: _section(name) for name in SECTIONS if name != "model"}
    sections["outcome"] |= {"additionalProperties": _SHAPES["formula"]}
    sections["levers"] = {"type": "object", "additionalProperties": {"$ref": "#/$defs/lever"}}
    for option, choices in {"concept": tuple(CONCEPTS), **OPTIONS}.items():
        sections["solution"]["properties"][option]["enum"] = list(choices)
    sections["time"]["properties"]["method"]["enum"] = list(METHODS)
    sections["delay"]["properties"]["kind"]["enum"] = list(DELAYS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A model for raison",
        **_section("model"),
        "$defs": sections,
    }


def schema_text() -> str:
    """The text of `schema.json`."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


def _section(name: str) -> Fragment:
    keys = SECTIONS[name]
    mapping: Fragment = {
        "type": "object",
        "properties": {key: _property(rule) for key, rule in keys.items()},
        "additionalProperties": False,
    }
    needed = [key for key, rule in keys.items() if rule.needed]
    if needed:
        mapping["required"] = needed
    if name in _ONE_OF:
        mapping["oneOf"] = [{"required": list(together)} for together in _ONE_OF[name]]
    return {"anyOf": [_SHORT[name], mapping]} if name in _SHORT else mapping


def _property(rule: Key) -> Fragment:
    return {"description": rule.about, **_value(rule.shape)}


def _value(shape: str) -> Fragment:
    # An empty section is null in YAML, and counts as missing.
    if shape.endswith("*"):
        return {"type": ["object", "null"], "additionalProperties": _one(shape[:-1])}
    if shape.endswith("[]"):
        return {"type": ["array", "null"], "items": _one(shape[:-2])}
    return _one(shape)


def _one(shape: str) -> Fragment:
    return dict(_SHAPES[shape]) if shape in _SHAPES else {"$ref": f"#/$defs/{shape}"}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    print(SCHEMA_FILE)
