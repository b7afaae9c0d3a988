"""The same process with half the time step, to see how much the step matters."""

from __future__ import annotations

from dataclasses import replace

from raison.model.process.records import Process


def halved(process: Process) -> Process:
    """The process with half the step; noise stays for as long as it did."""
    time = process.time
    noise = {name: replace(each, every=each.every or time.step) for name, each in process.noise.items()}
    return replace(process, time=replace(time, step=time.step / 2), noise=noise)
