"""Two readers of one schema: the functions that it becomes, and jsonschema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from valid_jobs import BY_ROLE

from wanprep.media.facts import FIELDS
from wanprep.rules.judge_asset import facts_for_rules
from wanprep.rules.target import all_targets
from wanprep.schemas import load_schema
from wanprep.validity import errors, is_valid
from wanprep.validity.keywords import compile_schema, compile_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

TARGETS: Final = {target.id: target for target in all_targets().usable()}
ROLES: Final = [(name, role) for name, target in TARGETS.items() for role in target.roles]
JOBS: Final = [
    schema
    for target in TARGETS.values()
    for schema in (target.job, target.body, target.request or {})
]
EVOLINK: Final = Path(__file__).parents[1] / "plugins/wanprep_evolink"
FILES: Final = {"provider": "provider.json", "target": "targets/wan2.7-reference-video.json"}
NAMES: Final = ["a", "b", "c1"]
SCALARS: Final = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 9), st.floats(-3, 9), st.sampled_from(["", *NAMES]),
    st.sampled_from([1.0, 0.0, 1, 0, True, False, 10**400, "é", "a\nb"]),
)  # fmt: skip


def trees(leaves: st.SearchStrategy[Any], names: list[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=6)
        ),
        max_leaves=12,
    )


VALUES: Final = trees(SCALARS, NAMES)


def schemas() -> st.SearchStrategy[Schema | bool]:
    counts = st.integers(0, 3)
    limits = {
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), counts),
        **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), counts),
        **dict.fromkeys(("minProperties", "maxProperties"), counts),
        "const": VALUES,
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "format": st.just("uri"),
        "multipleOf": st.sampled_from([2, 0.5]),
        "pattern": st.sampled_from(["^a", "b$", "^[a-c]1?$"]),
        "required": st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
        "type": st.sampled_from(["array", "integer", "number", "object", ["string", "null"]]),
        "uniqueItems": st.booleans(),
        "dependentRequired": st.dictionaries(
            st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=2), max_size=2
        ),
    }
    leaves = st.fixed_dictionaries({}, optional=limits)

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(inner, min_size=1, max_size=3)
        parts = {
            **dict.fromkeys(("if", "then", "else", "not", "items", "contains"), inner),
            "propertyNames": inner,
            **dict.fromkeys(("allOf", "anyOf", "oneOf"), several),
            **dict.fromkeys(("minContains", "maxContains"), st.integers(0, 3)),
            "additionalProperties": st.booleans() | inner,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "1$"]), inner, max_size=2),
            "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
            "type": limits["type"],
        }
        return st.fixed_dictionaries({}, optional=parts)

    return st.recursive(leaves | st.booleans(), around, max_leaves=8)


def assert_agreement(value: object, schema: Schema) -> None:
    """Both readers find the same errors: in the same part, by one keyword of one schema."""
    expected = [
        ([*each.absolute_path], str(each.validator), id(each.schema))
        for each in Draft202012Validator(schema).iter_errors(value)
    ]
    found = [([*each.path], each.keyword, id(each.schema)) for each in errors(value, schema)]
    # jsonschema reports additional keys in no order.
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert is_valid(value, schema) is not bool(expected)
    if "additionalProperties" not in repr(schema):
        assert found == expected


@settings(max_examples=60)
@given(schema=schemas(), value=VALUES)
def test_both_agree_on_any_schema(schema: Schema | bool, value: object) -> None:
    assert_agreement(value, {"properties": {"a": schema}, "allOf": [schema]})


@settings(max_examples=60)
@given(role=st.sampled_from(ROLES), data=st.data())
def test_both_agree_on_files(role: tuple[str, str], data: st.DataObject) -> None:
    name, role_name = role
    schema = TARGETS[name].roles[role_name]
    facts = data.draw(st.sampled_from([*BY_ROLE.values()]))
    value = facts_for_rules(facts)
    odd = st.dictionaries(st.sampled_from(FIELDS), values_near(schema), max_size=4)
    absent = st.sets(st.sampled_from([*value]), max_size=4)
    value, left_out = {**value, **data.draw(odd)}, data.draw(absent)
    value = {key: each for key, each in value.items() if key not in left_out}
    for each in (schema, load_schema("facts"), *load_schema("asset")["$defs"].values()):
        assert_agreement(value, each)


@settings(max_examples=60)
@given(schema=st.sampled_from(JOBS), data=st.data())
def test_both_agree_on_jobs(schema: Schema, data: st.DataObject) -> None:
    names = sorted({*_names(schema)}) or NAMES
    assert_agreement(data.draw(trees(values_near(schema), names)), schema)


def values_near(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that a schema names, those next to its limits, and others."""
    near = [other for each in _scalars(schema) for other in (each, *_neighbours(each))]
    return SCALARS | st.sampled_from(near) if near else SCALARS


def _neighbours(value: object) -> list[float]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [value - 1, value + 1, value + 0.001, float(value)] if is_number else []  # type: ignore[operator, arg-type] # checked


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        for key, each in node.items() if isinstance(node, dict) else enumerate(node):
            yield from () if str(key).startswith("x-") else _scalars(each)
    else:
        yield node


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _names(each)


@settings(max_examples=20)
@given(data=st.data())
def test_both_agree_on_files_whose_schema_refers_to_its_parts(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["provider", "target"]))
    document = json.loads((EVOLINK / FILES[name]).read_text("utf-8"))
    schema = load_schema(name)
    places = [*_places(document)]
    for inner, key in data.draw(st.lists(st.sampled_from(places), max_size=2)):
        change = data.draw(st.sampled_from(["leave out", "replace", "add"]))
        if change == "replace":
            inner[key] = data.draw(VALUES)
        elif change == "add" and isinstance(inner, dict):
            inner["a"] = data.draw(SCALARS)
        elif key in inner if isinstance(inner, dict) else key < len(inner):
            del inner[key]
    expected = Draft202012Validator(schema).is_valid(document)
    assert is_valid(document, schema) is expected
    assert bool([*errors(document, schema)]) is not expected


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key, each in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(each, dict | list):
            yield from _places(each)


def test_no_limit_of_a_bundled_target_needs_jsonschema() -> None:
    compile_schema(load_schema("config"))  # read by every command
    compile_whole(load_schema("provider"))  # read by every submission
    compile_whole(load_schema("target"))
    for target in TARGETS.values():
        for schema in (*target.roles.values(), target.job, target.body):
            compile_schema(schema)  # or it raises
