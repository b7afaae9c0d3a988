"""Files that are made from the code: the reference of the command line, the JSON Schema of the language, and
where the flagship's file implements each row of its argument.

`python scripts/generated.py` writes them; with `--check` it says which are stale, and fails if any is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

import flagship
from raison.cli import app
from raison.model.schema import SCHEMA_FILE, schema_text

CLI_PAGE = Path(__file__).parents[1] / "docs" / "cli.md"

HEAD = """\
# Command line

<!-- Made by scripts/generated.py from the commands themselves. -->

What a command can do, the library can do under the same name. stdout is data, stderr is talk; each command
ends with an [exit code](errors.md). `MODEL` is a model file, or the name of a model in the
[gallery](gallery.md); a file goes first. `raison --version` prints the version, `raison COMMAND
--help` what stands here.
"""


def cli_page() -> str:
    """The reference of the command line as Markdown."""
    group: Any = typer.main.get_command(app)
    return HEAD + "".join(f"\n{_section(name, command)}" for name, command in group.commands.items())


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join(["raison", name, *(_metavar(p) for p in arguments), "[OPTIONS]"])
    lines = [f"## raison {name}", "", command.help, "", "```sh", usage, "```", ""]
    lines += ["| argument or option | meaning | default |", "|---|---|---|"]
    lines += [f"| `{_metavar(p)}` | {_cell(p.help)} | |" for p in arguments]
    lines += [f"| {_names(p)} | {_cell(p.help)} | {_default(p)} |" for p in options]
    return "\n".join(lines) + "\n"


def _metavar(parameter: Any) -> str:
    return parameter.metavar or parameter.name.upper()


def _names(option: Any) -> str:
    value = "" if option.is_flag else f" {_metavar(option)}"
    return ", ".join(f"`{name}{value}`" for name in [*option.opts, *option.secondary_opts])


def _default(option: Any) -> str:
    value = option.default
    if value is None or value is False:
        return ""
    if option.is_flag:
        return f"`{option.opts[0]}`"
    return f"`{getattr(value, 'value', value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write or check; returns the exit code."""
    stale = False
    rows = flagship.with_rows(flagship.PAGE.read_text(encoding="utf-8"))
    for path, text in ((CLI_PAGE, cli_page()), (SCHEMA_FILE, schema_text()), (flagship.PAGE, rows)):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            print(f"{path} is stale; run: python scripts/generated.py", file=sys.stderr)
            stale = True
        else:
            path.write_text(text, encoding="utf-8")
            print(path)
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
