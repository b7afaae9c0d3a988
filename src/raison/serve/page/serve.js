"use strict";
// The page: what is in the editor, what is on disk, what the server says, and how the three go together.

const at = (id) => document.getElementById(id);
const CHECK_AFTER = 250, CONNECT_AFTER = 1000; // milliseconds

class Page {
  constructor({ monaco, editor }) {
    this.monaco = monaco;
    this.editor = editor;
    this.base = null; // version of the text on disk that the editor's text was made from
    this.text = ""; // that text
    this.theirs = null; // what the file says if it has changed under the editor
    this.state = null;
    this.shows = "solve";
    this.shown = {};
    this.checks = 0;
    editor.onDidChangeModelContent(() => this.wrote());
    editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => this.save());
    addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        this.save();
      }
    });
    addEventListener("beforeunload", (event) => {
      if (this.isDirty) event.preventDefault();
    });
    at("save").onclick = () => this.save();
    at("stop").onclick = () => this.ask("/cancel", { line: this.busy() });
    at("challenge").onclick = () => this.ask("/analyse", { kind: "challenge" });
    at("everything").onclick = () => this.ask("/analyse", { kind: "everything" });
    at("compare").onclick = () => this.compare();
    at("theirs").onclick = () => this.take(this.theirs);
    at("mine").onclick = () => this.overwrite();
    for (const line of ["solve", "analysis"]) at(`show-${line}`).onclick = () => this.turn(line);
    split();
    this.connect();
  }

  get isDirty() {
    return this.base !== null && this.editor.getValue() !== this.text;
  }

  // --- the server ---

  connect() {
    const socket = new WebSocket(`ws://${location.host}/state`);
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = () => {
      at("gone").hidden = false;
      this.show();
      setTimeout(() => this.connect(), CONNECT_AFTER);
    };
    socket.onopen = () => {
      at("gone").hidden = true;
      this.shown = {}; // a new server counts its pages anew
    };
  }

  async ask(path, given) {
    try {
      const answer = await asked(path, given);
      this.refuse(answer.status >= 400 ? answer.said.message : null);
      return answer;
    } catch {
      return null; // the socket says that the server is gone
    }
  }

  refuse(sentence) {
    at("refused").hidden = !sentence;
    at("refused").textContent = sentence || "";
  }

  async hear(state) {
    this.state = state;
    if (this.base === null) await this.open();
    else if (state.version !== this.base && !this.saving) await this.changed();
    this.show();
  }

  async open() {
    const answer = await this.ask("/file");
    if (answer) this.take(answer.said);
  }

  // The file has changed on disk: an untouched editor follows, a touched one asks.
  async changed() {
    const answer = await this.ask("/file");
    if (!answer || answer.said.version === this.base) return;
    if (answer.said.text === this.editor.getValue() && !answer.said.fault) this.agree(answer.said);
    else if (this.isDirty || answer.said.fault) this.conflict(answer.said);
    else this.take(answer.said);
  }

  conflict(said) {
    this.theirs = said;
    at("conflict-says").textContent = said.fault || "The file was changed on disk while you were writing.";
    at("conflict").hidden = false;
    at("compare").hidden = at("theirs").hidden = Boolean(said.fault);
    if (!at("difference").hidden) this.compare();
    this.show();
  }

  agree(said) {
    this.base = said.version;
    this.text = said.text;
    this.theirs = null;
    at("conflict").hidden = true;
    this.closeDifference();
    this.show();
  }

  take(said) {
    if (said.fault) {
      if (this.base === null) this.base = said.version;
      this.conflict(said);
      return;
    }
    const view = this.editor.saveViewState();
    this.agree(said);
    if (this.editor.getValue() !== said.text) {
      const model = this.editor.getModel();
      if (this.opened) model.pushEditOperations([], [{ range: model.getFullModelRange(), text: said.text }], () => null);
      else model.setValue(said.text);
      this.editor.restoreViewState(view);
    }
    if (!this.opened) this.editor.focus();
    this.opened = true;
    this.text = this.editor.getValue();
    this.show();
  }

  // --- saving ---

  async save() {
    if (this.theirs || this.base === null || this.saving) return;
    await this.write(this.base);
  }

  async overwrite() {
    if (this.theirs) await this.write(this.theirs.version);
  }

  async write(version) {
    const text = this.editor.getValue();
    clearTimeout(this.waiting); // what is wrong with a text is told when it is saved
    this.saving = true;
    try {
      const answer = await this.ask("/save", { text, based_on: version });
      if (answer && answer.status === 409) {
        this.refuse(null);
        this.conflict(answer.said);
      } else if (answer && answer.status === 200) {
        this.agree(answer.said);
        if (this.editor.getValue() === text) {
          this.checks++;
          this.complain(answer.said.problems);
        }
      }
    } finally {
      this.saving = false;
    }
    if (this.state && this.state.version !== this.base && !this.theirs) await this.changed();
    this.show();
  }

  compare() {
    this.closeDifference();
    at("difference").hidden = false;
    at("editor").hidden = true;
    const { editor } = this.monaco;
    this.differing = editor.createDiffEditor(at("difference"), { automaticLayout: true, renderSideBySide: false, originalEditable: false, minimap: { enabled: false } });
    this.original = editor.createModel(this.theirs.text, "yaml");
    this.differing.setModel({ original: this.original, modified: this.editor.getModel() });
  }

  closeDifference() {
    if (this.differing) {
      this.differing.dispose();
      this.original.dispose();
      this.differing = null;
    }
    at("difference").hidden = true;
    at("editor").hidden = false;
  }

  // --- writing ---

  wrote() {
    this.show();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.check(), CHECK_AFTER);
  }

  async check() {
    const check = ++this.checks;
    const answer = await this.ask("/check", { text: this.editor.getValue() });
    if (answer && answer.status === 200 && check === this.checks) this.complain(answer.said.problems);
  }

  // The list of problems takes its room from the editor; the line being written stays in view.
  complain(problems) {
    const cursor = this.editor.getPosition();
    const place = this.editor.getScrolledVisiblePosition(cursor);
    const seen = place !== null && place.top >= 0 && place.top < this.editor.getLayoutInfo().height;
    mark(this.monaco, this.editor, problems, this.state ? this.state.name : "");
    at("problems").replaceChildren(...problems.map((problem) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = problem.severity;
      button.textContent = `${problem.line === null ? "" : `line ${problem.line}: `}${problem.message}`;
      button.onclick = () => {
        if (problem.line !== null) this.editor.revealLineInCenter(problem.line);
        this.editor.setPosition({ lineNumber: problem.line || 1, column: 1 });
        this.editor.focus();
      };
      return button;
    }));
    this.editor.layout();
    if (seen) this.editor.revealPosition(cursor, this.monaco.editor.ScrollType.Immediate);
  }

  // --- what is shown ---

  busy() {
    return ["analysis", "solve"].find((line) => this.state && this.state[line].running);
  }

  show() {
    const { state } = this, gone = !at("gone").hidden;
    at("save").disabled = gone || !this.isDirty || Boolean(this.theirs);
    at("saved").textContent = this.isDirty ? "not saved" : this.base === null ? "" : "saved";
    document.title = `${this.isDirty ? "• " : ""}${state ? state.name : "raison"}`;
    if (!state) return;
    at("name").textContent = state.name;
    const busy = gone ? null : this.busy(), work = busy && state[busy];
    at("running").textContent = work ? work.running : "";
    at("stop").hidden = !work;
    at("progress").hidden = !work;
    if (work && work.fraction !== null) at("progress").value = work.fraction;
    else at("progress").removeAttribute("value");
    const wrong = state.fault !== null || state.problems.some((problem) => problem.severity === "error");
    for (const id of ["challenge", "everything"]) at(id).disabled = gone || wrong || Boolean(state.analysis.running);
    this.say(state, wrong);
    this.turn(this.shows);
  }

  say(state, wrong) {
    const { solve } = state, parts = [];
    const line = (text, kind) => {
      const p = document.createElement("p");
      p.textContent = text;
      p.className = kind;
      parts.push(p);
    };
    if (wrong) line(state.fault || "The file has errors, so it is not solved. They stand under the editor.", "wrong");
    if (solve.failure) line(`No answer: ${solve.failure}`, "wrong");
    if (state.analysis.failure) line(`The analysis ended: ${state.analysis.failure}`, "wrong");
    if (solve.outcome) {
      const old = wrong || Boolean(solve.failure) || solve.outcome_version !== state.version ? " old" : "";
      solve.outcome.answers.forEach((answer, k) =>
        line(k === 0 ? answer.sentence : `${answer.name}: ${answer.short}`, (k === 0 ? "first" : "quiet") + old));
      if (solve.outcome.failure) line(solve.outcome.failure, "quiet" + old);
      line(`${solve.outcome.draws.toLocaleString("en")} draws, ${solve.outcome.seconds.toFixed(2)} s${old ? "; of an earlier text" : ""}`, "quiet" + old);
    }
    const said = parts.map((part) => part.className + part.textContent).join("\n");
    if (said !== this.said) at("verdict").replaceChildren(...parts);
    this.said = said;
  }

  turn(line) {
    const { state } = this;
    if (!state) return;
    at("pages").hidden = !state.analysis.page;
    if (!state.analysis.page) line = "solve";
    this.shows = line;
    for (const one of ["solve", "analysis"]) at(`show-${one}`).setAttribute("aria-pressed", String(one === line));
    const work = state[line];
    at("page-note").textContent = work.outcome && work.outcome_version !== state.version ? "of an earlier text" : "";
    const key = `${line} ${work.page}`;
    if (!work.page || this.shown.key === key) return;
    const frame = at("page"), inside = frame.contentWindow, same = this.shown.line === line;
    const place = same ? { hash: inside.location.hash, y: inside.scrollY } : { hash: "", y: 0 };
    this.shown = { key, line };
    frame.onload = () => inside.scrollTo(0, place.y);
    inside.location.replace(`/page/${line}?${work.page}${place.hash}`);
  }
}

// The line between editor and answer, by pointer and by arrow keys.
function split() {
  const bar = at("split");
  const to = (percent) => {
    const width = Math.min(80, Math.max(20, percent));
    at("writing").style.width = `${width}%`;
    bar.setAttribute("aria-valuenow", String(Math.round(width)));
  };
  bar.onpointerdown = (event) => {
    bar.setPointerCapture(event.pointerId);
    at("page").style.pointerEvents = "none";
    bar.onpointermove = (move) => to((100 * move.clientX) / innerWidth);
  };
  bar.onpointerup = bar.onpointercancel = () => {
    bar.onpointermove = null;
    at("page").style.pointerEvents = "";
  };
  bar.onkeydown = (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (step) to(Number(bar.getAttribute("aria-valuenow")) + step);
  };
}

openEditor(at("editor")).then((found) => (window.page = new Page(found)), (error) => {
  at("refused").hidden = false;
  at("refused").textContent = `The editor cannot be loaded: ${error.message || error}.`;
});
