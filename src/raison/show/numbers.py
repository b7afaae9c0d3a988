"""Numbers as a careful reader wants them: rounded to what their error supports, never beyond.

A number is printed to the decimal place of the leading digit of its error, here the half-width of its 95%
interval. A few shares have no error in the record (of failed draws, of draws that a question applies to, of
labels); that of as many independent draws stands in for it. The draws of a run are spread more evenly than
independent ones, so it errs on the wide side.
"""

from __future__ import annotations

import math

from raison.answer.records import Histogram, Interval, Quantiles

T_95 = 2.131449545559323
"""Student's t with 15 degrees of freedom at 97.5%: 16 replicates give a 95% interval of this many errors."""

MINUS = "−"
NOISE = 1e-8
"""An error below this part of a number is one of arithmetic and not of draws."""
_MOST_DECIMALS = 12
_SKETCHED = 2e-3  # quantiles are kept to a part in a thousand: a narrower spread is none
_LEGIBLE = 6  # places after the point that can be read at a glance
_DIGITS = 4  # significant digits of a share in a table, however small its error
_FEW_DIGITS = 3  # the same in a drawing
_ROUNDING = 1e-12  # a share nearer than this to 0 or 1 is 0 or 1: what adding up probabilities leaves over


def half_width(standard_error: float | None) -> float | None:
    """Half of the 95% interval that belongs to a standard error of 16 replicates."""
    return None if standard_error is None else T_95 * standard_error


def of_independent_draws(share: float, draws: int) -> float:
    """Half-width of the 95% interval of a share of as many independent draws (normal approximation).

    At 0 and 1, where that is zero, the rule of three: 3 / draws.
    """
    if draws <= 0:
        return 1.0
    spread = math.sqrt(max(share * (1 - share), 0.0) / draws)
    return 1.96 * spread if spread > 0 else 3 / draws


def decimals(error: float | None) -> int:
    """Places after the point that an error leaves meaning to; 0.3 gives 1, 0.02 gives 2, 7 gives 0."""
    if error is None or not error > 0 or not math.isfinite(error):
        return 2
    return min(max(0, -math.floor(math.log10(error))), _MOST_DECIMALS)


def fixed(value: float, places: int) -> str:
    """A number with so many places after the point and a true minus sign; never minus zero."""
    text = f"{value:,.{places}f}"
    if text.startswith("-"):
        text = text[1:] if not any(c in "123456789" for c in text) else MINUS + text[1:]
    return text


def percent(share: float, error: float | None) -> str:
    """A share as a percentage, to the places that its error supports; only 0 and 1 are 0% and 100%."""
    if share in (0.0, 1.0):
        return "0%" if share == 0 else "100%"
    wanted = decimals(None if error is None else 100 * error)
    places = min(
        wanted, _LEGIBLE
    )  # an error below that is one of arithmetic, and further places are its noise
    text = fixed(100 * share, places)
    step = 10.0**-places
    if 0 < share < 1 and float(text.replace(",", "").replace(MINUS, "-")) in (0.0, 100.0):
        return f"<{fixed(step, places)}%" if share < 0.5 else f">{fixed(100 - step, places)}%"
    return f"{_bare(text) if wanted > places else text}%"


def _bare(text: str) -> str:
    """A number without zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def share_of_draws(share: float, draws: int) -> str:
    """A share that comes without an error of its own, rounded to that of independent draws."""
    return percent(share, of_independent_draws(share, draws))


def share(value: float, standard_error: float | None, draws: int | None = None) -> str:
    """A share as a percentage of at most three digits, rounded to its error.

    Args:
        value: The share.
        standard_error: Of `value`; None where the record has none.
        draws: Number of draws, whose independent error stands in for a missing one.
    """
    return _share_and_error(value, standard_error, draws, _FEW_DIGITS)[0]


def share_with_error(value: float, standard_error: float | None, draws: int | None = None) -> str:
    """A share with the half-width of its 95% interval, in percent and of at most four digits: `24.6% ± 0.2`.

    An error of zero is left out, and so is one that is not in the record.
    """
    text, error = _share_and_error(value, standard_error, draws, _DIGITS)
    return f"{text} ± {error}" if error else text


def _share_and_error(
    value: float, standard_error: float | None, draws: int | None, most: int
) -> tuple[str, str]:
    value = float(round(value)) if abs(value - round(value)) < _ROUNDING else value
    error = half_width(standard_error)
    if error is None:
        return percent(value, None if draws is None else of_independent_draws(value, draws)), ""
    if not error > 0:
        return f"{_bare(significant(100 * value, _DIGITS))}%", ""
    digits = most - 1 - math.floor(math.log10(100 * value)) if value > 0 else _MOST_DECIMALS
    places = min(decimals(100 * error), max(digits, 0))
    shown = percent(value, 10.0 ** -(places + 2))
    bounded = shown.startswith(("<", ">")) or value in (0.0, 1.0)
    return shown, "" if bounded else fixed(max(100 * error, 10.0**-places), places)


def interval(share: Interval) -> str:
    """`30.9% to 31.5%`, with its method where it is not the usual one."""
    error = (share.high - share.low) / 2
    text = f"{percent(share.low, error)} to {percent(share.high, error)}"
    return text if share.method == "replicates" else f"{text}, Clopper-Pearson"


def with_error(value: float, standard_error: float | None, *, sign: bool = False) -> str:
    """A number with the half-width of its 95% interval: `0.231 ± 0.002`; an error of zero is left out."""
    return plus_minus(value, half_width(standard_error), sign=sign)


def plus_minus(value: float, error: float | None, *, sign: bool = False) -> str:
    """A number with an error that is already the half-width of its 95% interval.

    An error of arithmetic, below a part in a hundred million, is left out and the number rounded to it.
    """
    plus = "+" if sign and value > 0 else ""
    if error is None or not error > 0:
        return plus + (fixed(value, 0) if value == int(value) else significant(value, 3))
    places = decimals(error)
    if places > _LEGIBLE and error < NOISE * abs(value):
        return plus + _bare(fixed(value, _LEGIBLE) if abs(value) >= 1 else significant(value, _LEGIBLE))
    if places > _LEGIBLE:
        shown = 0.0 if abs(value) < error / 2 else value
        digits = max(1, 1 + places + math.floor(math.log10(abs(shown)))) if shown else 1
        return f"{plus}{significant(shown, digits)} ± {significant(error, 1)}"
    number = fixed(value, places)
    sign_shown = plus if any(digit in "123456789" for digit in number) else ""
    return f"{sign_shown}{number} ± {fixed(max(error, 10.0**-places), places)}"


def significant(value: float, digits: int) -> str:
    """A number to so many significant digits, without an exponent where it is readable without."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    size = math.floor(math.log10(abs(value)))
    if not -5 <= size < 12:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    return fixed(value, max(0, digits - 1 - size))


def quantile_places(quantiles: Quantiles, draws: int) -> int:
    """Places that the sampling error of quantiles leaves meaning to: about their spread over root draws."""
    spread = quantiles.q95 - quantiles.q05
    if not spread > _SKETCHED * abs(quantiles.median):
        return decimals(abs(quantiles.median) / 100)
    return decimals(max(spread / math.sqrt(max(draws, 1)), 1e-3 * spread))


def histogram_heights(counts: Histogram) -> list[float]:
    """Share of draws per unit of the axis in each bin, scaled so that the tallest is 1."""
    widths = [b - a for a, b in zip(counts.edges, counts.edges[1:], strict=False)]
    heights = [n / w if w > 0 else 0.0 for n, w in zip(counts.counts, widths, strict=True)]
    tallest = max(heights, default=0.0)
    return [height / tallest if tallest > 0 else 0.0 for height in heights]
