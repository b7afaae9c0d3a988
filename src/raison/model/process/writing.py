"""Processes back to plain data, as a file has them and `reading` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raison.model.process.records import END, EULER, EXACT, Delay, Event, Flow, Noise, Output, Process, Time
from raison.model.records import Quantity

Data = dict[str, Any]


def process_data(processes: Mapping[str, Process]) -> Data:
    """All processes; every entry is a mapping, so that a path can lead into it."""
    return {name: _process(process) for name, process in processes.items()}


def _process(process: Process) -> Data:
    return _present(
        about=process.about,
        inputs={
            name: _present(default=_text(given.default), unit=given.unit, about=given.about)
            for name, given in process.inputs.items()
        },
        time=_time(process.time),
        stocks={
            name: _present(
                start=stock.start.text,
                unit=stock.unit,
                about=stock.about,
                negative="true" if stock.negative else None,
            )
            for name, stock in process.stocks.items()
        },
        flows={name: _flow(flow) for name, flow in process.flows.items()},
        delays={name: _delay(delay) for name, delay in process.delays.items()},
        sinks=list(process.sinks),
        quantities={name: _quantity(quantity) for name, quantity in process.quantities.items()},
        events={name: _event(event) for name, event in process.events.items()},
        noise={name: _noise(noise) for name, noise in process.noise.items()},
        outputs={name: _output(output) for name, output in process.outputs.items()},
    )


def _present(**fields: Any) -> Data:
    return {key.rstrip("_"): value for key, value in fields.items() if value not in (None, {}, [])}


def _text(formula: Any) -> str | None:
    return None if formula is None else formula.text


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _time(time: Time) -> Data:
    return _present(
        unit=time.unit,
        step=_number(time.step),
        horizon=_number(time.horizon),
        method=None if time.method == EULER else time.method,
    )


def _flow(flow: Flow) -> Data:
    return _present(from_=flow.source, to=flow.target, rate=flow.rate.text, about=flow.about)


def _delay(delay: Delay) -> Data:
    return _present(
        from_=delay.source,
        to=delay.target,
        rate=delay.rate.text,
        takes=delay.takes.text,
        kind=None if delay.kind == EXACT else delay.kind,
        order=None if delay.order is None else str(delay.order),
        start=_text(delay.start),
        about=delay.about,
    )


def _quantity(quantity: Quantity) -> Data:
    return _present(value=quantity.value.text, unit=quantity.unit, about=quantity.about)


def _event(event: Event) -> Data:
    return _present(
        at=event.at.text, amount=event.amount.text, from_=event.source, to=event.target, about=event.about
    )


def _noise(noise: Noise) -> Data:
    return _present(
        value=noise.distribution.text,
        seed=noise.seed.text,
        every=None if noise.every is None else _number(noise.every),
        unit=noise.unit,
        about=noise.about,
    )


def _output(output: Output) -> Data:
    if output.fold == "at":
        at = END if output.at is None else output.at.text
        return _present(at=at, of=output.of.text, about=output.about)
    return {
        output.fold: output.of.text,
        **_present(otherwise=_text(output.otherwise), about=output.about),
    }
