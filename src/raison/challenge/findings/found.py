"""A number with its error, as every analysis has them."""

from __future__ import annotations

from raison.answer.records import Record


class Found(Record):
    """A number with its error; None for what could not be found.

    Attributes:
        value: The estimate.
        standard_error: Of it.
        low: Lower end of the 95% interval.
        high: Upper end.
    """

    value: float | None
    standard_error: float | None
    low: float | None
    high: float | None
