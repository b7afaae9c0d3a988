"""The application: its help, its version, and one answer to Ctrl-C."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import raison
from raison.cli.failing import tell_interrupted


class _Commands(TyperGroup):
    """All commands, with one answer to Ctrl-C: typer's own differs with its version and says nothing."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise typer.Exit(tell_interrupted(error)) from error


app = typer.Typer(
    name="raison",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Tell whether a move is rational: for whom, in what share of everything we do not know, and why.",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"raison {raison.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version
