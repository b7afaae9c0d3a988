"""The report in Chromium: it keeps its policy, fits a phone, follows the theme, prints and sorts."""

import pytest
import sample

from raison.show.report import write_report

WATCH = "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = write_report(tmp_path_factory.mktemp("report") / "report.html", sample.model(), sample.record())
    return path.as_uri()


@pytest.fixture
def visit(browser, address):
    """Opens the report in a window of its own and collects all that the browser complains about."""
    contexts = []

    def go(width=1280, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.add_init_script(WATCH)
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda request: page.complaints.append(request.url))
        page.goto(address)
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_policy_is_kept(visit, scheme):
    page = visit(color_scheme=scheme)
    assert page.complaints == []


def test_a_violation_of_the_policy_would_be_noticed(visit):
    page = visit()
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(50)
    assert "policy: style-src-attr" in page.complaints


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_never_wider_than_the_window(visit, width):
    page = visit(width=width, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = """[...document.querySelectorAll('main *')].filter(
        e => !e.closest('.scroll') && !e.closest('.hidden')
        && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside) == []


def contrast(first, second):
    """Contrast of two colours `rgb(r, g, b)`, WCAG 2.2."""

    def luminance(colour):
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_against_the_paper_of_its_theme(visit, scheme):
    page = visit(color_scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (contrast(paper, "rgb(0, 0, 0)") > 10) == (scheme == "light")
    for selector in (".lead", ".quiet", "a", ".says", ".tag", ".game text", ".share", ".plot text", ".faint"):
        property_ = "fill" if "text" in selector or "share" in selector else "color"
        colours = page.evaluate(
            f"[...new Set([...document.querySelectorAll('{selector}')].map(e => "
            f"getComputedStyle(e).{property_}))]"
        )
        assert colours, selector
        for colour in colours:
            # WCAG AA for text: 4.5 to 1
            assert contrast(paper, colour) >= (3.0 if selector == ".tag" else 4.5), (selector, colour)


def test_a_table_sorts_by_the_column_that_is_clicked(visit):
    page = visit()
    first = "document.querySelector('table.premises tbody th .name').textContent"
    assert page.evaluate(first) == "H5-war-stops"
    button = page.locator("table.premises").first.locator("thead button").nth(1)
    button.click()
    assert page.evaluate(first) == "H5-war-stops"
    button.click()
    assert page.evaluate(first) == "round-is-the-same"
    assert page.complaints == []


def test_the_page_is_complete_without_its_script(visit):
    with_script, without = visit(), visit(java_script_enabled=False)
    assert without.locator("main").inner_text() == with_script.locator("main").inner_text()


def test_it_prints(visit):
    page = visit()
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF-")
    # A scrolling box would cut what does not fit; on paper nothing scrolls.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 672, "height": 950})
    boxes = "[...document.querySelectorAll('.scroll')].map(e => getComputedStyle(e).overflowX)"
    assert set(page.evaluate(boxes)) == {"visible"}
    assert page.evaluate("document.documentElement.scrollWidth") == 672


def test_what_is_folded_is_open_on_paper_even_without_the_script(visit):
    page = visit(java_script_enabled=False)
    # Where nothing but the summary shows, a box is as high as its summary.
    shut = """[...document.querySelectorAll('details')].filter(e => e.getBoundingClientRect().height
        <= e.querySelector('summary').getBoundingClientRect().height + 1).length"""
    count = page.locator("details").count()
    assert count > 4
    assert page.evaluate(shut) == count
    page.emulate_media(media="print")
    assert page.evaluate(shut) == 0


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (1280, "screen"), (672, "print")])
def test_the_drawings_of_premises_share_one_scale_and_one_column(visit, width, media):
    page = visit(width=width, height=740)
    page.emulate_media(media=media)
    ends = """[...document.querySelectorAll('.premises .stem')].map(
        e => [e.getBoundingClientRect().left, e.getBoundingClientRect().width].map(Math.round).join())"""
    found = page.evaluate(ends)
    # the scale and the stem of every premise and of the one set lie on each other
    assert len(found) == 2 * (len(sample.PREMISES) + 1)
    assert len(set(found)) == 1
