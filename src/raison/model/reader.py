"""Model files to models: the text, the tree, the records and the check, with each problem at its line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from raison.model import document
from raison.model.build import draft
from raison.model.check import check
from raison.model.include import Included, resolve
from raison.model.problem import ModelError, Path, Problem
from raison.model.records import Model

_PACKAGE = FilePath(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    Attributes:
        model: None if there is an error.
        problems: Errors and warnings in the order of the file, each with file and line.
        sha256: Of the file's bytes and those of all that it includes, in hexadecimal; empty if the file could
            not be read.
        included: The user's own files that it includes or, where one is missing, would.
    """

    model: Model | None
    problems: tuple[Problem, ...]
    sha256: str
    included: frozenset[FilePath] = frozenset()


def load(path: str | FilePath) -> Model:
    """The model in a file.

    Raises:
        ModelError: the file cannot be read or the model is wrong; all errors are in it.
    """
    reading = read_file(path)
    if reading.model is None:
        raise ModelError(tuple(problem for problem in reading.problems if problem.severity == "error"))
    return reading.model


def read_file(path: str | FilePath) -> Reading:
    """Read a file of at most 1 MB; a larger one is refused by its size. The model is named after the file."""
    path = FilePath(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            return Reading(None, (Problem("a model is an ordinary file; this is none.", file=str(path)),), "")
        size = path.stat().st_size
        if size > document.MAX_BYTES:
            return Reading(None, (replace(document.too_large(size), file=str(path)),), "")
        with path.open("rb") as file:
            raw = file.read(document.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return Reading(None, (Problem(f"the file cannot be read: {reason}.", file=str(path)),), "")
    sha256 = hashlib.sha256(raw).hexdigest()
    text = document.decode(raw)
    if isinstance(text, Problem):
        return Reading(None, (replace(text, file=str(path)),), sha256)
    return _read(text, str(path), path.stem or "model", sha256)


def read_text(text: str, name: str = "model") -> Reading:
    """Read a model from text; `name` stands for the file in problems, and its stem names the model."""
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return _read(text, name, FilePath(name).stem or "model", sha256)


def _read(text: str, file: str, name: str, sha256: str) -> Reading:
    tree = document.parse(text)
    problems = list(tree.problems)
    model, whole = None, Included(None)
    if tree.data is not None:
        whole = resolve(tree, file, FilePath(file).parent if FilePath(file).is_file() else None)
        problems += whole.problems
        made = draft(whole.data, bare=whole.bare)
        problems += made.problems
        problems += check(made.model, broken=made.broken | whole.broken, ships=_ships(file))
        model = replace(made.model, name=name)
    placed = [_placed(problem, file, tree.marks, whole.marks) for problem in problems]
    placed.sort(key=lambda problem: (problem.file != file, problem.file or "", problem.line or 0))
    wrong = any(problem.severity == "error" for problem in placed)
    if whole.raw:
        sha256 = hashlib.sha256(b"\0".join((text.encode("utf-8", "surrogatepass"), *whole.raw))).hexdigest()
    return Reading(None if wrong else model, tuple(placed), sha256, whole.files)


def _ships(file: str) -> bool:
    """Whether a file is one of raison's own, which include nothing else."""
    return FilePath(file).is_file() and FilePath(file).resolve().is_relative_to(_PACKAGE)


def _placed(
    problem: Problem, file: str, marks: Mapping[Path, int], included: Mapping[Path, tuple[str, int]]
) -> Problem:
    """A problem with its file and line; what the host writes about an included name stands in the host."""
    if problem.file is not None:
        return problem
    if problem.line is not None:
        return replace(problem, file=file)
    for length in range(len(problem.path), 0, -1):
        prefix = problem.path[:length]
        if prefix in marks:
            return replace(problem, file=file, line=marks[prefix])
        if prefix in included:
            where, line = included[prefix]
            return replace(problem, file=where, line=line)
    return replace(problem, file=file, line=1)
