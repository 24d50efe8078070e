"""YAML 1.2, its core schema: `1e-05` is a number, `no` and `2026-11-25` are text, `017` is seventeen.

PyYAML (in C, where it was built so) reads YAML 1.1, keeps the last of two equal keys, and goes as deep as a file says.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from kassandra.contracts.errors import KassandraError

LARGEST = 20_000_000  # bytes of a file
DEEPEST = 100  # lists and sections within each other
EXPANDED = 10_000_000  # characters that the values hold, those behind an alias counted wherever it stands

_TAG = "tag:yaml.org,2002:"
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_DECIMAL = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_PLAIN = {  # what a word without quotes is, and its first characters; everything else is text
    "null": (re.compile(r"(?:~|null|Null|NULL|)\Z"), ["", *"~nN"]),
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]),
    "int": (re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), [*"-+0123456789"]),
    "float": (re.compile(rf"(?:{_DECIMAL}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"), [*"-+.0123456789"]),
    "merge": (re.compile(r"<<\Z"), ["<"]),
}
_VALUES: dict[str, Any] = {
    "null": lambda text: None,
    "bool": lambda text: text[0] in "tT",
    "int": lambda text: int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)),
    "float": lambda text: float(re.sub(r"\.(?=[a-zA-Z])", "", text)),
    "merge": str,
}


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
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):  # before the values are built, which is done by recursion
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise _refused(f"lists and sections are more than {DEEPEST} deep", event)
            if for_dvc and isinstance(event, yaml.ScalarEvent) and event.implicit[0] and _DATE.fullmatch(event.value):
                raise _refused(f"write '{event.value[:50]}' in quotes; DVC takes no date without them", event)
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise KassandraError(f"{where}: not valid YAML: {' '.join(reason.split())}{line}") from None
    except (yaml.YAMLError, ValueError) as error:  # control characters; a number of 5,000 digits
        raise KassandraError(f"{where}: not valid YAML: {' '.join(str(error).split())}") from None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Of YAML 1.2; what it refuses, see `parse`."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (filled below)
    yaml_constructors: dict[str | None, Any] = {  # noqa: RUF012
        f"{_TAG}{kind}": yaml.SafeLoader.yaml_constructors[f"{_TAG}{kind}"] for kind in ("str", "seq", "map")
    }

    def get_single_node(self) -> Any:
        node = super().get_single_node()
        self._size(node, {})
        return node

    def _size(self, node: Any, sizes: dict[int, int]) -> int:
        """Characters of a value, after a look at all keys in it; 0 in `sizes` is a value that is being looked at."""
        if not isinstance(node, yaml.CollectionNode):
            return 1 + len(node.value) if node else 0
        if sizes.get(id(node)) == 0:
            raise _refused("a list or section holds itself by an alias", node)
        if id(node) in sizes:
            return sizes[id(node)]
        sizes[id(node)], parts = 0, node.value
        if isinstance(node, yaml.MappingNode):
            keys = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise _refused("a key must be a word or a number, not a list or a section", key)
                value = self.construct_object(key), key.tag == f"{_TAG}merge"
                if value in keys:
                    raise _refused(f"key {key.value[:50]!r} stands twice", key)
                keys.add(value)
            parts = [part for pair in node.value for part in pair]
        size = 1 + sum(self._size(part, sizes) for part in parts)
        if size > EXPANDED:
            raise _refused(f"aliases make it larger than {EXPANDED:,} characters", node)
        sizes[id(node)] = size
        return size

    def construct_plain(self, node: Any) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if not _PLAIN[kind][0].match(str(node.value)):
            raise _refused(f"{node.value[:50]!r} is no {kind}", node)
        return _VALUES[kind](node.value)

    def construct_undefined(self, node: Any) -> Any:
        raise _refused(f"tag {node.tag[:50]!r} is unknown here", node)


for _kind, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_TAG + _kind, _pattern, _first)
    _Loader.add_constructor(_TAG + _kind, _Loader.construct_plain)
_Loader.add_constructor(None, _Loader.construct_undefined)


def _refused(problem: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)
