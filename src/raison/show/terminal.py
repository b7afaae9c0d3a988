"""The answers of a run in a terminal: the report in short, and plain text where nobody watches.

Nothing is drawn with lines or boxes. Colour and bold type are used on a terminal only, and not at all where
the environment says `NO_COLOR` (no-color.org). A file or a pipe gets lines of 100 letters.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from raison.answer.records import RunRecord
from raison.challenge.findings import Challenge
from raison.model.records import Model
from raison.show import challenged as challenges
from raison.show import numbers, rounds, words
from raison.show.text import clean, cut, one_line, quoted

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 100  # letters in a line where the output is not a terminal
WIDEST = 110  # letters in a line where the terminal is wider: longer ones are hard to read
LONGEST_NAME = 34  # letters of a premise's or outcome's name
LONGEST_LABEL = 50  # letters of a label of ours
INDENT = 2

_BAR = 20  # letters of a bar that stands for 1
_TYPOGRAPHIC = "“”−…·±≤≥≠█"
_PLAIN = str.maketrans(
    dict(zip(_TYPOGRAPHIC, ('"', '"', "-", "...", "-", "+-", "<=", ">=", "!=", "#"), strict=True))
)


def make_console(file: IO[str] | None = None) -> Console:
    """A console for a run's answers: as wide as the terminal, or 100 plain letters where it is not one.

    Args:
        file: Where to write; None for standard output.
    """
    import sys

    from rich.console import Console

    stream = sys.stdout if file is None else file
    watched = stream.isatty()
    coloured = watched and not os.environ.get("NO_COLOR")
    return Console(
        file=stream,
        width=None if watched else PLAIN_WIDTH,
        color_system="auto" if coloured else None,
        force_terminal=watched,
        highlight=False,
        emoji=False,
        markup=False,
    )


def print_run(
    console: Console,
    model: Model,
    record: RunRecord,
    *,
    report: Path | str | None = None,
    challenged: Challenge | None = None,
) -> None:
    """Prints the answers of a run in short.

    Args:
        console: Where to.
        model: The model that was run.
        record: What the run answers.
        report: Path of the report, if one was written.
        challenged: What challenges its verdict.
    """
    writer = Writer(console)
    _print_head(writer, record)
    for index, verdict in enumerate(record.questions):
        writer.heading("Verdict" if index == 0 else verdict.name)
        writer.text(words.verdict_sentence(model, verdict, beliefs=record.model.beliefs), indent=INDENT)
        if index == 0:
            writer.text(words.margin_sentence(model, verdict, record.draws) or "", indent=INDENT)
            writer.text(" ".join(words.hinge_sentences(record, 0)), indent=INDENT)
        _print_parts(writer, words.equilibrium_parts(verdict, record.draws))
        caveats = words.caveats(
            verdict,
            record.draws,
            failures=False,
            concept=record.concept or "",
            after=record.questions[0] if index else None,
        )
        writer.text(" ".join(caveats), "dim", indent=INDENT)
    _print_rounds(writer, record)
    _print_what_follows(writer, record)
    _print_premises(writer, record)
    if challenged is not None:
        _print_challenge(writer, model, challenged)
    _print_failures(writer, record)
    if report is not None:
        writer.blank()
        writer.whole(f"Report: {report}")


def _print_rounds(writer: Writer, record: RunRecord) -> None:
    """The verdict over the periods of a game that is played again."""
    if record.rounds is None:
        return
    writer.heading("Over the periods")
    for sentence in rounds.sentences(record):
        writer.text(sentence, indent=INDENT)
    rows = rounds.table(record)
    writer.table(rows, aligned=">" * len(rows[0]), longest=LONGEST_LABEL)


def _print_parts(writer: Writer, parts: Sequence[words.Part]) -> None:
    """How the draws divide by what their equilibria say, as bars; nothing where there is no difference."""
    if parts:
        rows = [(part.label, part.text, "█" * round(_BAR * part.share)) for part in parts]
        writer.table(rows, aligned="<><", longest=LONGEST_LABEL)


def _print_head(writer: Writer, record: RunRecord) -> None:
    writer.text(one_line(record.model.title), "bold")
    facts = (record.model.name, f"{record.draws:,} draws", f"seed {record.seed}", f"raison {record.version}")
    writer.text(one_line(" · ".join(facts)), "dim")
    writer.text(words.premise_note(record) or "", "yellow")


def _print_what_follows(writer: Writer, record: RunRecord) -> None:
    verdict = next((v for v in record.questions if v.outcomes and v.share), None)
    if verdict is None or not verdict.outcomes or not verdict.share:
        return
    chosen = f"{quoted(verdict.move or '')} is chosen{rounds.in_first(record)}"
    writer.heading(f"What follows where {chosen}: mean probability of each outcome")
    errors = verdict.outcome_errors or {}
    draws = max(1, round(verdict.share * record.draws))
    ranked = sorted(verdict.outcomes.items(), key=lambda item: -item[1])
    writer.table(
        [
            (name, numbers.share_with_error(share, errors.get(name), draws), "█" * round(_BAR * share))
            for name, share in ranked
            if share > 0
        ],
        aligned="<><",
    )


def _print_premises(writer: Writer, record: RunRecord) -> None:
    if not record.questions or not record.removals:
        return
    verdict = record.questions[0]
    unit = "the mean" if words.is_mean(verdict) else "the share, in points"
    writer.heading(f"Premises removed: change of {unit} (± half the 95% interval of the paired difference)")
    rows: list[tuple[str, ...]] = []
    faint: list[bool] = []
    for hinge in words.hinges(record, 0):
        mark = "unstated" if hinge.removal.unstated else ""
        changed, to = words.difference(verdict, hinge.change), f"to {words.value(verdict, hinge.change)}"
        rows.append((hinge.removal.name, changed, to, mark))
        faint.append(not hinge.larger_than_error)
    if rows:
        writer.table(rows, aligned="<>><", faint=faint)
    together = words.set_sentences(record, 0)
    if together:
        writer.heading("Premises removed together")
    for sentence in together:
        writer.text(sentence, indent=INDENT)


def _print_challenge(writer: Writer, model: Model, challenged: Challenge) -> None:
    for section in challenges.sections(model, challenged):
        writer.heading(section.title)
        writer.text(" ".join(filter(None, section.sentences)), indent=INDENT)
    writer.text(challenges.left_out(challenged), "dim", indent=INDENT)


def _print_failures(writer: Writer, record: RunRecord) -> None:
    writer.blank()
    writer.text(words.failure_sentence(record), "yellow" if record.failed else "dim")
    for failure in record.failures:
        writer.text(f"{numbers.share_of_draws(failure.share, record.draws)}: {failure.reason}", indent=INDENT)
    writer.text(words.forked_sentence(record) or "", "yellow")


class Writer:
    """Writes cleaned text to a console, with letters that its encoding knows."""

    def __init__(self, console: Console):
        self.console = console
        self.plain = not _can_write(console)
        self.width = min(console.width, WIDEST)

    def _letters(self, content: str) -> str:
        content = clean(content)
        return content.translate(_PLAIN) if self.plain else content

    def blank(self) -> None:
        """An empty line."""
        self.console.print()

    def whole(self, content: str) -> None:
        """A line that is not broken, so that it can be copied."""
        self.console.print(self._letters(content), soft_wrap=True)

    def heading(self, content: str) -> None:
        """A line in bold type after an empty one."""
        self.blank()
        self.text(one_line(content), "bold")

    def text(self, content: str, style: str = "", indent: int = 0) -> None:
        """A paragraph, broken between words; nothing for an empty text."""
        from rich.text import Text

        if not content:
            return
        paragraph = Text(self._letters(content), style=style)
        for line in paragraph.wrap(self.console, max(20, self.width - indent)):
            line.rstrip()
            self.console.print(Text(" " * indent) + line, soft_wrap=True)

    def table(
        self,
        rows: Sequence[tuple[str, ...]],
        *,
        aligned: str,
        faint: Sequence[bool] = (),
        longest: int = LONGEST_NAME,
    ) -> None:
        """Rows in columns, each aligned left (`<`) or right (`>`), without trailing blanks."""
        from rich.cells import cell_len
        from rich.text import Text

        cells = [[cut(one_line(self._letters(cell)), longest) for cell in row] for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            line = " " * INDENT
            for cell, width, side in zip(row, widths, aligned, strict=True):
                blanks = " " * (width - cell_len(cell))
                line += (blanks + cell if side == ">" else cell + blanks) + "  "
            style = "dim" if faint and faint[number] else ""
            self.console.print(Text(line.rstrip(), style=style), soft_wrap=True)


def _can_write(console: Console) -> bool:
    try:
        _TYPOGRAPHIC.encode(console.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
