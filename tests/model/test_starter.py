"""The model that a newcomer starts from."""

import pytest

from raison.model.reader import read_text
from raison.model.starter import starter
from raison.model.writer import write


@pytest.mark.parametrize("name", ["crisis", "it's: a #1 {test}", "", "two\nlines", "é" * 50])
def test_the_starter_passes_the_check_without_a_word(name):
    reading = read_text(starter(name), "new.yaml")
    assert reading.problems == ()
    assert reading.model is not None
    assert reading.model.title.startswith("Is it rational to challenge?")
    assert read_text(write(reading.model), "new.yaml").model == reading.model


def test_the_starter_explains_every_section_it_has():
    lines = starter("x").split("\n")
    for section in (
        "players:",
        "parameters:",
        "functions:",
        "quantities:",
        "game:",
        "outcomes:",
        "premises:",
    ):
        (line,) = [line for line in lines if line.startswith(section)]
        assert "#" in line
