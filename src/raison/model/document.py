"""Model text to plain data with the line of everything in it.

The data are nested `dict`, `list`, `str` and `None`: every scalar stays text, since `1e5`, `no` and
`2022-09-24` mean what the model language says and not what YAML would guess. The tree is built from the
parser's stream of events, one at a time and without recursion. So nesting is counted before anything is
built, with quotes and comments as YAML sees them, and the work is bounded by the size of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from raison.model.problem import Path, Problem

MAX_BYTES = 1_000_000
MAX_NESTING = 50

Plain = dict[str, Any] | list[Any] | str | None
"""Plain data: mappings and lists of text and None."""

# The C parser is a dozen times faster; the pure one gives the same events where PyYAML was built without it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_REFUSED = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text.

    Attributes:
        data: Plain data; None where the text is not readable as one tree.
        marks: Line, from 1, of each key and list item, by its path (list items by index as text).
        bare: Paths in `{...}` that have a key and nothing else: what YAML leaves of a text cut at a comma.
        problems: What is wrong with the text itself.
    """

    data: Plain
    marks: Mapping[Path, int] = field(default_factory=dict)
    bare: frozenset[Path] = frozenset()
    problems: tuple[Problem, ...] = ()


class _RefusalError(Exception):
    """The text cannot be read on from here."""

    def __init__(self, message: str, line: int | None) -> None:
        self.problem = Problem(message, line=line)
        super().__init__(message)


def decode(raw: bytes) -> str | Problem:
    """The text of a file's bytes, or what keeps them from being a text."""
    if len(raw) > MAX_BYTES:
        return too_large(len(raw))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(
            f"a model file is UTF-8 text; byte {error.start + 1} (0x{raw[error.start]:02x}) is not. "
            "Save it as UTF-8.",
            line=line,
        )


def too_large(size: int) -> Problem:
    """The refusal of a file of `size` bytes."""
    return Problem(
        f"a model file has at most {MAX_BYTES / 1e6:g} MB; this one has {size / 1e6:.1f} MB. Split the model."
    )


def parse(text: str) -> Document:
    """Parse one YAML document into plain data.

    Args:
        text: At most `MAX_BYTES` bytes of UTF-8, nested at most `MAX_NESTING` deep; anchors, aliases, tags
            and further documents are refused.

    Returns:
        The data, or None with the problems that say why there is none.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Document(None, problems=(too_large(len(text.encode("utf-8", "surrogatepass"))),))
    tree = _Tree()
    try:
        _refuse_characters(text, 1)
        for event in _events(text):
            tree.take(event)
    except _RefusalError as refusal:
        return Document(None, tree.marks, problems=(*tree.problems, refusal.problem))
    if tree.data is None and not tree.problems:
        return Document(None, problems=(Problem("the file is empty; start with 'raison: 1'.", line=1),))
    return Document(tree.data, tree.marks, frozenset(tree.bare), tuple(tree.problems))


def _refuse_characters(text: str, line: int) -> None:
    """Refuse control characters, lone surrogates and invisible line breaks; `line` is that of the text."""
    refused = _REFUSED.search(text)
    if refused is not None:
        number = line + text.count("\n", 0, refused.start())
        raise _RefusalError(
            f"the character U+{ord(refused.group()):04X} is not allowed in a model file; delete it.", number
        )


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise _RefusalError(*_explained(error)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _RefusalError(f"this is not valid YAML: {' '.join(str(error).split())[:200]}.", None) from None


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being filled; a mapping waits for a key while `key` is None."""

    into: dict[str, Any] | list[Any]
    path: Path
    flow: bool
    key: str | None = None
    repeated: bool = False


class _Tree:
    """Builds plain data from events, one at a time."""

    def __init__(self) -> None:
        self.data: Plain = None
        self.marks: dict[Path, int] = {}
        self.bare: set[Path] = set()
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise _RefusalError("a model file is one YAML document; a second one begins here.", line)
            case yaml.AliasEvent():
                raise _RefusalError(
                    f"aliases (*{str(event.anchor)[:40]}) are not allowed; write the value out.", line
                )
            case yaml.ScalarEvent() | yaml.CollectionStartEvent():
                if event.anchor is not None:
                    raise _RefusalError(
                        f"anchors (&{event.anchor[:40]}) are not allowed; write the value out.", line
                    )
                if event.tag is not None:
                    raise _RefusalError(f"tags ({event.tag[:40]}) are not allowed; delete it.", line)
                if isinstance(event, yaml.ScalarEvent):
                    self.scalar(event, line)
                else:
                    self.open(event, line)
            case yaml.CollectionEndEvent():
                self.stack.pop()
            case _:
                pass

    def scalar(self, event: Any, line: int) -> None:
        if event.style == '"':  # an escape such as "\\0" makes what a file may not have
            _refuse_characters(event.value, line)
        plain = event.style in ("", None)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.into, dict) and frame.key is None:
            if event.value == "" or (plain and event.value == "~"):
                raise _RefusalError("a key is needed before ':'; keys are text and cannot be empty.", line)
            self.start_key(frame, event.value, line)
            return
        value = None if plain and event.value in _NULLS else event.value
        if plain and frame is not None and frame.flow and event.start_mark.index == event.end_mark.index:
            self.bare.add((*frame.path, frame.key or ""))
        self.put(value, line)

    def start_key(self, frame: _Frame, key: str, line: int) -> None:
        frame.key = key
        path = (*frame.path, key)
        frame.repeated = key in frame.into
        if frame.repeated:
            message = f"'{key[:60]}' stands twice, first in line {self.marks[path]}; delete or rename one."
            self.problems.append(Problem(message, path, line=line))
        else:
            self.marks[path] = line

    def open(self, event: Any, line: int) -> None:
        if len(self.stack) >= MAX_NESTING:
            raise _RefusalError(f"{_TOO_DEEP}.", line)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.into, dict) and frame.key is None:
            raise _RefusalError(
                "a key is text; '{...}' or a list cannot be one. Quote it if it is text.", line
            )
        into: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self.put(into, line)
        self.stack.append(_Frame(into, path, bool(event.flow_style)))

    def put(self, value: Plain, line: int) -> Path:
        """Place a value where the stream is; the second value of a repeated key is read and dropped."""
        if not self.stack:
            self.data = value
            return ()
        frame = self.stack[-1]
        if isinstance(frame.into, list):
            path = (*frame.path, str(len(frame.into)))
            frame.into.append(value)
            self.marks.setdefault(path, line)
            return path
        key = frame.key or ""
        if not frame.repeated:
            frame.into[key] = value
        frame.key = None
        # What stands below a repeated key must not take the place of what stands below the first.
        return (*frame.path, f"{key} (again)" if frame.repeated else key)


_TOO_DEEP = f"the file is nested more than {MAX_NESTING} deep here; flatten it"

_FAULTS = (
    # what libyaml says, and what the reader of a model needs to know
    (
        "mapping values are not allowed",
        "a ':' inside plain text ends it; quote the text, or put the key on a line of its own",
    ),
    (
        "',' or '}'",
        "a '{' is not closed, or a ',' is missing before this; text after a closing quote counts too",
    ),
    ("',' or ']'", "a '[' is not closed, or a ',' is missing before this"),
    (
        "expected key",
        "this line does not fit the lines before it; look for wrong indentation or an open quote",
    ),
    ("expected '-' indicator", "this line does not fit the list before it; begin it with '-' or indent it"),
    ("unexpected end of stream", "a quote is opened and never closed"),
    ("could not find expected ':'", "a key is needed here, with ':' after it"),
    ("unknown escape character", 'a backslash in "..." begins an escape; write \\\\ or use single quotes'),
    (
        "cannot start any token",
        "text cannot begin with a tab, '@', '`' or '%'; indent with spaces and quote such text",
    ),
    ("alphabetic or numeric character", "text that begins with '*' or '&' needs quotes"),
    ("expected node content", "a value is needed here; quote text that begins with a bracket or a sign"),
    ("comment or line break", "text that begins with '|' or '>' needs quotes"),
    ("block sequence entries", "a list cannot begin here; put '- ' on a line of its own, or quote the text"),
    ("<document start>", "the file goes on after its '{...}' is closed; delete or indent what follows"),
    ("exceeded maximum nesting depth", _TOO_DEEP),  # libyaml's own bound, from its release 0.2.6 on
    ("incompatible YAML document", "the file asks for another version of YAML; delete the '%YAML' line"),
)


def _explained(error: yaml.MarkedYAMLError) -> tuple[str, int | None]:
    said = error.problem or ""
    mark: Any = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    for words, sentence in _FAULTS:
        if words in said:
            since: Any = error.context_mark
            if since is not None and ("not closed" in sentence or "never closed" in sentence):
                # Where it opens is where the writer has to look; where it fails may be the end of the file.
                line = since.line + 1
            return f"{sentence}.", line
    return f"this is not valid YAML: {said[:200]}.", line
