"""The page's engine in a browser, asked the same as Python."""

import base64
import json

import numpy as np

from raison.show.live.page import engine_script
from raison.show.live.program import data_of
from raison.solve.javascript.printed import print_model

ASK = """
([data, inputs, n]) => {
  const unpack = text => new Float64Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  const pack = numbers => {
    const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
    let text = '';
    for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
    return btoa(text);
  };
  const program = new Program(data, PARTS);
  const given = inputs.map(value => typeof value === 'number' ? value : unpack(value));
  const printed = program.states.filter(state => state.best !== undefined);
  const everything = [...program.questions, ...printed].map(each => each.purpose);
  const memory = evaluate(program, given, n, everything);
  const status = [...failures(program, memory, n)];
  const isGame = program.states.length > 0;
  const solved = isGame ? solve(program, memory, n) : null;
  const names = program.names.map(([name, slot]) =>
    [name, pack(Array.from({length: n}, (_, i) => read(memory, slot, i)))]);
  const rows = {};
  const put = (key, value) => (rows[key] = rows[key] || []).push(value);
  for (let i = 0; i < n; i++) {
    const look = isGame ? lookAt(program, memory, solved, null, i) : null;
    if (isGame) {
      status[i] = status[i] || stuckAt(program, solved, look.reached, i);
      program.players.forEach((_, p) => put(`value ${p}`, at(solved.value[0][p], i)));
      look.nodes.forEach((node, k) => {
        if (!node) return;
        put(`margin ${k}`, node.margin);
        put(`reached ${k}`, node.reached);
        node.branches.forEach((share, b) => put(`branch ${k} ${b}`, share));
      });
      look.outcomes.forEach((share, k) => put(`outcome ${k}`, share));
    }
    printed.forEach(state => put(`best ${program.states.indexOf(state)}`, read(memory, state.best, i)));
    program.questions.forEach((question, q) => {
      const answer = ask(program, memory, solved, question, null, look ? look.reached : null, i);
      put(`number ${q}`, answer.number);
      put(`applies ${q}`, answer.applies ? 1 : 0);
      put(`lead ${q}`, answer.margin);
    });
  }
  for (const key of Object.keys(rows)) rows[key] = pack(rows[key]);
  return {status, names, rows};
}
"""


def unpacked(text):
    return np.frombuffer(base64.b64decode(text), "<f8")


def as_input(value):
    """A number, or an array as the browser reads it."""
    array = np.asarray(value, float)
    return float(array) if array.ndim == 0 else base64.b64encode(array.astype("<f8").tobytes()).decode()


class Engine:
    """A printed model in a page.

    Args:
        page: An empty page.
        program: The compiled model.
    """

    def __init__(self, page, program):
        self.page, self.program = page, program
        self.printed = print_model(program)
        page.add_script_tag(content=engine_script(self.printed))
        self.data = json.loads(json.dumps(data_of(program, self.printed)))

    def ask(self, inputs, count):
        """Everything at `count` points: by the name of an input a number or an array."""
        given = [as_input(inputs[name]) for name in self.printed.inputs]
        found = self.page.evaluate(ASK, [self.data, given, count])
        return (
            np.array(found["status"]),
            {name: unpacked(text) for name, text in found["names"]},
            {key: unpacked(text) for key, text in found["rows"].items()},
        )

    def at(self, values, count):
        """The same at chosen values of all parameters."""
        inputs = dict.fromkeys(self.printed.inputs, 0.0)
        for name in inputs:
            kind, _, rest = name.partition(" ")
            if kind == "bound":
                inputs[name] = -1.0
            if kind == "held":
                inputs[name] = 1.0
            elif kind == "value":
                inputs[name] = values[rest]
        return self.ask(inputs, count)

    def over(self, columns, fixed, removed, count):
        """The same over draws, with premises removed: `columns` by drawn input, `fixed` by parameter."""
        inputs = dict.fromkeys(self.printed.inputs, 0.0)
        for name in inputs:
            kind, _, rest = name.partition(" ")
            if name in columns:
                inputs[name] = columns[name]
            elif kind == "value":
                inputs[name] = fixed.get(rest, 0.0)
            elif kind == "bound":
                inputs[name] = -1.0
            elif kind == "removed":
                inputs[name] = float(rest in {str(k) for k in removed})
        return self.ask(inputs, count)
