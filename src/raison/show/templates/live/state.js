// What the reader has set, what the inputs are then, and how a view is written into the address.

function columnsOf(data) {
  const found = {};
  for (const [name, text] of Object.entries(data.columns)) {
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let k = 0; k < bytes.length; k++) bytes[k] = letters.charCodeAt(k);
    found[name] = new Float64Array(bytes.buffer);
  }
  return found;
}

class Settings {
  constructor(data) {
    this.data = data;
    this.parameters = new Map(data.parameters.map((p, k) => [p.name, k]));
    this.reset();
  }

  reset() {
    this.held = new Map(); // by place of a parameter its value
    this.removed = new Set(this.data.without); // places of premises
    this.bound = new Map(); // by place of a node the place of a move
    this.axes = null;
    this.view = null;
    this.over = "draws";
  }

  // For each input a number, or the name of a column of the draws where `overDraws`.
  inputs(overDraws) {
    const off = new Set([...this.removed].map((k) => this.data.premises[k].switch));
    return this.data.given.map((input) => {
      switch (input.kind) {
        case "removed":
          return off.has(input.of) ? 1 : 0;
        case "bound":
          return this.bound.has(input.of) ? this.bound.get(input.of) : -1;
        case "held":
          return this.held.has(input.of) ? 1 : 0;
        case "value":
          if (this.held.has(input.of)) return this.held.get(input.of);
      }
      return overDraws && input.column !== null ? input.column : input.value;
    });
  }

  committed() {
    if (this.bound.size === 0) return null;
    return this.data.program.nodes.map((_, node) => (this.bound.has(node) ? this.bound.get(node) : -1));
  }

  // --- the address ---

  write() {
    const { data } = this;
    const words = [];
    const add = (key, value) => words.push(`${key}=${encodeURIComponent(value)}`);
    const usual = new Set(data.without);
    for (const [k, value] of this.held) add(`p.${encodeURIComponent(data.parameters[k].name)}`, value);
    for (const k of this.removed) if (!usual.has(k)) add("without", data.premises[k].name);
    for (const k of usual) if (!this.removed.has(k)) add("with", data.premises[k].name);
    for (const [node, move] of this.bound) {
      add(`bound.${encodeURIComponent(data.program.nodes[node].name)}`, data.program.nodes[node].branches[move]);
    }
    if (this.axes) this.axes.forEach((k, axis) => add(axis === 0 ? "x" : "y", data.parameters[k].name));
    if (this.view) add(this.view.node === undefined ? "question" : "node", this.view.node ?? this.view.question);
    if (this.over !== "draws") add("over", this.over);
    return words.length ? `#play:${words.join("&")}` : "";
  }

  // Read an address; what it names and the model does not have is given back.
  read(fragment) {
    this.reset();
    const unknown = [];
    if (!fragment.startsWith("#play:")) return unknown;
    const { data } = this;
    const place = (list, name) => list.findIndex((each) => each.name === name);
    const axes = [-1, -1];
    for (const word of fragment.slice(6).split("&")) {
      const cut = word.indexOf("=");
      let key, value;
      try {
        key = decodeURIComponent(word.slice(0, cut));
        value = decodeURIComponent(word.slice(cut + 1));
      } catch {
        unknown.push(word);
        continue;
      }
      if (!this.take(key, value, place, axes)) unknown.push(key);
    }
    if (axes.every((k) => k >= 0) && axes[0] !== axes[1]) this.axes = axes;
    return unknown;
  }

  take(key, value, place, axes) {
    const { data } = this;
    if (key.startsWith("p.")) {
      const k = place(data.parameters, key.slice(2));
      const number = Number(value);
      if (k < 0 || value.trim() === "" || !Number.isFinite(number)) return false;
      const options = data.parameters[k].options;
      if (options.length && !options.some(([option]) => option === number)) return false;
      this.held.set(k, number);
      return true;
    }
    if (key.startsWith("bound.")) {
      const node = place(data.program.nodes, key.slice(6));
      const free = data.commitments.find((each) => each.node === node);
      const move = node < 0 ? -1 : data.program.nodes[node].branches.indexOf(value);
      if (!free || !free.moves.includes(move)) return false;
      this.bound.set(node, move);
      return true;
    }
    if (key === "without" || key === "with") {
      const k = place(data.premises, value);
      if (k < 0 || data.premises[k].switch < 0) return false;
      if (key === "with") this.removed.delete(k);
      else this.removed.add(k);
      return true;
    }
    if (key === "x" || key === "y") {
      axes[key === "x" ? 0 : 1] = place(data.parameters, value);
      return place(data.parameters, value) >= 0;
    }
    if (key === "question" || key === "node") {
      const list = key === "node" ? data.program.nodes : data.program.questions;
      if (!/^\d+$/.test(value) || !(Number(value) in list)) return false;
      if (key === "node" && data.program.nodes[Number(value)].player < 0) return false;
      this.view = { [key]: Number(value) };
      return true;
    }
    if (key === "over" && (value === "draws" || value === "point")) {
      this.over = value;
      return true;
    }
    return false;
  }
}

// --- how numbers and things are written ---

function show(number, digits = 3) {
  if (!Number.isFinite(number)) return number > 0 ? "∞" : number < 0 ? "−∞" : "–";
  const size = Math.abs(number);
  const text = size !== 0 && (size < 1e-4 || size >= 1e7) ? number.toExponential(digits - 1) : roundTo(number, digits);
  return text.replace("-", "−");
}

function roundTo(number, digits) {
  const rounded = Number(number.toPrecision(digits));
  if (Math.abs(rounded) >= 1e4) return rounded.toLocaleString("en", { maximumFractionDigits: 0 });
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

function percent(share, digits = 1) {
  if (!Number.isFinite(share)) return "–";
  return `${(100 * share).toFixed(digits)}%`;
}

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

// An element with attributes, listeners (`onclick`), and children; texts are never markup.
function make(name, attributes = {}, ...children) {
  const isDrawing = ["svg", "g", "rect", "line", "text", "path", "circle", "title", "polyline"].includes(name);
  const element = isDrawing ? document.createElementNS(SVG_NAMESPACE, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
