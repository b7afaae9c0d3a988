"""Setting up JAX: double precision, and compiled programs kept between runs.

The cache is only about time: deleting or spoiling it changes nothing else. It lives under the user's cache
folder, or where RAISON_CACHE says; `RAISON_CACHE=off` does without. It is kept apart by jaxlib's version and
the processor's features, since compiled code is only good for those.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
from pathlib import Path
from typing import Any

import jax
from jaxlib import version as jaxlib_version

_ARENA_MAX = -8  # of glibc's malloc.h


def configure() -> None:
    """Turn on float64 and the compilation cache; to be called before anything is compiled."""
    jax.config.update("jax_enable_x64", True)
    config: Any = jax.config  # it makes its options' attributes when it runs, out of sight of type checkers
    folder = cache_folder()
    if folder is None or config.jax_compilation_cache_dir is not None:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def cache_folder() -> Path | None:
    """Where compiled programs are kept on this machine; None if the user wants none."""
    chosen = os.environ.get("RAISON_CACHE")
    if chosen == "off":
        return None
    base = (
        Path(chosen)
        if chosen
        else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "raison"
    )
    return base / f"jaxlib-{jaxlib_version.__version__}-{_processor()}"


def _processor() -> str:
    """A short name for the processor's instruction set."""
    features = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
            features += next((line for line in info if line.startswith(("flags", "Features"))), "")
    except OSError:
        features += platform.processor()
    return hashlib.sha256(features.encode()).hexdigest()[:12]


def bound_memory() -> None:
    """Keep the C library from giving each thread a heap of its own, which grow apart in long runs.

    For programs, not for libraries: it concerns the whole process. Without glibc it does nothing.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)
