// The game at one point: the drawn tree with what is chosen, and the same as a table.

class Tree {
  constructor(root, data, program) {
    this.data = data;
    this.program = program;
    this.root = root;
    const drawn = document.querySelector("#game svg.game");
    if (!drawn) return;
    this.drawing = drawn.cloneNode(true);
    this.drawing.removeAttribute("aria-labelledby");
    this.drawing.setAttribute("aria-hidden", "true");
    this.drawing.classList.add("played");
    for (const named of this.drawing.querySelectorAll("[id]")) named.removeAttribute("id");
    for (const title of this.drawing.querySelectorAll(":scope > title, :scope > desc")) title.remove();
    this.branches = [...this.drawing.querySelectorAll("g[data-branch]")].map((group) => ({
      group,
      node: Number(group.dataset.node),
      branch: Number(group.dataset.branch),
      path: group.querySelector("path"),
      text: group.querySelector(".share"),
      title: group.querySelector("title"),
    }));
    this.ends = [...this.drawing.querySelectorAll("g[data-outcome].outcome")].map((group) => ({
      group, outcome: Number(group.dataset.outcome), text: group.querySelector(".share"),
      title: group.querySelector("title"),
    }));
    const frame = make("div", { class: "scroll tree", tabindex: "0", role: "region", "aria-label": "The game at this point, drawn as a tree" }, this.drawing);
    this.table = make("tbody");
    const heads = ["node", "who moves", "chosen, or probability", "margin", "worth to him"];
    const folded = make("details", { class: "fold" },
      make("summary", {}, "The nodes at this point in numbers"),
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Nodes at this point" },
        make("table", { class: "nodes" },
          make("thead", {}, make("tr", {}, ...heads.map((head, k) => make("th", { scope: "col", class: k > 2 ? "n" : null }, head)))),
          this.table)));
    folded.addEventListener("toggle", () => this.fill());
    this.folded = folded;
    root.append(frame, folded);
  }

  // Show a point; `wrong` is why there is nothing to show.
  update(look, wrong) {
    this.look = wrong ? null : look;
    if (!this.drawing) return;
    this.drawing.classList.toggle("failed", Boolean(wrong));
    for (const { group, node, branch, path, text, title } of this.branches) {
      const here = wrong ? null : look.nodes[node];
      const isDecision = this.program.nodes[node].player >= 0;
      const probability = here ? here.branches[branch] : 0;
      const along = here ? here.along[branch] : 0;
      group.classList.toggle("unused", !(along > 0));
      group.classList.toggle("chosen", isDecision && probability > 0.5);
      path.setAttribute("stroke-width", (1 + 8 * along).toFixed(2));
      const said = here ? branchText(here, isDecision, branch) : "";
      if (text && text.textContent !== said) text.textContent = said;
      if (title) title.textContent = `${this.program.nodes[node].branches[branch]}: ${said}`;
    }
    for (const { group, outcome, text, title } of this.ends) {
      const probability = wrong ? 0 : look.outcomes[outcome];
      group.classList.toggle("unused", !(probability > 0));
      const said = wrong ? "" : percent(probability, 0);
      if (text && text.textContent !== said) text.textContent = said;
      const pays = wrong ? null : look.pays[outcome];
      if (title) title.textContent = `${this.program.outcomes[outcome]}: ${said}${pays ? `; pays ${pays.map((pay, p) => `${this.data.titles[p]} ${show(pay)}`).join(", ")}` : ""}`;
    }
    this.fill();
  }

  fill() {
    if (!this.folded.open) return;
    const rows = this.program.nodes.map((node, k) => {
      const here = this.look && this.look.nodes[k];
      if (!here) return null;
      const isDecision = node.player >= 0;
      const said = isDecision
        ? chosenAt(node, here)
        : node.branches.map((name, b) => `${name} ${percent(here.branches[b], 0)}`).join(", ");
      return make("tr", {},
        make("th", { scope: "row" }, node.name),
        make("td", {}, isDecision ? this.data.titles[node.player] : "chance"),
        make("td", {}, said + (here.tied ? " (tied)" : "")),
        make("td", { class: "n" }, isDecision ? show(here.margin) : "–"),
        make("td", { class: "n" }, isDecision ? show(here.values[node.player]) : "–"));
    });
    this.table.replaceChildren(...rows.filter(Boolean));
  }
}

function chosenAt(node, here) {
  const likeliest = here.branches.indexOf(Math.max(...here.branches));
  return here.branches[likeliest] > 0 ? node.branches[likeliest] : "no move is available";
}

function branchText(here, isDecision, branch) {
  if (!isDecision) return percent(here.branches[branch], 0);
  return here.worth[branch] === null ? "not available" : show(here.worth[branch]);
}
