"""All targets' data: against the list of known limits, at the edge of each, and case by case.

`limits.jsonl` lists what the providers state, `target_cases.jsonl` what follows from several of
these limits together, or from none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from target_limits import (
    BODIES,
    TARGETS,
    Findings,
    asset_findings,
    body_findings,
    findings,
    load_limits,
)
from valid_jobs import BY_ROLE, Draft

from wanprep.job.references.styles import STYLES
from wanprep.media.facts import Facts
from wanprep.rules.bounds import bounds, violations
from wanprep.rules.slots import schema_at, slot_of, split_path
from wanprep.schemas import load_schema

pytestmark = pytest.mark.untraced

LIMITS: Final = load_limits()
CASES: Final[list[dict[str, Any]]] = [
    json.loads(line)
    for line in Path(__file__).with_name("target_cases.jsonl").read_text("utf-8").splitlines()
]
PROVIDERS: Final = [name for name in TARGETS if name != "wan/2.7"]


def cases(kind: str) -> Iterator[tuple[Any, dict[str, Any], str]]:
    for case in CASES:
        if kind in case:
            yield TARGETS[case["target"]], case, f"{case['target']}: {case['name']}"


@pytest.mark.parametrize("name", TARGETS)
def test_every_limit_has_a_bound_and_every_bound_is_listed(name: str) -> None:
    target = TARGETS[name]
    described = {role: target.roles[role] for role in target.data["roles"]}
    parts = {**described, "job": target.job, "body": target.body}
    in_data = Counter(
        (part, ".".join(each.path), each.keyword, json.dumps(each.value), each.rule, each.severity)
        for part, schema in parts.items()
        for each in bounds(schema)
    )
    listed = Counter(
        (place, ".".join(each.path), each.keyword, json.dumps(each.value), each.rule, each.severity)
        for each in LIMITS
        for place in each.places
        if each.target == name
    )

    assert in_data == listed


def test_every_limit_says_what_the_provider_says() -> None:
    for limit in LIMITS:
        assert limit.says, limit
        assert limit.source, limit


@pytest.mark.parametrize("name", TARGETS)
def test_edges_of_limits(name: str) -> None:
    wrong = {
        f"{limit} {place} {value}": (found, expected)
        for limit in LIMITS
        if limit.target == name
        for place in limit.places
        for value, expected in limit.values(place)
        if (found := findings(limit, place, value)) != expected
    }

    assert wrong == {}


def test_files() -> None:
    for target, case, name in cases("facts"):
        facts = BY_ROLE[case["role"]].as_json() | case["facts"]
        facts["aspect"] = facts["width"] / facts["height"] if "width" in facts else None
        facts["extension_format"] = facts["format"]
        present = {key: value for key, value in facts.items() if value is not None}

        found = asset_findings(target, case["role"], Facts.from_json(present))
        assert found == case["findings"], name


def test_jobs() -> None:
    for target, case, name in cases("job"):
        draft = Draft(**{"length": 200} | case["job"])

        found = [each.violation for each in draft.judge(target)]

        expected = sorted(case["findings"].items())
        assert sorted((each.rule, each.severity) for each in found) == expected, name


def test_references_in_prompts() -> None:
    for target, case, name in cases("token"):
        resolved = Draft(images=1, videos=2, length=200).resolved
        token = {"index": 1, "span": [0, 7]} | case["token"]
        resolved["prompt"] |= {"tokens": [token], "unused": []}

        found = violations(resolved, target.job)

        assert {each.rule: each.severity for each in found} == case["findings"], name


def test_native_bodies() -> None:
    for target, case, name in cases("body"):
        assert body_findings(target, changed_body(target, case["body"])) == case["findings"], name


def changed_body(target: Any, changes: dict[str, Any]) -> dict[str, Any]:
    body = BODIES[target.id] | changes
    return {name: value for name, value in body.items() if value is not None}


def test_ways_of_naming_a_reference() -> None:
    for target, case, name in cases("style"):
        found: Findings = {}
        if case["style"] not in target.data["prompt_styles"]:
            note = target.data["doubtful_styles"].get(case["style"], target.data["style"])
            found = {note["x-rule"]: note["x-severity"]}

        assert found == case["findings"], name


@pytest.mark.parametrize("name", TARGETS)
def test_prompt_styles_exist(name: str) -> None:
    data = TARGETS[name].data

    assert {*data.get("prompt_styles", ()), *data.get("doubtful_styles", ())} <= STYLES.keys()


def test_one_image_needs_no_name() -> None:
    assert "prompt_styles" not in TARGETS["runcomfy/wan-2-2-image-to-video"].data


def test_parameters_without_a_field() -> None:
    for target, case, name in cases("parameter"):
        note = target.data["unknown_key"]
        known = case["parameter"] in target.data["fields"]["parameters"]

        found = {} if known else {note["x-rule"]: note["x-severity"]}
        assert found == case["findings"], name


def test_request_schemas() -> None:
    for target, case, name in cases("request"):
        body = changed_body(target, case["request"])
        if "prompt_characters" in case:
            body["prompt"] = "?" * case["prompt_characters"]

        assert Draft202012Validator(target.request).is_valid(body) == case["valid"], name


def paths_in(schema: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """List the fields of a request schema, those of nested objects by themselves."""
    for name, inner in schema.get("properties", {}).items():
        if inner.get("properties"):
            yield from paths_in(inner, (*at, name))
        else:
            yield (*at, name)


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_fields_are_those_of_the_request(name: str) -> None:
    target = TARGETS[name]
    assert target.request
    fields, request = target.data["fields"], target.request
    slots = [slot_of(written) for written in fields["roles"].values()]
    in_body = [field for field in fields["parameters"].values() if field.get("in") != "query"]
    texts = [fields[role] for role in ("prompt", "negative_prompt") if role in fields]
    paths = {slot.path for slot in (*slots, *map(slot_of, texts))}
    paths |= {split_path(field["name"])[0] for field in in_body}
    paths |= {split_path(path)[0] for path in fields.get("constants", ())}
    voice = fields.get("voices", {})
    paths |= {(voice["positional"],)} if "positional" in voice else set()
    paths |= {split_path(voice["bindings"])[0]} if "bindings" in voice else set()
    of_the_call = {("target_namespace",), ("response_format",), ("enable_sync_mode",)}
    of_the_call |= {("model",), ("external_task_id",)}

    assert paths | (of_the_call & {*paths_in(request)}) == {*paths_in(request)}
    for slot in slots:
        assert slot.many == (schema_at(request, slot.path)["type"] == "array")
    for field in in_body:
        schema, natives = schema_at(request, split_path(field["name"])[0]), field.get("values", {})
        if "enum" in schema:
            assert list(natives.values()) in ([], schema["enum"])
        assert all(Draft202012Validator(schema).is_valid(each) for each in natives.values())
    for constant, value in fields.get("constants", {}).items():
        allowed = schema_at(request, split_path(constant)[0])
        assert value in allowed.get("enum", [allowed.get("const")])


def test_voices_in_a_list_go_to_the_videos_first() -> None:
    voice = TARGETS["evolink/wan2.7-reference-video"].data["fields"]["voices"]

    assert voice["positional"] == "audio_urls"
    assert voice["positional_order"] == ["reference_video", "reference_image"]


def test_unconfirmed_names_are_marked() -> None:
    fields = TARGETS["oxen/wan-v2-7-reference-to-video"].data["fields"]

    assert fields["unconfirmed"]
    for path in fields["unconfirmed"]:
        slot = slot_of(fields["roles"][path.removeprefix("roles.")])
        assert slot.template == {"url": "$url", "reference_voice": "$voice"}


def test_a_webhook_stands_in_the_query() -> None:
    fields = TARGETS["wavespeed/wan-2.7-reference-to-video"].data["fields"]

    assert fields["parameters"]["callback_url"] == {"name": "webhook", "in": "query"}


@pytest.mark.parametrize("name", [name for name in TARGETS if name.startswith("runcomfy/")])
def test_urls_of_runcomfy(name: str) -> None:
    urls = TARGETS[name].data["urls"]

    assert (urls["https"]["x-rule"], urls["https"]["x-severity"]) == ("asset-url-unsafe", "error")
    assert urls["public"]["x-rule"] == "asset-url-unreachable"


def test_parameters_of_the_shared_target_are_common_ones() -> None:
    common = load_schema("job")["properties"]["parameters"]["properties"]

    assert set(TARGETS["wan/2.7"].data["fields"]["parameters"]) <= set(common)


def test_messages_have_a_name_for_the_shared_target() -> None:
    assert TARGETS["wan/2.7"].provider_title == "Wan 2.7"
