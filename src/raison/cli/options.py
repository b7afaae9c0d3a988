"""Arguments and options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Checker(StrEnum):
    """Programs that solutions are held against."""

    gambit = "gambit"


class DesignName(StrEnum):
    """Where the draws lie: scrambled Sobol points, Latin hypercubes, or independent points."""

    sobol = "sobol"
    latin = "latin"
    random = "random"


ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file, or a name of the gallery.")
]
Draws = Annotated[int, typer.Option("--draws", "-n", min=16, help="How many draws.")]
Seed = Annotated[int, typer.Option("--seed", "-s", min=0, help="Seed of the draws; 0 is a seed.")]
Design = Annotated[
    DesignName, typer.Option("--design", help="How the draws are spread: sobol, latin or random.")
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="PREMISE", help="Remove a premise throughout; give it again for more."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite files that raison did not write for this model.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the record as JSON; it is what the library returns.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the report.")]
Premises = Annotated[
    bool, typer.Option("--premises/--no-premises", help="Also answer with each premise removed.")
]
Resume = Annotated[
    Path | None, typer.Option("--resume", metavar="FILE", help="An interrupted run to go on with.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Threads; the numbers do not depend on it.")
]


Concept = Annotated[
    str | None, typer.Option("--concept", help="Solution concept instead of the file's; see the docs.")
]
Precision = Annotated[
    float | None, typer.Option("--precision", help="Of logit, above 0, in units of the mover's payoff range.")
]
Refinement = Annotated[str | None, typer.Option("--refinement", help="Of sequential: intuitive or d1.")]
Amounts = Annotated[
    str | None,
    typer.Option("--amounts", help="Of sequential: stepped, or refined between the steps of a scale."),
]
