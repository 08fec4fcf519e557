"""Bounds in a schema, and what violates them."""

from __future__ import annotations

from typing import Any

import pytest

from wanprep.rules.bounds import bounds, violations

NOTE: dict[str, Any] = {"x-rule": "r", "x-severity": "error", "x-source": {"doc": "https://a.org"}}


def listed(schema: dict[str, Any]) -> list[tuple[str, str]]:
    return [(".".join(bound.path), bound.keyword) for bound in bounds(schema)]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(
            {"minimum": 1, "maximum": 2, **NOTE}, [("", "minimum"), ("", "maximum")], id="two"
        ),
        pytest.param(
            {"properties": {"a": {"const": 1, **NOTE}}}, [("a", "const")], id="a property"
        ),
        pytest.param({"items": {"enum": [1], **NOTE}}, [("*", "enum")], id="items"),
        pytest.param({"allOf": [{"maximum": 1, **NOTE}]}, [("", "maximum")], id="all of"),
        pytest.param(
            {"if": {"maximum": 9}, "then": {"maximum": 8, **NOTE}, "else": {"maximum": 10, **NOTE}},
            [("", "maximum"), ("", "maximum")],
            id="a condition is no bound",
        ),
        pytest.param({"not": {"const": 3}, **NOTE}, [("", "not")], id="nor is what is negated"),
        pytest.param({"additionalProperties": True}, [], id="a schema that accepts everything"),
        pytest.param(
            {"additionalProperties": False, **NOTE}, [("", "additionalProperties")], id="or nothing"
        ),
        pytest.param({"type": "object"}, [], id="a type without a rule is checked elsewhere"),
        pytest.param({"type": "integer", **NOTE}, [("", "type")], id="a type with one"),
        pytest.param(
            {"patternProperties": {"^a$": {"const": 1, **NOTE}}}, [("^a$", "const")], id="patterns"
        ),
        pytest.param({"x-source": {"maximum": 3}}, [], id="annotations are no bounds"),
    ],
)
def test_which_bounds_there_are(schema: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert listed(schema) == expected


def test_annotations_by_keyword() -> None:
    schema = {
        "minimum": 1,
        "maximum": 2,
        "x-rule": {"minimum": "low", "maximum": "high"},
        "x-severity": {"minimum": "note", "maximum": "error"},
        "x-source": {"minimum": {"doc": "https://a.org"}, "maximum": {"doc": "https://b.org"}},
    }
    low, high = bounds(schema)

    assert (low.rule, low.severity, low.source) == ("low", "note", {"doc": "https://a.org"})
    assert (high.rule, high.severity, high.source) == ("high", "error", {"doc": "https://b.org"})
    assert (low.value, high.value) == (1, 2)
    assert low.schema is schema


def test_a_bound_without_annotations_shows_that_it_has_none() -> None:
    (bound,) = bounds({"maximum": 1})
    assert (bound.rule, bound.severity, bound.source) == ("", "", {})


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        pytest.param(
            {"properties": {"a": {"maximum": 2, **NOTE}}}, {"a": 2}, [], id="at the bound"
        ),
        pytest.param(
            {"properties": {"a": {"maximum": 2, **NOTE}}},
            {"a": 3},
            [(("a",), "maximum", 3, 2)],
            id="beyond",
        ),
        pytest.param(
            {"properties": {"a": {"items": {"const": 1, **NOTE}}}},
            {"a": [1, 5]},
            [(("a", 1), "const", 5, 1)],
            id="inside of a list",
        ),
        pytest.param(
            {"properties": {"a": {"maxItems": 1, **NOTE}}},
            {"a": [1, 2, 3]},
            [(("a",), "maxItems", 3, 1)],
            id="the length of a list",
        ),
        pytest.param(
            {"required": ["a"], **NOTE},
            {"b": 1},
            [((), "required", None, ["a"])],
            id="nothing of a mapping",
        ),
        pytest.param(
            {"properties": {"a": {"type": "array", **NOTE}}},
            {"a": {"b": 1}},
            [(("a",), "type", {"b": 1}, "array")],
            id="save where it is the wrong type",
        ),
        pytest.param(
            {
                "properties": {"a": {}},
                "patternProperties": {"^image[1-5]$": {}},
                "additionalProperties": False,
                **NOTE,
            },
            {"a": 1, "image3": 1, "hero": 1, "villain": 1},
            [
                (("hero",), "additionalProperties", "hero", ["a"]),
                (("villain",), "additionalProperties", "villain", ["a"]),
            ],
            id="keys too many one by one",
        ),
    ],
)
def test_what_is_broken_and_where(
    schema: dict[str, Any], value: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    found = violations(value, schema)
    assert [(each.path, each.keyword, each.found, each.limit) for each in found] == expected


def test_names_and_citations_come_from_the_bound() -> None:
    schema = {
        "properties": {
            "a": {
                "minimum": 1,
                "maximum": 2,
                "x-rule": {"minimum": "low", "maximum": "high"},
                "x-severity": {"minimum": "note", "maximum": "error"},
                "x-source": {
                    "minimum": {"doc": "https://a.org"},
                    "maximum": {"doc": "https://b.org"},
                },
            }
        }
    }
    (low,) = violations({"a": 0}, schema)
    (high,) = violations({"a": 3}, schema)

    assert (low.rule, low.severity, low.source) == ("low", "note", {"doc": "https://a.org"})
    assert (high.rule, high.severity, high.source) == ("high", "error", {"doc": "https://b.org"})
    assert low.schema is schema["properties"]["a"]


def test_equal_schemas_are_not_confused() -> None:
    first = {"properties": {"a": {"maximum": 1, **NOTE}}}
    second = {"properties": {"a": {"maximum": 1, **NOTE, "x-rule": "s"}}}
    assert [each.rule for each in violations({"a": 2}, first)] == ["r"]
    assert [each.rule for each in violations({"a": 2}, second)] == ["s"]
    assert [each.rule for each in violations({"a": 2}, first)] == ["r"]
