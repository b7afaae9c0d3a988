"""What the command line says when something goes wrong, and with which exit code."""

from __future__ import annotations

import sys
from dis import opmap

import raison

EXIT_WRONG, EXIT_FAILED, EXIT_INTERNAL, EXIT_INTERRUPTED = 1, 3, 4, 130  # 2, wrong usage, is typer's


class RefusalError(Exception):
    """Something the user gave is wrong; the message is one line."""


def is_expected(error: BaseException) -> bool:
    """Whether an error has a sentence for the user: raison raises it itself, or the system tells of a file.

    What a lookup, a conversion or an import raises inside raison is a slip.
    """
    if isinstance(error, RefusalError | OSError):
        return True
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    frame = traceback.tb_frame
    raised = frame.f_code.co_code[traceback.tb_lasti] == opmap["RAISE_VARARGS"]
    return raised and frame.f_globals.get("__name__", "").startswith("raison.")


def sentence_of(error: BaseException) -> str:
    """What an error says, in one line."""
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {(error.strerror or str(error)).lower()}."
    return str(error)


def tell_interrupted(error: KeyboardInterrupt) -> int:
    """Say how an interrupted run can be gone on with; the exit code."""
    path, done = getattr(error, "path", None), getattr(error, "done", 0)
    print(f"\nraison: {str(error) or 'stopped'}.", file=sys.stderr)
    if path is not None:
        print(f"To go on, add --resume {path} to the same command.", file=sys.stderr)
    elif hasattr(error, "done") and not done:
        print("Nothing was done yet, so nothing was stored.", file=sys.stderr)
    return EXIT_INTERRUPTED


def tell_internal(error: BaseException) -> int:
    """Save the trace of a fault of raison and say where; the exit code."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="raison-", suffix=".trace", delete=False) as file:
        file.write(f"raison {raison.__version__}: {' '.join(sys.argv)}\n")
        file.write("".join(traceback.format_exception(error)))
    print(
        f"raison: internal error ({type(error).__name__}); this is a fault of raison. "
        f"The trace is in {file.name}.",
        file=sys.stderr,
    )
    return EXIT_INTERNAL
