// The model in arrays: parts that Python printed are computed for many points at once, and the game is solved
// by backward induction as docs/design.md says. Nothing here knows the page.

const TIE = 1e-9;
const EPSILON = 2 ** -52;
const ROUNDING = 1e-12;
const NEVER = 1000;

// Arrays by number, and for each a mask: value i of an array stands at i & mask, so that a number that is the
// same everywhere is an array of one.
class Memory {
  constructor(program) {
    this.v = new Array(program.size);
    this.m = new Int32Array(program.size);
    for (const [slot, value] of program.constants) this.v[slot] = Float64Array.of(value);
  }

  set(slot, array, varies) {
    this.v[slot] = array;
    this.m[slot] = varies ? -1 : 0;
  }
}

// Rooms for arrays, kept between calculations.
class Store {
  constructor() {
    this.arrays = new Map();
  }

  get(key, size) {
    let array = this.arrays.get(key);
    if (array === undefined || array.length < size) {
      array = new Float64Array(size);
      this.arrays.set(key, array);
    }
    return array;
  }
}

// What the page's data says of a program, with the printed functions.
class Program {
  constructor(data, functions) {
    Object.assign(this, data);
    this.functions = functions;
    this.parts = withInputs(data.parts, data.inputs.length, data.size);
    this.index = new Map(data.inputs.map((name, k) => [name, k]));
    this.ofNode = data.nodes.map(() => []);
    this.ofOutcome = data.outcomes.map(() => []);
    data.states.forEach((state, s) => (state.mover === -2 ? this.ofOutcome : this.ofNode)[state.name].push(s));
    this.ends = data.states.map((_, s) => s).filter((s) => data.states[s].mover === -2);
  }

  // The parts that some questions need, by place.
  partsFor(purposes) {
    const wanted = new Set([0, ...purposes]);
    const found = [];
    this.parts.forEach((part, k) => {
      if (part.p.some((purpose) => wanted.has(purpose))) found.push(k);
    });
    return found;
  }
}

// The parts, each with the inputs that it depends on, also through other parts.
function withInputs(parts, inputs, size) {
  const words = (inputs >> 5) + 1;
  const of = new Int32Array(size * words); // by array the inputs as bits
  for (let k = 0; k < inputs; k++) of[k * words + (k >> 5)] = 1 << (k & 31);
  return parts.map((part) => {
    const bits = new Int32Array(words), i = [];
    for (const slot of part.r) for (let w = 0; w < words; w++) bits[w] |= of[slot * words + w];
    for (const slot of part.w) of.set(bits, slot * words);
    for (let k = 0; k < inputs; k++) if ((bits[k >> 5] >> (k & 31)) & 1) i.push(k);
    return { ...part, i };
  });
}

// Compute parts for `n` points: what no array of inputs varies in is computed once.
// `inputs` has a number or an array of n for each input.
function evaluate(program, inputs, n, purposes, store = new Store()) {
  const memory = new Memory(program);
  const varies = inputs.map((value) => typeof value !== "number");
  inputs.forEach((value, k) => memory.set(k, varies[k] ? value : Float64Array.of(value), varies[k]));
  for (const k of program.partsFor(purposes)) {
    const part = program.parts[k];
    const many = part.i.some((input) => varies[input]);
    for (const slot of part.w) memory.set(slot, store.get(slot * 2 + many, many ? n : 1), many);
    program.functions[k](many ? n : 1, memory.v, memory.m);
  }
  return memory;
}

// The number of the reason for which each point fails, 0 for none: the first in the model's order.
function failures(program, memory, n) {
  const found = new Int32Array(n).fill(program.always);
  for (const slot of program.faults) {
    const array = memory.v[slot];
    if (array === undefined || (memory.m[slot] === 0 && array[0] === 0)) continue;
    const mask = memory.m[slot];
    for (let i = 0; i < n; i++) {
      const code = array[i & mask];
      if (code !== 0 && (found[i] === 0 || code < found[i])) found[i] = code;
    }
  }
  return found;
}

// --- the game ---

function tolerances(program, memory, n, players) {
  return players.map((p) => {
    const rows = program.ends.map((s) => program.states[s].pays[p]);
    const many = rows.some((slot) => memory.m[slot] !== 0) ? n : 1;
    const high = new Float64Array(many).fill(-Infinity);
    const low = new Float64Array(many).fill(Infinity);
    for (const slot of rows) {
      const a = memory.v[slot], m = memory.m[slot];
      for (let i = 0; i < many; i++) {
        const value = a[i & m];
        high[i] = Math.max(high[i], value);
        low[i] = Math.min(low[i], value);
      }
    }
    for (let i = 0; i < many; i++) {
      const largest = Math.max(Math.abs(high[i]), Math.abs(low[i]));
      high[i] = TIE * (high[i] - low[i]) + 4 * EPSILON * largest;
    }
    return { a: high, m: many === n && many > 1 ? -1 : 0 };
  });
}

// The states below some, themselves included, children first; and by state the players whose values are asked.
function below(program, from, players) {
  const asked = program.states.map(() => new Set());
  const reached = program.states.map(() => false);
  for (const s of from) reached[s] = true;
  program.states.forEach((state, s) => {
    if (!reached[s]) return;
    if (from.includes(s)) players.forEach((p) => asked[s].add(p));
    for (const child of state.children) {
      reached[child] = true;
      asked[s].forEach((p) => asked[child].add(p));
      if (state.mover >= 0) asked[child].add(state.mover);
    }
  });
  const order = [];
  for (let s = program.states.length - 1; s >= 0; s--) if (reached[s]) order.push(s);
  return { order, asked: asked.map((set) => [...set]) };
}

// Backward induction in every point. Per decision state: `choice` the place of the played move (-1 if none is
// available), `best` the moves within the tolerance of the best as bits, `margin`.
function solve(program, memory, n, options = {}) {
  const everyone = program.players.map((_, p) => p);
  const { order, asked } = below(program, options.from || [0], options.players || everyone);
  const movers = [...new Set(order.map((s) => program.states[s].mover).filter((p) => p >= 0))];
  const measured = options.from ? movers : everyone;
  const widths = [];
  tolerances(program, memory, n, measured).forEach((t, k) => (widths[measured[k]] = t));
  const solved = { value: [], choice: [], best: [], margin: [], tolerance: widths, n };
  for (const s of order) {
    const state = program.states[s];
    if (state.mover === -2) {
      solved.value[s] = [];
      for (const p of asked[s]) solved.value[s][p] = { a: memory.v[state.pays[p]], m: memory.m[state.pays[p]] };
    } else if (state.mover === -1) {
      expect(state, s, asked[s], memory, solved);
    } else {
      decide(state, s, asked[s], memory, solved, options.committed ? options.committed[state.name] : -1);
    }
  }
  return solved;
}

// A case of no probability counts nothing, even if its value is infinite.
function expect(state, s, players, memory, solved) {
  solved.value[s] = [];
  for (const p of players) {
    const below = state.children.map((child) => solved.value[child][p]);
    const many = [...below.map((v) => v.m), ...state.chances.map((slot) => memory.m[slot])].some((m) => m !== 0);
    const n = many ? solved.n : 1;
    const total = new Float64Array(n);
    below.forEach((value, k) => {
      const w = memory.v[state.chances[k]], wm = memory.m[state.chances[k]];
      const { a, m } = value;
      for (let i = 0; i < n; i++) {
        const weight = w[i & wm];
        if (weight > 0) total[i] += weight * a[i & m];
      }
    });
    solved.value[s][p] = { a: total, m: many ? -1 : 0 };
  }
}

function decide(state, s, players, memory, solved, bound) {
  const own = state.children.map((child) => solved.value[child][state.mover]);
  const width = solved.tolerance[state.mover];
  const free = bound < 0 ? state.when : state.when.map((slot, k) => (k === bound ? slot : null));
  const open = free.filter((slot) => slot !== null);
  const masks = [width.m, ...own.map((v) => v.m), ...open.map((slot) => memory.m[slot])];
  const many = masks.some((m) => m !== 0);
  const n = many ? solved.n : 1;
  const choice = new Int8Array(n), best = new Int32Array(n), margin = new Float64Array(n);
  const isFree = open.length === free.length && open.every((slot) => memory.m[slot] === 0 && memory.v[slot][0] !== 0);
  if (own.length === 2 && isFree) decideBetween(own[0], own[1], width, n, choice, best, margin);
  else decideAmong(own, free, memory, width, n, choice, best, margin);
  const m = many ? -1 : 0;
  solved.choice[s] = { a: choice, m };
  solved.best[s] = { a: best, m };
  solved.margin[s] = { a: margin, m };
  solved.value[s] = [];
  for (const p of players) {
    const below = state.children.map((child) => solved.value[child][p]);
    const varies = many || below.some((v) => v.m !== 0);
    const size = varies ? solved.n : 1;
    const taken = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const k = choice[i & m];
      taken[i] = k < 0 ? -Infinity : below[k].a[i & below[k].m];
    }
    solved.value[s][p] = { a: taken, m: varies ? -1 : 0 };
  }
}

// Two moves, both available: the common case.
function decideBetween(one, two, width, n, choice, best, margin) {
  const a = one.a, am = one.m, b = two.a, bm = two.m, w = width.a, wm = width.m;
  for (let i = 0; i < n; i++) {
    const lead = a[i & am] - b[i & bm], within = w[i & wm];
    const first = lead >= -within, second = lead <= within;
    choice[i] = first ? 0 : 1;
    best[i] = (first ? 1 : 0) | (second ? 2 : 0);
    margin[i] = first && second ? 0 : Math.abs(lead);
  }
}

const NO = Float64Array.of(0);

function decideAmong(own, free, memory, width, n, choice, best, margin) {
  const moves = own.length;
  const top = new Float64Array(n).fill(-Infinity), other = new Float64Array(n).fill(-Infinity);
  const seen = own.map((value, k) => {
    const array = new Float64Array(n);
    const { a, m } = value;
    const may = free[k] === null ? NO : memory.v[free[k]], mm = free[k] === null ? 0 : memory.m[free[k]];
    for (let i = 0; i < n; i++) {
      const here = may[i & mm] !== 0 ? a[i & m] : -Infinity;
      array[i] = here;
      if (!(here <= top[i])) top[i] = here;
    }
    return array;
  });
  choice.fill(-1);
  const w = width.a, wm = width.m;
  for (let k = 0; k < moves; k++) {
    const array = seen[k];
    for (let i = 0; i < n; i++) {
      const here = array[i];
      const isNear = here >= top[i] - w[i & wm] && here > -Infinity;
      if (isNear) best[i] |= 1 << k;
      if (isNear && choice[i] < 0) choice[i] = k;
      else if (here > other[i]) other[i] = here;
    }
  }
  for (let i = 0; i < n; i++) {
    const bits = best[i];
    if (moves === 1 || bits === 0) margin[i] = Infinity;
    else margin[i] = (bits & (bits - 1)) !== 0 ? 0 : seen[choice[i]][i] - other[i];
  }
}

// --- play ---

// The probability of a branch at a state in a point.
function branchProbability(program, memory, solved, s, k, i) {
  const state = program.states[s];
  if (state.mover === -1) return memory.v[state.chances[k]][i & memory.m[state.chances[k]]];
  return solved.choice[s].a[i & solved.choice[s].m] === k ? 1 : 0;
}

// The probability of each state along play from some states, in a point.
function reach(program, memory, solved, start, i) {
  const found = new Float64Array(program.states.length);
  for (const [s, probability] of start) found[s] += probability;
  program.states.forEach((state, s) => {
    if (found[s] === 0) return;
    state.children.forEach((child, k) => {
      found[child] += found[s] * branchProbability(program, memory, solved, s, k, i);
    });
  });
  return found;
}

function isAvailable(program, memory, s, k, committed, i) {
  const state = program.states[s];
  const bound = committed ? committed[state.name] : -1;
  if (bound >= 0 && bound !== k) return false;
  return memory.v[state.when[k]][i & memory.m[state.when[k]]] !== 0;
}

// How play comes to each state in a point, on the path and off it: the fewest moves that are not played, and
// the weight of the histories with that many (the limit of equal trembles).
function weights(program, memory, solved, committed, i) {
  const trembles = new Int32Array(program.states.length).fill(NEVER);
  const weight = new Float64Array(program.states.length);
  trembles[0] = 0;
  weight[0] = 1;
  program.states.forEach((state, s) => {
    state.children.forEach((child, k) => {
      let possible, step = 0, factor = 1;
      if (state.mover === -1) {
        factor = branchProbability(program, memory, solved, s, k, i);
        possible = factor > 0;
      } else {
        possible = isAvailable(program, memory, s, k, committed, i);
        step = solved.choice[s].a[i & solved.choice[s].m] === k ? 0 : 1;
      }
      if (!possible || trembles[s] >= NEVER) return;
      const many = trembles[s] + step, much = weight[s] * factor;
      if (many < trembles[child]) {
        trembles[child] = many;
        weight[child] = much;
      } else if (many === trembles[child]) {
        weight[child] += much;
      }
    });
  });
  return { trembles, weight };
}

// Conditional weights of some states, given that one of them is reached and its condition holds.
function sharesAmong({ trembles, weight }, states, holds) {
  let fewest = NEVER;
  states.forEach((s, k) => {
    if (holds[k]) fewest = Math.min(fewest, trembles[s]);
  });
  const counted = states.map((s, k) => (holds[k] && trembles[s] === fewest ? weight[s] : 0));
  const total = counted.reduce((sum, part) => sum + part, 0);
  const applies = fewest < NEVER && total > 0;
  return { shares: counted.map((part) => (applies ? part / total : 0)), applies };
}

// What a reader sees of a point: per node its branches' probabilities, margin, and how play comes there.
function lookAt(program, memory, solved, committed, i) {
  const reached = reach(program, memory, solved, [[0, 1]], i);
  let ways = null;
  // What a move is worth to its mover; nothing where it is not available.
  const worthOf = (states, shares, k) =>
    states.reduce((sum, s, j) => {
      if (!(shares[j] > 0) || sum === null) return sum;
      const state = program.states[s];
      if (!isAvailable(program, memory, s, k, committed, i)) return null;
      return sum + shares[j] * at(solved.value[state.children[k]][state.mover], i);
    }, 0);
  const nodes = program.nodes.map((node, number) => {
    const states = program.ofNode[number];
    if (!states.length) return null;
    let shares = [1];
    if (states.length > 1) {
      ways = ways || weights(program, memory, solved, committed, i);
      shares = sharesAmong(ways, states, states.map(() => true)).shares;
    }
    const branches = node.branches.map((_, k) =>
      states.reduce((sum, s, j) => sum + shares[j] * branchProbability(program, memory, solved, s, k, i), 0),
    );
    const along = node.branches.map((_, k) =>
      states.reduce((sum, s) => sum + reached[s] * branchProbability(program, memory, solved, s, k, i), 0),
    );
    const margins = states.map((s) => (solved.margin[s] ? solved.margin[s].a[i & solved.margin[s].m] : Infinity));
    const margin =
      states.length === 1 ? margins[0] : margins.reduce((sum, x, j) => (shares[j] > 0 ? sum + shares[j] * x : sum), 0);
    const tied = states.some((s) => solved.best[s] && isSeveral(solved.best[s].a[i & solved.best[s].m]));
    const values = program.players.map((_, p) =>
      states.reduce((sum, s, j) => (shares[j] > 0 ? sum + shares[j] * at(solved.value[s][p], i) : sum), 0),
    );
    const came = states.reduce((sum, s) => sum + reached[s], 0);
    const worth = node.player < 0 ? [] : node.branches.map((_, k) => worthOf(states, shares, k));
    return { branches, along, margin, tied, values, worth, reached: came };
  });
  const outcomes = program.ofOutcome.map((states) => states.reduce((sum, s) => sum + reached[s], 0));
  const pays = program.ofOutcome.map((states) =>
    states.length === 1 ? program.players.map((_, p) => at(solved.value[states[0]][p], i)) : null,
  );
  return { nodes, outcomes, pays, reached };
}

function at(value, i) {
  return value.a[i & value.m];
}

function isSeveral(bits) {
  return (bits & (bits - 1)) !== 0;
}

// The reason for which a point fails because play comes where no move is available; 0 for none.
function stuckAt(program, solved, reached, i) {
  let found = 0;
  program.states.forEach((state, s) => {
    if (state.mover < 0 || !(reached[s] > 0)) return;
    const code = program.stuck[state.name];
    if (solved.choice[s].a[i & solved.choice[s].m] < 0 && (found === 0 || code < found)) found = code;
  });
  return found;
}

// --- questions ---

// The number that a question asks for in a point, and whether it applies there.
function ask(program, memory, solved, question, committed, reached, i) {
  const answer =
    program.states.length === 0
      ? ofQuantities(memory, question, i)
      : question.node >= 0
        ? ofMove(program, memory, solved, question, committed, i)
        : alongPlay(program, memory, solved, question, committed, reached, i);
  if (question.above !== null) answer.number = answer.number > question.above ? 1 : 0;
  return answer;
}

function read(memory, slot, i) {
  return memory.v[slot][i & memory.m[slot]];
}

function ofQuantities(memory, question, i) {
  return {
    number: read(memory, question.values[0], i),
    applies: question.holds.length === 0 || read(memory, question.holds[0], i) !== 0,
    margin: NaN,
  };
}

function ofMove(program, memory, solved, question, committed, i) {
  const states = program.ofNode[question.node];
  const holds = states.map((_, k) => question.holds.length === 0 || read(memory, question.holds[k], i) !== 0);
  const { shares, applies } =
    states.length === 1
      ? { shares: [1], applies: holds[0] }
      : sharesAmong(weights(program, memory, solved, committed, i), states, holds);
  let number = 0, margin = 0;
  states.forEach((s, j) => {
    if (!(shares[j] > 0)) return;
    const here = ofMoveAt(program, memory, solved, question, committed, s, i);
    number += shares[j] * here.number;
    margin += shares[j] * here.margin;
  });
  return { number, applies, margin };
}

function ofMoveAt(program, memory, solved, question, committed, s, i) {
  const state = program.states[s];
  const player = question.player >= 0 ? question.player : state.mover;
  let own = -Infinity, other = -Infinity;
  state.children.forEach((child, k) => {
    const value = isAvailable(program, memory, s, k, committed, i) ? at(solved.value[child][player], i) : -Infinity;
    if (k === question.move) own = value;
    else other = Math.max(other, value);
  });
  const lead = own === -Infinity ? -Infinity : own - other;
  if (question.player >= 0) {
    const width = at(solved.tolerance[player], i);
    return { number: lead >= -width ? 1 : 0, margin: Math.abs(lead) <= width ? 0 : lead };
  }
  const best = at(solved.best[s], i);
  const isBest = (best >> question.move) & 1;
  let count = 0;
  for (let bits = best; bits; bits &= bits - 1) count += 1;
  return { number: isBest ? 1 / count : 0, margin: isBest && count > 1 ? 0 : lead };
}

function alongPlay(program, memory, solved, question, committed, reached, i) {
  const value = (k) => read(memory, question.values[k], i);
  const holds = (k) => question.holds.length === 0 || read(memory, question.holds[k], i) !== 0;
  let shares = program.ends.map((s) => reached[s]);
  let applies = true;
  if (!question.givenOnResults) {
    applies = holds(0);
    if (!question.onResults) return { number: value(0), applies, margin: NaN };
  } else {
    const ways = weights(program, memory, solved, committed, i);
    ({ shares, applies } = sharesAmong(ways, program.ends, program.ends.map((_, k) => holds(k))));
  }
  let number = 0;
  shares.forEach((share, k) => {
    if (share > 0) number += share * value(k);
  });
  if (question.isEvent) number = number >= 1 - ROUNDING ? 1 : number <= ROUNDING ? 0 : number;
  return { number, applies, margin: NaN };
}
