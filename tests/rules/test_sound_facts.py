from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from wanprep.media.facts import FIELDS, Facts
from wanprep.rules.judge_asset import invalid_fact, judge_asset
from wanprep.rules.target import all_targets
from wanprep.schemas import load_schema

IMAGE: dict[str, Any] = {
    "path": "a.png", "kind": "image", "format": "png", "bytes": 900, "width": 300, "height": 300,
    "aspect": 1.0, "readable": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        pytest.param({}, None, id="an image"),
        pytest.param({"width": "300"}, "width", id="a number as a string"),
        pytest.param({"width": True}, "width", id="a boolean for a number"),
        pytest.param({"aspect": math.nan}, "aspect", id="not a number"),
        pytest.param({"aspect": math.inf}, "aspect", id="infinite"),
        pytest.param({"width": -1}, "width", id="negative"),
        pytest.param({"rotation": 45}, "rotation", id="no such rotation"),
        pytest.param({"colour": "rgb"}, "colour", id="an unknown fact"),
        pytest.param({"readable": False}, "problem", id="unreadable without a reason"),
        pytest.param({"kind": "video"}, "duration", id="a video without a length"),
    ],
)
def test_unsound(change: dict[str, Any], culprit: str | None) -> None:
    assert invalid_fact(IMAGE | change) == culprit


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 400), st.floats(-5, 400), st.sampled_from(
        ["", "image", "audio", "png", "rgb", "h264", 0, 90, 1, 8, 9]
    ),
)  # fmt: skip


@given(changes=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4))
def test_it_agrees_with_a_full_validation(changes: dict[str, Any]) -> None:
    facts = IMAGE | changes
    facts = {name: value for name, value in facts.items() if value is not None}
    # JSON Schema takes 3.0 for a whole number, and patterns of texts are no matter of truth.
    lax = any(isinstance(value, float) and value.is_integer() for value in facts.values())
    valid = Draft202012Validator(load_schema("facts")).is_valid(facts)
    if invalid_fact(facts) is None:
        assert valid or any(value == "" for value in facts.values())
    elif not lax:
        assert not valid


def test_impossible_facts_never_pass() -> None:
    facts = Facts(path="a.png", kind="image", format="png", bytes=9, readable=True)
    rules = [each.rule for each in judge_asset(facts, all_targets()["wan/2.7"], "reference_image")]
    assert rules == ["asset-unreadable"]
