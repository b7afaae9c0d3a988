"""Text that may be hostile, made safe and made to fit.

Names, titles and claims come from a model file. Markup in them is escaped where they are put into a page;
this module removes what escaping leaves in place: characters that reverse the reading direction, steer a
terminal, or cannot be written as UTF-8.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

ELLIPSIS = "…"

_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_INVISIBLE = "\u200b\u2028\u2029\ufeff\ufff9-\ufffb"
_UNWANTED = re.compile(f"[{_DIRECTION}{_CONTROL}{_INVISIBLE}\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without direction overrides, control characters and lone surrogates; lines and tabs stay."""
    return _UNWANTED.sub("", text)


def one_line(text: str) -> str:
    """The cleaned text with every run of white space made one blank."""
    return " ".join(clean(text).split())


def quoted(name: str) -> str:
    """A name of the model in quotation marks."""
    return f"“{one_line(name)}”"


def inline(title: str) -> str:
    """A player's title as it stands inside a sentence: `The leader` becomes `the leader`."""
    title = one_line(title)
    return title[:1].lower() + title[1:] if title.startswith(("The ", "A ", "An ")) else title


def safe_url(url: str | None) -> str | None:
    """The address if it is http or https and names a host, else None: nothing else becomes a link."""
    if url is None or clean(url) != url or any(c.isspace() for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def columns(text: str) -> float:
    """Width in average letters: wide characters count double, combining ones nothing."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def cut(text: str, width: int) -> str:
    """The text, or as much of it as `width` letters hold with an ellipsis at its end."""
    if columns(text) <= width:
        return text
    kept = ""
    for letter in text:
        if columns(kept + letter) > width - 1:
            break
        kept += letter
    return kept.rstrip() + ELLIPSIS


def opening(text: str, width: int) -> tuple[str, str]:
    """The text in two parts: as much as about `width` letters hold, and the rest, empty where all fits.

    The first part ends after a sentence or clause where there is one in its second half, and not
    within brackets, else after a word. A rest shorter than a third of `width` is not worth parting.
    """
    if len(text) <= width * 4 // 3:
        return text, ""
    head = text[: width + 1]
    for ends in (r"\.\s", r"[;:]\s", r",\s", r"\s"):
        places = [m.end() for m in re.finditer(ends, head) if m.end() > width // 2]
        whole = [place for place in places if head.count("(", 0, place) == head.count(")", 0, place)]
        places = whole or (places if ends == r"\s" else [])
        if places:
            return text[: places[-1]].rstrip(), text[places[-1] :]
    return text[:width], text[width:]


def wrap(text: str, width: int, lines: int) -> tuple[str, ...]:
    """The text in at most `lines` lines of at most `width` letters; what does not fit ends in an ellipsis.

    Lines break at blanks, and after hyphens and underscores where no blank helps.
    """
    pieces = re.findall(r"[^\s_-]+[_-]*\s*|[\s_-]+", one_line(text))
    result: list[str] = []
    current = ""
    while pieces:
        piece = pieces.pop(0)
        if columns((current + piece).rstrip()) <= width:
            current += piece
        elif not current:
            result.append(cut(piece.rstrip(), width))
        elif len(result) == lines - 1:
            result.append(cut(current + piece + "".join(pieces), width))
            return tuple(result)
        else:
            result.append(current.rstrip())
            current = ""
            pieces.insert(0, piece)
        if len(result) == lines:
            result[-1] = (
                cut(result[-1] + ELLIPSIS, width) if pieces and ELLIPSIS not in result[-1] else result[-1]
            )
            return tuple(result)
    if current.strip():
        result.append(current.rstrip())
    return tuple(result) or ("",)
