"""Texts of a model meant as markup, script or a spreadsheet's formula stay texts in the live page."""

import json
import re

import pytest
import yaml

from raison import load
from raison.show.live.page import as_json
from raison.show.live.program import functions_of
from raison.solve.javascript.printed import print_model

EVIL = "</script><script>document.title='caught'</script><img src=x onerror=\"document.title='caught'\">"
FORMULA = '=HYPERLINK("http://example.org")'
QUOTES = "`${document.title='caught'}` // alert(1) \\ -->"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    data = {
        "raison": 1,
        "title": f"Hostile {EVIL}",
        "players": {"one": EVIL, "constructor": QUOTES},
        "parameters": {
            "p": {"value": "uniform(0, 1)", "unit": EVIL, "about": QUOTES},
            "hasOwnProperty": {"value": "uniform(0, 1)", "about": EVIL},
            "toString": {"value": f"choice('{FORMULA}', 1, 'plain', 2)".replace('"', "")},
        },
        "game": {
            "opening": {"player": "one", "moves": {EVIL: "end_a", FORMULA: "end_b", QUOTES: "end_c"}},
        },
        "outcomes": {
            "end_a": {"one": "p", "constructor": 0},
            "end_b": {"one": "hasOwnProperty", "constructor": 0},
            "end_c": {"one": "0.4 if toString == 'plain' else 0.6", "constructor": 0},
        },
        "premises": {"p-is-large": {"says": EVIL, "without": {"p": 0.1}}},
        "questions": [{"node": "opening", "move": EVIL, "name": QUOTES}],
    }
    path = tmp_path_factory.mktemp("hostile") / "hostile.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return load(path)


def test_no_text_of_the_model_is_in_the_script(model):
    text = functions_of(print_model(model.program))
    assert "caught" not in text
    assert "example" not in text
    for name in ("hasOwnProperty", "toString", "constructor", "opening", "end_a"):
        assert name not in text
    # numbers, numbered names, functions and operators: nothing else
    assert re.fullmatch(r"[\w\s.,;:?!=<>&|+\-*/%()\[\]{}]*", text)


def test_data_that_end_the_element_are_written_otherwise():
    text = as_json({"a": EVIL, "b": "\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": EVIL, "b": "\u2028&"}


@pytest.mark.browser
def test_the_page_shows_hostile_texts_as_they_are(model, browser, tmp_path):
    path = model.run(draws=256, removals=()).report(tmp_path / "report.html")
    page = browser.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(path.as_uri())
    for _ in range(200):
        if page.evaluate("Boolean(raisonPlay.page.answered)"):
            break
        page.wait_for_timeout(50)
    page.get_by_role("switch").first.uncheck()
    page.locator("#play-view").select_option(index=1)
    page.wait_for_timeout(500)
    assert complaints == []
    assert page.title().startswith("Hostile </script>")
    assert page.locator("#play img, #play script").count() == 0
    assert EVIL in page.locator("#play .legend").inner_text()
    table = page.evaluate("mapTable(raisonPlay.page.map).split('\\r\\n')[0]")
    assert "'=HYPERLINK" in table
    assert ",=HYPERLINK" not in table
    page.close()
