"""The command line: what the library does, under the same names.

stdout is data, stderr is talk. Exit codes: 0 answered; 1 the input is wrong; 2 wrong usage; 3 solved, but
every draw failed; 4 an internal error, with the path of a saved trace; 130 interrupted, and can be gone on
with.
"""

from __future__ import annotations

from raison.cli.app import app as app
from raison.cli.entry import main as main
from raison.cli.failing import EXIT_FAILED as EXIT_FAILED
from raison.cli.failing import EXIT_INTERNAL as EXIT_INTERNAL
from raison.cli.failing import EXIT_INTERRUPTED as EXIT_INTERRUPTED
from raison.cli.failing import EXIT_WRONG as EXIT_WRONG
