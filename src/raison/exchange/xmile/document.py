"""An XML text as elements with their lines; nothing outside of the text is ever read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from raison.model.problem import ModelError, Problem

MOST_DEEP = 50
"""Elements one inside the other."""


@dataclass(slots=True)
class Element:
    """An element: its name without namespace, attributes, text, and what is in it."""

    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """The elements of a name directly inside."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        """The first of them, or None."""
        return next(self.all(name), None)

    def said(self, name: str) -> str | None:
        """The text of the first, or None if it is not there or empty."""
        found = self.first(name)
        return found.text.strip() or None if found is not None else None


def refuse(message: str, line: int, file: str | None) -> NoReturn:
    """Refuse a file.

    Raises:
        ModelError: always.
    """
    raise ModelError((Problem(message, file=file, line=line),))


def parse(raw: bytes, file: str | None) -> Element:
    """The outermost element of an XML file.

    Raises:
        ModelError: it is not XML, has a document type (which could name other files), or nests too deeply.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    root = Element("", 1, {})
    open_elements = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        line = parser.CurrentLineNumber
        if len(open_elements) > MOST_DEEP:
            refuse(f"elements are nested at most {MOST_DEEP} deep; this file nests deeper.", line, file)
        element = Element(
            name.rpartition(" ")[2], line, {k.rpartition(" ")[2]: v for k, v in attributes.items()}
        )
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def text(data: str) -> None:
        open_elements[-1].text += data

    def doctype(*_: object) -> None:
        refuse(
            "a document type is not read; delete the line '<!DOCTYPE ...>'.", parser.CurrentLineNumber, file
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        refuse(f"this is not XML: {expat.errors.messages[error.code]}.", error.lineno, file)
    return root.children[0]
