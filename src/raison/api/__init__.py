"""The faces that users of the library hold: `Model`, `Solution`, `Run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raison.api.model import Model as Model
from raison.api.model import gallery as gallery
from raison.api.model import gallery_files as gallery_files
from raison.api.model import load as load
from raison.api.model import read as read
from raison.api.rivals import compare as compare
from raison.api.run import Run as Run
from raison.api.solution import Solution as Solution

if TYPE_CHECKING:
    from raison.run.checkpoint import ResumeError as ResumeError
    from raison.run.run import InterruptedRunError as InterruptedRunError
