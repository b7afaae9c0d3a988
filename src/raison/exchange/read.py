"""Other programs' files from disk, and as models."""

from __future__ import annotations

import hashlib
from pathlib import Path

from raison.exchange import xmile
from raison.exchange.efg import read_efg
from raison.exchange.game import ExtensiveGame, TableGame
from raison.exchange.modelling import to_model
from raison.exchange.nfg import read_nfg
from raison.exchange.tokens import MAX_BYTES, decode
from raison.model.problem import ModelError, Problem
from raison.model.reader import Reading

SUFFIXES = (".efg", ".nfg", *xmile.SUFFIXES)
"""Names of files that are read here end in one of these."""


def read_game(path: str | Path) -> ExtensiveGame | TableGame:
    """The game in an `.efg` or `.nfg` file.

    Raises:
        ModelError: the file cannot be read, or is neither; the message says why.
    """
    return _parse(_bytes(path), path)


def read_file(path: str | Path) -> Reading:
    """Another program's file as a model, with what is wrong with it, as `model.reader.read_file` does."""
    if str(path).lower().endswith(xmile.SUFFIXES):
        return xmile.read_model(path)
    raw = b""
    try:
        raw = _bytes(path)
        model = to_model(_parse(raw, path), Path(path).stem or "model", file=str(path))
    except ModelError as error:
        return Reading(None, error.problems, hashlib.sha256(raw).hexdigest() if raw else "")
    return Reading(model, (), hashlib.sha256(raw).hexdigest())


def _bytes(path: str | Path) -> bytes:
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ModelError((Problem("a game is an ordinary file; this is none.", file=str(path)),))
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ModelError((Problem(f"the file cannot be read: {reason}.", file=str(path)),)) from None


def _parse(raw: bytes, path: str | Path) -> ExtensiveGame | TableGame:
    text = decode(raw, str(path))
    table = text.lstrip()[:3] == "NFG" or (Path(path).suffix == ".nfg" and text.lstrip()[:3] != "EFG")
    return read_nfg(text, str(path)) if table else read_efg(text, str(path))
