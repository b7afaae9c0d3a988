"""SVG from a chart renderer, made fit for a page: cut into plots, themed, with nothing a policy forbids.

The renderer draws all plots of a report in one picture, because each call has a fixed cost. Here the
picture is cut into one `<svg>` per plot. Placeholder colours become `currentColor` and CSS variables, so
that text and axes follow the theme; `style` attributes become presentation attributes; ids get a prefix of
their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree

from raison.show.text import clean

INK = "#010101"
MUTED = "#020202"
RULE = "#030303"
ACCENT = "#040404"
SOFT = "#050505"
WARM = "#060606"

COLOURS: Mapping[str, str] = {
    INK: "currentColor",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    SOFT: "var(--soft)",
    WARM: "var(--warm)",
}
"""Placeholder colours in a chart, and what stands in for them on the page."""

_NAMESPACE = re.compile(r"\{[^}]*\}")
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^'\")]+)['\"]?\s*\)")
_DROPPED = frozenset(
    {"font-family", "href", "aria-roledescription", "aria-label", "aria-hidden", "role", "class"}
)
_DEFAULTS = frozenset(
    {("opacity", "1"), ("transform", "translate(0,0)"), ("pointer-events", "none"), ("stroke-width", "1")}
)
_PLOT = re.compile(r"\bconcat_\d+_group\b")
_CELL = re.compile(r"(?:\b|_)cell\b")


@dataclass(frozen=True, slots=True)
class Frame:
    """The room that one plot takes around the origin of its axes, in px.

    Attributes:
        title: What the plot shows, in a few words.
        description: The same for those who cannot see it.
        width: Of the plotted area.
        height: Of the plotted area.
        left, right, top, bottom: Room for axes and labels on each side.
    """

    title: str
    description: str
    width: float
    height: float
    left: float = 12
    right: float = 12
    top: float = 6
    bottom: float = 40


def cut(picture: str, frames: list[Frame], *, id_prefix: str = "plot") -> list[str]:
    """The picture's plots as SVG elements, in order.

    Args:
        picture: SVG of concatenated plots, some of them facets.
        frames: One per plot, facets counted one by one.
        id_prefix: Begins every id; must be unique on a page.

    Raises:
        ValueError: the picture does not have as many plots as there are frames.
    """
    groups = list(_plots(ElementTree.fromstring(picture)))
    if len(groups) != len(frames):
        raise ValueError(
            f"The picture needs one plot for each of {len(frames)} frames; it has {len(groups)}."
        )
    return [
        _element(group, frame, f"{id_prefix}-{number}")
        for number, (group, frame) in enumerate(zip(groups, frames, strict=True))
    ]


def _plots(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Groups of plots in drawing order: a facet's cells where a plot has some, else the plot itself."""
    for element in root.iter():
        if _PLOT.search(element.get("class", "")):
            cells = [e for e in element.iter() if _CELL.search(e.get("class", ""))]
            for group in cells or [element]:
                yield from group


def _element(group: ElementTree.Element, frame: Frame, prefix: str) -> str:
    """A copy of the plot as an element of its own, its origin at that of its axes."""
    body = ElementTree.Element("g", {"fill": "none"})
    body.extend(list(group))
    _rewrite(body, prefix)
    inner = ElementTree.tostring(body, encoding="unicode")
    width, height = frame.left + frame.width + frame.right, frame.top + frame.height + frame.bottom
    return (
        f'<svg class="plot" role="img" aria-labelledby="{prefix}-title {prefix}-desc" '
        f'viewBox="{-frame.left:g} {-frame.top:g} {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">'
        f'<title id="{prefix}-title">{escape(clean(frame.title))}</title>'
        f'<desc id="{prefix}-desc">{escape(clean(frame.description))}</desc>{inner}</svg>'
    )


def _rewrite(element: ElementTree.Element, prefix: str) -> None:
    for parent in element.iter():
        parent.tag = _NAMESPACE.sub("", str(parent.tag))
        for child in [c for c in parent if _is_empty(c)]:
            parent.remove(child)
        for name, value in list(parent.attrib.items()):
            del parent.attrib[name]
            bare = _NAMESPACE.sub("", name)
            if bare == "style":
                parent.attrib.update(_presentation(value))
            elif bare == "id":
                parent.set("id", f"{prefix}-{value}")
            elif bare == "href" and value.startswith("#"):
                parent.set("href", f"#{prefix}-{value[1:]}")
            elif bare not in _DROPPED and (bare, value) not in _DEFAULTS:
                parent.set(bare, _REFERENCE.sub(rf"url(#{prefix}-\1)", COLOURS.get(value.lower(), value)))
        if parent.text:
            parent.text = clean(parent.text)


def _presentation(style: str) -> dict[str, str]:
    """A style attribute as presentation attributes, which a policy without inline styles allows."""
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return {name.strip(): COLOURS.get(value.strip().lower(), value.strip()) for name, value in pairs}


def _is_empty(element: ElementTree.Element) -> bool:
    """Whether it is not to be seen: an empty background, or the heading of a cell, only its number."""
    kind = element.get("class", "")
    if "role-title" in kind.split():
        return True
    bare = _NAMESPACE.sub("", str(element.tag))
    if bare == "path" and kind in ("background", "foreground"):
        return element.get("stroke") is None and element.get("fill") is None
    return element.get("display") == "none"
