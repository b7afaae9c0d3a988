"""`raison explain`, `compare`, `report`, `gallery` and `new`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from raison.cli.failing import RefusalError
from raison.cli.files import load_model, warn
from raison.cli.options import AsJson, Design, DesignName, Draws, Force, ModelArgument, Seed, Without


def explain(
    model: ModelArgument,
    draw: Annotated[int, typer.Option("--draw", "-i", min=0, help="Which draw, from 0.")],
    draws: Draws = 100_000,
    seed: Seed = 1,
    design: Design = DesignName.sobol,
    without: Without = None,
) -> None:
    """Work one draw through the game, number by number."""
    from raison.answer.explain import explain_draw
    from raison.program.engine import configure
    from raison.run.plan import make_plan
    from raison.show.explanation import print_explanation

    found = load_model(model)
    warn(found)
    configure()
    plan = make_plan(
        found.record, found.sha256, draws=draws, seed=seed, design=design.value, without=without or ()
    )
    print_explanation(found.record, explain_draw(plan, draw))


def compare(
    models: Annotated[list[str], typer.Argument(metavar="MODEL MODEL...", help="Files or gallery models.")],
    draws: Draws = 65_536,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Ask rival models the same questions on the same draws; print where they part and why."""
    from raison.api import compare as compared
    from raison.show.comparison import print_comparison

    found = [load_model(name) for name in models]
    for model in found:
        warn(model)
    comparison = compared(found, draws, seed)
    if as_json:
        print(comparison.model_dump_json(indent=2))
    else:
        print_comparison(comparison)


def report(
    model: ModelArgument,
    record: Annotated[
        Path, typer.Argument(metavar="RECORD", help="What 'raison run --json' printed for this model.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the report.")] = Path(
        "report.html"
    ),
    force: Force = False,
) -> None:
    """Write the report of a run that was printed with --json, without solving again."""
    from pydantic import ValidationError

    from raison.answer.records import RunRecord
    from raison.challenge.findings import Challenge
    from raison.show.live.page import make_live
    from raison.show.report import check_overwrite, write_report

    found = load_model(model)
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        rest = data.pop("challenge", None) if isinstance(data, dict) else None
        answers = RunRecord.model_validate(data, strict=False)
        challenged = None if rest is None else Challenge.model_validate(rest)
    except (ValidationError, ValueError) as error:
        raise RefusalError(f"{record} is not what 'raison run --json' prints: {_first(error)}.") from None
    if answers.model.sha256 != found.sha256:
        raise RefusalError(f"{record} belongs to another text of the model; run it again.")
    check_overwrite(output, found.name, force)
    live = make_live(found.record, answers)
    write_report(output, found.record, answers, force=force, challenged=challenged, live=live)
    print(output)


def _first(error: ValueError) -> str:
    """The first fault of a record that cannot be read, in a few words."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return "it is not JSON" if isinstance(error, json.JSONDecodeError) else "it is not text"
    fault = error.errors()[0]
    where = ".".join(map(str, fault["loc"]))
    return f"{where}: {fault['msg']}" if where else fault["msg"]


def gallery(as_json: AsJson = False) -> None:
    """List the models that ship with raison: name, citation, title, and what is claimed."""
    from raison.api import gallery_files
    from raison.model.build import draft
    from raison.model.document import parse

    rows: list[dict[str, str]] = []
    for name, path in gallery_files().items():
        model = draft(parse(path.read_text(encoding="utf-8")).data).model  # checked by the tests, not here
        claimed = "EXACT" if (model.about or "").lstrip().startswith("EXACT") else "STYLISED"
        rows.append({"name": name, "citation": path.parent.name, "claimed": claimed, "title": model.title})
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    widths = [max(len(row[key]) for row in rows) for key in ("name", "citation", "claimed")]
    for row in rows:
        cells = [
            row[key].ljust(width) for key, width in zip(("name", "citation", "claimed"), widths, strict=True)
        ]
        print("  ".join([*cells, row["title"]]))


def new(
    name: Annotated[str, typer.Argument(help="Name of the model; NAME.yaml is written in this folder.")],
    force: Force = False,
) -> None:
    """Write a commented starter model that passes the check."""
    from raison.model.starter import starter

    if not name.strip():
        raise RefusalError("a model needs a name; got none.")
    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if path.exists() and not force:
        raise RefusalError(f"{path} exists; give another name or use --force.")
    path.write_text(starter(path.stem), encoding="utf-8")
    print(path)
