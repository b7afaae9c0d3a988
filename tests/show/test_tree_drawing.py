"""The drawing of a game: what must hold for every game, and what a reader finds in one."""

import random
import re
from collections import Counter
from xml.etree import ElementTree

import pytest
import sample
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.model.formula import number
from raison.model.records import Case, Chance, Decision, Model, Move, Player, branches
from raison.show import layout, tree

SVG = "{http://www.w3.org/2000/svg}"


def random_game(seed: int, size: int) -> Model:
    """An acyclic game: every branch leads to a later node or to an outcome, every node is reachable."""
    chance = random.Random(seed)
    names = [f"node_{i}" + "_with_a_very_long_name" * chance.randrange(3) for i in range(size)]
    game, used = {}, {0}
    for i, name in enumerate(names):
        width = chance.randrange(1, 5)
        later = range(i + 1, size)
        targets = [
            names[chance.choice(later)] if later and chance.random() < 0.6 else f"end {chance.randrange(6)}"
            for _ in range(width)
        ]
        if i + 1 < size:
            targets[0] = names[i + 1]
        used.update(range(size))
        moves = {f"move {k} {'x' * chance.randrange(30)}": t for k, t in enumerate(targets)}
        if chance.random() < 0.3:
            game[name] = Chance({m: Case(t, None) for m, t in moves.items()})
        else:
            game[name] = Decision(chance.choice("ab"), {m: Move(t) for m, t in moves.items()})
    ends = {b.then for node in game.values() for b in branches(node).values()} - set(names)
    players = {"a": Player("First"), "b": Player("Second")}
    outcomes = {end: {"a": number(0), "b": number(0)} for end in sorted(ends)}
    return Model(title="Random", players=players, game=game, outcomes=outcomes)


def random_weights(model: Model, seed: int) -> layout.Weights:
    chance = random.Random(seed)
    along = {(name, move): chance.random() for name, node in model.game.items() for move in branches(node)}
    return layout.Weights({name: chance.random() for name in model.game}, along)


games = st.builds(random_game, st.integers(0, 10**6), st.integers(1, 40))


@settings(deadline=None)
@given(games, st.integers(0, 10**6))
def test_no_two_boxes_overlap(model, seed):
    boxes = layout.lay_out(model, random_weights(model, seed)).boxes
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            down = min(a.y + a.height / 2, b.y + b.height / 2) - max(a.y - a.height / 2, b.y - b.height / 2)
            # less than a millionth of a pixel is rounding
            assert across < 1e-6 or down < 1e-6, (a, b)


@settings(deadline=None)
@given(games, st.integers(0, 10**6))
def test_every_node_and_outcome_is_drawn_once_and_every_branch_leads_somewhere(model, seed):
    drawn = layout.lay_out(model, random_weights(model, seed))
    whole = Counter(box.name for box in drawn.boxes if box.kind != "reference")
    assert whole == Counter([*model.game, *model.outcomes])
    led = Counter((drawn.boxes[box.parent].name, box.branch, box.name) for box in drawn.boxes[1:])
    assert led == Counter((n, m, b.then) for n, node in model.game.items() for m, b in branches(node).items())


@settings(deadline=None)
@given(games, st.integers(0, 10**6))
def test_children_stand_right_of_their_parent_in_the_order_of_the_file(model, seed):
    drawn = layout.lay_out(model, random_weights(model, seed))
    for index, parent in enumerate(drawn.boxes):
        children = [box for box in drawn.boxes if box.parent == index]
        assert all(child.x > parent.x + parent.width for child in children)
        if children:
            assert [c.branch for c in sorted(children, key=lambda c: c.y)] == list(
                branches(model.game[parent.name])
            )
            # in the middle of its children, to rounding
            assert parent.y == pytest.approx((children[0].y + children[-1].y) / 2, abs=1e-6)
    assert all(box.x >= 0 and box.x + box.width <= drawn.width for box in drawn.boxes)
    assert all(box.height / 2 <= box.y <= drawn.height - box.height / 2 for box in drawn.boxes)


def test_a_shared_node_is_drawn_where_play_most_probably_comes_from():
    model = Model(
        title="Shared",
        players={"a": Player("A")},
        game={
            "start": Decision("a", {"rare": Move("shared"), "common": Move("shared")}),
            "shared": Decision("a", {"stop": Move("end")}),
        },
        outcomes={"end": {"a": number(0)}},
    )
    weights = layout.Weights({}, {("start", "rare"): 0.1, ("start", "common"): 0.9})
    kinds = {box.branch: box.kind for box in layout.lay_out(model, weights).boxes}
    assert kinds == {"": "decision", "rare": "reference", "common": "decision", "stop": "outcome"}


def centipede(length: int) -> Model:
    game = {
        f"n{i}": Decision(
            "a", {"stop": Move(f"end{i}"), "go": Move(f"n{i + 1}" if i + 1 < length else "last")}
        )
        for i in range(length)
    }
    ends = ["last", *(f"end{i}" for i in range(length))]
    return Model(
        title="Long", players={"a": Player("A")}, game=game, outcomes={e: {"a": number(0)} for e in ends}
    )


def test_a_large_game_is_pruned_and_says_so():
    model = centipede(5_000)
    record = sample.record().model_copy(update={"nodes": (), "outcomes": {}})
    drawn = layout.lay_out(model, layout.Weights({}, {}))
    assert sum(box.kind == "decision" for box in drawn.boxes) == layout.KEPT
    pruned = [box for box in drawn.boxes if box.kind == "pruned"]
    assert [(box.name, box.left_out) for box in pruned] == [("n40", 4_960)]
    assert tree.left_out(model, record) == (
        "The game has 5,000 nodes, more than the 60 that can be read in a drawing: the 40 that play "
        "most often comes "
        "to are drawn, 4,960 are left out."
    )


def test_a_model_without_a_game_has_no_tree():
    model = Model(title="None")
    assert tree.draw_tree(model, sample.record()) is None
    assert tree.left_out(model, sample.record()) is None
    with pytest.raises(ValueError, match="A game is needed to draw a tree"):
        layout.lay_out(model, layout.Weights({}, {}))


def test_the_drawing_is_well_formed_named_and_its_numbers_are_those_of_the_run():
    svg = tree.draw_tree(sample.model(), sample.record())
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert set(root.get("aria-labelledby").split()) == ids == {"tree-title", "tree-desc"}
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"strike", "31.2%", "The stronger state", "→ ended", "second_blow", "chance"} <= set(texts)
    widths = {
        g.find(f"{SVG}title").text.split(" leads to")[0]: float(g.find(f"{SVG}path").get("stroke-width"))
        for g in root.iter(f"{SVG}g")
        if "branch" in g.get("class", "")
    }
    # one pixel and eight more for a branch that play surely comes along
    assert widths["opening: strike"] == pytest.approx(1 + 8 * 0.3121, abs=0.01)
    assert widths["order: refused"] == 1.0
    assert re.search(r'class="branch p1 unused"', svg), (
        "a branch without play is dashed in its player's colour"
    )


def test_names_cannot_inject_markup_into_the_drawing():
    evil = "<script>alert(1)</script>\"'&\u202e"
    model = Model(
        title=evil,
        players={"a": Player(evil)},
        game={evil: Decision("a", {evil: Move("end" + evil)}, about=evil)},
        outcomes={"end" + evil: {"a": number(0)}},
    )
    svg = tree.draw_tree(model, sample.record().model_copy(update={"nodes": (), "outcomes": {}}))
    assert {element.tag for element in ElementTree.fromstring(svg).iter()} == {
        SVG + tag for tag in ("svg", "title", "desc", "g", "path", "rect", "text")
    }
    assert "\u202e" not in svg
