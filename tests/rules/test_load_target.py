from __future__ import annotations

from typing import Any

import pytest

from wanprep.errors import UsageError
from wanprep.rules.load_target import expand

SOURCE = {"doc": "https://a.example", "says": "short", "checked": "2026-01-01"}
SHARED: dict[str, Any] = {
    "$defs": {
        "side": {
            "minimum": 2,
            "maximum": 8,
            "x-rule": {"minimum": "too-small", "maximum": "too-large"},
            "x-severity": "error",
            "x-source": SOURCE,
        },
        "image": {"properties": {"width": {"$ref": "shared#/$defs/side"}}},
        "several": {"allOf": [{"$ref": "shared#/$defs/side"}, {"type": "number"}]},
        "circle": {"$ref": "shared#/$defs/circle"},
    }
}
SIDE = SHARED["$defs"]["side"]


def expanded(schema: dict[str, Any]) -> Any:
    return expand(schema, {"shared": SHARED}.__getitem__)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({"$ref": "shared#/$defs/side"}, SIDE, id="a reference is what it names"),
        pytest.param(
            {"$ref": "shared#/$defs/image"}, {"properties": {"width": SIDE}}, id="at any depth"
        ),
        pytest.param(
            {"$ref": "shared#/$defs/side", "type": "integer"},
            {"allOf": [SIDE, {"type": "integer"}]},
            id="limits beside a reference hold too",
        ),
        pytest.param(
            {"x-source": {"$ref": "shared#"}},
            {"x-source": {"$ref": "shared#"}},
            id="citations stay as they are",
        ),
    ],
)
def test_references_are_put_in_place(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert expanded(schema) == expected


@pytest.mark.parametrize(
    ("notes", "changed"),
    [
        pytest.param(
            {"x-severity": "warning"}, {"x-severity": "warning"}, id="severity is lowered"
        ),
        pytest.param({"x-severity": "error"}, {}, id="and never raised"),
        pytest.param(
            {"x-severity": {"too-large": "note"}}, {"x-severity": "note"}, id="severity by rule"
        ),
        pytest.param({"x-severity": {"other": "note"}}, {}, id="severity of other rules"),
        pytest.param(
            {"x-source": {"says": "else"}},
            {"x-source": SOURCE | {"says": "else"}},
            id="a citation in parts",
        ),
    ],
)
def test_annotations_hold_for_all_bounds_of_a_reference(
    notes: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert expanded({"$ref": "shared#/$defs/side", **notes}) == SIDE | changed
    several = expanded({"$ref": "shared#/$defs/several", **notes})
    assert several == {"allOf": [SIDE | changed, {"type": "number"}]}


def test_what_is_shared_is_not_changed() -> None:
    before = repr(SHARED)
    expanded({"$ref": "shared#/$defs/image", "x-severity": "note"})
    assert repr(SHARED) == before


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        pytest.param("shared#/$defs/nothing", "which does not exist", id="a name too many"),
        pytest.param("shared#/$defs/side/minimum/x", "which does not exist", id="beyond a number"),
        pytest.param("shared#/$defs/circle", "in a circle", id="a circle"),
    ],
)
def test_wrong_references(reference: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        expanded({"$ref": reference})
