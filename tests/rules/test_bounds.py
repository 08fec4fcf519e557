from __future__ import annotations

from typing import Any

import pytest

from wanprep.rules.bounds import bounds

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
