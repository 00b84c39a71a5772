"""Every regular expression reads what it is given whole, and in a time that grows with its length alone."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

ROOT = Path(__file__).parents[2]
FOLDERS = ("pdp", "adapters")
CALLS = {"compile", "fullmatch", "search", "match", "sub", "subn", "findall", "finditer", "split"}
UNBOUNDED = re._constants.MAXREPEAT  # noqa: SLF001 -- the library's own parser says what an expression repeats
ENDS = {  # file and beginning of an expression that ends in `$` -> why it may
    ("pdp/rulebook/fact_rules.py", r"\b(?:some|every)\b"): "a policy source; ends of lines are meant",
    ("pdp/rulebook/fact_rules.py", r"\bimport\b"): "a policy source; ends of lines are meant",
    ("adapters/cli/log/audited.py", "^index "): "what our own verifier writes, line by line",
    ("adapters/engines/opa_server.py", "^package "): "a policy source; one line of it is replaced",
}
BEGINS = {  # file -> why something is matched at its beginning
    "pdp/rulebook/fact_rules.py": "a policy source; a line begins with the name of a rule",
    "adapters/gateways/trino_sql.py": "token by token up to the end, which is checked",
    "adapters/testing/pytest_plugin.py": "the method of a path, which matches whole",
}


class Expression(NamedTuple):
    """One expression in the source."""

    file: str
    line: int
    text: str


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Return every call in the source, with its file."""
    return [
        (str(path.relative_to(ROOT)), part)
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.name.endswith("_pb2.py")
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(part, ast.Call)
    ]


def method(call: ast.Call) -> str:
    """Return the name of the method that is called, empty where it is no method."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def of_the_library(call: ast.Call) -> bool:
    """Return whether a call is one of `re`."""
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "re"


def expressions() -> list[Expression]:
    """Return every expression that is written where one is used, bytes as text."""
    found = []
    for file, part in calls():
        if of_the_library(part) and method(part) in CALLS:
            constants = [one for one in ast.walk(part.args[0]) if isinstance(one, ast.Constant)]
            texts = [one.value for one in constants if isinstance(one.value, str | bytes)]
            found += [
                Expression(file, part.lineno, text if isinstance(text, str) else text.decode("latin-1"))
                for text in texts
            ]
    return found


FOUND = expressions()


def ends_at_a_line(text: str) -> bool:
    """Return whether an expression has a `$` that is neither escaped nor one of several signs."""
    return re.search(r"(?<!\\)\$", re.sub(r"\[[^]]*\]", "", text)) is not None


def allowed(places: dict[tuple[str, str], str], one: Expression) -> bool:
    """Return whether an expression is one of those that may."""
    return any(one.file == file and one.text.startswith(beginning) for file, beginning in places)


def repeats(parsed: object) -> Iterator[tuple[bool, object]]:
    """Yield everything that is repeated within a parsed expression: whether without end, and what."""
    for operation, argument in parsed:  # type: ignore[attr-defined]
        if operation in {re._constants.MAX_REPEAT, re._constants.MIN_REPEAT}:  # noqa: SLF001 -- as above
            yield argument[1] is UNBOUNDED, argument[2]
            yield from repeats(argument[2])
        elif operation is re._constants.SUBPATTERN:  # noqa: SLF001 -- as above
            yield from repeats(argument[3])
        elif operation is re._constants.BRANCH:  # noqa: SLF001 -- as above
            for branch in argument[1]:
                yield from repeats(branch)


def repeats_what_repeats(text: str) -> bool:
    """Return whether something repeated without end is repeated without end once more, and nothing parts the turns.

    A turn that begins with a sign that nothing within can be is parted from the one before: `a(-b+)*`.
    """
    try:
        parsed = re._parser.parse(text)  # noqa: SLF001 -- as above
    except re.error:  # a part of an expression that is put together
        return False
    for endless, turn in repeats(parsed):
        within = [inner for still, inner in repeats(turn) if still]
        if endless and within and not parted(turn, within):
            return True
    return False


def parted(turn: object, within: list[object]) -> bool:
    """Return whether a turn begins with one sign that none of what is repeated within it can be."""
    operation, sign = turn[0]  # type: ignore[index]
    while operation is re._constants.SUBPATTERN:  # noqa: SLF001 -- as above
        operation, sign = sign[3][0]
    if operation is not re._constants.LITERAL:  # noqa: SLF001 -- as above
        return False
    return all(re._compiler.compile(inner).match(chr(sign)) is None for inner in within)  # noqa: SLF001 -- as above


def test_there_are_expressions_to_look_at():
    assert len(FOUND) > 100


@pytest.mark.parametrize(
    ("text", "found"), [("^a$", True), (r"a\$", False), ("[$]a", False), (r"\Aa\Z", False), ("a$|b", True)]
)
def test_the_end_of_a_line_is_found_where_it_is_meant(text, found):
    assert ends_at_a_line(text) is found


@pytest.mark.parametrize(
    ("text", "found"), [("(a+)+", True), ("(a*|b)*c", True), ("(ab)+", False), ("(a{1,3})+", False)]
)
def test_what_repeats_what_repeats_is_found(text, found):
    assert repeats_what_repeats(text) is found


def test_no_expression_ends_before_a_line_feed():
    assert [one for one in FOUND if ends_at_a_line(one.text) and not allowed(ENDS, one)] == []


def test_nothing_is_matched_at_its_beginning_alone():
    assert {file for file, call in calls() if method(call) == "match"} == set(BEGINS)


def test_no_expression_repeats_what_repeats():
    assert [one for one in FOUND if repeats_what_repeats(one.text)] == []


@pytest.mark.parametrize("pattern", ["^a$", r"\Aa\z", "^(a|b)$"])
def test_the_expressions_of_models_end_where_the_text_ends(pattern):
    reading = TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])

    assert reading.validate_python("a") == "a"
    for other in ("a\n", "\na", "a\na"):
        with pytest.raises(ValidationError):
            reading.validate_python(other)


def test_no_model_asks_for_another_engine_of_expressions():
    assert [file for file, call in calls() if "regex_engine" in {named.arg for named in call.keywords}] == []
