"""Read YAML strictly: plain values that know their file and line; every guess that YAML 1.1 makes is refused.

Anchors, aliases, tags, merge keys, double keys and second documents are refused. A word that YAML takes for a truth
value, a number or a date must stand in quotes where a text is meant.

    node = load(root / "facts.yaml", root)
    entry = node.mapping(required=("label", "values"), optional=("floor",))
    label = entry["label"].text()
    floor = entry["floor"].flag() if "floor" in entry else False
    raise fault(entry["label"], "is used twice", "give each value its own label")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from adapters.files.yaml_node import KINDS, Node, Plain, fault, nearest
from pdp.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Node", "Plain", "fault", "load", "nearest", "parse", "parse_bytes", "read", "shown"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser where it is built in: ten times faster
_RESOLVER = yaml.resolver.Resolver()
_DEEPEST = 40  # a policy file nests about ten levels; an attacker's nests thousands


def load(path: Path, root: Path) -> Node:
    """Return the one document of the file `path`, shown in errors as a path relative to the parent of `root`."""
    return parse_bytes(read(path, root), shown(path, root))


def read(path: Path, root: Path) -> bytes:
    """Return the bytes of the file `path`, for those who also need their digest."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(shown(path, root), 1, "cannot be read", "add the file, or mend its permissions") from error


def shown(path: Path, root: Path) -> str:
    """Return how `path` is named in errors and evidence, for example `policies/facts.yaml`."""
    place, house = path.resolve(), root.resolve().parent
    return (place.relative_to(house) if place.is_relative_to(house) else path).as_posix()


def parse_bytes(data: bytes, path: str) -> Node:
    """Return the one document in `data`, the content of the file shown as `path`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PolicyError(path, line, "is not UTF-8", "save the file as UTF-8") from error
    return parse(text, path)


def parse(text: str, path: str, first: int = 1) -> Node:
    """Return the one document in `text`, whose first line is line `first` of the file shown as `path`."""
    try:
        return _Composer(path, first, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first + min(mark.line if mark else 0, text.count("\n"))
        raise PolicyError(path, line, f"is no YAML: {error.problem}", _syntax_remedy(text, line - first)) from error
    except yaml.reader.ReaderError as error:
        line = first + text.count("\n", 0, error.position)
        raise PolicyError(path, line, "holds a control character", "delete the invisible character") from error


class _Composer:
    """Builds nodes from the parser's events, so that nothing is guessed on the way."""

    def __init__(self, path: str, first: int, events: Iterator[yaml.Event]) -> None:
        self._path = path
        self._first = first
        self._events = events

    def document(self) -> Node:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise PolicyError(self._path, self._first, "the file is empty", "write it, or delete the file")
        root = self._node(next(self._events), 0)
        next(self._events)  # the end of the document
        rest = next(self._events)
        if not isinstance(rest, yaml.StreamEndEvent):
            raise self._refused(rest, "a second document starts here", 'delete the "---"')
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._admit(event, depth)
        line = self._line(event)
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self._path, line, "map", tuple(self._pairs(depth + 1)))
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._path, line, "seq", tuple(self._items(depth + 1)))
        return self._scalar(event, line)

    def _scalar(self, event: yaml.Event, line: int) -> Node:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._refused(
                event, "something else stands where a value is meant", "write a text, a list or a mapping"
            )
        tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        kind = str(tag).removeprefix("tag:yaml.org,2002:")
        if kind not in KINDS:
            raise self._refused(event, f'"{event.value}" has a meaning of its own in YAML', "put it in quotes")
        return Node(self._path, line, kind, event.value)

    def _pairs(self, depth: int) -> Iterator[tuple[Node, Node]]:
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth)
            value = self._node(next(self._events), depth)
            yield key, Node(value.path, key.line, value.kind, value.content)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth)

    def _admit(self, event: yaml.Event, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._refused(event, f"nests deeper than {_DEEPEST} levels", "write it flatter")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(event, "anchors and aliases (& and *) are not used", "write the value out, or quote it")
        if getattr(event, "tag", None):
            raise self._refused(event, "tags (!) are not used", "delete the tag, or put the text in quotes")

    def _line(self, event: yaml.Event) -> int:
        return self._first + (event.start_mark.line if event.start_mark else 0)

    def _refused(self, event: yaml.Event, what: str, remedy: str) -> PolicyError:
        return PolicyError(self._path, self._line(event), what, remedy)


def _syntax_remedy(text: str, line: int) -> str:
    lines = text.split("\n")
    if line < len(lines) and "\t" in lines[line]:
        return "indent with spaces, not with tabs"
    return "look at indentation, quotes and colons on this line and the one above"
