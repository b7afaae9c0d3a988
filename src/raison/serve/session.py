"""What all pages see: the file, its problems, the verdict, what is under way; told anew when it changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from raison.model.problem import Problem
from raison.model.reader import Reading, read_text
from raison.model.records import Model
from raison.serve.file import ModelFile, Text
from raison.serve.job import Job, Outcome
from raison.serve.worker import Worker

ANALYSES = ("challenge", "everything")
"""What can be asked for in the background."""


@dataclass(slots=True)
class Work:
    """One line of work: solving the file, or an analysis of it.

    Attributes:
        number: Of the job.
        version: Of the text that it is about.
        kind: Of the job.
        running: What is being done, or None.
        fraction: How much of that is done, or None where it is not known.
        outcome: What came out, of this job or the last.
        outcome_version: Of the text that came of.
        failure: Why nothing came out.
        page: How many pages there have been.
        html: The last page.
    """

    number: int = 0
    version: str = ""
    kind: str = "solve"
    running: str | None = None
    fraction: float | None = None
    outcome: Outcome | None = None
    outcome_version: str = ""
    failure: str | None = None
    page: int = 0
    html: str | None = None

    def shown(self) -> dict[str, Any]:
        """As pages are told it."""
        return {
            "version": self.version,
            "kind": self.kind,
            "running": self.running,
            "fraction": self.fraction,
            "outcome": None if self.outcome is None else asdict(self.outcome),
            "outcome_version": self.outcome_version,
            "failure": self.failure,
            "page": self.page,
        }


@dataclass(slots=True)
class _Line:
    """A line of work and the process that does it, made when first needed."""

    work: Work = field(default_factory=Work)
    worker: tuple[int, Worker] | None = None


class Session:
    """One served file. Everything but `heard` is called in the event loop's thread.

    Args:
        file: The file.
        draws: Of each solving after a save.
        analysis_draws: Of the analyses in the background.
        seed: Of the draws.
    """

    def __init__(self, file: ModelFile, draws: int, analysis_draws: int, seed: int) -> None:
        self.file, self.draws, self.analysis_draws, self.seed = file, draws, analysis_draws, seed
        self.text = Text("", "")
        self.reading: Reading | None = None
        self._lines = {"solve": _Line(), "analysis": _Line()}
        self._spare: tuple[int, Worker] | None = None
        self._workers = self._jobs = 0
        self._solved = ""
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    # --- what pages see ---

    def state(self) -> dict[str, Any]:
        """Everything that pages show, as JSON."""
        return {
            "name": self.file.name,
            "version": self.text.version,
            "fault": self.text.fault,
            "problems": [shown(problem) for problem in self.reading.problems] if self.reading else [],
            "solve": self._lines["solve"].work.shown(),
            "analysis": self._lines["analysis"].work.shown(),
        }

    async def states(self) -> AsyncIterator[dict[str, Any]]:
        """The state now, and again whenever it changes."""
        while True:
            changed = self._changed
            yield self.state()
            await changed.wait()

    def page(self, line: str) -> str | None:
        """The last page of a line of work."""
        return self._lines[line].work.html

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # --- what changes it ---

    def refresh(self, known: Mapping[str, Reading] | None = None, *, included: bool = True) -> None:
        """Look at the file again; solve it if it, or what it includes, says something new.

        Args:
            known: What texts say that were read a moment ago.
            included: Whether what it includes may have changed.
        """
        before, self.text = self.text, self.file.read()
        includes_nothing = self.reading is not None and self.reading.sha256 == self.text.version
        if self.text == before and (includes_nothing or not included):
            return
        if self.text.fault is not None:
            self.reading = None
            self._solved = ""
            self._stop("solve")
            self._tell()
            return
        found = None if known is None else known.get(self.text.text)
        self.reading = found or read_text(self.text.text, str(self.file.path))
        if self.reading.model is None:
            self._stop("solve")
            self._solved = ""
        elif self.reading.sha256 != self._solved:
            self._solved = self.reading.sha256
            self._start("solve", "solve", self.draws)
        self._tell()

    def reading_of(self, text: str) -> Reading | None:
        """What a text says, if it is the file's."""
        return self.reading if text == self.text.text and self.text.fault is None else None

    def folders(self) -> frozenset[Path]:
        """Where the file and what it includes stand, as far as these folders exist."""
        included = frozenset() if self.reading is None else self.reading.included
        return frozenset({self.file.folder, *(path.parent for path in included if path.parent.is_dir())})

    def analyse(self, kind: str) -> str | None:
        """Begin an analysis; why not, as a sentence, where that cannot be."""
        if self.reading is None or self.reading.model is None:
            return "the file has errors; an analysis needs a model that can be solved."
        if self._lines["analysis"].work.running is not None:
            return "an analysis is under way; stop it first."
        self._start("analysis", kind, self.analysis_draws)
        self._tell()
        return None

    def cancel(self, line: str) -> None:
        """Stop what a line of work is doing."""
        work = self._lines[line].work
        if work.running is not None:
            self._stop(line)
            work.failure = "stopped."
            self._tell()

    def warm(self) -> None:
        """Have a process ready for models like this one, so that a save never waits for one to start."""
        if self._spare is None:
            self._spare = self._new_worker()
            if self.reading is not None and self.reading.model is not None:
                self._spare[1].ask(self._job(0, "warm", self.draws, self.reading.model))

    def close(self) -> None:
        """Stop all processes."""
        workers = [each for each in (*(line.worker for line in self._lines.values()), self._spare) if each]
        for _, worker in workers:
            worker.stop()
        for _, worker in workers:
            worker.wait()

    # --- the processes ---

    def _worker(self, name: str) -> Worker:
        """A process for a line of work: its own if it is free, else the spare one."""
        line = self._lines[name]
        if line.worker is not None:
            if line.worker[1].is_alive and not line.worker[1].is_busy:
                return line.worker[1]
            line.worker[1].stop()
        line.worker, self._spare = self._spare or self._new_worker(), None
        return line.worker[1]

    def _new_worker(self) -> tuple[int, Worker]:
        number = self._workers = self._workers + 1

        def hear(job: int, what: str, about: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody hears any more
                self._loop.call_soon_threadsafe(self._heard, number, job, what, about)

        return number, Worker(hear)

    def _start(self, name: str, kind: str, draws: int) -> None:
        self._jobs += 1
        work = self._lines[name].work
        worker = self._worker(name)
        work.number, work.kind, work.version = self._jobs, kind, self.text.version
        work.running, work.fraction, work.failure = "starting", None, None
        assert self.reading is not None
        assert self.reading.model is not None
        worker.ask(self._job(self._jobs, kind, draws, self.reading.model))

    def _job(self, number: int, kind: str, draws: int, model: Model) -> Job:
        sha256 = "" if self.reading is None else self.reading.sha256
        return Job(number, kind, str(self.file.path), model, sha256, draws, self.seed)

    def _stop(self, name: str) -> None:
        line = self._lines[name]
        line.work.number, line.work.running, line.work.fraction = 0, None, None
        if line.worker is not None and line.worker[1].is_busy:
            line.worker[1].stop()
            line.worker = None
            self.warm()

    def _heard(self, worker: int, number: int, what: str, about: Any) -> None:
        line = next((one for one in self._lines.values() if one.worker and one.worker[0] == worker), None)
        if line is None or number != line.work.number:
            return
        work = line.work
        if what == "progress":
            work.running, work.fraction = about
        elif what == "outcome":
            work.outcome, work.outcome_version = about, work.version
        elif what == "page":
            work.html, work.page = about, work.page + 1
        elif what == "failed":
            work.running, work.fraction, work.failure = None, None, about
        elif what == "done":
            work.running, work.fraction = None, None
        if what in {"page", "failed"}:
            self.warm()
        self._tell()


def shown(problem: Problem) -> dict[str, Any]:
    """A problem as pages are told it."""
    return {
        "message": problem.message,
        "severity": problem.severity,
        "file": problem.file,
        "line": problem.line,
    }
