// The controls: levers first, then what matters most, then the rest by the first part of their names; premises.

const SHOWN = 6; // parameters that matter most
const BINS = 16;

// The share of the variance of the first question's number that each parameter explains by itself, in 16 bins.
function matters(numbers, column) {
  const found = [];
  numbers.forEach((number, i) => {
    if (Number.isFinite(number)) found.push([column[i], number]);
  });
  if (found.length < 4 * BINS) return 0;
  found.sort((a, b) => a[0] - b[0]);
  const mean = found.reduce((sum, [, number]) => sum + number, 0) / found.length;
  const total = found.reduce((sum, [, number]) => sum + (number - mean) ** 2, 0);
  let between = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const part = found.slice((bin * found.length) / BINS, ((bin + 1) * found.length) / BINS);
    const own = part.reduce((sum, [, number]) => sum + number, 0) / part.length;
    between += part.length * (own - mean) ** 2;
  }
  return total > 0 ? between / total : 0;
}

class Controls {
  constructor(root, page) {
    this.page = page;
    this.rows = new Map();
    this.root = root;
    const search = make("input", { type: "search", id: "play-search", placeholder: "find a parameter or premise", "aria-label": "Find a parameter or premise", oninput: () => this.filter(search.value) });
    this.search = search;
    this.lists = make("div", { class: "lists" });
    root.append(search, this.lists);
    page.data.parameters.forEach((parameter, k) => this.rows.set(k, this.row(parameter, k)));
    this.arrange([]);
  }

  // Put the rows into groups; `weights` says how much each parameter matters.
  arrange(weights) {
    const { data } = this.page;
    const rest = new Set([...data.parameters.keys()].filter((k) => !data.parameters[k].idle));
    const take = (filter) => [...rest].filter(filter).map((k) => (rest.delete(k), k));
    const groups = [];
    data.titles.forEach((title, player) => {
      const own = take((k) => data.parameters[k].lever === player);
      const bound = data.commitments.filter((each) => each.player === player);
      if (own.length || bound.length) groups.push({ title: `Levers of ${inSentence(title)}`, rows: own, bound, open: true });
    });
    const drawn = [...rest].filter((k) => data.parameters[k].range && data.parameters[k].drawn);
    const most = drawn.sort((a, b) => (weights[b] || 0) - (weights[a] || 0) || a - b).slice(0, SHOWN);
    most.forEach((k) => rest.delete(k));
    if (most.length) groups.push({ title: weights.length ? "Matter most here" : "Parameters", rows: most, open: true });
    const prefixes = new Map();
    for (const k of take((k) => data.parameters[k].drawn || data.parameters[k].range)) {
      const name = data.parameters[k].name;
      const prefix = name.includes(".") ? name.slice(0, name.indexOf(".")) : "";
      if (!prefixes.has(prefix)) prefixes.set(prefix, []);
      prefixes.get(prefix).push(k);
    }
    for (const [prefix, rows] of prefixes) {
      groups.push({ title: prefix ? `Parameters of ${prefix}` : most.length ? "Other parameters" : "Parameters", rows });
    }
    const fixed = take(() => true);
    if (fixed.length) groups.push({ title: "Fixed numbers", rows: fixed });
    // What a reader has opened, closed, set, or is at stays so when the groups are made anew.
    const known = new Map((this.groups || []).map((group) => [group.dataset.title, group.open && !("opened" in group.dataset)]));
    const at = document.activeElement;
    const isUsed = (k) => this.page.settings.held.has(k) || this.rows.get(k).element.contains(at);
    const parts = groups.map(({ title, rows, bound = [], open = false }) =>
      make("details", { class: "group", "data-title": title, open: (known.has(title) ? known.get(title) : open) || rows.some(isUsed) },
        make("summary", {}, title, make("span", { class: "count" }, ` ${rows.length + bound.length}`)),
        ...bound.map((each) => this.commitment(each)),
        ...rows.map((k) => this.rows.get(k).element)));
    if (data.premises.length) parts.splice(groups.findIndex((g) => !g.open) < 0 ? parts.length : groups.findIndex((g) => !g.open), 0, this.premises(known.get("Premises") !== false));
    this.lists.replaceChildren(...parts);
    this.groups = parts;
    this.filter(this.search.value);
    if (this.lists.contains(at) && at !== document.activeElement) at.focus({ preventScroll: true });
  }

  row(parameter, k) {
    const { page } = this;
    const id = `play-p${k}`;
    const cost = parameter.cost ? `costs who sets it ${parameter.cost}` : "";
    const hint = [parameter.about, parameter.text, cost].filter(Boolean).join(" — ");
    const reset = make("button", { type: "button", class: "free", title: "let the draws decide again", "aria-label": `Let go of ${parameter.name}`, hidden: true, onclick: () => page.release(k) }, "×");
    const output = make("output", { for: id });
    let input;
    if (parameter.options.length) {
      input = make("select", { id, onchange: () => page.hold([[k, Number(input.value)]]) },
        ...parameter.options.map(([value, label]) => make("option", { value }, label)));
    } else if (parameter.range) {
      const [low, high] = parameter.range;
      input = make("input", { id, type: "range", min: 0, max: 1000, step: 1, oninput: () => page.hold([[k, low + (high - low) * (Number(input.value) / 1000)]]) });
    } else {
      input = make("input", { id, type: "number", step: "any", onchange: () => {
        if (input.value !== "" && Number.isFinite(Number(input.value))) page.hold([[k, Number(input.value)]]);
        else page.release(k);
      } });
    }
    const label = make("label", { for: id, title: hint }, make("span", { class: "name" }, parameter.name),
      parameter.unit ? make("span", { class: "unit" }, ` ${parameter.unit}`) : null);
    const element = make("div", { class: "control", "data-name": `${parameter.name} ${parameter.about} ${parameter.unit}`.toLowerCase() }, label, output, reset, input);
    return { element, input, output, reset, parameter };
  }

  commitment(each) {
    const { page } = this;
    const node = page.program.nodes[each.node];
    const id = `play-n${each.node}`;
    const select = make("select", { id, onchange: () => page.bind(each.node, Number(select.value)) },
      make("option", { value: -1 }, "free"),
      ...each.moves.map((move) => make("option", { value: move }, node.branches[move])));
    this.selects = this.selects || new Map();
    this.selects.set(each.node, select);
    return make("div", { class: "control", "data-name": `${node.name} commit`.toLowerCase() },
      make("label", { for: id, title: "binds himself to a move before play, and everybody knows it" },
        make("span", { class: "name" }, node.name), make("span", { class: "unit" }, " is bound to")), select);
  }

  premises(open) {
    const { page } = this;
    const { premises, sets } = page.data;
    this.switches = premises.map((premise, k) => {
      const isStructural = premise.switch < 0;
      const input = make("input", { type: "checkbox", role: "switch", id: `play-q${k}`, disabled: isStructural, onchange: () => page.toggle([k], !input.checked) });
      const note = isStructural ? make("span", { class: "unit" }, " rewrites the model, so it is not switched here; the report says what its removal does") : null;
      return { input, element: make("div", { class: `control premise${isStructural ? " grey" : ""}`, "data-name": `${premise.name} ${premise.says}`.toLowerCase() }, input,
        make("label", { for: `play-q${k}`, title: premise.says }, make("span", { class: "name" }, premise.name), premise.unstated ? make("span", { class: "tag" }, "unstated") : null, note)) };
    });
    const together = sets.length
      ? [make("div", { class: "control sets" }, ...sets.map((set) =>
          make("button", { type: "button", title: set.says, onclick: () => page.toggle(set.members, true, true) }, `without ${set.name}`)))]
      : [];
    return make("details", { class: "group premises-group", "data-title": "Premises", open },
      make("summary", {}, "Premises", make("span", { class: "count" }, ` ${premises.length}, on: it holds`)),
      ...together, ...this.switches.map(({ element }) => element));
  }

  filter(text) {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const group of this.groups) {
      let any = false;
      for (const row of group.querySelectorAll(".control")) {
        const name = row.dataset.name || "";
        row.hidden = words.length > 0 && !words.every((word) => name.includes(word));
        any = any || !row.hidden;
      }
      group.hidden = !any;
      if (words.length && any && !group.open) {
        group.open = true;
        group.dataset.opened = "";
      } else if (!words.length && "opened" in group.dataset) {
        group.open = false;
        delete group.dataset.opened;
      }
    }
  }

  // Show what is set.
  update(settings) {
    for (const [k, { element, input, output, reset, parameter }] of this.rows) {
      const isHeld = settings.held.has(k);
      const value = this.page.valueOf(k);
      const shown = `${value} ${isHeld}`;
      if (element.dataset.shown === shown) continue;
      element.dataset.shown = shown;
      element.classList.toggle("held", isHeld);
      reset.hidden = !isHeld;
      if (parameter.options.length) {
        input.value = String(value);
        continue;
      }
      if (parameter.range) {
        const [low, high] = parameter.range;
        const at = String(Math.round((1000 * (value - low)) / (high - low)));
        if (input.value !== at) input.value = at;
        input.setAttribute("aria-valuetext", `${show(value)} ${parameter.unit}${isHeld ? "" : parameter.drawn ? ", not set: the draws decide" : ", as in the file"}`);
      } else if (document.activeElement !== input) {
        input.value = String(value);
      }
      const said = show(value);
      if (output.textContent !== said) output.textContent = said;
    }
    if (this.switches) this.switches.forEach(({ input }, k) => (input.checked = !settings.removed.has(k)));
    if (this.selects) for (const [node, select] of this.selects) select.value = String(settings.bound.has(node) ? settings.bound.get(node) : -1);
  }
}

function inSentence(title) {
  return /^(The|A|An) /.test(title) ? title[0].toLowerCase() + title.slice(1) : title;
}
