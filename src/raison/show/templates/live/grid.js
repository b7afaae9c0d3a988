// A map: what is chosen, or asked, as two inputs run over their ranges, at a point or over draws.
//
// A part that depends on neither axis is computed once (once a draw, if it depends on what is drawn), one that
// depends on one axis once for each of its values, and only the rest in every cell.

const DRAWS = 1, ALONG_X = 2, ALONG_Y = 4;

// inputs: for each a number or an array over draws. axes: two of {input, values}. Gives for each cell and each of
// the target's numbers its sum over the draws counted, and how many draws count there.
class Grid {
  constructor(program, store = new Store()) {
    this.program = program;
    this.store = store;
  }

  // Prepare a map; then `add` adds draws to it one by one.
  // Where `isSame`, nothing but the axes' values differs from the map before, and what depends on neither is known.
  start(inputs, axes, draws, target, committed, isSame = false) {
    const { program, store } = this;
    const [nx, ny] = axes.map((axis) => axis.values.length);
    this.nx = nx;
    this.ny = ny;
    this.cells = nx * ny;
    this.target = target;
    this.committed = committed;
    const kind = inputs.map((value) => (typeof value === "number" ? 0 : DRAWS));
    axes.forEach((axis, k) => (kind[axis.input] = k === 0 ? ALONG_X : ALONG_Y));
    const drawn = new Memory(program);
    this.line = new Memory(program);
    this.grid = new Memory(program);
    this.of = new Int8Array(program.size);
    inputs.forEach((value, k) => {
      this.of[k] = kind[k];
      if (kind[k] === 0) this.share(drawn, k, Float64Array.of(value));
      else if (kind[k] === DRAWS) drawn.set(k, value, true);
    });
    for (const [slot] of program.constants) this.share(drawn, slot, drawn.v[slot]);
    const stages = new Map();
    for (const k of program.partsFor(target.purposes)) {
      const part = program.parts[k];
      let depends = 0;
      for (const input of part.i) depends |= kind[input];
      for (const slot of part.w) this.of[slot] = depends;
      if (!stages.has(depends)) stages.set(depends, []);
      stages.get(depends).push(k);
    }
    this.stages = stages;
    this.drawn = drawn;
    this.number = draws;
    // arrays of the line and the grid, by what they depend on
    const sizes = { [ALONG_X]: nx, [ALONG_Y]: ny, [ALONG_X | ALONG_Y]: this.cells };
    axes.forEach((axis) => this.line.set(axis.input, axis.values, true));
    for (const [depends, parts] of stages) {
      const along = depends & ~DRAWS;
      for (const k of parts) {
        for (const slot of program.parts[k].w) {
          if (depends === 0) this.share(drawn, slot, store.get(`c${slot}`, 1));
          else if (depends === DRAWS) drawn.set(slot, store.get(`d${slot}`, draws), true);
          else if (along === (ALONG_X | ALONG_Y)) this.grid.set(slot, store.get(`g${slot}`, this.cells), true);
          else this.line.set(slot, store.get(`l${slot}`, sizes[along]), true);
        }
      }
    }
    if (!isSame) {
      this.run(0, drawn, 1);
      this.run(DRAWS, drawn, draws);
    }
    this.spread();
    for (const along of [ALONG_X, ALONG_Y]) this.run(along, this.line, sizes[along]);
    this.expand(0);
    this.run(ALONG_X | ALONG_Y, this.grid, this.cells);
    const moves = target.size;
    this.sums = new Float64Array(moves * this.cells);
    this.counts = new Float64Array(this.cells);
    this.failed = new Float64Array(this.cells);
    this.done = 0;
  }

  // What is the same everywhere is in all three memories.
  share(drawn, slot, array) {
    for (const memory of [drawn, this.line, this.grid]) memory.set(slot, array, false);
  }

  run(depends, memory, n) {
    const { program } = this;
    for (const k of this.stages.get(depends) || []) program.functions[k](n, memory.v, memory.m);
  }

  // What is read along the axes but depends on the draw alone, or on one axis alone: where it is put.
  spread() {
    const { program, store } = this;
    this.single = new Set();
    this.stretched = new Set();
    const take = (slot, wide) => {
      const depends = this.of[slot];
      if (depends === DRAWS) this.single.add(slot);
      else if (wide && (depends & (ALONG_X | ALONG_Y)) !== 0 && (depends & ALONG_X) * 2 !== (depends & ALONG_Y)) {
        this.stretched.add(slot);
      }
    };
    for (const [depends, parts] of this.stages) {
      const along = depends & (ALONG_X | ALONG_Y);
      if (along === 0) continue;
      for (const k of parts) for (const slot of program.parts[k].r) take(slot, along === (ALONG_X | ALONG_Y));
    }
    for (const slot of this.wanted()) take(slot, true);
    for (const slot of this.single) {
      const one = store.get(`s${slot}`, 1);
      this.line.set(slot, one, false);
      this.grid.set(slot, one, false);
    }
    for (const slot of this.stretched) this.grid.set(slot, store.get(`w${slot}`, this.cells), true);
  }

  // The arrays that are read once the parts are computed.
  wanted() {
    const known = (slot) => this.drawn.v[slot] || this.line.v[slot] || this.grid.v[slot];
    return new Set([...this.program.faults.filter(known), ...this.target.reads()]);
  }

  // Stretch what depends on one axis over the cells: x runs fastest.
  expand(draws) {
    const { nx, ny } = this;
    for (const slot of this.stretched) {
      const depends = this.of[slot];
      if ((depends & DRAWS) !== draws) continue;
      const from = this.line.v[slot], to = this.grid.v[slot];
      if (depends & ALONG_X) {
        for (let y = 0; y < ny; y++) to.set(nx === from.length ? from : from.subarray(0, nx), y * nx);
      } else {
        for (let y = 0, at = 0; y < ny; y++) to.fill(from[y], at, (at += nx));
      }
    }
  }

  // Add the next draw.
  add() {
    const d = this.done++;
    const { nx, ny, cells } = this;
    for (const slot of this.single) this.line.v[slot][0] = this.drawn.v[slot][d];
    this.run(DRAWS | ALONG_X, this.line, nx);
    this.run(DRAWS | ALONG_Y, this.line, ny);
    this.expand(DRAWS);
    this.run(DRAWS | ALONG_X | ALONG_Y, this.grid, cells);
    // a fault that depends on no axis stands once
    const faults = failures(this.program, this.grid, cells);
    this.target.add(this, faults);
  }
}

// What is chosen at a decision that is one state: a share for each move. Ties count equally. The induction is
// printed with the formulas.
class ChoiceTarget {
  constructor(program, node) {
    const state = program.states[program.ofNode[node][0]];
    this.best = state.best;
    this.size = state.children.length;
    this.purposes = [state.purpose];
    this.questions = [];
    this.isChoice = true;
  }

  reads() {
    return [this.best];
  }

  add(grid, faults) {
    const { cells, sums, counts, failed } = grid;
    const best = grid.grid.v[this.best], mask = grid.grid.m[this.best];
    for (let i = 0; i < cells; i++) {
      const bits = best[i & mask];
      if (faults[i] !== 0 || bits === 0) {
        failed[i] += 1;
        continue;
      }
      counts[i] += 1;
      if ((bits & (bits - 1)) === 0) {
        sums[(31 - Math.clz32(bits)) * cells + i] += 1;
      } else {
        let several = 0;
        for (let k = 0; k < this.size; k++) several += (bits >> k) & 1;
        for (let k = 0; k < this.size; k++) if ((bits >> k) & 1) sums[k * cells + i] += 1 / several;
      }
    }
  }
}

// The number of a question, or the chances of the branches at a node of several states.
class AnswerTarget {
  constructor(program, questions) {
    this.program = program;
    this.questions = questions;
    this.size = questions.length;
    this.purposes = questions.map((question) => question.purpose);
    this.isChoice = false;
  }

  // Everything of the game, and of the questions.
  reads() {
    const found = [];
    for (const state of this.program.states) found.push(...(state.pays || []), ...(state.chances || []), ...(state.when || []));
    for (const question of this.questions) found.push(...question.holds, ...question.values);
    return found;
  }

  add(grid, faults) {
    const { program, cells, sums, counts, failed, committed } = grid;
    const isGame = program.states.length > 0;
    const solved = isGame ? solve(program, grid.grid, cells, { committed }) : null;
    for (let i = 0; i < cells; i++) {
      let reached = null, wrong = faults[i] !== 0;
      if (isGame && !wrong) {
        reached = reach(program, grid.grid, solved, [[0, 1]], i);
        wrong = stuckAt(program, solved, reached, i) !== 0;
      }
      if (wrong) {
        failed[i] += 1;
        continue;
      }
      let applies = true;
      const numbers = this.questions.map((question) => {
        const answer = ask(program, grid.grid, solved, question, committed, reached, i);
        applies = applies && answer.applies;
        return answer.number;
      });
      if (!applies) continue;
      counts[i] += 1;
      numbers.forEach((number, k) => (sums[k * cells + i] += number));
    }
  }
}

// What a map of a choice, or of a question, adds up; `view` is {node} or {question}.
function targetOf(program, view) {
  if (view.question !== undefined) return new AnswerTarget(program, [program.questions[view.question]]);
  const states = program.ofNode[view.node];
  if (states.length === 1 && program.states[states[0]].children.length < 31) return new ChoiceTarget(program, view.node);
  const moves = program.nodes[view.node].branches.map((_, move) => ({
    node: view.node, move, player: -1, above: null, isEvent: false, onResults: true, givenOnResults: false,
    holds: [], values: [], purpose: 0,
  }));
  const target = new AnswerTarget(program, moves);
  target.isChoice = true;
  return target;
}
