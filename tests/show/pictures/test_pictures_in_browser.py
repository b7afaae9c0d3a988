"""Pictures have the colours and letters that Chromium gives the same drawings on the report's page."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

import raison
from raison.show.pictures import style

SHEET = Path(style.__file__).parents[1] / "templates" / "report.css"
READ = """() => [...document.querySelectorAll('path, rect, text, circle, line, polyline')]
  .map(e => { const s = getComputedStyle(e);
    return [e.tagName, s.fill, s.stroke, s.opacity, s.strokeWidth, s.strokeDasharray,
            e.tagName === 'text' ? s.fontSize + ' ' + s.fontWeight : '']; })"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run():
    return raison.gallery("strike-and-answer").run(1_024, compiled=False)


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("what", ["tree", "margin", "premises"])
def test_a_picture_looks_as_on_the_page(browser, run, what, theme):
    drawing = run.picture(what).drawing
    styled = ElementTree.fromstring(drawing)
    style.apply(styled, theme)
    alone = ElementTree.tostring(styled, encoding="unicode").replace("ns0:", "").replace(":ns0", "")
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    page.set_content(f"<style>{SHEET.read_text(encoding='utf-8')}</style><body>{drawing}</body>")
    on_the_page = page.evaluate(READ)
    page.set_content(f"<body>{alone}</body>")
    by_itself = page.evaluate(READ)
    context.close()
    assert len(on_the_page) > 10
    assert by_itself == on_the_page
