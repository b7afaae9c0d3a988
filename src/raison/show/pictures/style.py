"""The report's style written into a picture, so that it looks the same outside of the page.

Renderers of SVG know neither variables nor media queries. So the rules of the page's own style sheet that
concern its drawings are applied here, and what comes out is plain attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

THEMES = ("light", "dark")

_SHEET = Path(__file__).parents[1] / "templates" / "report.css"
_DRAWN = frozenset(
    {
        "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-weight",
        "shape-rendering", "font-variant-numeric",
    }
)  # fmt: skip
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r":not\(\.([\w-]+)\)|\.([\w-]+)|([a-z]+)")
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")
_NAMESPACE = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One step of a selector: an element's tag, classes that it has, and those that it has not."""

    tag: str | None
    classes: frozenset[str]
    without: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Rule:
    parts: tuple[_Part, ...]
    values: Mapping[str, str]
    rank: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Place:
    """An element on the way to the one that is styled."""

    tag: str
    classes: frozenset[str]


def colours(theme: str) -> dict[str, str]:
    """The variables of the page's style in a theme, `light` or `dark`.

    Raises:
        ValueError: there is no such theme.
    """
    if theme not in THEMES:
        raise ValueError(f"a theme is {' or '.join(THEMES)}; got {theme!r}.")
    light, dark = (dict(_declarations(body)) for body in _roots())
    return {
        name: value
        for name, value in {**light, **(dark if theme == "dark" else {})}.items()
        if name[:2] == "--"
    }


def apply(root: ElementTree.Element, theme: str) -> None:
    """Write the style of the page into a drawing and everything inside it."""
    variables = colours(theme)
    _apply(root, (), variables, variables["--ink"])


def _apply(
    element: ElementTree.Element,
    above: tuple[_Place, ...],
    variables: Mapping[str, str],
    ink: str,
) -> None:
    tag = str(element.tag).removeprefix(_NAMESPACE)
    place = _Place(tag, frozenset(element.get("class", "").split()))
    way = (*above, place)
    found: dict[str, str] = {}
    for rule in _rules():
        if _matches(rule.parts, way):
            found.update(rule.values)
    variables = {
        **variables,
        **{name: _resolved(v, variables) for name, v in found.items() if name[:2] == "--"},
    }
    for name, value in list(element.attrib.items()):
        if "var(" in value or value == "currentColor":
            element.set(name, ink if value == "currentColor" else _resolved(value, variables))
    for name in sorted(_DRAWN & set(found)):
        value = found[name]
        element.set(name, ink if value == "currentColor" else _resolved(value, variables).removesuffix("px"))
    for child in element:
        _apply(child, way, variables, ink)


def _resolved(value: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1], "none"), value).strip()


def _matches(parts: Sequence[_Part], way: Sequence[_Place]) -> bool:
    """Whether a selector's last part is the last element and the others stand above it, in their order."""
    if not _is(parts[-1], way[-1]):
        return False
    rest = list(parts[:-1])
    for place in reversed(way[:-1]):
        if rest and _is(rest[-1], place):
            rest.pop()
    return not rest


def _is(part: _Part, place: _Place) -> bool:
    return (
        part.tag in (None, place.tag) and part.classes <= place.classes and not part.without & place.classes
    )


@cache
def _rules() -> tuple[_Rule, ...]:
    """The rules for drawings, those that win last."""
    found: list[_Rule] = []
    for order, (selectors, body) in enumerate(_RULE.findall(_plain())):
        values = {name: value for name, value in _declarations(body) if name in _DRAWN or name[:2] == "--"}
        for selector in selectors.split(","):
            parts = tuple(_parts(selector))
            if parts and values and ":root" not in selector:
                classes = sum(len(part.classes) + len(part.without) for part in parts)
                found.append(
                    _Rule(parts, values, (classes, sum(part.tag is not None for part in parts), order))
                )
    return tuple(sorted(found, key=lambda rule: rule.rank))


def _parts(selector: str) -> Iterator[_Part]:
    if re.search(r"[>+~\[:](?!not\()", selector):
        return  # of the page around the drawings, not of what is in them
    for word in selector.split():
        simple = _SIMPLE.findall(word)
        yield _Part(
            next((tag for _, _, tag in simple if tag), None),
            frozenset(name for _, name, _ in simple if name),
            frozenset(name for name, _, _ in simple if name),
        )


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    for declaration in body.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _roots() -> tuple[str, str]:
    light, dark = re.findall(r":root\s*\{([^{}]*)\}", _text())[:2]
    return light, dark


def _plain() -> str:
    """The style sheet without what holds for some screens or in print only."""
    text, kept, depth = _text(), [], 0
    for piece in re.split(r"(@media[^{]*\{|[{}])", text):
        if piece.startswith("@media"):
            depth = 1
        elif depth:
            depth += {"{": 1, "}": -1}.get(piece, 0)
        else:
            kept.append(piece)
    return "".join(kept)


@cache
def _text() -> str:
    return re.sub(r"/\*.*?\*/", "", _SHEET.read_text(encoding="utf-8"), flags=re.DOTALL)
