from __future__ import annotations

from typing import Any

import pytest

from wanprep.schemas import closest, load_schema, schema_errors

KEYS = load_schema("job")["properties"]
ONE_OF: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "properties": {"a": {"maximum": 5}}, "required": ["a"]},
    ]
}
LONGEST = {"maxLength": 3, "description": "A short name."}


@pytest.mark.parametrize(
    ("schema", "document", "messages"),
    [
        pytest.param({"type": "string"}, 5, ["found 5; expected a string"], id="type"),
        pytest.param({"type": ["string", "null"]}, [], ["found a list; expected a string or null"],
                     id="types"),
        pytest.param({"enum": ["a", 1, None]}, "b", ['found "b"; expected "a", 1 or null'],
                     id="choice"),
        pytest.param({"const": True}, None, ["found null; expected true"], id="constant"),
        pytest.param({"properties": {"prompt": {}}, "additionalProperties": False},
                     {"promt": 1, "x/y": 2},
                     ["at /promt: unknown key; did you mean `prompt`?",
                      "at /x~1y: unknown key; allowed keys: `prompt`"], id="unknown keys"),
        pytest.param({"additionalProperties": False}, {"a": 1},
                     ["at /a: unknown key; allowed keys: none"], id="no keys"),
        pytest.param({"required": ["a", "b"]}, {}, ["missing `a`", "missing `b`"], id="missing"),
        pytest.param({"dependentRequired": {"a": ["b", "c"], "d": ["e"]}}, {"a": 1, "b": 1},
                     ["missing `c`, which `a` needs"], id="missing beside another"),
        pytest.param({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {},
                     ["missing `a` or `b`"], id="missing choice"),
        pytest.param(ONE_OF, {"a": 7}, ["at /a: found 7; expected at most 5"], id="best branch"),
        pytest.param(ONE_OF, {}, ["missing `a`"], id="best branch, missing"),
        pytest.param({"minimum": 2, "maximum": 15}, 20, ["found 20; expected 2 to 15"],
                     id="range"),
        pytest.param({"exclusiveMinimum": 0}, 0, ["found 0; expected more than 0"], id="above"),
        pytest.param({"minimum": 0, "exclusiveMaximum": 9}, 9,
                     ["found 9; expected at least 0 and less than 9"], id="half-open"),
        pytest.param({"minItems": 1}, [], ["found 0 items; expected at least 1 item"], id="items"),
        pytest.param(LONGEST, "abcd", ["found 4 characters; expected at most 3 characters"],
                     id="length"),
        pytest.param({"pattern": "^a$", "description": "An a."}, "b",
                     ['found "b"; expected text that matches ^a$. An a.'], id="pattern"),
        pytest.param({"multipleOf": 2}, 3, ["found 3; expected multipleOf 2"], id="anything else"),
        pytest.param({"items": {"properties": {"a": {"const": 1}}}}, [{"a": "x" * 99}],
                     [f'at /0/a: found "{"x" * 58}…; expected 1'], id="long value"),
        pytest.param({"maximum": 5}, 5, [], id="valid"),
    ],
)  # fmt: skip
def test_messages(schema: dict[str, Any], document: object, messages: list[str]) -> None:
    assert [str(error) for error in schema_errors(document, schema)] == messages


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("promt", "prompt"), ("refrences", "references"), ("referenses", "references"),
        ("taget", "target"), ("paramaters", "parameters"), ("first_fram", "first_frame"),
        ("name", None), ("services", None), ("on", None), ("", None),
    ],
)  # fmt: skip
def test_closest(key: str, known: str | None) -> None:
    assert closest(key, KEYS) == known
