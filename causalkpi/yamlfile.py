"""YAML files read safely, with every fault at its line and column.

YAML 1.2 (core schema): ``no`` and ``on`` are texts, ``1e3`` is a number. A file holds plain data only: tags, anchors
and aliases are refused, and size and depth are limited, so that no file can run code or grow when it is read. A
pydantic model says what may stand in it; positions are kept, so that a fault of meaning, found later, still points at
its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from .errors import CausalKPIError, Fault, GraphError, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
Step = str | int

_LARGEST, _DEEPEST, _MOST_FAULTS = 2_000_000, 50, 100
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False, ".nan": float("nan")}
_WORDS |= {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf")}
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_PLACE = re.compile(r":(\d+)(?=$|:\d+$)")
_REMEDIES = (  # what ruamel.yaml says, and what usually mends it
    ("'\\t'", "Indent with spaces: YAML has no tabs."),
    ("cannot start any token", "Put the text between quotes."),
    ("sequence entries are not allowed", "A minus sign alone needs quotes: '-'."),
    ("mapping keys are not allowed", "A question mark alone needs quotes: '?'."),
    ("mapping values are not allowed", "Put a text that contains ': ' between quotes."),
    ("end of stream", "Close the quotes."),
    ("stream end", "Close the bracket."),
)
_EXPECTED = {  # by pydantic's type of error
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list: [a, b], or lines that begin with '- '",
    "tuple_type": "a list: [a, b]",
    "dict_type": "keys with values (key: value)",
    "model_type": "keys with values (key: value)",
    "too_short": "a longer one",
    "too_long": "a shorter one",
}


@dataclass
class _Node:
    """A value, where it stands, and where its key stands if it has one (``file:line:column``)."""

    value: Any
    at: str
    key: str = ""

    def child(self, step: Step) -> _Node | None:
        if isinstance(self.value, list):
            return self.value[step] if isinstance(step, int) and step < len(self.value) else None
        return self.value.get(step) if isinstance(self.value, dict) else None

    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value


@dataclass(frozen=True)
class Position:
    """Where things stand in a file: call it with the keys and indices that lead to one."""

    root: _Node
    pruned: set[Step] = field(default_factory=set)  # outermost keys of which something wrong was taken out

    def __call__(self, *loc: Step) -> str:
        """Return ``file:line:column`` of the value; of its key if it is a list or has keys; or the nearest around."""
        node = self.path(*loc)[-1]
        return node.key if node.key and isinstance(node.value, dict | list) else node.at

    def path(self, *loc: Step) -> list[_Node]:
        """The nodes on the way, from the root as far as they exist."""
        path = [self.root]
        for step in loc:
            if (child := path[-1].child(step)) is None:
                break
            path.append(child)
        return path


def read_yaml(
    source: str | Path,
    model: type[Model],
    *,
    error: type[CausalKPIError] = GraphError,
    what: str = "graph",
    check: Callable[[Model, Position], object] | None = None,
) -> tuple[Model, Position]:
    r"""Read a YAML file and check it against a pydantic model.

    Parameters
    ----------
    source : str or Path
        The file; a str with a line break is the text itself.
    model : type of pydantic.BaseModel
        What the file must hold. A file newer than the model's field ``format`` allows is refused as such.
    error : type of CausalKPIError
        What to raise.
    what : str
        The sort of file, for the headline.
    check : callable, optional
        A check of the meaning, given the model and the positions, that raises a CausalKPIError; its faults are listed
        with the others. If there are others, it sees what is left without them.

    Returns
    -------
    document : instance of `model`
        What stands in the file.
    position : Position
        ``position(*loc)`` is the ``file:line:column`` of what these keys and indices lead to.

    Raises
    ------
    CausalKPIError
        Of the type `error`, with all faults in the order of the file; beyond an error of syntax nothing is seen.

    Examples
    --------
    >>> class Point(BaseModel, extra="forbid"):
    ...     north: float
    ...     label: str = ""
    >>> point, position = read_yaml("# a point\nnorth: 1e3\nlabel: NO\n", Point)
    >>> point, position("label")
    (Point(north=1000.0, label='NO'), '<text>:3:8')
    >>> read_yaml("north: 1\nlable: home\n", Point)
    Traceback (most recent call last):
    causalkpi.errors.GraphError: The graph in <text> cannot be used.
      - <text>:2:1: found the unknown key 'lable', expected a key that exists here.
        Did you mean 'label'?
    """
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        file, data, faults = "<text>", source.encode("utf-8", "surrogatepass"), []
    else:
        file, (data, faults) = str(source), _bytes(Path(source))
    if data is not None:
        reader = _Reader(file, data)
        faults = reader.faults
        if reader.root is not None:
            position = Position(reader.root)
            document, found = _validate(model, position, check)
            faults = faults + found
            if document is not None and not faults:
                return document, position
    faults = sorted(faults, key=lambda fault: [int(number) for number in _PLACE.findall(fault.where)])
    if (more := len(faults) - _MOST_FAULTS) > 0:
        faults[_MOST_FAULTS:] = [Fault(file, f"{more} faults more", "none", rule="more")]
    raise error(f"The {what} in {file} cannot be used.", faults)


def _bytes(path: Path) -> tuple[bytes | None, list[Fault]]:
    """What is in a file, or why it cannot be had."""
    others: list[str] = []
    try:
        if path.is_file():  # a pipe or a device might never end
            with path.open("rb") as stream:
                return stream.read(_LARGEST + 1), []
        found = "a folder" if path.is_dir() else "no file"
        others = [other.name for other in path.parent.glob("*.y*ml")]
    except OSError as failure:
        found = str(failure.strerror)
    remedy = did_you_mean(path.name, others) if others else ""
    return None, [Fault(str(path), found, "a YAML file", remedy, "file")]


class _Reader:
    """Turns YAML's events into nodes; ``root`` stays None where that is not possible."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.root: _Node | None = None
        text = data.decode("utf-8-sig", "surrogateescape")  # a byte that is no text stays one sign
        try:
            if len(data) > _LARGEST:
                raise _problem(f"more than {_LARGEST:,} bytes")
            self.events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
            self.root = self.read()
        except MarkedYAMLError as failure:
            problem = str(failure.problem or failure.context).removeprefix("found ")
            remedy = next((remedy for sign, remedy in _REMEDIES if sign in problem), "")
            opening = "stream" in problem and failure.context_mark  # of what is not closed
            at = self.at(opening or failure.problem_mark)
            self.fault("syntax", at, problem, "YAML that can be read", remedy)
        except ReaderError as failure:
            before, byte = text[: failure.position], text[failure.position].encode(errors="surrogateescape")
            at = f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
            self.fault("encoding", at, f"the byte 0x{byte.hex()}", "a text", "Save the file as text, in UTF-8.")

    def at(self, mark: Any) -> str:
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}" if mark else f"{self.file}:1:1"

    def fault(self, rule: str, at: str, found: str, expected: str, remedy: str = "") -> None:
        self.faults.append(Fault(at, found, expected, remedy, rule))

    def read(self) -> _Node | None:
        root = None
        for event in self.events:
            if isinstance(event, events.DocumentStartEvent):
                if event.version not in (None, (1, 2)):
                    raise _problem("%YAML {}.{}".format(*event.version), event)
                if root is not None:
                    raise _problem("a second document in the file", event)
            elif isinstance(event, events.NodeEvent):
                root = self.node(event, 1)
        if root is None:
            self.fault("empty", self.at(None), "nothing", "keys with values (key: value)")
        return None if any(fault.rule == "alias" for fault in self.faults) else root

    def node(self, event: Any, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise _problem(f"more than {_DEEPEST} levels within each other", event)
        at = self.at(event.start_mark)
        if isinstance(event, events.AliasEvent):
            self.fault("alias", at, f"the alias *{event.anchor}", "the value itself")
            return _Node(None, at)
        remedy = "Leave it out, or put the text between quotes."
        if event.anchor is not None:
            self.fault("anchor", at, f"the anchor &{event.anchor}", "a plain value", remedy)
        if event.tag is not None:
            self.fault("tag", at, f"the tag {event.tag.replace('tag:yaml.org,2002:', '!!')}", "a plain value", remedy)
        if isinstance(event, events.ScalarEvent):
            if re.search("[\ud800-\udfff]", event.value):
                raise _problem("half a character (a lone surrogate)", event)
            return _Node(_resolve(event.value) if event.implicit[0] else event.value, at)
        if isinstance(event, events.MappingStartEvent):
            return _Node(self.mapping(depth + 1), at)
        items = []
        while not isinstance(event := next(self.events), events.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return _Node(items, at)

    def mapping(self, depth: int) -> dict[str, _Node]:
        """Keys are texts as they are written: a KPI ``2024`` needs no quotes."""
        entries: dict[str, _Node] = {}
        while not isinstance(event := next(self.events), events.MappingEndEvent):
            if not isinstance(event, events.ScalarEvent):
                raise _problem("a key that is no text", event)
            at = self.node(event, depth).at
            child = self.node(next(self.events), depth)
            child.key = at
            first = entries.setdefault(event.value, child)
            if first is not child:
                found = f"the key {event.value!r} again"
                self.fault("duplicate-key", at, found, "each key once", f"It stands at {first.key} already.")
        return entries


def _problem(problem: str, event: Any = None) -> MarkedYAMLError:
    """What ends the reading, in the form in which ruamel.yaml says so."""
    return MarkedYAMLError(problem=problem, problem_mark=event and event.start_mark)


def _resolve(text: str) -> Any:
    """What a text without quotes means in YAML 1.2's core schema."""
    word = text.lower()
    if word in _WORDS and text in (word, word.title(), word.upper(), ".NaN"):
        return _WORDS[word]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _validate(
    model: type[Model], position: Position, check: Callable[[Model, Position], object] | None
) -> tuple[Model | None, list[Fault]]:
    """The document and its faults; with faults, the check sees what is left without them."""
    document, faults = None, _newer(model, position)
    if faults:
        return None, faults
    while document is None:
        try:
            # By way of JSON, because strict JSON is what these files hold: no text passes for a number or a truth
            # value, yet a list passes for a tuple.
            data = json.dumps(position.root.plain())
            document = model.model_validate_json(data, strict=True)
        except ValidationError as failure:
            problems = failure.errors(include_url=False)
            faults = faults or _faults(problems, model, position)
            if len(faults) > _MOST_FAULTS or not _prune(position, problems[-1]):
                return None, faults
    try:
        if check is not None:
            check(document, position)
    except CausalKPIError as failure:
        faults = [*faults, *failure.faults]
    return document, faults


def _newer(model: type[BaseModel], position: Position) -> list[Fault]:
    """The one fault of a file that a later version of this package wrote."""
    field, node = model.model_fields.get("format"), position.root.child("format")
    newest = max(get_args(field.annotation), default=None) if field else None
    if node is None or newest is None or type(node.value) is not int or node.value <= newest:
        return []
    expected = f"format {newest} or older, which this version of causalkpi reads"
    remedy = "Update causalkpi to read this file."
    return [Fault(position("format"), f"format {node.value}", expected, remedy, "newer-format")]


def _prune(position: Position, problem: Mapping[str, Any]) -> bool:
    """Empty the whole entry that is wrong (a link without its lag is another link), or drop it if it is empty."""
    loc = problem["loc"][:2]
    path = position.path(*loc)
    position.pruned.update(loc[:1])
    if len(path) > 1 and path[-1].value is None:
        del path[-2].value[loc[len(path) - 2]]
    elif len(path) > 1:
        path[-1].value = None
    return len(path) > 1


def _faults(problems: list[Any], model: type[BaseModel], position: Position) -> list[Fault]:
    """Pydantic's errors in our words; a misspelt key is one fault, not an unknown and a missing."""
    schema = model.model_json_schema()
    faults, meant = [], set()
    for problem in sorted(problems, key=lambda problem: problem["type"] == "missing"):
        *around, last = problem["loc"] or ("",)
        if (*around, last) in meant:
            continue
        fault = _fault(problem, schema, position)
        faults.append(fault)
        if problem["type"] == "extra_forbidden":
            meant |= {(*around, word) for word in re.findall(r"'([^']*)'", fault.remedy)}
    return faults


def _fault(problem: Any, schema: Mapping[str, Any], position: Position) -> Fault:
    rule, loc, value = problem["type"], problem["loc"], problem["input"]
    where, remedy = position(*loc), ""
    found, expected = _found(value), problem["msg"].removeprefix("Input should be ")
    if rule == "extra_forbidden":
        where = position.path(*loc)[-1].key
        found, expected = f"the unknown key {loc[-1]!r}", "a key that exists here"
        keys = chain.from_iterable(p.get("properties", ()) for p in _parts(schema, loc[:-1]))
        remedy = did_you_mean(loc[-1], keys)
    elif rule == "missing":
        number = isinstance(loc[-1], int)
        found, expected = (
            (f"a list of {loc[-1]}", "a longer one") if number else (f"no key {loc[-1]!r}", f"{loc[-1]}: ...")
        )
    elif rule == "literal_error":
        guess = did_you_mean(value, re.findall(r"'([^']*)'", expected))
        remedy = guess if guess.startswith("Did") else ""  # the options are listed already
    elif rule == "string_type" and isinstance(value, bool | int | float):
        remedy = "Put it between quotes."
    return Fault(where, found, _EXPECTED.get(rule, expected), remedy, rule)


def _found(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value if len(value) <= 60 else value[:57] + '...'!r}"
    kind = {dict: "keys with values", list: "a list", type(None): "nothing"}
    return kind.get(type(value)) or json.dumps(value)


def _parts(schema: Mapping[str, Any], loc: tuple[Step, ...]) -> list[Mapping[str, Any]]:
    """The parts of a JSON schema that describe what stands at `loc`."""

    def opened(part: Any) -> Iterator[Mapping[str, Any]]:
        if "$ref" in part:
            yield from opened(schema["$defs"][part["$ref"].rpartition("/")[2]])
        elif "anyOf" in part:
            yield from chain.from_iterable(map(opened, part["anyOf"]))
        else:
            yield part

    parts = list(opened(schema))
    for step in loc:
        inner = [
            part.get("properties", {}).get(step)
            or part.get("items" if isinstance(step, int) else "additionalProperties")
            for part in parts
        ]
        parts = [found for part in inner if isinstance(part, dict) for found in opened(part)]
    return parts


__all__ = ["Position", "read_yaml"]
