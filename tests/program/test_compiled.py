"""Compiled programs that are kept on disk."""

import os

import jax.numpy as jnp
import numpy as np
import pytest

from raison.program import compiled as kept


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(kept, "_ready", {})
    return tmp_path / "programs"


def test_a_program_that_is_on_disk_is_not_compiled_again(folder, monkeypatch):
    traced = []

    def double(x):
        traced.append(x)
        return 2 * x

    given = jnp.arange(4.0)
    for _ in range(2):
        monkeypatch.setattr(kept, "_ready", {})
        np.testing.assert_array_equal(kept.compiled(double, "double", given)(given), 2 * given)
    assert len(traced) == 1
    assert len(list(folder.iterdir())) == 1


def test_the_least_recently_used_programs_go_when_the_folder_is_full(folder, monkeypatch):
    given = jnp.arange(4.0)

    def times(k):
        kept.compiled(lambda x: k * x, f"times {k}", given)
        newest = max(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        os.utime(newest, (k, k))  # as if used so many seconds after the epoch
        return newest

    first, second, third = times(5), times(6), times(7)
    monkeypatch.setattr(kept, "_ready", {})
    kept.compiled(lambda x: 5 * x, "times 5", given)  # is used again, and so the last to go
    monkeypatch.setattr(kept, "_MOST", sum(file.stat().st_size for file in folder.iterdir()) + 100)
    fourth = times(8)
    assert set(folder.iterdir()) == {first, third, fourth}
    assert not second.exists()
