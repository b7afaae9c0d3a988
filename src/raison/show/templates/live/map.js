// The map: first coarse and at once, then fine from the workers; drawn on a canvas between axes in SVG.

const FIRST = { cells: 32, draws: 16 };
const FULL = { cells: 100, draws: 128 };
const ENOUGH = 14; // milliseconds that a first map may take
const PATIENCE = 2500; // milliseconds that the workers may take for a fine one
const BLOCKS = 16; // of rows, into which a fine map is cut for the workers
const REST = 50; // milliseconds without a move before they begin

class MapView {
  constructor(root, page) {
    this.page = page;
    this.store = new Store();
    this.grid = new Grid(page.program, this.store);
    this.pace = 3e-5; // milliseconds that a draw of a cell takes, as seen
    this.enough = ENOUGH;
    this.coarse = FIRST.cells;
    this.drops = [];
    this.cells = make("canvas", { width: 1, height: 1 });
    this.canvas = make("canvas", {
      class: "cells", tabindex: "0", role: "img", "aria-describedby": "map-help",
    });
    this.cross = make("svg", { class: "cross", "aria-hidden": "true" });
    this.axes = make("svg", { class: "axes", "aria-hidden": "true" });
    this.frame = make("div", { class: "map" }, this.axes, this.canvas, this.cross);
    this.legend = make("ul", { class: "legend" });
    this.caption = make("p", { class: "quiet caption" });
    this.reading = make("p", { class: "quiet reading", "aria-live": "polite" });
    root.append(this.frame, this.legend, this.reading, this.caption);
    // Sizes and colours are asked for when they change, not when something is drawn: asking makes the browser lay
    // the whole page out first.
    new ResizeObserver(([entry]) => {
      this.width = Math.round(entry.contentRect.width);
      this.height = Math.round(entry.contentRect.height);
      this.draw();
    }).observe(this.frame);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.palette = null;
      this.draw();
    });
    this.listen();
  }

  listen() {
    const pick = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const share = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      this.page.hold(this.axes_.map((axis, k) => [axis.place, axis.low + clamp(share[k]) * (axis.high - axis.low)]));
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      pick(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) pick(event);
    });
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
    this.canvas.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (!step || !this.axes_) return;
      event.preventDefault();
      const axis = this.axes_[step[0]];
      const size = ((axis.high - axis.low) / 50) * step[1] * (event.shiftKey ? 5 : 1);
      const value = Math.min(Math.max(this.page.valueOf(axis.place) + size, axis.low), axis.high);
      this.page.hold([[axis.place, value]]);
    });
  }

  // The axes as parameters with ranges.
  axesOf(settings) {
    return this.page.axes().map((place) => {
      const parameter = this.page.data.parameters[place];
      const [low, high] = parameter.range;
      const input = this.page.program.index.get(`value ${parameter.name}`);
      return { place, low, high, input, name: parameter.name, unit: parameter.unit };
    });
  }

  // A first map, within a few milliseconds; the fine one follows.
  update(settings) {
    this.cancel();
    this.axes_ = this.axesOf(settings);
    const committed = settings.committed();
    const over = settings.over === "draws";
    const task = this.task(settings, over, committed);
    const most = over ? Math.min(FIRST.draws, this.page.data.draws) : 1;
    const cells = this.coarse;
    const given = task.inputs.map((value) => (typeof value === "string" ? this.page.columns[value].subarray(0, most) : value));
    const begin = performance.now();
    this.grid.start(given, axisValues(this.axes_, cells, 0, cells), most, targetOf(this.page.program, this.page.view()), committed);
    const started = performance.now();
    let draws = 0;
    do {
      this.grid.add();
      draws += 1;
    } while (draws < most && performance.now() - begin < this.enough);
    // where a draw by itself takes too long the next first map is coarser, and finer again when it does not
    const each = (performance.now() - started) / draws;
    this.pace = each / (cells * cells);
    if (each > this.enough / 2 && cells > 8) this.coarse = cells / 2;
    else if (4 * each < this.enough / 4 && cells < FIRST.cells) this.coarse = 2 * cells;
    const target = this.grid.target;
    this.found = {
      nx: cells, ny: cells, draws, size: target.size, isChoice: target.isChoice,
      sums: this.grid.sums, counts: this.grid.counts, failed: this.grid.failed,
    };
    this.isFirst = true;
    this.draw();
    this.timer = setTimeout(() => this.refine(task, over), REST);
  }

  task(settings, over, committed) {
    const inputs = settings.inputs(over);
    for (const axis of this.axes_) {
      const held = this.page.program.index.get(`held ${axis.name}`);
      if (held !== undefined) inputs[held] = 1;
    }
    return { inputs, committed, view: this.page.view() };
  }

  cancel() {
    clearTimeout(this.timer);
    for (const drop of this.drops) drop();
    this.drops = [];
  }

  // The fine map, in blocks of rows from the workers; coarser where the model is slow, and finer again where it
  // turns out to be faster than the first map was.
  refine(task, over, least = 0) {
    const points = Math.max((PATIENCE * this.page.office.size) / Math.max(this.pace, 1e-6), least);
    let { cells, draws } = FULL;
    const most = over ? Math.min(draws, this.page.data.draws) : 1;
    draws = most;
    while (cells * cells * draws > points && draws > 16) draws /= 2;
    while (cells * cells * draws > points && cells > 25) cells = Math.round(cells / 2);
    const begin = performance.now();
    this.fill(task, cells, draws, () => {
      const isFull = cells === FULL.cells && draws === most;
      const possible = (cells * cells * draws * PATIENCE) / (performance.now() - begin);
      if (!isFull && possible > 2 * cells * cells * draws) this.refine(task, over, possible);
    });
  }

  fill(task, cells, draws, done) {
    const target = targetOf(this.page.program, task.view);
    const all = cells * cells;
    const found = {
      nx: cells, ny: cells, draws, size: target.size, isChoice: target.isChoice,
      sums: new Float64Array(target.size * all), counts: new Float64Array(all), failed: new Float64Array(all),
    };
    const block = Math.ceil(cells / BLOCKS);
    const fill = (this.fills = (this.fills || 0) + 1);
    let open = 0;
    for (let from = 0; from < cells; from += block) {
      const rows = Math.min(block, cells - from);
      const axes = axisValues(this.axes_, cells, from, rows);
      open += 1;
      const drop = this.page.office.ask({ ...task, axes, draws, fill }, (part) => {
        const size = rows * cells;
        for (let k = 0; k < target.size; k++) {
          found.sums.set(part.sums.subarray(k * size, (k + 1) * size), k * all + from * cells);
        }
        found.counts.set(part.counts, from * cells);
        found.failed.set(part.failed, from * cells);
        open -= 1;
        if (open > 0) return;
        this.found = found;
        this.isFirst = false;
        this.filled = performance.now();
        this.draw();
        done();
      });
      this.drops.push(drop);
    }
  }

  // --- drawing ---

  colours() {
    if (this.palette) return this.palette;
    const style = getComputedStyle(this.frame);
    const of = (name) => rgb(style.getPropertyValue(name).trim());
    const moves = [0, 1, 2, 3, 4, 5, 6].map((k) => of(`--p${k}`));
    this.palette = { paper: of("--paper"), accent: of("--accent"), muted: of("--muted"), moves };
    return this.palette;
  }

  draw() {
    if (!this.found || !this.width) return;
    const { found } = this;
    this.paint = this.painter(found);
    this.cells.width = found.nx;
    this.cells.height = found.ny;
    const context = this.cells.getContext("2d");
    const image = context.createImageData(found.nx, found.ny);
    const words = new Uint8ClampedArray(image.data.buffer);
    for (let y = 0; y < found.ny; y++) {
      for (let x = 0; x < found.nx; x++) {
        const [r, g, b] = this.paint(y * found.nx + x);
        const at = 4 * ((found.ny - 1 - y) * found.nx + x);
        words[at] = r;
        words[at + 1] = g;
        words[at + 2] = b;
        words[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [across, up] = this.inner();
    const wide = Math.round(across * ratio), tall = Math.round(up * ratio);
    if (this.canvas.width !== wide || this.canvas.height !== tall) {
      this.canvas.width = wide;
      this.canvas.height = tall;
    }
    const screen = this.canvas.getContext("2d");
    screen.imageSmoothingEnabled = false;
    screen.drawImage(this.cells, 0, 0, wide, tall);
    const key = JSON.stringify([this.width, this.height, this.axes_]);
    if (key !== this.drawnAxes) this.drawAxes(this.width, this.height);
    this.drawnAxes = key;
    this.drawCross();
    this.tell();
  }

  // The colour of a cell: of the move chosen most, the paler the more draws choose another; of a number, on a
  // scale from paper to accent.
  painter(found) {
    const colours = this.colours();
    const cells = found.nx * found.ny;
    if (found.isChoice) {
      return (cell) => {
        if (!(found.counts[cell] > 0)) return colours.muted;
        let most = 0;
        for (let k = 1; k < found.size; k++) if (found.sums[k * cells + cell] > found.sums[most * cells + cell]) most = k;
        const share = found.sums[most * cells + cell] / found.counts[cell];
        const even = 1 / found.size;
        return mixed(colours.paper, colours.moves[most % 7], 0.25 + 0.75 * clamp((share - even) / (1 - even)));
      };
    }
    [this.low, this.high] = this.rangeOf(found);
    return (cell) => {
      if (!(found.counts[cell] > 0)) return colours.muted;
      const value = found.sums[cell] / found.counts[cell];
      return mixed(colours.paper, colours.accent, clamp((value - this.low) / (this.high - this.low || 1)));
    };
  }

  rangeOf(found) {
    const question = this.page.program.questions[this.page.view().question];
    if (question.kind !== "amount" || question.above !== null) return [0, 1];
    let low = Infinity, high = -Infinity;
    for (let cell = 0; cell < found.counts.length; cell++) {
      if (!(found.counts[cell] > 0)) continue;
      const value = found.sums[cell] / found.counts[cell];
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return low < high ? [low, high] : [low - 0.5, low + 0.5];
  }

  drawAxes(width, height) {
    const { left, bottom, top, right } = MARGIN;
    const parts = [];
    const [x, y] = this.axes_;
    const inner = { w: width - left - right, h: height - top - bottom };
    for (const value of ticks(x.low, x.high, Math.max(Math.floor(inner.w / 80), 2))) {
      const at = left + (inner.w * (value - x.low)) / (x.high - x.low);
      parts.push(make("line", { x1: at, x2: at, y1: height - bottom, y2: height - bottom + 5 }));
      parts.push(make("text", { x: at, y: height - bottom + 18, "text-anchor": "middle" }, show(value, 4)));
    }
    for (const value of ticks(y.low, y.high, Math.max(Math.floor(inner.h / 60), 2))) {
      const at = top + inner.h * (1 - (value - y.low) / (y.high - y.low));
      parts.push(make("line", { x1: left - 5, x2: left, y1: at, y2: at }));
      parts.push(make("text", { x: left - 9, y: at + 4, "text-anchor": "end" }, show(value, 4)));
    }
    parts.push(make("text", { class: "title", x: left + inner.w / 2, y: height - 4, "text-anchor": "middle" }, axisTitle(x, inner.w)));
    parts.push(make("text", { class: "title", x: left, y: 14 }, `↑ ${axisTitle(y, inner.w - 15)}`));
    this.axes.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.axes.replaceChildren(...parts);
  }

  // The size of the map inside of its axes.
  inner() {
    return [this.width - MARGIN.left - MARGIN.right, this.height - MARGIN.top - MARGIN.bottom];
  }

  drawCross() {
    const [width, height] = this.inner();
    const at = this.axes_.map((axis) => (this.page.valueOf(axis.place) - axis.low) / (axis.high - axis.low));
    const isInside = at.every((share) => share >= 0 && share <= 1);
    if (!this.cross.firstChild) {
      const edge = () => make("line", { class: "edge", x1: 0, y1: 0 });
      this.cross.append(edge(), edge(), make("circle", { r: 6 }));
    }
    const [level, plumb, ring] = this.cross.children;
    const x = (at[0] * width).toFixed(1), y = ((1 - at[1]) * height).toFixed(1);
    put(this.cross, { viewBox: `0 0 ${width} ${height}`, visibility: isInside ? "visible" : "hidden" });
    put(level, { x2: width, y1: y, y2: y });
    put(plumb, { x1: x, x2: x, y2: height });
    put(ring, { cx: x, cy: y });
  }

  // --- telling ---

  names() {
    const view = this.page.view();
    return view.node === undefined ? [this.page.program.questions[view.question].label] : this.page.program.nodes[view.node].branches;
  }

  tell() {
    const { found } = this;
    const { settings } = this.page;
    const names = this.names();
    const legend = found.isChoice ? JSON.stringify(names) : `${this.number(this.low)} to ${this.number(this.high)}`;
    if (legend !== this.drawnLegend) {
      const square = () => make("svg", { width: 12, height: 12, "aria-hidden": "true" }, make("rect", { width: 12, height: 12, rx: 2 }));
      const items = found.isChoice
        ? names.map((name, k) => make("li", { class: `p${k % 7}` }, square(), name))
        : [make("li", {}, make("span", { class: "ramp", "aria-hidden": "true" }), legend)];
      this.legend.replaceChildren(...items);
    }
    this.drawnLegend = legend;
    const failed = found.failed.reduce((a, b) => a + b, 0) / (found.failed.length * found.draws);
    const each = settings.over === "draws"
      ? `each over ${found.draws === 1 ? "one draw" : `${found.draws} draws`}`
      : "at the point that the sliders show";
    const pale = found.isChoice && settings.over === "draws" ? " The fainter a colour, the more draws choose another move." : "";
    const caption =
      `${found.nx} × ${found.ny} cells, ${each}${this.isFirst ? "; finer in a moment" : ""}.${pale}` +
      (failed > 0 ? ` ${percent(failed)} of the points fail; grey cells have no other.` : "");
    if (this.caption.textContent !== caption) this.caption.textContent = caption;
    if (this.isFirst) return; // what is read aloud waits until nothing moves
    const said = this.atCross();
    if (this.reading.textContent !== said) this.reading.textContent = said;
    this.canvas.setAttribute("aria-label", `Map of ${this.title()}, ${axisTitle(this.axes_[0])} to the right and ${axisTitle(this.axes_[1])} up. ${said}`);
  }

  title() {
    const view = this.page.view();
    return view.node === undefined ? `“${this.names()[0]}”` : `what is chosen at “${this.page.program.nodes[view.node].name}”`;
  }

  number(value) {
    const question = this.page.program.questions[this.page.view().question];
    return question && question.kind === "amount" && question.above === null ? show(value) : percent(value, 0);
  }

  atCross() {
    const { found } = this;
    const at = this.axes_.map((axis) => (this.page.valueOf(axis.place) - axis.low) / (axis.high - axis.low));
    if (!at.every((share) => share >= 0 && share <= 1)) return "";
    const cell = Math.min(Math.floor(at[1] * found.ny), found.ny - 1) * found.nx + Math.min(Math.floor(at[0] * found.nx), found.nx - 1);
    const where = this.axes_.map((axis) => `${axis.name} ${show(this.page.valueOf(axis.place))}`).join(", ");
    if (!(found.counts[cell] > 0)) return `At ${where}: nothing.`;
    const cells = found.nx * found.ny;
    const values = this.names().map((name, k) => [name, found.sums[k * cells + cell] / found.counts[cell]]);
    if (!found.isChoice) return `At ${where}: ${this.number(values[0][1])}.`;
    const chosen = values.filter(([, share]) => share > 0).sort((a, b) => b[1] - a[1]);
    return `At ${where}: ${chosen.map(([name, share]) => `${name} ${percent(share, 0)}`).join(", ")}.`;
  }
}

const MARGIN = { left: 58, right: 10, top: 24, bottom: 44 };

// The name of an axis with its unit, as much of it as there is room for.
function axisTitle(axis, room = Infinity) {
  const most = room / 7;
  const whole = axis.unit ? `${axis.name} (${axis.unit})` : axis.name;
  if (whole.length <= most) return whole;
  return axis.name.length <= most ? axis.name : `${axis.name.slice(0, Math.max(Math.floor(most) - 1, 1))}…`;
}

function put(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element.getAttribute(key) !== text) element.setAttribute(key, text);
  }
}

// The middles of cells along both axes: all of x, and some rows of y.
function axisValues([x, y], cells, from, rows) {
  const middle = (axis, k) => axis.low + ((axis.high - axis.low) * (k + 0.5)) / cells;
  return [
    { input: x.input, values: Float64Array.from({ length: cells }, (_, k) => middle(x, k)) },
    { input: y.input, values: Float64Array.from({ length: rows }, (_, k) => middle(y, from + k)) },
  ];
}

function clamp(share) {
  return Math.min(Math.max(share, 0), 1);
}

function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

function rgb(text) {
  const hex = text.startsWith("#") ? text.slice(1) : "888888";
  const full = hex.length === 3 ? [...hex].map((letter) => letter + letter).join("") : hex;
  return [0, 2, 4].map((k) => parseInt(full.slice(k, k + 2), 16));
}

function mixed(from, to, share) {
  return from.map((part, k) => Math.round(part + (to[k] - part) * share));
}
