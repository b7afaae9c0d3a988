"""The live page as a reader has it: opened from a file, moved, shared, saved, printed."""

import json
import re
import textwrap
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import raison
from raison.program.world import World
from raison.show.live.draws import world_of
from raison.solve.game import played_once
from raison.solve.questions import ask

pytestmark = pytest.mark.browser

DRAWS = 1024
WATCH = "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
SETTLED = "raisonPlay.page.answered?.move === raisonPlay.page.moves && !raisonPlay.page.frame"


def until(page, condition):
    """Waits for a condition by asking for it: the page's policy forbids to put a waiting function in."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {condition}")


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Addresses of reports on models of the gallery, or in files, each made once."""
    made = {}

    def address(name):
        if name not in made:
            model = raison.load(name) if isinstance(name, Path) else raison.gallery(name)
            run = model.run(draws=DRAWS, removals=())
            path = run.report(tmp_path_factory.mktemp("live") / "report.html")
            made[name] = path.as_uri()
        return made[name]

    return address


@pytest.fixture
def visit(browser, reports):
    """Opens a model's report and waits until everything is told."""
    contexts = []

    def go(name="strike-and-answer", fragment="", before=None, width=1280, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.add_init_script(WATCH)
        if before:
            page.add_init_script(before)
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(reports(name) + fragment)
        until(page, SETTLED)
        return page

    yield go
    for context in contexts:
        assert all(page.complaints == [] for page in context.pages)
        context.close()


def settle(page):
    """Waits for the answers to what was just set."""
    page.evaluate("raisonPlay.page.schedule()")
    until(page, SETTLED)


def told(page):
    """The answers to all questions, as the page has them."""
    return page.evaluate("raisonPlay.page.answered.answers.map(a => a.mean)")


def shares(name, without=(), held=None, bound=None, count=DRAWS):
    """What Python says of the same draws: of each question the mean of its number."""
    program = raison.gallery(name).program
    cube = world_of(program, seed=1, design="sobol", draws=DRAWS, count=count).inputs[0]
    switches = np.array([premise in without for premise in program.switches.numeric])
    chosen = {parameter: np.full(count, float(value)) for parameter, value in (held or {}).items()}
    moves = {node: np.full(count, move) for node, move in (bound or {}).items()}
    with np.errstate(all="ignore"):
        world = World(program, cube, switches, chosen, hold=lambda nest: nest, committed=moves)
        world.check_definitions()
        game = played_once(world, count)
        found = []
        for question in program.model.questions:
            answer = ask(game, world, question)
            fits = np.broadcast_to(np.asarray(answer.applies), (count,)) & (world.status(count) == 0)
            found.append(np.broadcast_to(np.asarray(answer.number), (count,))[fits].mean())
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_from_a_file_within_its_policy_and_its_workers_work(visit, scheme):
    page = visit(color_scheme=scheme)
    assert page.url.startswith("file://")
    assert page.locator("#play").is_visible()
    assert page.evaluate("raisonPlay.page.office.desk") is None
    until(page, "raisonPlay.page.map.found.nx === 100 && !raisonPlay.page.map.isFirst")


def test_where_no_worker_is_allowed_the_page_works_alone(visit):
    page = visit(before="window.Worker = class { constructor() { throw new Error('none'); } }")
    assert page.evaluate("raisonPlay.page.office.desk !== null")
    assert told(page) == pytest.approx(shares("strike-and-answer"), abs=1e-12)


def test_as_opened_it_says_what_a_run_of_these_draws_says(visit):
    page = visit()
    run = raison.gallery("strike-and-answer").run(draws=DRAWS, removals=())
    wanted = [v.mean if v.share is None else v.share for v in run.verdicts]
    assert told(page) == pytest.approx(wanted, abs=1e-12)
    error = page.evaluate("raisonPlay.page.answered.answers[0].error")
    assert error == pytest.approx(run.verdicts[0].standard_error, rel=1e-9)
    assert "As in the run" in page.locator("#play .lead").inner_text()


def test_a_slider_sets_a_parameter_in_every_draw(visit):
    page = visit()
    page.evaluate("document.querySelectorAll('#play details').forEach(fold => fold.open = true)")
    name = "ruin_cost"
    slider = page.locator("#play").get_by_label(re.compile(f"^{name}"))
    slider.evaluate("e => { e.value = 700; e.dispatchEvent(new Event('input', {bubbles: true})); }")
    settle(page)
    place = page.evaluate(f"raisonPlay.page.data.parameters.findIndex(p => p.name === '{name}')")
    low, high = page.evaluate(f"raisonPlay.page.data.parameters[{place}].range")
    value = low + (high - low) * 0.7
    assert told(page) == pytest.approx(shares("strike-and-answer", held={name: value}), abs=1e-12)
    assert told(page) != pytest.approx(shares("strike-and-answer"), abs=1e-3)
    page.get_by_label(f"Let go of {name}").click()
    settle(page)
    assert told(page) == pytest.approx(shares("strike-and-answer"), abs=1e-12)


def test_what_a_reader_has_opened_stays_open_when_it_is_known_what_matters_most(visit):
    """The groups are made anew then, as slow machines show: under the hand of whoever was quicker."""
    page = visit()
    page.evaluate("document.querySelectorAll('#play details').forEach(fold => fold.open = true)")
    page.evaluate("document.querySelector('#play .premises-group').open = false")
    slider = page.locator("#play .control input[type=range]").first
    slider.focus()
    name = slider.get_attribute("id")
    page.evaluate("raisonPlay.page.weigh()")
    settle(page)
    page.wait_for_timeout(300)
    folds = page.evaluate(
        "[...document.querySelectorAll('#play .group')].map(f => [f.dataset.title, f.open])"
    )
    assert len(folds) > 2
    assert all(is_open == (title != "Premises") for title, is_open in folds)
    assert page.evaluate("document.activeElement.id") == name


def test_a_slider_moves_with_the_keyboard(visit):
    page = visit()
    slider = page.locator("#play .control input[type=range]").first
    slider.focus()
    before = page.evaluate("raisonPlay.page.settings.held.size")
    slider.press("ArrowRight")
    until(page, f"raisonPlay.page.settings.held.size === {before + 1}")
    settle(page)
    assert "not set" not in slider.get_attribute("aria-valuetext")


def test_premises_are_dropped_and_taken_up_again(visit):
    page = visit()
    premises = page.evaluate("raisonPlay.page.data.premises.map(p => p.name)")
    for name in premises:
        page.get_by_role("switch", name=name).uncheck()
        settle(page)
        assert told(page) == pytest.approx(shares("strike-and-answer", without=[name]), abs=1e-12), name
        page.get_by_role("switch", name=name).check()
    settle(page)
    assert told(page) == pytest.approx(shares("strike-and-answer"), abs=1e-12)


@pytest.mark.slow
def test_a_premise_that_rewrites_the_model_is_greyed_and_says_so(visit):
    page = visit("mobilisation-pipeline")
    switch = page.get_by_role("switch", name="training-takes-time")
    assert switch.is_disabled()
    assert "rewrites the model" in page.locator(".premise.grey").first.inner_text()


@pytest.mark.slow
def test_a_player_can_be_bound(visit):
    page = visit("kremlin-2022")
    program = raison.gallery("kremlin-2022").program
    moves = list(program.model.game["reply"].moves)
    page.get_by_label("reply is bound to").select_option("limited")
    settle(page)
    count = page.evaluate("raisonPlay.page.data.draws")  # fewer than the run's: a large model has less room
    wanted = shares("kremlin-2022", bound={"reply": moves.index("limited")}, count=count)
    assert told(page) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def test_what_players_expect_is_less_what_their_levers_cost(visit, tmp_path):
    path = tmp_path / "wall.yaml"
    path.write_text(
        textwrap.dedent("""
            raison: 1
            title: Is the wall worth its price?
            players: {raider: The raider, town: The town}
            parameters: {loot: "uniform(0, 1)", wall: "uniform(0, 1)", watch: 0.1}
            game: {start: {player: raider, moves: {raid: raided, leave: left}}}
            outcomes: {raided: {raider: loot - wall, town: -loot}, left: {raider: 0, town: 0}}
            questions: [{node: start, move: raid}]
            levers:
              town: {wall: {range: [0, 1], cost: wall ** 2 / 4}, watch: {range: [0, 1], cost: watch / 2}}
            premises: {there-is-loot: {says: There is loot., without: {loot: 0}}}
        """),
        "utf-8",
    )
    page = visit(path)
    cube = world_of(raison.load(path).program, seed=1, design="sobol", draws=DRAWS, count=DRAWS).inputs[0]

    def expected(loot, wall):
        raid = loot >= wall
        return [np.where(raid, loot - wall, 0).mean(), np.mean(np.where(raid, -loot, 0) - wall**2 / 4 - 0.05)]

    assert page.evaluate("raisonPlay.page.answered.expected") == pytest.approx(expected(*cube), rel=1e-12)
    page.evaluate("raisonPlay.page.hold([[1, 0.75]])")
    settle(page)
    wanted = expected(cube[0], np.full(DRAWS, 0.75))
    assert page.evaluate("raisonPlay.page.answered.expected") == pytest.approx(wanted, rel=1e-12)
    assert page.evaluate("raisonPlay.page.plain") == pytest.approx(expected(*cube), rel=1e-12)
    page.get_by_text("What each player expects, here and as in the run").click()
    row = page.get_by_role("row", name="The town").last
    cells = [float(cell.replace("−", "-")) for cell in row.locator("td").all_inner_texts()]
    gained = wanted[1] - expected(*cube)[1]
    assert cells == pytest.approx([wanted[1], expected(*cube)[1], gained], rel=1e-2)


@pytest.mark.slow
def test_the_tree_shows_the_choices_at_the_point(visit):
    page = visit("kremlin-2022")
    solved = raison.gallery("kremlin-2022").solve()
    chosen = page.evaluate(
        "[...document.querySelectorAll('#play .branch.chosen')]"
        ".map(group => [+group.dataset.node, +group.dataset.branch])"
    )
    model = raison.gallery("kremlin-2022").record
    names = {
        list(model.game)[node]: list(model.game[list(model.game)[node]].moves)[branch]
        for node, branch in chosen
    }
    wanted = {node: solved.choice[node][0] for node in names}
    assert names == wanted
    assert {"opening", "reply", "after_blow"} <= set(names)
    page.get_by_text("The nodes at this point in numbers").click()
    margin = page.locator("#play table.nodes tbody tr").first.locator("td").nth(2).inner_text()
    assert float(margin.replace("−", "-")) == pytest.approx(solved.margin["opening"][0], rel=1e-2)


def test_a_view_is_shared_by_its_address(visit):
    page = visit()
    page.get_by_role("switch").first.uncheck()
    page.locator("#play-axis0").select_option(label="ruin_cost")
    page.locator("#play-over").select_option("point")
    page.locator("#play .control input[type=range]").nth(2).evaluate(
        "e => { e.value = 250; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    settle(page)
    until(page, "location.hash.startsWith('#play:')")
    fragment = page.evaluate("location.hash")
    other = visit(fragment=fragment)
    look = (
        "() => { const s = raisonPlay.page.settings; return [[...s.held], [...s.removed], s.axes, s.over]; }"
    )
    assert other.evaluate(look) == page.evaluate(look)
    assert told(other) == pytest.approx(told(page), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fragment",
    [
        "#play:p.nobody=1&without=nothing&x=what&node=99&over=all",
        "#play:p.ruin_cost=Infinity&p.ruin_cost=&p.ruin_cost=1e999&question=-1",
        "#play:%E0%A4%A=1&__proto__=1&constructor=2&p.__proto__=3",
        "#play:=&&&",
    ],
)
def test_a_wrong_address_is_said_to_be_wrong_and_changes_nothing(visit, fragment):
    page = visit(fragment=fragment)
    assert "does not have" in page.locator("#play").inner_text()
    assert told(page) == pytest.approx(shares("strike-and-answer"), abs=1e-12)


def test_the_map_is_read_and_moved_with_the_keyboard(visit):
    page = visit()
    canvas = page.locator("#play canvas.cells")
    canvas.focus()
    canvas.press("ArrowRight")
    canvas.press("Shift+ArrowUp")
    until(page, "raisonPlay.page.settings.held.size === 2")
    assert page.locator("#play .reading").inner_text().startswith("At ")
    assert "At " in canvas.get_attribute("aria-label")


def test_a_click_in_the_map_sets_both_parameters(visit):
    page = visit()
    canvas = page.locator("#play canvas.cells")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    until(page, "raisonPlay.page.settings.held.size === 2")
    places = """raisonPlay.page.map.axes_.map(
        a => (raisonPlay.page.settings.held.get(a.place) - a.low) / (a.high - a.low))"""
    assert page.evaluate(places) == pytest.approx([0.25, 0.75], abs=0.01)


@pytest.mark.slow
def test_maps_and_trees_are_saved(visit):
    page = visit("kremlin-2022")
    until(page, "!raisonPlay.page.map.isFirst")
    found = {}
    for name in ("map as SVG", "map as PNG", "map as CSV", "tree as SVG", "tree as PNG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        found[name] = download.value.path().read_bytes()
    for kind in ("map as PNG", "tree as PNG"):
        assert found[kind].startswith(b"\x89PNG")
        assert len(found[kind]) > 5_000
    for kind in ("map as SVG", "tree as SVG"):
        drawing = ElementTree.fromstring(found[kind])
        assert len(list(drawing.iter())) > 30
        assert b"class=" not in found[kind]
    rows = [line.split(",") for line in found["map as CSV"].decode().strip().split("\r\n")]
    cells = page.evaluate("raisonPlay.page.map.found.nx") ** 2
    moves = list(raison.gallery("kremlin-2022").record.game["opening"].moves)
    assert rows[0][2 : 2 + len(moves)] == moves
    assert len(rows) == cells + 1
    assert all(sum(map(float, row[2 : 2 + len(moves)])) == pytest.approx(1) for row in rows[1:])


def test_print_has_the_report_alone(visit):
    page = visit()
    page.emulate_media(media="print")
    assert not page.locator("#play").is_visible()
    assert page.locator("#game").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_never_wider_than_the_window(visit, width):
    page = visit("kremlin-2022", width=width, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    outside = """[...document.querySelectorAll('#play *')].filter(
        e => !e.closest('.scroll') && !e.closest('.hidden') && e.getBoundingClientRect().width
        && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside) == []


@pytest.mark.slow
def test_every_control_has_a_name_and_the_verdict_is_announced(visit):
    page = visit("kremlin-2022")
    nameless = """[...document.querySelectorAll('input, select, button, canvas')].filter(
        e => e.closest('#play') && !(e.labels && e.labels.length) && !e.getAttribute('aria-label')
            && !e.textContent.trim()).map(e => e.outerHTML)"""
    assert page.evaluate(nameless) == []
    assert page.locator("#play .lead").get_attribute("aria-live") == "polite"


@pytest.mark.slow
def test_parameters_are_found_by_a_word(visit):
    page = visit("kremlin-2022")
    page.locator("#play-search").fill("standing")
    shown = page.locator("#play .control:visible .name").all_inner_texts()
    assert "standing_draw" in shown
    assert len(shown) < 8
    page.locator("#play-search").fill("")
    assert page.locator("#play .control[hidden]").count() == 0


def test_a_model_that_is_not_live_says_why(browser, reports):
    page = browser.new_page()
    page.goto(reports("private-floor"))
    assert "something in the game is hidden" in page.locator("#play").inner_text()
    assert page.evaluate("typeof raisonPlay") == "undefined"
    page.close()


def test_the_data_hold_no_markup(reports):
    from urllib.request import urlopen

    text = urlopen(reports("strike-and-answer")).read().decode()
    data = re.search(r'<script type="application/json" id="play-data">(.*?)</script>', text, re.DOTALL)[1]
    assert not set("<>&") & set(data)
    assert json.loads(data)["model"] == "strike-and-answer"
