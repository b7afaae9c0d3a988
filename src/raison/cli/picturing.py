"""`raison picture`: one picture of a model, as SVG or PNG."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from raison.cli.failing import RefusalError
from raison.cli.files import check_folder, load_model, warn
from raison.cli.options import ModelArgument, Seed


class What(StrEnum):
    """What a picture shows."""

    tree = "tree"
    map = "map"
    margin = "margin"
    premises = "premises"
    regions = "regions"
    tornado = "tornado"
    policy = "policy"
    process = "process"
    pipeline = "pipeline"


class Theme(StrEnum):
    """Dark letters on light paper, or light ones on dark."""

    light = "light"
    dark = "dark"


def picture(
    model: ModelArgument,
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT",
            help="tree, map, margin, premises, regions, tornado, policy, process or pipeline.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File ending in .svg or .png; NAME-WHAT.svg if left out."),
    ] = None,
    theme: Annotated[Theme, typer.Option("--theme", help="light or dark.")] = Theme.light,
    scale: Annotated[
        float, typer.Option("--scale", min=0.1, max=10, help="Pixels of a PNG for one of the drawing.")
    ] = 2.0,
    draws: Annotated[int, typer.Option("--draws", "-n", min=16, help="How many draws.")] = 10_000,
    seed: Seed = 1,
    node: Annotated[str | None, typer.Option("--node", help="Of a map: the decision.")] = None,
    across: Annotated[
        str | None, typer.Option("--across", help="Of a map: its horizontal parameter.")
    ] = None,
    up: Annotated[str | None, typer.Option("--up", help="Of a map: its vertical parameter.")] = None,
    process: Annotated[str | None, typer.Option("--process", help="Which process; else the first.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Draw one picture of a model and write it as SVG or PNG."""
    found = load_model(model)
    warn(found)
    target = output or Path(f"{found.name}-{what.value}.svg")
    if target.suffix.lower() not in {".svg", ".png"}:
        raise RefusalError(f"a picture is written as .svg or .png; got '{target.name}'.")
    check_folder(target)
    if target.exists() and not force:
        raise RefusalError(f"{target} exists; give another name, or --force to overwrite it.")
    options: dict[str, Any] = {"node": node, "across": across, "up": up} if what is What.map else {}
    if what in _PROCESSES:
        options = {"name": process}
    for name, value, wanted in (
        *(
            (f"--{name}", value, (What.map,))
            for name, value in (("node", node), ("across", across), ("up", up))
        ),
        ("--process", process, _PROCESSES),
    ):
        if value is not None and what not in wanted:
            raise RefusalError(f"{name} is of a picture '{wanted[0].value}'; leave it out.")
    if not found.record.questions and what not in _PROCESSES:
        raise RefusalError(f"{model} asks no question; add one under 'questions'.")
    run = found.run(draws, seed, removals=None if what is What.premises else (), compiled=what in _CHALLENGED)
    run.picture(what.value, **options).save(target, theme.value, scale=scale)
    print(target)


_CHALLENGED = (What.regions, What.tornado)
_PROCESSES = (What.process, What.pipeline)
