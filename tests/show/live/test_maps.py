"""A map has in every cell what the engine computes there, and computes nothing more often than it changes."""

import numpy as np
import pytest
from live_engine import Engine, as_input

import raison
from raison.show.live import draws

MAP = """
([data, inputs, axes, n, view]) => {
  const unpack = text => new Float64Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  const program = new Program(data, PARTS);
  const given = inputs.map(value => typeof value === 'number' ? value : unpack(value));
  const along = axes.map(axis => ({input: axis.input, values: Float64Array.from(axis.values)}));
  const grid = new Grid(program);
  const target = targetOf(program, view);
  const calls = new Array(PARTS.length).fill(0);
  const functions = program.functions;
  program.functions = functions.map((f, k) => (count, v, m) => { calls[k] += count; f(count, v, m); });
  grid.start(given, along, n, target, null);
  for (let d = 0; d < n; d++) grid.add();
  program.functions = functions;
  const desk = new Desk(program, {});
  const rows = along[1].values.length - 2;
  const blocks = [[0, 2], [2, rows]].map(([from, count]) => desk.do({
    inputs: given, draws: n, view, committed: null, fill: 7,
    axes: [along[0], {input: along[1].input, values: along[1].values.slice(from, from + count)}],
  }));
  const [nx, ny] = along.map(axis => axis.values.length);
  const sums = new Float64Array(target.size * nx * ny), counts = new Float64Array(nx * ny);
  const failed = new Float64Array(nx * ny);
  for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) {
    const here = [...given];
    here[along[0].input] = along[0].values[x];
    here[along[1].input] = along[1].values[y];
    const everything = program.questions.map(question => question.purpose);
    const memory = evaluate(program, here, n, everything);
    const faults = failures(program, memory, n);
    const solved = program.states.length ? solve(program, memory, n) : null;
    const questions = view.question === undefined
      ? program.nodes[view.node].branches.map((_, move) => ({node: view.node, move, player: -1, above: null,
          isEvent: false, onResults: true, givenOnResults: false, holds: [], values: []}))
      : [program.questions[view.question]];
    const cell = y * nx + x;
    for (let i = 0; i < n; i++) {
      const reached = solved ? reach(program, memory, solved, [[0, 1]], i) : null;
      if (faults[i] || (solved && stuckAt(program, solved, reached, i))) { failed[cell] += 1; continue; }
      const answers = questions.map(q => ask(program, memory, solved, q, null, reached, i));
      if (!answers.every(answer => answer.applies)) continue;
      counts[cell] += 1;
      answers.forEach((answer, k) => sums[k * nx * ny + cell] += answer.number);
    }
  }
  return {
    map: [[...grid.sums], [...grid.counts], [...grid.failed]], plain: [[...sums], [...counts], [...failed]],
    blocks: blocks.map(block => [[...block.sums], [...block.counts], [...block.failed]]),
    calls, depends: program.parts.map(part => part.i), used: program.partsFor(target.purposes),
  };
}
"""

pytestmark = pytest.mark.browser

NX, NY, DRAWS = 7, 5, 16

CASES = {
    "a choice": ("kremlin-2022", "theta", "alarm", {"node": "opening"}),
    "a choice at a node that play may not reach": ("kremlin-2022", "kept", "slide", {"node": "after_blow"}),
    "a move question": ("three-step-crisis", "p_win", "k_challenger", {"question": "opening: challenge"}),
    "an event along play": ("three-step-crisis", "p_win", "k_challenger", {"question": "war"}),
    "an amount with a condition": (
        "kremlin-2022",
        "kept",
        "defeat",
        {"question": "he holds on after the strike"},
    ),
    "a model without a game": ("elite-defection", "cost", "strength", {"question": None}),
    "a process": ("mobilisation-pipeline", "training", "office", {"node": "opening"}),
}

SLOW = ("kremlin-2022", "mobilisation-pipeline")


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=pytest.mark.slow if CASES[case][0] in SLOW else ()) for case in CASES],
)
def test_every_cell_is_what_the_engine_says_there(blank, case):
    name, *axes, asked = CASES[case]
    program = raison.gallery(name).program
    found, kinds = mapped(blank, program, axes, place(program.model, asked))
    for ours, plain in zip(found["map"], found["plain"], strict=True):
        assert np.allclose(ours, plain, rtol=1e-12, atol=1e-12)
    for k in (1, 2):  # the workers compute the same in blocks of rows
        assert [*found["blocks"][0][k], *found["blocks"][1][k]] == found["map"][k]
    size = len(found["map"][0]) // (NX * NY)
    first, second = (np.reshape(block[0], (size, -1)) for block in found["blocks"])
    assert np.hstack([first, second]).ravel().tolist() == found["map"][0]
    assert sum(found["map"][1]) > 0
    assert len({round(value, 9) for value in found["map"][0]}) > 1, "a map of one colour shows nothing"
    for k in found["used"]:
        sizes = [kinds[i] for i in found["depends"][k]]
        times = (NX if "x" in sizes else 1) * (NY if "y" in sizes else 1) * (DRAWS if "drawn" in sizes else 1)
        assert found["calls"][k] == times, "a part is computed as often as what it depends on changes"
    assert all(found["calls"][k] == 0 for k in range(len(found["calls"])) if k not in found["used"])


def place(model, asked):
    """A view by name as the page knows it, by number; a question without a name is the first."""
    if "node" in asked:
        return {"node": list(model.game).index(asked["node"])}
    labels = [question.label for question in model.questions]
    return {"question": 0 if asked["question"] is None else labels.index(asked["question"])}


def mapped(page, program, axes, view):
    engine = Engine(page, program)
    names = engine.printed.inputs
    world = draws.world_of(program, seed=1, design="sobol", draws=DRAWS, count=DRAWS)
    columns = draws.columns_of(engine.printed, world)
    places = [names.index(f"value {axis}") for axis in axes]
    still = {n: float(np.asarray(world.codes(n)).reshape(-1)[0]) for n in program.model.parameters}
    given, kinds = [], []
    for place, name in enumerate(names):
        kind, _, rest = name.partition(" ")
        held = kind == "held" and any(names[p] == f"value {rest}" for p in places)
        other = still[rest] if kind == "value" else -1.0 if kind == "bound" else float(held)
        value = columns.get(name, other)
        given.append(as_input(value))
        kinds.append("xy"[places.index(place)] if place in places else "drawn" if name in columns else "")
    along = [
        {
            "input": place,
            "values": list(np.linspace(*np.quantile(world.codes(names[place][6:]), (0.1, 0.9)), count)),
        }
        for place, count in zip(places, (NX, NY), strict=True)
    ]
    return page.evaluate(MAP, [engine.data, given, along, DRAWS, view]), kinds
