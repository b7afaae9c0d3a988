"""Runs the examples of a Markdown page: every ```console and ```python block, in order, in one folder.

* In a console block a line after `$ ` is a command; what follows is what it prints, on stdout and stderr.
* In a python block lines after `>>> ` are compared with what follows; without any, the block is only run. All
  blocks of a page share their names.
* A yaml block whose first line is `# file: NAME` is written to that file first.
* In expected output a line `...` stands for any lines, and `...` inside a line for any letters.

With RAISON_REWRITE_DOCS=1 console output that differs is put into the page, except where it has `...`.
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from raison import cli

BLOCK = re.compile(r"^```(console|python|yaml)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_page(page: Path, folder: Path) -> list[str]:
    """Runs a page's examples in a folder; returns what differs."""
    text = page.read_text(encoding="utf-8")
    names = {}
    faults, replacements = [], []
    with contextlib.chdir(folder):
        for match in BLOCK.finditer(text):
            kind, body = match.groups()
            where = f"{page.name}:{text.count(chr(10), 0, match.start()) + 1}"
            if kind == "yaml":
                _write(body, folder)
            elif kind == "python":
                faults += _python(body, names, where)
            else:
                actual = ""
                for command, expected in _commands(body):
                    output = _call(command)
                    actual += f"$ {command}\n{output}"
                    if not _matches(expected, output):
                        faults.append(f"{where}: $ {command}\n--- expected\n{expected}--- printed\n{output}")
                if "..." not in body and actual != body:
                    replacements.append((match.start(2), match.end(2), actual))
    if os.environ.get("RAISON_REWRITE_DOCS") == "1":
        for start, end, actual in reversed(replacements):
            text = text[:start] + actual + text[end:]
        page.write_text(text, encoding="utf-8")
    return faults


def _write(body, folder):
    first, _, rest = body.partition("\n")
    if first.startswith("# file: "):
        (folder / first.removeprefix("# file: ")).write_text(rest, encoding="utf-8")


def _commands(body):
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def _call(command):
    if not command.startswith("raison "):
        found = subprocess.run(
            ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return found.stdout
    words = shlex.split(command, comments=True)
    target = None
    if ">" in words:
        target = words[words.index(">") + 1]
        words = words[: words.index(">")]
    out = io.StringIO()
    before = sys.argv
    sys.argv = words
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            cli.main()
    except SystemExit as stop:
        if stop.code == cli.EXIT_INTERNAL:
            raise AssertionError(out.getvalue()) from stop
    finally:
        sys.argv = before
    if target is not None:
        Path(target).write_text(out.getvalue(), encoding="utf-8")
        return ""
    return out.getvalue()


def _matches(expected, output):
    pattern = "".join(
        r"(?:.*\n)*"
        if line.strip() == "..."
        else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"\s*?\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern, output) is not None


def _python(body, names, where):
    if ">>> " not in body:
        exec(compile(body, where, "exec"), names)
        return []
    test = doctest.DocTestParser().get_doctest(body, names, where, where, 0)
    test.globs = names
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=said.append, clear_globs=False)
    return ["".join(said)] if runner.failures else []
