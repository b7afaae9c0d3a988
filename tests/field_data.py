"""Third-party data for tests: the folder named by RAISON_TEST_DATA, or `shared/data` beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ABSENT = "third-party test data is absent"  # .ci/run counts skips with these words


def folder(name: str) -> Path | None:
    """A folder of the data, or None where it is absent."""
    named = os.environ.get("RAISON_TEST_DATA")
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return root / name if (root / name).is_dir() else None


def cases(name: str, *suffixes: str) -> list:
    """A parameter for each file of a folder; one that is skipped where the folder is absent."""
    found = folder(name)
    if found is None:
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{ABSENT}: {name}"), id=f"no-{name}")]
    return [pytest.param(path, id=path.name) for path in sorted(found.iterdir()) if path.suffix in suffixes]


def path(name: str, file: str) -> Path:
    """One file; skips the test where its folder is absent."""
    found = folder(name)
    if found is None:
        pytest.skip(f"{ABSENT}: {name}")
    return found / file
