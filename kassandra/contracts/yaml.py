"""YAML 1.2, its core schema: `1e-05` is a number, `no` and `2026-11-25` are text, `017` is seventeen.

PyYAML parses the text (in C, where it was built so). Its own values are those of YAML 1.1, built by recursion as deep
as a file says, and of two equal keys it keeps the last; so the values are built here, from its events.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from kassandra.contracts.errors import KassandraError

LARGEST = 20_000_000  # bytes of a file
DEEPEST = 100  # lists and sections within each other
EXPANDED = 10_000_000  # characters that the values hold, those behind an alias counted wherever it stands

_PARSER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | None] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= {word: value for value in (True, False) for word in (f"{value}", f"{value}".lower(), f"{value}".upper())}
_NUMBER = re.compile(
    r"(?P<decimal>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|(?P<real>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_BASES = {"decimal": 10, "octal": 8, "hexadecimal": 16}
_KINDS: dict[str, Any] = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_MISSING, _MERGE = object(), object()


def read(path: Path, instead: str = "", largest: int = LARGEST, for_dvc: bool = False) -> Any:
    """What a YAML file holds; None of an empty one.

    Args:
        instead: what to do where there is no such file; ends the sentence.
        largest: bytes that the file may have.
        for_dvc: whether DVC reads it too, to which a date without quotes is no text; it is refused then.

    Raises:
        KassandraError: the file cannot be read, is too large, or is not UTF-8; or as `parse`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError:
        raise KassandraError(f"{path}: no such file{instead and f'; {instead}'}") from None
    except OSError as error:
        raise KassandraError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > largest:
        raise KassandraError(f"{path}: too large: expected at most {largest:,} bytes of such a file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KassandraError(f"{path}: not valid YAML: byte {error.start} is not UTF-8; save it as UTF-8") from None
    return parse(text, str(path), for_dvc)


def parse(text: str, where: str, for_dvc: bool = False) -> Any:
    """What a text holds; None of an empty one.

    Args:
        where: opens the sentence of an error. for_dvc: as of `read`.

    Raises:
        KassandraError: the text is not YAML, or of more than one document; a key stands twice or is a list; a tag is
            unknown or its value is of another kind; a date is refused; lists and sections are deeper than DEEPEST; an
            alias holds itself, or aliases make it larger than EXPANDED.
    """
    values = _Values(for_dvc)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            values.take(event)
    except yaml.MarkedYAMLError as error:
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise KassandraError(f"{where}: not valid YAML: {' '.join(reason.split())}{line}") from None
    except (yaml.YAMLError, ValueError) as error:  # control characters; a number of 5,000 digits
        raise KassandraError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from None
    return values.root


class _Open:
    """A list or section whose end has not come yet. key: the one whose value is next. size: in characters."""

    __slots__ = ("anchor", "key", "merged", "size", "value")

    def __init__(self, value: list[Any] | dict[Any, Any], anchor: str | None) -> None:
        self.value, self.anchor, self.key, self.size = value, anchor, _MISSING, 1
        self.merged: list[dict[Any, Any]] | None = None


class _Values:
    """Builds the values of a document from the parser's events, without recursion."""

    def __init__(self, for_dvc: bool) -> None:
        self.root: Any = None
        self._for_dvc = for_dvc
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}  # name → value and size

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if self._for_dvc and event.implicit[0] and _DATE.fullmatch(event.value):
                raise _refused(f"write '{event.value[:50]}' in quotes; DVC takes no date without them", event)
            value, size = _scalar(event), 1 + len(event.value)
            if event.anchor is not None:
                self._anchors[event.anchor] = value, size
            self._add(value, size, event)
        elif kind is yaml.MappingStartEvent:
            self._begin({}, "map", event)
        elif kind is yaml.SequenceStartEvent:
            self._begin([], "seq", event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end(event)
        elif kind is yaml.AliasEvent:
            if event.anchor not in self._anchors:
                raise _refused(f"alias {event.anchor[:50]!r} names nothing that stands before it", event)
            self._add(*self._anchors[event.anchor], event)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                raise _refused("a second document begins; expected one", event)

    def _begin(self, value: list[Any] | dict[Any, Any], tag: str, event: Any) -> None:
        if event.tag not in (None, "!", _TAG + tag):
            raise _refused(f"tag {event.tag[:50]!r} is unknown here", event)
        if len(self._open) == DEEPEST:
            raise _refused(f"lists and sections are more than {DEEPEST} deep", event)
        if event.anchor is not None:  # an earlier one of that name is no more
            self._anchors.pop(event.anchor, None)
        self._open.append(_Open(value, event.anchor))

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        for merged in done.merged or ():
            for key, value in merged.items():
                done.value.setdefault(key, value)  # type: ignore[union-attr]
        if done.anchor is not None:
            self._anchors[done.anchor] = done.value, done.size
        self._add(done.value, done.size, event)

    def _add(self, value: Any, size: int, event: Any) -> None:
        if not self._open:
            self.root = value
            return
        within = self._open[-1]
        within.size += size
        if within.size > EXPANDED:
            raise _refused(f"aliases make it larger than {EXPANDED:,} characters", event)
        if isinstance(within.value, list):
            within.value.append(value)
        elif within.key is _MISSING:
            if isinstance(value, (list, dict)):
                raise _refused("a key must be a word or a number, not a list or a section", event)
            if value == "<<" and type(event) is yaml.ScalarEvent and event.implicit[0]:
                value = _MERGE
            if value in within.value or (value is _MERGE and within.merged is not None):
                raise _refused(f"key {event.value[:50] if hasattr(event, 'value') else value!r} stands twice", event)
            within.key = value
        else:
            if within.key is _MERGE:
                within.merged = _sections(value, event)
            else:
                within.value[within.key] = value
            within.key = _MISSING


def _sections(value: Any, event: Any) -> list[dict[Any, Any]]:
    sections = value if isinstance(value, list) else [value]
    if not all(isinstance(section, dict) for section in sections):
        raise _refused("'<<' takes a section, or a list of sections", event)
    return sections


def _scalar(event: Any) -> Any:
    text, tag = event.value, event.tag
    if tag is None:
        return _plain(text) if event.implicit[0] else text
    if tag in ("!", _TAG + "str"):
        return text
    kind = tag.removeprefix(_TAG)
    if kind not in _KINDS:
        raise _refused(f"tag {tag[:50]!r} is unknown here", event)
    value = _plain(text)
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise _refused(f"{text[:50]!r} is no {kind}", event)
    return float(value) if kind == "float" else value


def _plain(text: str) -> Any:
    """The value of a word without quotes.

    >>> [_plain(word) for word in ("1e-05", "017", "0o17", "no", "true", "2026-11-25", "~")]
    [1e-05, 17, 15, 'no', True, '2026-11-25', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    kind = str(number.lastgroup)
    if kind in _BASES:
        return int(number[kind], _BASES[kind])
    return float(text if kind == "real" else text.replace(".", ""))


def _refused(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
