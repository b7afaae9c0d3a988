"""Charts: one plot for each answer, with units, themed, and with nothing that a policy forbids."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import sample

from raison.answer.records import Histogram
from raison.show import charts, svg


@pytest.fixture(scope="module")
def drawn():
    return charts.draw_charts(sample.model(), sample.record())


def every(drawn):
    return [
        *drawn.margins.values(),
        *drawn.amounts.values(),
        *drawn.parameters.values(),
    ]


def texts(plot):
    return [element.text for element in ElementTree.fromstring(plot).iter("text")]


def test_each_answer_and_each_drawn_parameter_has_its_plot(drawn):
    assert set(drawn.margins) == {0, 1, 4}
    assert set(drawn.amounts) == {2}
    assert set(drawn.parameters) == set(sample.UNCERTAIN)


def test_a_plot_shows_its_own_data(drawn):
    assert texts(drawn.parameters["end_cost"])[-1] == "10"
    assert "0.8" in texts(drawn.parameters["core_weight"])


def test_axis_titles_name_units(drawn):
    said = " ".join(texts(drawn.margins[0]))
    assert "payoff of “strike” less that of the best other move (units of the leader's payoff)" in said
    assert "share of draws" in said
    assert "he holds on (chance to stay)" in texts(drawn.amounts[2])


def test_plots_have_titles_and_ids_of_their_own(drawn):
    ids = [i for plot in every(drawn) for i in re.findall(r'\bid="([^"]+)"', plot)]
    assert len(ids) == len(set(ids)) == 2 * len(every(drawn))
    labelled = [
        i
        for plot in every(drawn)
        for group in re.findall(r'aria-labelledby="([^"]+)"', plot)
        for i in group.split()
    ]
    assert sorted(labelled) == sorted(ids)


def test_plots_have_no_style_no_font_no_background_and_no_colour_of_their_own(drawn):
    for plot in every(drawn):
        assert "style=" not in plot
        assert "font-family" not in plot
        assert "url(" not in plot
        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', plot))
        assert colours <= {*svg.COLOURS.values(), "none", "transparent"}


def test_a_choice_and_a_run_without_anything_to_draw_need_no_renderer():
    record = sample.record().model_copy(update={"questions": (), "parameters": (), "removals": ()})
    assert charts.draw_charts(sample.model(), record) == charts.Charts()


def test_a_single_plot_is_found_as_well():
    parameters = tuple(p for p in sample.record().parameters if p.name == "theta")
    record = sample.record().model_copy(update={"questions": (), "parameters": parameters})
    assert set(charts.draw_charts(sample.model(), record).parameters) == {"theta"}


def test_uneven_bins_are_drawn_as_densities():
    uneven = Histogram(edges=(0.0, 1.0, 3.0, 4.0), counts=(10, 20, 5))
    question = sample.record().questions[0].model_copy(update={"margin_histogram": uneven})
    record = sample.record().model_copy(update={"questions": (question,), "parameters": (), "removals": ()})
    assert "density of draws" in texts(charts.draw_charts(sample.model(), record).margins[0])


def test_styles_and_ids_of_a_picture_are_rewritten():
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g class="concat_0_group"><g><clipPath id="clip0"/>'
        '<path style="fill: #040404; opacity: 0.5" clip-path="url(#clip0)"/></g></g></svg>'
    )
    (plot,) = svg.cut(picture, [svg.Frame("t", "d", 10, 10)], id_prefix="x")
    assert 'id="x-0-clip0"' in plot
    assert 'clip-path="url(#x-0-clip0)"' in plot
    assert 'fill="var(--accent)"' in plot
    assert "style" not in plot


def test_a_picture_with_too_few_plots_is_refused():
    with pytest.raises(ValueError, match="one plot for each of 1 frames; it has 0"):
        svg.cut('<svg xmlns="http://www.w3.org/2000/svg"/>', [svg.Frame("t", "d", 1, 1)])


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = (
        "import sys, raison.show.report, raison.show.terminal, raison.show.charts;"
        "print([m for m in ('altair', 'vl_convert', 'jinja2', 'rich', 'numpy', 'jax') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
