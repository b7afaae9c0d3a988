"""One picture on a sheet of its own: a heading, the drawing of the report, its legend."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from raison.show.pictures import style
from raison.show.text import clean, one_line, wrap

FONTS = "Liberation Sans, Arial, Helvetica, sans-serif"
ENDINGS = (".svg", ".png")
_SPACE = "http://www.w3.org/2000/svg"
_MARGIN, _LINE, _HEADING = 18, 21, 15  # px: around all, between lines of the heading, size of its letters
_LETTER = 8.6  # width of a letter of the heading
_KEY, _KEY_LETTER = 22, 6.6  # height of a line of the legend, width of one of its letters
_NARROWEST = 320


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands alone.

    Attributes:
        title: What it shows, its heading.
        drawing: An SVG element as a report has it, which takes its colours from the page.
        legend: Class of a colour and what it means.
    """

    title: str
    drawing: str = field(repr=False)
    legend: tuple[tuple[str, str], ...] = ()

    def svg(self, theme: str = "light") -> str:
        """The picture as an SVG document, with fixed colours and a background.

        Args:
            theme: `light` or `dark`.

        Raises:
            ValueError: there is no such theme.
        """
        ElementTree.register_namespace("", _SPACE)
        paper = style.colours(theme)["--paper"]
        body = ElementTree.fromstring(_with_namespace(self.drawing))
        left, top, wide, high = (float(part) for part in body.get("viewBox", "0 0 640 300").split())
        width = max(wide, _NARROWEST)
        heading = wrap(one_line(clean(self.title)), int(width / _LETTER), 3)
        above = _MARGIN + _LINE * len(heading) + 8
        rows = self._legend_rows(width)
        height = above + high + (_KEY * len(rows) + 8 if rows else 0) + _MARGIN
        sheet = ElementTree.Element(
            f"{{{_SPACE}}}svg",
            {
                "width": f"{width + 2 * _MARGIN:g}",
                "height": f"{height:g}",
                "viewBox": f"0 0 {width + 2 * _MARGIN:g} {height:g}",
                "font-family": FONTS,
                "role": "img",
            },
        )
        _add(sheet, "title").text = clean(self.title)
        _add(sheet, "rect", width="100%", height="100%", fill=paper)
        for line, text in enumerate(heading):
            y = _MARGIN + _HEADING + _LINE * line
            written = _add(sheet, "text", x=_MARGIN, y=y, fill=style.colours(theme)["--ink"])
            written.set("font-size", str(_HEADING))
            written.set("font-weight", "600")
            written.text = text
        body.set("x", f"{_MARGIN:g}")
        body.set("y", f"{above:g}")
        body.set("width", f"{wide:g}")
        body.set("height", f"{high:g}")
        body.set("overflow", "visible")
        for unwanted in ("role", "aria-labelledby", "aria-label"):
            body.attrib.pop(unwanted, None)
        style.apply(body, theme)
        sheet.append(body)
        for line, row in enumerate(rows):
            for x, kind, meaning in row:
                self._key(sheet, theme, x, above + high + 8 + _KEY * line, kind, meaning)
        del left, top
        return ElementTree.tostring(sheet, encoding="unicode")

    def png(self, theme: str = "light", *, scale: float = 2.0) -> bytes:
        """The picture as PNG.

        Args:
            theme: `light` or `dark`.
            scale: Pixels of the image for one of the drawing.

        Raises:
            ValueError: there is no such theme.
        """
        import vl_convert

        return vl_convert.svg_to_png(self.svg(theme), scale=scale)

    def save(self, path: Path | str, theme: str = "light", *, scale: float = 2.0) -> Path:
        """Write the picture, all of it or nothing; the file's ending says as what.

        Args:
            path: Ends in `.svg` or `.png`; what is there is overwritten.
            theme: `light` or `dark`.
            scale: Of a PNG, pixels of the image for one of the drawing.

        Raises:
            ValueError: another ending, or there is no such theme.
            OSError: the file cannot be written.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in ENDINGS:
            raise ValueError(f"a picture is written as {' or '.join(ENDINGS)}; got '{path.name}'.")
        content = self.svg(theme).encode() if ending == ".svg" else self.png(theme, scale=scale)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                partial.unlink()
        return path

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return self.svg()

    def _legend_rows(self, width: float) -> list[list[tuple[float, str, str]]]:
        """The legend's keys with their places, in lines that fit."""
        rows: list[list[tuple[float, str, str]]] = []
        x = width
        for kind, meaning in self.legend:
            meaning = one_line(clean(meaning))
            room = 20 + _KEY_LETTER * len(meaning) + 18
            if x + room > width or not rows:
                rows.append([])
                x = 0.0
            rows[-1].append((_MARGIN + x, kind, meaning))
            x += room
        return rows

    def _key(
        self, sheet: ElementTree.Element, theme: str, x: float, y: float, kind: str, meaning: str
    ) -> None:
        square = ElementTree.Element("rect", {"class": kind, "width": "12", "height": "12", "rx": "2"})
        square.set("x", f"{x:g}")
        square.set("y", f"{y:g}")
        style.apply(square, theme)
        sheet.append(square)
        text = _add(sheet, "text", x=x + 18, y=y + 10.5, fill=style.colours(theme)["--ink"])
        text.set("font-size", "12")
        text.text = meaning


def _add(parent: ElementTree.Element, tag: str, **attributes: object) -> ElementTree.Element:
    written = {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in attributes.items()
    }
    return ElementTree.SubElement(parent, f"{{{_SPACE}}}{tag}", written)


def _with_namespace(drawing: str) -> str:
    opening = drawing[: drawing.index(">")]
    return drawing if "xmlns=" in opening else drawing.replace("<svg ", f'<svg xmlns="{_SPACE}" ', 1)
