"""`raison convert`: another program's file as a model file."""

from __future__ import annotations

from typing import Annotated

import typer

from raison.cli.files import load_model, warn


def convert(
    model: Annotated[
        str, typer.Argument(metavar="FILE", help="A file of another program: .efg, .nfg, .xmile or .stmx.")
    ],
) -> None:
    """Write a game or a system dynamics model of another program as a model file, on stdout."""
    made = load_model(model)
    warn(made)
    print(made.write(), end="")
