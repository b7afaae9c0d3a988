// What takes long, done beside the page: blocks of rows of a map, and the answers over all draws. A worker is made
// from the page's own script, so nothing is fetched.

class Desk {
  constructor(program, columns) {
    this.program = program;
    this.columns = columns;
    this.grid = new Grid(program);
    this.store = new Store();
  }

  given(inputs, draws) {
    return inputs.map((value) => (typeof value === "string" ? this.columns[value].subarray(0, draws) : value));
  }

  do(task) {
    return task.view ? this.map(task) : this.answers(task);
  }

  // A block of a map; the blocks of one `fill` share what does not depend on the axes.
  map({ inputs, axes, draws, view, committed, fill }) {
    const { grid } = this;
    const isSame = fill !== undefined && fill === this.filling;
    this.filling = fill;
    grid.start(this.given(inputs, draws), axes, draws, targetOf(this.program, view), committed, isSame);
    for (let d = 0; d < draws; d++) grid.add();
    return { sums: grid.sums, counts: grid.counts, failed: grid.failed };
  }

  // Every question over the draws: by replicate sums and counts, and the margins of moves. And what each player
  // expects, less what his levers cost.
  answers({ inputs, draws, committed }) {
    const { program } = this;
    const everything = [...program.questions.map((question) => question.purpose), program.costPurpose];
    const memory = evaluate(program, this.given(inputs, draws), draws, everything, this.store);
    const faults = failures(program, memory, draws);
    const isGame = program.states.length > 0;
    const solved = isGame ? solve(program, memory, draws, { committed }) : null;
    const found = program.questions.map(() => ({
      sums: new Float64Array(16), counts: new Float64Array(16), margins: [],
    }));
    const numbers = program.questions.map(() => new Float64Array(draws).fill(NaN));
    const worths = program.states.length ? program.players.map((_, p) => worthOf(program, memory, solved, p)) : [];
    const expected = worths.map(() => 0);
    let failed = 0;
    for (let i = 0; i < draws; i++) {
      let reached = null, wrong = faults[i] !== 0;
      if (!wrong && isGame) {
        reached = reach(program, memory, solved, [[0, 1]], i);
        wrong = stuckAt(program, solved, reached, i) !== 0;
      }
      const answers = wrong
        ? []
        : program.questions.map((question) => ask(program, memory, solved, question, committed, reached, i));
      if (wrong || answers.some((answer) => answer.applies && !Number.isFinite(answer.number))) {
        failed += 1;
        continue;
      }
      worths.forEach((worth, p) => (expected[p] += worth(i)));
      answers.forEach((answer, q) => {
        if (!answer.applies) return;
        found[q].sums[i % 16] += answer.number;
        found[q].counts[i % 16] += 1;
        numbers[q][i] = answer.number;
        if (Number.isFinite(answer.margin)) found[q].margins.push(answer.margin);
      });
    }
    const answers = found.map(({ sums, counts, margins }) => ({ ...meanOf(sums, counts), margin: middle(margins) }));
    return { answers, failed: failed / draws, numbers, expected: expected.map((sum) => sum / (draws - failed)) };
  }
}

// What a player expects of the game in each point, less what his levers cost.
function worthOf(program, memory, solved, player) {
  const { a, m } = solved.value[0][player];
  const costs = program.costs.filter(([whose]) => whose === player).map(([, slot]) => [memory.v[slot], memory.m[slot]]);
  return (i) => costs.reduce((worth, [cost, mask]) => worth - cost[i & mask], a[i & m]);
}

// A mean over draws, and its standard error from 16 independent replicates.
function meanOf(sums, counts) {
  const count = counts.reduce((a, b) => a + b, 0);
  const mean = sums.reduce((a, b) => a + b, 0) / count;
  if (counts.some((each) => each === 0)) return { mean, error: NaN, count };
  const parts = [...sums].map((sum, k) => sum / counts[k] - mean);
  const error = Math.sqrt(parts.reduce((a, b) => a + b * b, 0) / (16 * 15));
  return { mean, error, count };
}

function middle(values) {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function work(scope) {
  let desk = null;
  scope.onmessage = ({ data }) => {
    if (data.program) desk = new Desk(new Program(data.program, PARTS), data.columns);
    else scope.postMessage({ id: data.id, ...desk.do(data) });
  };
}

// Desks beside the page, as many as the machine has room for; where the browser allows none, one in it.
class Office {
  constructor(data, columns, script) {
    this.waiting = [];
    this.idle = [];
    this.asked = new Map();
    this.number = 0;
    this.desk = null;
    const wanted = Math.min(Math.max((navigator.hardwareConcurrency || 2) - 1, 2), 6);
    try {
      const url = URL.createObjectURL(new Blob([script, "\nwork(self);"], { type: "text/javascript" }));
      for (let k = 0; k < wanted; k++) {
        const worker = new Worker(url);
        worker.postMessage({ program: data, columns });
        worker.onmessage = (event) => this.came(worker, event.data);
        worker.onerror = () => this.alone(data, columns);
        this.idle.push(worker);
      }
      this.size = wanted;
    } catch {
      this.alone(data, columns);
    }
  }

  alone(data, columns) {
    if (this.desk) return;
    this.desk = new Desk(new Program(data, PARTS), columns);
    this.size = 1;
    const open = [...this.asked.values(), ...this.waiting];
    this.asked.clear();
    this.waiting = open;
    this.next();
  }

  // Do a task, some time; `done` is called with what came out unless it is cancelled before.
  ask(task, done) {
    const job = { task: { ...task, id: ++this.number }, done, dropped: false };
    this.waiting.push(job);
    this.next();
    return () => {
      job.dropped = true;
      this.waiting = this.waiting.filter((other) => other !== job);
    };
  }

  next() {
    if (this.desk) {
      if (this.waiting.length) setTimeout(() => this.alongside(), 0);
      return;
    }
    while (this.idle.length && this.waiting.length) {
      const job = this.waiting.shift(), worker = this.idle.pop();
      this.asked.set(job.task.id, job);
      worker.postMessage(job.task);
    }
  }

  alongside() {
    const job = this.waiting.shift();
    if (!job) return;
    const found = this.desk.do(job.task);
    if (!job.dropped) job.done(found);
    this.next();
  }

  came(worker, found) {
    const job = this.asked.get(found.id);
    this.asked.delete(found.id);
    this.idle.push(worker);
    if (job && !job.dropped) job.done(found);
    this.next();
  }
}
