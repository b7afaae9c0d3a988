"""A process that solves: warm when it is asked, stopped when it is no longer wanted.

It is a process and not a thread, since what a game takes is not known beforehand and compiled code cannot be
interrupted; and since the server has to answer while it works.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from raison.serve.job import Job, do

Heard = Callable[[int, str, Any], None]

_STOP_WITHIN = 2.0  # seconds that a process has to end before it is killed


class Worker:
    """A process that does one job after the other.

    Args:
        heard: Called with a job's number, what is said and what about it, in a thread of the worker's. Each
            job ends with `done` or `failed`, unless the worker is stopped.
    """

    def __init__(self, heard: Heard) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), daemon=True, name="raison solving")
        self._process.start()
        theirs.close()
        self._stopped = False
        self._ending: threading.Thread | None = None
        self._heard = heard
        self._asked: int | None = None
        threading.Thread(target=self._listen, daemon=True, name="raison hearing").start()

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way."""
        return self._asked is not None

    @property
    def is_alive(self) -> bool:
        """Whether a job can be given to it."""
        return not self._stopped and self._process.is_alive()

    def ask(self, job: Job) -> None:
        """Give it a job; it does it after those that it has."""
        self._asked = job.number
        # In a thread, since a long text waits in the pipe until the process has started.
        threading.Thread(target=self._send, args=(job,), daemon=True, name="raison asking").start()

    def stop(self) -> None:
        """End the process with whatever it is doing, which takes a moment; nothing more is heard of it."""
        self._stopped = True
        self._process.terminate()
        self._ending = threading.Thread(target=self._end, name="raison stopping")
        self._ending.start()

    def wait(self) -> None:
        """Wait until a process that was stopped has ended."""
        if self._ending is not None:
            self._ending.join()

    def _end(self) -> None:
        self._process.join(_STOP_WITHIN)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _send(self, job: Job) -> None:
        with contextlib.suppress(OSError):  # that it ended is heard by listening
            self._pipe.send(job)

    def _listen(self) -> None:
        while True:
            try:
                number, what, about = self._pipe.recv()
            except (EOFError, OSError):
                break
            if what in {"done", "failed"} and number == self._asked:
                self._asked = None
            if not self._stopped:
                self._heard(number, what, about)
        number, self._asked = self._asked, None
        if not self._stopped and number is not None:
            self._heard(
                number, "failed", "the solving process ended; perhaps memory ran out. Save to try again."
            )


def work(pipe: Connection) -> None:
    """The process: jobs in, what is said of them out, until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then stops this
    _warm()
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            do(job, lambda what, about, number=job.number: pipe.send((number, what, about)))
        except ValueError as error:
            pipe.send((job.number, "failed", str(error)))
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # whatever it is must not end the server, and is told where it can be read
            traceback.print_exc(file=sys.stderr)
            said = (
                f"this is a fault of raison ({type(error).__name__}); its trace is in the server's terminal."
            )
            pipe.send((job.number, "failed", said))
        else:
            pipe.send((job.number, "done", None))


def _warm() -> None:
    """Load beforehand what a first job would wait for, by doing one."""
    from raison.model.reader import read_text
    from raison.model.starter import starter

    reading = read_text(starter("warm"), "warm")
    if reading.model is not None:
        do(Job(0, "solve", "warm", reading.model, reading.sha256, 64, 1), lambda what, about: None)
