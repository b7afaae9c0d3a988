"use strict";
// The editor component, with what raison knows of the language.

const asked = async (path, given) => {
  const answer = await fetch(path, given === undefined ? {} : {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(given),
  });
  return { status: answer.status, said: await answer.json() };
};

const dark = matchMedia("(prefers-color-scheme: dark)");

// Calls back with the component once it is there.
function openEditor(element) {
  require.config({ paths: { vs: "/vs" } });
  return new Promise((resolve, reject) => require(["vs/editor/editor.main"], (loaded) => {
    const monaco = window.monaco || loaded;
    const theme = () => monaco.editor.setTheme(dark.matches ? "vs-dark" : "vs");
    theme();
    dark.addEventListener("change", theme);
    monaco.languages.registerCompletionItemProvider("yaml", {
      triggerCharacters: [" ", ":", "{", "(", "."],
      provideCompletionItems: (model, position) => offers(monaco, model, position),
    });
    const editor = monaco.editor.create(element, {
      language: "yaml", automaticLayout: true, minimap: { enabled: false }, tabSize: 2, insertSpaces: true,
      wordWrap: "on", wrappingIndent: "indent", scrollBeyondLastLine: false, wordBasedSuggestions: "off",
      quickSuggestions: { other: true, comments: false, strings: true }, fixedOverflowWidgets: true,
      renderWhitespace: "boundary", ariaLabel: "The model file", unicodeHighlight: { ambiguousCharacters: false },
    });
    resolve({ monaco, editor });
  }, reject));
}

async function offers(monaco, model, position) {
  const kinds = monaco.languages.CompletionItemKind;
  const kind = { key: kinds.Property, name: kinds.Variable, function: kinds.Function, distribution: kinds.Class, value: kinds.EnumMember };
  const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
  const typed = before.match(/[\w.-]*$/)[0].length;
  const range = new monaco.Range(position.lineNumber, position.column - typed, position.lineNumber, position.column);
  try {
    const { said } = await asked("/complete", { text: model.getValue(), line: position.lineNumber, column: position.column - 1 });
    return { suggestions: (said.offers || []).map((offer) => ({
      label: offer.text, kind: kind[offer.kind], detail: offer.about, range,
      insertText: offer.kind === "key" ? `${offer.text}: ` : offer.text,
    })) };
  } catch {
    return { suggestions: [] };
  }
}

// Problems as marks at their lines; those of included files stand in the list alone.
function mark(monaco, editor, problems, name) {
  const model = editor.getModel();
  const own = problems.filter((p) => p.line !== null && (p.file === null || p.file.endsWith(name)));
  monaco.editor.setModelMarkers(model, "raison", own.map((p) => {
    const line = Math.min(p.line, model.getLineCount());
    return {
      startLineNumber: line, endLineNumber: line,
      startColumn: model.getLineFirstNonWhitespaceColumn(line) || 1, endColumn: model.getLineMaxColumn(line),
      message: p.message,
      severity: p.severity === "error" ? monaco.MarkerSeverity.Error : monaco.MarkerSeverity.Warning,
    };
  }));
}
