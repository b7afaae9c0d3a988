"""Storing an interrupted run and going on with it, refused where the numbers would not be the same."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np

from raison.run.fold import Fold
from raison.run.plan import Identity

_WORDS = {
    "file": "the model file has changed",
    "seed": "the seed differs",
    "draws": "the number of draws differs",
    "design": "the design differs",
    "version": "raison's version differs",
    "without": "other premises are removed throughout",
    "removals": "other premises are removed in turn",
}


class ResumeError(ValueError):
    """A stored run that cannot be gone on with; the message says why."""


def store(path: Path, identity: Identity, fold: Fold) -> None:
    """Write a run's state; a file that exists is replaced in one step.

    Args:
        path: Where to.
        identity: What the numbers depend on.
        fold: What is done.
    """
    arrays = fold.to_arrays()
    arrays["identity"] = np.array(json.dumps(dataclasses.asdict(identity)))
    temporary = path.with_name(path.name + ".writing")
    with temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    os.replace(temporary, path)


def resume(path: Path, identity: Identity) -> Fold:
    """Read a run's state.

    Raises:
        ResumeError: there is no such file, it is not a stored run, or it belongs to other numbers.
    """
    try:
        # opened here, since numpy leaves the file open where it is not an archive
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        before = json.loads(str(arrays.pop("identity")))
        fold = Fold.from_arrays(arrays)
    except FileNotFoundError as error:
        raise ResumeError(f"there is no stored run {path}; start it without --resume.") from error
    except Exception as error:
        raise ResumeError(
            f"{path} is not a stored run that can be read; start again without --resume."
        ) from error
    now = json.loads(json.dumps(dataclasses.asdict(identity)))
    differs = [
        f"{_WORDS[key]} ({before.get(key)!r} then, {now[key]!r} now)"
        for key in now
        if before.get(key) != now[key]
    ]
    if differs:
        raise ResumeError(
            f"{path} belongs to another run: {'; '.join(differs)}. Start again without --resume."
        )
    return fold
