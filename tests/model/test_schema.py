"""The JSON Schema is up to date, describes every key, and agrees with the reader where it can."""

import re
from pathlib import Path

import jsonschema
import pytest

from raison.model import document
from raison.model.keys import SECTIONS
from raison.model.schema import SCHEMA_FILE, make_schema, schema_text
from raison.model.starter import starter

GALLERY = Path(__file__).parents[2] / "src" / "raison" / "gallery"
SOUND = Path(__file__).with_name("sound.yaml").read_text(encoding="utf-8")
SECRET = Path(__file__).with_name("secret.yaml").read_text(encoding="utf-8")
VALIDATOR = jsonschema.Draft202012Validator(make_schema())


def typed(data):
    """Plain data as an editor's YAML 1.2 sees it: numbers and truths are not text."""
    if isinstance(data, dict):
        return {key: typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [typed(item) for item in data]
    if isinstance(data, str) and re.fullmatch(r"[-+]?\d+", data):
        return int(data)
    if isinstance(data, str) and re.fullmatch(r"[-+]?(\d+\.\d*|\.\d+)([eE][-+]?\d+)?", data):
        return float(data)
    return data == "true" if data in ("true", "false") else data


def test_the_shipped_file_is_up_to_date():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run python -m raison.model.schema"


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(make_schema())


def test_every_key_is_described():
    schema = make_schema()
    for name, keys in SECTIONS.items():
        if name == "outcome":
            continue
        section = schema if name == "model" else schema["$defs"][name]
        properties = section.get("properties") or section["anyOf"][1]["properties"]
        assert set(properties) == set(keys)
        assert all(
            value["description"].endswith(".") or "?" in value["description"] for value in properties.values()
        )


@pytest.mark.parametrize("path", sorted(GALLERY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_models_of_the_gallery_are_valid(path):
    VALIDATOR.validate(typed(document.parse(path.read_text(encoding="utf-8")).data))


@pytest.mark.parametrize("text", [SOUND, SECRET, starter("a model")], ids=["sound", "secret", "starter"])
def test_sound_models_are_valid(text):
    VALIDATOR.validate(typed(document.parse(text).data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("raison: 1", "raison: 2", id="version"),
        pytest.param("source: thread, ", "", id="claim without source"),
        pytest.param("credibility: 3", "credibility: 7", id="credibility"),
        pytest.param("reliability: C", "reliability: G", id="reliability"),
        pytest.param("rank: 0.3", "rank: high", id="rank"),
        pytest.param("amount: fight_value", "amont: fight_value", id="unknown key"),
        pytest.param("amount: fight_value", "amount: fight_value, event: a > b", id="two kinds"),
        pytest.param("player: defender\n", "about: x\n", id="node without player"),
    ],
)
def test_faults_of_shape_are_not_valid(old, new):
    assert old in SOUND
    assert not VALIDATOR.is_valid(typed(document.parse(SOUND.replace(old, new)).data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("steps: 51", "steps: 1", id="too few steps"),
        pytest.param("range: [0, top]", "range: [0, top, 3]", id="three ends"),
        pytest.param("over: [-1, 3]", "over: 3", id="one end"),
        pytest.param('chance: "normal(worth, noise)"', "cases: {}, chance: x", id="two kinds of chance"),
        pytest.param("then: opening}", "player: buyer}", id="chance without what follows"),
        pytest.param("many: true", "many: 3", id="many"),
        pytest.param("concept: sequential", "concept: sequel", id="concept"),
        pytest.param("refinement: d1", "refinement: d3", id="refinement"),
    ],
)
def test_faults_of_shape_in_what_is_hidden_are_not_valid(old, new):
    assert old in SECRET
    assert not VALIDATOR.is_valid(typed(document.parse(SECRET.replace(old, new)).data))
