// The page: what is set, what is shown, and in which order it is computed.

class Page {
  constructor(section, data) {
    this.data = data;
    this.program = new Program(data.program, PARTS);
    this.columns = columnsOf(data);
    this.names = new Map(data.program.names);
    this.settings = new Settings(data);
    this.store = new Store();
    this.usualView = this.firstView();
    this.usualAxes = this.ranged().slice(0, 2);
    this.build(section);
    this.open(location.hash, true);
    addEventListener("hashchange", () => {
      if (location.hash.startsWith("#play:")) this.open(location.hash, false);
    });
  }

  // The workers; they are made when first asked for, after the page is there.
  get office() {
    const make = () => new Office(this.data.program, this.columns, document.getElementById("play-script").textContent);
    return (this.workers = this.workers || make());
  }

  // --- the section ---

  build(section) {
    const { data, program } = this;
    const side = make("div", { class: "side" }), main = make("div", { class: "main" });
    this.said = make("p", { class: "lead", role: "status", "aria-live": "polite" });
    this.margin = make("p", { class: "margin" });
    this.answers = make("tbody");
    this.viewSelect = make("select", { id: "play-view", onchange: () => this.look(this.viewSelect.value) });
    program.questions.forEach((question, q) => this.viewSelect.append(make("option", { value: `question ${q}` }, question.label)));
    program.nodes.forEach((node, n) => {
      if (node.player >= 0 && program.ofNode[n].length) this.viewSelect.append(make("option", { value: `node ${n}` }, `what is chosen at ${node.name}`));
    });
    const map = make("div", { class: "picture" });
    this.axisSelects = [0, 1].map((axis) =>
      make("select", { id: `play-axis${axis}`, onchange: () => this.turn(axis, Number(this.axisSelects[axis].value)) },
        ...this.ranged().map((k) => make("option", { value: k }, data.parameters[k].name))));
    this.overSelect = make("select", { id: "play-over", onchange: () => this.set(() => (this.settings.over = this.overSelect.value)) },
      make("option", { value: "draws" }, "over the draws"), make("option", { value: "point" }, "at this point"));
    const chosen = make("div", { class: "choosing" }, labelled("of", this.viewSelect), labelled("right", this.axisSelects[0]), labelled("up", this.axisSelects[1]), labelled("", this.overSelect));
    const tools = make("div", { class: "tools" },
      this.tool("copy the link to this view", () => this.copy()), this.tool("set everything back", () => this.set(() => this.settings.reset())),
      this.tool("map as SVG", () => download(`${data.model}-map.svg`, textOf(mapDrawing(this.map)), "image/svg+xml")),
      this.tool("map as PNG", () => saveImage(mapDrawing(this.map), `${data.model}-map.png`)),
      this.tool("map as CSV", () => download(`${data.model}-map.csv`, mapTable(this.map), "text/csv")),
      ...(program.states.length && document.querySelector("#game svg.game")
        ? [this.tool("tree as SVG", () => download(`${data.model}-tree.svg`, textOf(treeDrawing(this.tree)), "image/svg+xml")),
           this.tool("tree as PNG", () => saveImage(treeDrawing(this.tree), `${data.model}-tree.png`))]
        : []));
    this.note = make("p", { class: "quiet", role: "status" });
    main.append(this.said, this.margin);
    const hasMap = this.ranged().length >= 2 && this.viewSelect.options.length > 0;
    if (hasMap) {
      main.append(chosen, map);
      this.map = new MapView(map, this);
    }
    const help = make("p", { class: "quiet", id: "map-help" }, "Click or drag in the map, or use the arrow keys on it, to set both of its parameters.");
    if (hasMap) main.append(help);
    const whole = make("div", { class: "whole" });
    if (program.states.length) this.tree = new Tree(whole, data, program);
    const table = make("details", { class: "fold" }, make("summary", {}, "All questions, here and in the run"),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "All questions" }, make("table", {},
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "question"), make("th", { scope: "col", class: "n" }, "here"), make("th", { scope: "col", class: "n" }, "in the run"))), this.answers)));
    this.expectations = make("tbody");
    const expected = make("details", { class: "fold" }, make("summary", {}, "What each player expects, here and as in the run"),
      make("p", { class: "quiet" }, "On average over the draws in this page, less what the player's own levers cost. Payoffs of different players are not measured alike."),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What each player expects" }, make("table", {},
        make("thead", {}, make("tr", {}, ...["player", "here", "as in the run", "difference"].map((text, k) => make("th", { scope: "col", class: k ? "n" : null }, text)))), this.expectations)));
    whole.append(table, ...(program.states.length ? [expected] : []), tools, this.note);
    this.controls = new Controls(side, this);
    section.append(make("div", { class: "board" }, side, main), whole);
  }

  tool(name, action) {
    return make("button", { type: "button", onclick: action, hidden: name.startsWith("map") && !this.ranged().length }, name);
  }

  ranged() {
    return this.data.parameters.map((p, k) => (p.range ? k : -1)).filter((k) => k >= 0);
  }

  // --- what is set ---

  open(fragment, isFirst) {
    const unknown = this.settings.read(fragment);
    this.note.textContent = unknown.length ? `The link names what this model does not have: ${unknown.join(", ")}.` : "";
    if (isFirst) {
      setTimeout(() => this.weigh(), 0);
      if (fragment.startsWith("#play:")) document.getElementById("play").scrollIntoView();
    }
    this.schedule();
  }

  // What the map is of, and its axes: as chosen, else the first question over what matters most for it.
  view() {
    return this.settings.view || this.usualView;
  }

  axes() {
    const ranged = this.ranged();
    const { axes } = this.settings;
    return axes && axes.every((k) => ranged.includes(k)) ? axes : this.usualAxes;
  }

  firstView() {
    const question = this.program.questions[0];
    if (!question) return { node: this.program.nodes.findIndex((node) => node.player >= 0) };
    return question.kind === "move" && question.player < 0 && question.holds.length === 0 ? { node: question.node } : { question: 0 };
  }

  set(change) {
    change();
    this.schedule();
  }

  hold(pairs) {
    this.set(() => pairs.forEach(([k, value]) => this.settings.held.set(k, value)));
  }

  release(k) {
    this.set(() => this.settings.held.delete(k));
  }

  bind(node, move) {
    this.set(() => (move < 0 ? this.settings.bound.delete(node) : this.settings.bound.set(node, move)));
  }

  toggle(places, isRemoved, isSet = false) {
    this.set(() => {
      const wanted = places.filter((k) => this.data.premises[k].switch >= 0);
      const goBack = isSet && wanted.every((k) => this.settings.removed.has(k));
      wanted.forEach((k) => (isRemoved && !goBack ? this.settings.removed.add(k) : this.settings.removed.delete(k)));
    });
  }

  look(value) {
    const [kind, number] = value.split(" ");
    this.set(() => (this.settings.view = { [kind]: Number(number) }));
  }

  turn(axis, place) {
    this.set(() => {
      const axes = [...this.axes()];
      if (axes[1 - axis] === place) axes[1 - axis] = axes[axis];
      axes[axis] = place;
      this.settings.axes = axes;
    });
  }

  async copy() {
    const address = location.href.split("#")[0] + (this.settings.write() || "#play");
    try {
      await navigator.clipboard.writeText(address);
      this.note.textContent = "The link is copied.";
    } catch {
      this.note.textContent = `The link is in the address bar: ${address}`;
    }
  }

  // --- what is shown ---

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.show();
    });
  }

  // The value of a parameter at the point: what is set, or the middle.
  valueOf(k) {
    const slot = this.names.get(this.data.parameters[k].name);
    if (this.settings.held.has(k)) return this.settings.held.get(k);
    return slot === undefined || !this.memory ? this.data.parameters[k].central : read(this.memory, slot, 0);
  }

  // First the point and a coarse map, at once; then the address, the answers over all draws and a finer map.
  show() {
    this.began = performance.now();
    this.moves = (this.moves || 0) + 1;
    const { settings, program } = this;
    const everything = program.questions.map((question) => question.purpose);
    const committed = settings.committed();
    this.memory = evaluate(program, settings.inputs(false), 1, everything, this.store);
    let wrong = failures(program, this.memory, 1)[0];
    let look = null, solved = null;
    if (program.states.length) {
      solved = solve(program, this.memory, 1, { committed });
      look = lookAt(program, this.memory, solved, committed, 0);
      wrong = wrong || stuckAt(program, solved, look.reached, 0);
    }
    if (this.tree) this.tree.update(look, wrong);
    this.controls.update(settings);
    this.select();
    this.tellPoint(look, solved, wrong, committed);
    if (this.map) this.map.update(settings);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.settle(committed), REST);
  }

  select() {
    const { settings } = this;
    const view = this.view();
    this.viewSelect.value = view.node === undefined ? `question ${view.question}` : `node ${view.node}`;
    this.axes().forEach((k, axis) => (this.axisSelects[axis].value = String(k)));
    this.overSelect.value = settings.over;
  }

  // The question that the sentence answers: the one in view, or the first about the node in view.
  asked() {
    const view = this.view();
    if (view.question !== undefined) return view.question;
    const about = this.program.questions.findIndex((question) => question.node === view.node && question.player < 0);
    return about >= 0 ? about : this.program.questions.length ? 0 : -1;
  }

  tellPoint(look, solved, wrong, committed) {
    const { program } = this;
    const q = this.asked();
    if (wrong) {
      this.margin.textContent = `At this point the model has no answer: ${program.reasons[wrong]}`;
      return;
    }
    const parts = [];
    const node = this.view().node ?? (q >= 0 ? program.questions[q].node : -1);
    if (look && node >= 0) {
      const here = look.nodes[node];
      parts.push(`${chosenAt(program.nodes[node], here)} at “${program.nodes[node].name}”, ${here.tied ? "tied with another move" : `better than the next move by ${show(here.margin)}`}`);
    }
    if (q >= 0) {
      const question = program.questions[q];
      const answer = ask(program, this.memory, solved, question, committed, look ? look.reached : null, 0);
      if (!answer.applies) parts.push(`“${question.label}” does not arise`);
      else if (question.kind === "move" && question.player < 0 && Number.isFinite(answer.margin)) parts.push(`“${program.nodes[question.node].branches[question.move]}” ${answer.margin >= 0 ? "leads" : "trails"} by ${show(Math.abs(answer.margin))}`);
      else if (question.kind !== "move") parts.push(`“${question.label}”: ${this.answerText(question, answer.number)}`);
    }
    this.margin.textContent = parts.length ? `At the point that the sliders show: ${parts.join("; ")}.` : "";
  }

  answerText(question, number) {
    return question.kind === "amount" && question.above === null ? show(number) : percent(number);
  }

  settle(committed) {
    const move = this.moves;
    const address = this.settings.write();
    if (address !== (location.hash.startsWith("#play:") ? location.hash : "")) {
      try {
        history.replaceState(null, "", address || location.href.split("#")[0]);
      } catch {
        // a browser that counts changes of the address refuses for a while
      }
    }
    if (this.drop) this.drop();
    if (!this.program.questions.length) return;
    this.drop = this.office.ask({ inputs: this.settings.inputs(true), draws: this.data.draws, committed }, (found) => this.tell(found, move));
  }

  // What the draws say.
  tell({ answers, failed, expected }, moves) {
    const { program, data } = this;
    this.answered = { answers, failed, expected, move: moves };
    this.tellExpected();
    const q = this.asked();
    const question = program.questions[q], answer = answers[q];
    const number = this.answerText(question, answer.mean);
    const error = Number.isFinite(answer.error) ? ` ± ${question.kind === "amount" && question.above === null ? show(2.13 * answer.error, 2) : `${(213 * answer.error).toFixed(1)}`}` : "";
    const settings = this.isAsRun() ? "As in the run" : "As it is set here";
    const count = answer.count === data.draws ? `the ${data.draws.toLocaleString("en")} draws in this page` : `the ${answer.count.toLocaleString("en")} of ${data.draws.toLocaleString("en")} draws in this page that it applies to`;
    const move = question.node >= 0 ? program.nodes[question.node].branches[question.move] : "";
    const verdict = question.kind === "amount" && question.above === null
      ? `“${question.label}” is ${number}${error} on average over ${count}`
      : question.kind === "move" && question.player < 0
        ? `“${move}” is the rational move at “${program.nodes[question.node].name}” in ${number}${error} of ${count}`
        : `“${question.label}”: ${number}${error} over ${count}`;
    const margin = Number.isFinite(answer.margin) ? `, with a median margin of ${show(answer.margin)}` : "";
    const run = data.run.answers[q];
    const beside = run === null ? "" : ` In the run: ${this.answerText(question, run)}.`;
    this.said.textContent = answer.count === 0 ? `${settings}, “${question.label}” arises in none of the draws in this page.` : `${settings}, ${verdict}${margin}.${beside}${failed > 0 ? ` ${percent(failed)} of the draws fail.` : ""}`;
    this.answers.replaceChildren(...program.questions.map((each, k) =>
      make("tr", {}, make("th", { scope: "row" }, each.label), make("td", { class: "n" }, this.answerText(each, answers[k].mean)),
        make("td", { class: "n" }, data.run.answers[k] === null ? "–" : this.answerText(each, data.run.answers[k])))));
  }

  tellExpected() {
    const here = this.answered ? this.answered.expected : [];
    this.expectations.replaceChildren(...here.map((value, p) => {
      const plain = this.plain ? this.plain[p] : NaN;
      return make("tr", {}, make("th", { scope: "row" }, this.data.titles[p]),
        ...[value, plain, value - plain].map((number) => make("td", { class: "n" }, show(number))));
    }));
  }

  isAsRun() {
    const { held, removed, bound } = this.settings;
    const { without } = this.data;
    return held.size === 0 && bound.size === 0 && removed.size === without.length && without.every((k) => removed.has(k));
  }

  // How much each parameter matters for the first question, over the draws as in the run.
  weigh() {
    if (!this.program.questions.length) return;
    const plain = new Settings(this.data);
    this.office.ask({ inputs: plain.inputs(true), draws: this.data.draws, committed: null }, ({ numbers, expected }) => {
      this.plain = expected;
      this.tellExpected();
      const weights = this.data.parameters.map((parameter) => {
        const column = this.columns[`value ${parameter.name}`] || this.columns[`drawn ${parameter.name} 0`] || this.columns[`point ${parameter.name}`];
        return column ? matters(numbers[0], column) : 0;
      });
      this.controls.arrange(weights);
      this.usualAxes = this.ranged().sort((a, b) => weights[b] - weights[a] || a - b).slice(0, 2);
      this.schedule();
    });
  }
}

function labelled(text, control) {
  return make("label", {}, text ? make("span", { class: "unit" }, `${text} `) : "", control);
}

if (typeof document !== "undefined") {
  const section = document.getElementById("play");
  const begin = performance.now();
  const page = new Page(section, JSON.parse(document.getElementById("play-data").textContent));
  section.hidden = false;
  for (const link of document.querySelectorAll("[data-play]")) link.hidden = false;
  globalThis.raisonPlay = { page, ready: performance.now(), took: performance.now() - begin };
}
