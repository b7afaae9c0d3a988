"""Compiled programs kept between runs, ready to be called without tracing.

JAX's own cache saves the compiler's work but not Python's, which for a model of a hundred formulas takes
longer than solving ten thousand draws. So a finished executable is stored under everything it depends on: the
model's text, the shapes, raison's own source files, jax and the processor (the folder's name). A file that is
missing, spoiled or from elsewhere is compiled anew; the cache is only about time.

The files are as trustworthy as the folder: they hold machine code, like JAX's own cache, and lie in the
user's own cache folder, readable by him alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import pickle
import threading
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import serialize_executable
from jax.experimental.compilation_cache import compilation_cache

import raison
from raison.program.engine import cache_folder

_MOST = 1_000_000_000  # bytes of executables kept on disk; the least recently used go first
_MOST_READY = 32  # and in this process; the oldest go first
_config: Any = jax.config  # it makes its options' attributes when it runs, out of sight of type checkers
_ready: dict[str, Callable[..., Any]] = {}
_compiling = threading.RLock()


def compiled(function: Callable[..., Any], key: str, *arguments: Any) -> Callable[..., Any]:
    """A function compiled for the shapes of its arguments, from the cache if it is there.

    Args:
        function: Pure, of arrays.
        key: What it computes: the same key and shapes mean the same function.
        arguments: Arrays (or shapes) that it will be called with.
    """
    shapes = [(tuple(a.shape), str(a.dtype)) for a in jax.tree.leaves(arguments)]
    folder = cache_folder()
    name = hashlib.sha256(repr((key, shapes, jax.__version__, _sources())).encode()).hexdigest()
    if name in _ready:
        return _ready[name]
    path = None if folder is None else folder / "programs" / name
    found = None if path is None else _load(path)
    if found is not None:
        return _remember(name, found)
    with _without_jax_cache():  # what JAX's cache gives back cannot be stored again: its code is gone
        with np.errstate(
            all="ignore"
        ):  # of formulas of numbers alone, which NumPy works out while JAX traces
            lowered = jax.jit(function).lower(*arguments)
        made = lowered.compile()
    if path is not None:
        _store(path, made)
    return _remember(name, made)


class Lazy:
    """A function that is compiled when it is first called, once also if two threads call it."""

    def __init__(self, function: Callable[..., Any], key: str) -> None:
        self.function = function
        self.key = key
        self.lock = threading.Lock()
        self.compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """The function's result."""
        if self.compiled is None:
            with self.lock:
                if self.compiled is None:
                    self.compiled = compiled(self.function, self.key, *arguments)
        return self.compiled(*arguments)


@contextlib.contextmanager
def _without_jax_cache() -> Generator[None]:
    with _compiling:
        before = _config.jax_enable_compilation_cache
        jax.config.update("jax_enable_compilation_cache", False)
        compilation_cache.reset_cache()
        try:
            yield
        finally:
            jax.config.update("jax_enable_compilation_cache", before)
            compilation_cache.reset_cache()


def _remember(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    while len(_ready) >= _MOST_READY:
        _ready.pop(next(iter(_ready)), None)
    _ready[name] = made
    return made


def _load(path: Path) -> Callable[..., Any] | None:
    try:
        content = path.read_bytes()
        digest, payload = content[:32], content[32:]
        if hashlib.sha256(payload).digest() != digest:
            return None
        if b"lapack" in payload:  # whose functions are found when a program is lowered, not when it is loaded
            matrix = jax.ShapeDtypeStruct((1, 1), np.float64)
            jax.jit(jax.lax.linalg.lu).lower(matrix)
        found = serialize_executable.deserialize_and_load(*pickle.loads(payload))
        os.utime(path)
        return found
    except Exception:  # whatever is wrong with a cached file, it is only about time
        return None


def _store(path: Path, made: Any) -> None:
    with contextlib.suppress(Exception):  # a full disk, a read-only folder, a program that cannot be stored
        payload = pickle.dumps(serialize_executable.serialize(made))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(hashlib.sha256(payload).digest() + payload)
        os.replace(temporary, path)
        _bound(path.parent)


def _bound(folder: Path) -> None:
    files = sorted(
        ((file, file.stat()) for file in folder.iterdir()), key=lambda f: f[1].st_mtime, reverse=True
    )
    for (file, _), total in zip(files, itertools.accumulate(stat.st_size for _, stat in files), strict=True):
        if total > _MOST:
            file.unlink()


@cache
def _sources() -> str:
    """A name for the state of raison's own source files."""
    root = Path(raison.__file__).parent
    state = [raison.__version__]
    for folder in ("model", "program", "solve", "run", "challenge"):
        for path in sorted((root / folder).rglob("*.py")):
            stat = path.stat()
            state.append(f"{path.name} {stat.st_size} {stat.st_mtime_ns}")
    return "\n".join(state)
