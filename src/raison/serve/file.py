"""The one file that is served: read whole, written whole, and never written over what nobody has seen."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from raison.model.document import MAX_BYTES, decode
from raison.model.problem import Problem

NOTHING = ""
"""The version of a file that is not there or cannot be read."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a file says.

    Attributes:
        text: Its text; empty where it cannot be read.
        version: SHA-256 of its bytes; `NOTHING` where there are none.
        fault: Why it cannot be read, as a sentence; None where it can.
    """

    text: str
    version: str
    fault: str | None = None


class ConflictError(Exception):
    """The file is not what the text to be saved was made from; `found` is what it says now."""

    def __init__(self, found: Text) -> None:
        self.found = found
        super().__init__("the file was changed on disk since it was read here.")


class ModelFile:
    """A model file that several pages and other editors may write.

    Attributes:
        path: Of the file itself, links followed once when it was opened.
        folder: Its folder: nothing outside of it is read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.folder = self.path.parent
        self._writing = threading.Lock()

    @property
    def name(self) -> str:
        """The file's name in its folder."""
        return self.path.name

    def read(self) -> Text:
        """What the file says now; a fault where it cannot be read."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with open(descriptor, "rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return Text("", NOTHING, f"{self.name} is no longer there; save to write it again.")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return Text("", NOTHING, f"{self.name} cannot be read: {reason}.")
        version = hashlib.sha256(raw).hexdigest()
        if len(raw) > MAX_BYTES:
            return Text("", version, f"{self.name} is larger than a model file may be, {MAX_BYTES:,} bytes.")
        text = decode(raw)
        if isinstance(text, Problem):
            return Text("", version, f"{self.name}: {text.message}")
        return Text(text, version)

    def save(self, text: str, based_on: str) -> Text:
        """Write a text in the place of the one that it was made from, all of it or nothing.

        Args:
            text: The new text.
            based_on: Version of the text that it was made from.

        Returns:
            The text with its version.

        Raises:
            ConflictError: the file says something else by now.
            ValueError: the text is larger than a model file may be.
            OSError: the folder or file cannot be written.
        """
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw) > MAX_BYTES:
            raise ValueError(f"a model file has at most {MAX_BYTES:,} bytes; got {len(raw):,}.")
        with self._writing:
            found = self.read()
            if found.version != based_on:
                raise ConflictError(found)
            self._write(raw)
        return Text(text, hashlib.sha256(raw).hexdigest())

    def _write(self, raw: bytes) -> None:
        descriptor, name = tempfile.mkstemp(prefix=f".{self.name}.", suffix=".partial", dir=self.folder)
        partial = Path(name)
        try:
            with open(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            if self.path.exists():
                shutil.copymode(self.path, partial)
            else:
                partial.chmod(0o644)
            partial.replace(self.path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()
