"""Published schemas in the forms that providers use: read, proposed as a target, and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from published_forms import OPENAPI, REQUEST

from wanprep.errors import UsageError
from wanprep.plugins.new_plugin import write_plugin
from wanprep.published.diff import compare_published
from wanprep.published.mapping import map_fields
from wanprep.published.propose import Proposal, propose
from wanprep.published.prose import read_prose, read_validations
from wanprep.published.read import read_published
from wanprep.rules.load_target import load_target
from wanprep.testing.lint.check_plugin import check_plugin

FIRST: Final = ("model", "prompt", "image_urls", "quality")
_UNTYPED: Final = REQUEST["properties"] | {"quality": {"enum": ["720P", "1080P"]}}
IN_PARTS: Final[dict[str, Any]] = {
    "Base": {
        "required": ["model", "prompt"],
        "properties": {name: _UNTYPED[name] for name in FIRST},
    },
    "Clips": {
        "allOf": [
            {"$ref": "#/components/schemas/Base"},
            {
                "required": ["image_urls"],
                "properties": {name: _UNTYPED[name] for name in _UNTYPED if name not in FIRST},
            },
        ]
    },
}
FORMS: Final[dict[str, Any]] = {
    "OpenAPI": OPENAPI,
    "JSON Schema": REQUEST | {"$schema": "https://json-schema.org/draft/2020-12/schema"},
    "a catalog": {"model_id": "acme/Clips-2", "schema": {"input": REQUEST}},
    "a model object": {"id": "acme/Clips-2", "json_request_schema": json.dumps(REQUEST)},
    "OpenAPI in parts": {**OPENAPI, "components": {"schemas": IN_PARTS}},
    "a version": {"latest_version": {"openapi_schema": OPENAPI}},
}


def written(folder: Path, data: object) -> Path:
    file = folder / "published.json"
    file.write_text(json.dumps(data))
    return file


def proposed(folder: Path, data: object) -> Proposal:
    return propose(read_published(written(folder, data)), "acme")


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_every_form_gives_the_same_target(tmp_path: Path, form: Any) -> None:
    proposal = proposed(tmp_path, form)
    fields = proposal.target["fields"]
    assert proposal.target["id"] == "acme/acme-clips-2"
    assert fields["constants"] == {"model": "acme/Clips-2"}
    assert fields["roles"] == {
        "reference_image": "image_urls[]",
        "reference_video": "video_urls[]",
        "first_frame": "image_url",
        "driving_audio": "audio_url",
    }
    assert fields["parameters"] == {
        "resolution": {"name": "quality", "values": {"720p": "720P", "1080p": "1080P"}},
        "duration": {"name": "duration"},
        "prompt_extend": {"name": "enhance_prompt"},
    }
    assert proposal.request["properties"]["duration"]["default"] == 5
    parts = proposal.target["job"]["properties"]
    assert parts["prompt"]["properties"]["length"]["maximum"] == 1500
    assert (parts["images"]["maximum"], parts["videos"]["maximum"]) == (4, 2)
    assert parts["references"]["minItems"] == 1
    assert parts["parameters"]["properties"]["resolution"]["enum"] == ["720p", "1080p"]


def test_limits_of_media_are_documented_or_proposed(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, OPENAPI)
    roles = proposal.target["roles"]
    images, videos = (roles[f"reference_{kind}"]["properties"] for kind in ("image", "video"))
    assert images["format"]["enum"] == ["jpeg", "png"]
    assert images["width"] | {"x-source": 0} == {
        "minimum": 240, "maximum": 5000, "x-severity": "warning", "x-source": 0,
        "x-rule": {"minimum": "image-too-small", "maximum": "image-too-large"},
    }  # fmt: skip
    assert images["bytes"]["x-source"]["confidence"] == "proposed"
    assert "must not exceed 20MB" in images["bytes"]["x-source"]["says"]
    assert videos["bytes"]["maximum"] == 200_000_000
    assert (videos["width"]["minimum"], videos["duration"]["maximum"]) == (720, 10.05)
    assert videos["width"]["x-source"]["confidence"] == "documented"
    assert videos["width"]["x-source"]["doc"] == "https://docs.acme.com/clips"
    assert any(each.startswith("sound_url: `audio_url` is already") for each in proposal.to_read)
    assert any(each.startswith("elements: neither") for each in proposal.to_read)
    assert any("is proposed from: Each must not exceed 20MB" in each for each in proposal.to_read)


def test_a_proposed_target_has_no_problems(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, OPENAPI)
    (tmp_path / f"{proposal.model}.json").write_text(json.dumps(proposal.target))
    request = tmp_path / f"{proposal.model}-request.schema.json"
    request.write_text(json.dumps(proposal.request))
    assert check_plugin(str(tmp_path / f"{proposal.model}.json")).problems == []


@pytest.mark.parametrize(
    ("name", "is_list", "role"),
    [
        ("image_urls", True, "reference_image"),
        ("reference_audio_urls", True, "reference_audio"),
        ("startImageUrl", False, "first_frame"),
        ("tail_image_url", False, "last_frame"),
        ("source_video", False, "base_video"),
        ("extend_video_url", False, "first_clip"),
        ("audio_track_url", False, "driving_audio"),
        ("video_url", False, "reference_video"),
    ],
)
def test_the_names_of_fields_and_roles(name: str, is_list: bool, role: str) -> None:
    url: dict[str, Any] = {"type": "string", "format": "uri"}
    field = {"type": "array", "items": url} if is_list else url
    assert map_fields({"properties": {name: field}}).media == {role: name}


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("Images up to 20 MB.", {("bytes", "maximum"): 20_000_000}),
        ("Max file size: 200.0MB, Min FPS: 24.0",
         {("bytes", "maximum"): 200_000_000, ("fps", "minimum"): 24}),
        ("Videos of 3-15 seconds", {("duration", "minimum"): 3, ("duration", "maximum"): 15}),
        ("must be less than 30s", {("duration", "exclusiveMaximum"): 30}),
        ("at least 300px", {("width", "minimum"): 300, ("height", "minimum"): 300}),
        ("the aspect ratio must be between 1:8 and 8:1",
         {("aspect", "minimum"): 0.125, ("aspect", "maximum"): 8.0}),
        ("aspect ratio greater than 2:5 and less than 5:2",
         {("aspect", "exclusiveMinimum"): 0.4, ("aspect", "exclusiveMaximum"): 2.5}),
        ("less than 800 characters", {("prompt", "exclusiveMaximum"): 800}),
        ("Supported formats: MP3, WAV.", {("format", "enum"): ["mp3", "wav"]}),
        ("MP4 or MOV, 2-15 seconds in total, up to 50MB each.",
         {("format", "enum"): ["mp4", "mov"], ("total duration", "minimum"): 2,
          ("total duration", "maximum"): 15, ("bytes", "maximum"): 50_000_000}),
        ("The seed of 2024 makes results similar. Use Image 1 for the first.", {}),
    ],
)  # fmt: skip
def test_numbers_in_prose(text: str, limits: dict[tuple[str, str], Any]) -> None:
    assert {(each.fact, each.keyword): each.value for each in read_prose(text)} == limits


@pytest.mark.parametrize(
    "rules",
    [
        ["width_pixels < 2000", "file_size_mb<10"],
        [{"width_pixels<": 2000}, {"file_size_mb<": 10}],
        [{"rule": "width_pixels<", "value": 2000, "message": "Too wide."},
         {"rule": "file_size_mb<", "value": 10}],
    ],
    ids=["strings", "keys", "objects"],
)  # fmt: skip
def test_rules_of_a_page(rules: Any) -> None:
    assert [(each.fact, each.keyword, each.value) for each in read_validations(rules)] == [
        ("width", "exclusiveMaximum", 2000), ("bytes", "exclusiveMaximum", 10_000_000),
    ]  # fmt: skip


def changed(**properties: Any) -> dict[str, Any]:
    merged = {name: REQUEST["properties"].get(name, {}) | each
              for name, each in properties.items()}  # fmt: skip
    return REQUEST | {"properties": REQUEST["properties"] | merged}


@pytest.mark.parametrize(
    ("published", "differences"),
    [
        pytest.param(REQUEST, [], id="the same"),
        pytest.param(changed(seed={"type": "integer"}), ['new: seed: "integer"'], id="a field"),
        pytest.param(changed(duration={"maximum": 10}),
                     ["narrower: duration, maximum: 12 -> 10"], id="a lower maximum"),
        pytest.param(changed(duration={"minimum": 2}),
                     ["wider: duration, minimum: 3 -> 2"], id="a lower minimum"),
        pytest.param(changed(quality={"enum": ["1080P", "4K"]}),
                     ['wider: quality, values: no limit -> ["4K"]',
                      'narrower: quality, values: ["720P"] -> no limit'], id="values"),
        pytest.param(changed(quality={"default": "1080P"}),
                     ['changed: quality, default: "720P" -> "1080P"'], id="a default"),
        pytest.param(changed(image_urls={"maxItems": 9}),
                     ["wider: image_urls, maxItems: 4 -> 9"], id="a count"),
        pytest.param(REQUEST | {"required": ["model", "prompt", "image_urls", "duration"]},
                     ['narrower: duration: "optional" -> "required"'], id="required"),
        pytest.param(changed(video_urls={"description": "Max file size: 50MB, Min width: 720px"}),
                     ["narrower: reference_video, bytes, maximum: 200000000 -> 50000000"],
                     id="a documented limit of media"),
        pytest.param(changed(video_urls={"description": "Videos up to 20 seconds."}),
                     [("wider: reference_video, duration, maximum: 10.05 -> 20 (read from: Videos"
                       " up to 20 seconds)")], id="a proposed one"),
        pytest.param({"properties": {"prompt": {"type": "string", "maxLength": 1500}}},
                     ["gone: model: [\"acme/Clips-2\"]", 'gone: image_urls: "array"'], id="gone"),
    ],
)  # fmt: skip
def test_differences(tmp_path: Path, published: Any, differences: list[str]) -> None:
    proposal = proposed(tmp_path, OPENAPI)
    file = tmp_path / "acme-clips-2.json"
    file.write_text(json.dumps(proposal.target))
    (tmp_path / "acme-clips-2-request.schema.json").write_text(json.dumps(proposal.request))
    found = compare_published(load_target(file), read_published(written(tmp_path, published)))
    lines = [str(each) for each in found]
    assert lines[: len(differences)] == differences
    assert bool(lines) == bool(differences)


def test_a_plugin_follows_the_answers_and_the_key_of_openapi(tmp_path: Path) -> None:
    keys = {"key": {"type": "apiKey", "in": "header", "name": "X-Acme-Key"}}
    components = {**OPENAPI["components"], "securitySchemes": keys}  # type: ignore[dict-item]
    published = read_published(written(tmp_path, {**OPENAPI, "components": components}))
    write_plugin("acme", tmp_path / "new", published=published)
    folder = tmp_path / "new/src/wanprep_acme"
    provider = json.loads((folder / "provider.json").read_text())
    assert provider["keys"]["scheme"] == {"header": "X-Acme-Key", "prefix": ""}
    assert 'value_at(job, "video.url")' in (folder / "flows.py").read_text()
    assert check_plugin(str(tmp_path / "new")).problems == []


def test_a_plugin_follows_names_and_words_that_are_less_usual(tmp_path: Path) -> None:
    job = {"properties": {"render": {"properties": {
        "id": {"type": "string"},
        "phase": {"enum": ["waiting", "rendering", "done", "broken", "withdrawn"]},
        "failure": {"properties": {"reason": {"type": "string"}}},
        "video": {"properties": {"url": {"type": "string"}}},
    }}}}  # fmt: skip
    answer = {"responses": {"200": {"content": {"application/json": {"schema": job}}}}}
    order = OPENAPI["paths"]["/v1/clips"]["post"] | answer  # type: ignore[index]
    paths = {"/v1/clips": {"post": order}, "/v1/clips/{id}": {"get": answer}}
    published = read_published(written(tmp_path, {**OPENAPI, "paths": paths}))
    write_plugin("acme", tmp_path / "new", published=published)
    flows = (tmp_path / "new/src/wanprep_acme/flows.py").read_text()
    assert '"broken": "failed"' in flows
    assert 'text_at(job, "render.failure.reason", "error")' in flows
    assert check_plugin(str(tmp_path / "new")).problems == []


@pytest.mark.parametrize("data", [{}, [], {"paths": {}}, {"schema": {"input": 7}}])
def test_files_without_a_schema(tmp_path: Path, data: Any) -> None:
    with pytest.raises(UsageError, match=r"no request schema|must be a JSON object"):
        read_published(written(tmp_path, data))


def test_yaml_and_broken_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("properties: {prompt: {type: string}}\n")
    assert read_published(tmp_path / "a.yaml").request["properties"]["prompt"]["type"] == "string"
    for name, text in (("b.yaml", "a: [\n"), ("b.json", "{")):
        (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match="cannot be read"):
            read_published(tmp_path / name)
    with pytest.raises(UsageError, match=r"c\.json cannot be read: No such file or directory\.$"):
        read_published(tmp_path / "c.json")
