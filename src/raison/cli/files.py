"""Models by file or name, and files that are not written over unasked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from raison.cli.failing import RefusalError

if TYPE_CHECKING:
    from raison.api import Model


def file_of(name: str) -> Path:
    """Where a model is: a file, a name of the gallery, or `mechanisms/NAME`; a file goes first."""
    from raison.api import gallery_files
    from raison.model.include import MECHANISMS

    path, files = Path(name), gallery_files()
    if path.exists():
        return path
    if name in files:
        return files[name]
    if path.parent == Path("mechanisms") and (MECHANISMS / f"{path.name}.yaml").is_file():
        return MECHANISMS / f"{path.name}.yaml"
    if name.endswith((".yaml", ".yml")):
        raise RefusalError(f"there is no file '{name}' here.")
    from raison.model.keys import did_you_mean

    hint = did_you_mean(name, files) or "; see 'raison gallery'."
    raise RefusalError(f"there is no file '{name}' and no model of that name in the gallery{hint}")


def load_model(name: str) -> Model:
    """The model of a file or of the gallery."""
    from raison.api import gallery, gallery_files, load

    path = file_of(name)
    return gallery(name) if path == gallery_files().get(name) else load(path)


def warn(model: Model) -> None:
    """Print the warnings of the check."""
    for problem in model.problems:
        print(problem, file=sys.stderr)


def warn_idle(model: Model, *, in_runs: bool) -> None:
    """Say that a refinement changes nothing, where it does not."""
    from raison.solve.every import idle_refinement

    sentence = idle_refinement(model.program, in_runs=in_runs) if model.record.solution.refinement else None
    if sentence is not None:
        print(f"raison: warning: {sentence}", file=sys.stderr)


def check_apart(paths: dict[str, Path | None]) -> None:
    """Refuse to write one thing over another, whatever --force says."""
    seen: dict[Path, str] = {}
    for what, path in paths.items():
        if path is None:
            continue
        other = seen.setdefault(path.resolve(), what)
        if other != what:
            raise RefusalError(f"{other} and {what} are the same file {path}; give them different names.")


def check_report(path: Path, model: str, force: bool) -> None:
    """Refuse a report that could not be written, or would be written over another model's."""
    from raison.show.report import check_overwrite

    check_folder(path)
    check_overwrite(path, model, force)


def check_folder(path: Path) -> None:
    """Refuse before solving what could not be written after it."""
    if not path.parent.is_dir():
        raise RefusalError(f"{path} needs a folder that exists; there is no {path.parent}.")
    if path.is_dir():
        raise RefusalError(f"{path} is a folder; give the name of a file.")


def write_game(path: Path, text: str, force: bool) -> None:
    """Write a game for Gambit, over another file only by force."""
    check_folder(path)
    if path.exists() and not force:
        raise RefusalError(f"{path} exists; give another name, or --force to overwrite it.")
    path.write_text(text, encoding="utf-8")
