"""The commands in the order of the help, and the way in."""

from __future__ import annotations

import sys

from raison.cli.app import app
from raison.cli.checking import check
from raison.cli.converting import convert
from raison.cli.failing import (
    EXIT_WRONG,
    RefusalError,
    is_expected,
    sentence_of,
    tell_internal,
    tell_interrupted,
)
from raison.cli.others import compare, explain, gallery, new, report
from raison.cli.picturing import picture
from raison.cli.running import run
from raison.cli.serving import serve
from raison.cli.solving import solve
from raison.model.problem import ModelError

for command in (check, run, solve, explain, compare, report, picture, serve, gallery, new, convert):
    app.command()(command)


def main() -> None:
    """Run the command line, turning what can go wrong into one line and an exit code."""
    try:
        app(standalone_mode=True)
    except ModelError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(EXIT_WRONG)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_WRONG)
    except (RefusalError, ValueError, KeyError, OSError, ImportError) as error:
        if not is_expected(error):
            sys.exit(tell_internal(error))
        print(f"raison: {sentence_of(error)}", file=sys.stderr)
        sys.exit(EXIT_WRONG)
    except KeyboardInterrupt as error:
        sys.exit(tell_interrupted(error))
    except Exception as error:
        sys.exit(tell_internal(error))
